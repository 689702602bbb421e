//! sclblpy 0.1.10, of the Python package index: everything that it does with the Authorisation API, hour after hour.

use bailiwick_domain::time::Span;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::published_client::{Outcome, PublishedClient};
use reqwest::Method;
use serde_json::{Value, json};

/// The package as it was published, unpacked; see [`PublishedClient::digest`].
const PUBLISHED: (&str, &str) = ("0.1.10", "fd41af813c4ed0a1620a537c40c53ae2853a846958d793eed2540221b5aaab69");
const EMAIL: &str = "ada@example.org";
const FIRST: &str = "seventeen quiet marmots bicycle";
const SECOND: &str = "an unlikely heron paddles north";

/// Somebody with the client installed, on a server with an owner.
struct Person<'bench> {
    bench: &'bench Bench,
    client: PublishedClient,
}

impl<'bench> Person<'bench> {
    fn of(bench: &'bench Bench) -> Self {
        let client = PublishedClient::start(&bench.at("/auth")).unwrap();
        assert_eq!((client.version(), client.digest()), PUBLISHED, "the package is not the published one");
        Self { bench, client }
    }

    /// Calls a function, with this ready to type.
    fn call_typing(&mut self, name: &str, arguments: &[Value], typed: &[&str]) -> Outcome {
        let now = self.bench.context.now();
        let outcome = tokio::task::block_in_place(|| self.client.call(now, name, arguments, typed)).unwrap();
        assert_eq!(outcome.raised, None, "{name}: {outcome:?}");
        outcome
    }

    /// Calls a function that neither asks nor complains; gives what it gave.
    fn call(&mut self, name: &str, arguments: &[&str]) -> Value {
        let arguments: Vec<Value> = arguments.iter().map(|text| json!(text)).collect();
        let outcome = self.call_typing(name, &arguments, &[]);
        assert_eq!(outcome.printed, "", "{name}: {outcome:?}");
        outcome.gave
    }

    fn does(&mut self, name: &str, arguments: &[&str]) {
        assert_eq!(self.call(name, arguments), true, "{name} {arguments:?}");
    }

    fn registers(&mut self) {
        self.does("register_", &["Ada Verdi", "Hotel Bellavista", EMAIL, FIRST, "Porter", "+39 0123 456789"]);
    }

    fn signs_in(&mut self, password: &str) {
        self.does("log_in", &[EMAIL, password]);
    }

    fn reads_herself(&mut self) {
        let user = self.call("get_user_details", &[]);
        assert_eq!((&user["Email"], &user["Name"]), (&json!(EMAIL), &json!("Ada Verdi")), "{user}");
        assert_eq!(user["Organisation"]["Name"], "Hotel Bellavista");
    }

    /// Finds out that her session is over.
    fn is_sent_away(&mut self) {
        let answer = self.call("get_user_details", &[]);
        assert_eq!(answer["AuthorizationInvalid"], true, "{answer}");
        assert!(answer["Message"].is_string() && answer.get("Email").is_none(), "{answer}");
    }

    /// Tries a password, and is told that it is not right.
    fn fails_to_sign_in(&mut self, password: &str) {
        let outcome = self.call_typing("log_in", &[json!(EMAIL), json!(password)], &[]);
        assert_eq!(outcome.gave, false, "{outcome:?}");
        // The server's sentence, then the client's own.
        let (sentence, own) = outcome.printed.trim_end().split_once('\n').unwrap();
        assert!(sentence.len() > 10 && sentence.ends_with('.'), "{outcome:?}");
        assert_eq!(own, "Missing key in server JWT response.");
    }
}

async fn ada(bench: &Bench) -> Person<'_> {
    bench.organisation("Owner", None).await;
    let mut ada = Person::of(bench);
    ada.registers();
    ada.signs_in(FIRST);
    ada
}

on_both_engines! {
    async fn the_published_client_works_hour_after_hour_and_asks_for_the_password_after_eight(bench: Bench) {
        let mut ada = ada(&bench).await;
        ada.reads_herself();
        for minutes in (5..8 * 60).step_by(5) {
            bench.clock.advance(Span::minutes(5));
            // It renews the access token every ten minutes, and in the last hour tries to renew the session.
            if minutes % 60 < 20 || minutes > 7 * 60 {
                ada.reads_herself();
            }
        }
        // In the very second of the end it asks for nothing, as for itself that is no time after the end.
        bench.clock.advance(Span::seconds(5 * 60 + 1));
        let outcome = ada.call_typing("get_user_details", &[], &[EMAIL, FIRST, "unasked"]);
        assert!(outcome.printed.starts_with("Session expired\n"), "{outcome:?}");
        assert_eq!((&outcome.gave["Email"], outcome.left.as_str()), (&json!(EMAIL), "unasked\n"), "{outcome:?}");
        bench.clock.advance(Span::hours(1));
        ada.reads_herself();
    }

    async fn the_published_client_leaves_and_comes_back(bench: Bench) {
        let mut ada = ada(&bench).await;
        bench.clock.advance(Span::hours(3));
        ada.does("log_out", &[]);
        ada.is_sent_away();
        assert_eq!(ada.call("log_out", &[]), false);
        ada.fails_to_sign_in(SECOND);
        ada.signs_in(FIRST);
        ada.reads_herself();
    }

    async fn the_published_client_changes_the_password(bench: Bench) {
        let mut ada = ada(&bench).await;
        let mut elsewhere = Person::of(&bench);
        elsewhere.signs_in(FIRST);
        bench.clock.advance(Span::hours(1));
        elsewhere.reads_herself();

        assert_eq!(ada.call("set_new_password", &[FIRST, "too short"]), Value::Null, "refused");
        ada.does("set_new_password", &[FIRST, SECOND]);
        ada.reads_herself();
        elsewhere.is_sent_away();
        elsewhere.fails_to_sign_in(FIRST);
        elsewhere.signs_in(SECOND);
        bench.clock.advance(Span::hours(2));
        ada.reads_herself();
        elsewhere.reads_herself();
    }
    async fn the_published_client_asks_for_a_new_password_and_signs_in_with_it(bench: Bench) {
        let mut ada = ada(&bench).await;
        bench.clock.advance(Span::hours(1));
        ada.does("password_reset", &[EMAIL]);
        // Nobody learns by it who has an account.
        ada.does("password_reset", &["nobody@example.org"]);
        let token = bench.mailed_tokens(EMAIL, "/reset-password").await.pop_first().unwrap();
        ada.reads_herself();

        let body = json!({ "Token": token, "NewPassword": SECOND });
        let answer = bench.call(Method::POST, "/auth/authenticate/reset-password").json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        ada.is_sent_away();
        ada.fails_to_sign_in(FIRST);
        ada.signs_in(SECOND);
        bench.clock.advance(Span::hours(1));
        ada.reads_herself();
    }
}
