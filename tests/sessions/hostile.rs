//! What somebody else put into an address, a form or a cookie leads nowhere and opens nothing.

use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::http::submit;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::{PASSWORD, Person};
use reqwest::Method;

use crate::forms::cookie;

/// Addresses elsewhere, as browsers read them.
const ELSEWHERE: [&str; 9] = [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%09/evil.example",
    "\t//evil.example",
    "javascript:alert(1)",
    "/..//evil.example",
    "/%2e//evil.example",
];

async fn sign_in(bench: &Bench, person: &Person, next: &str, cookies: &str) -> Answer {
    let form = [("email", person.email.as_str()), ("password", PASSWORD), ("next", next)];
    Answer::of(submit(bench.call(Method::POST, "/login").header("cookie", cookies), form)).await
}

/// Whose pages this session cookie opens.
async fn account(bench: &Bench, session: &str) -> Answer {
    Answer::of(bench.call(Method::GET, "/account").header("cookie", format!("bailiwick={session}"))).await
}

on_both_engines! {
    async fn no_page_leads_to_another_site(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Admin).await;
        for (number, next) in ELSEWHERE.into_iter().enumerate() {
            let newcomer = format!("newcomer{number}@example.org");
            let register = [
                ("name", "Newcomer"), ("company", "Newcomers"), ("email", &newcomer), ("password", PASSWORD),
                ("terms", "true"), ("next", next),
            ];
            let answers = [
                sign_in(&bench, &ann, next, "").await,
                Answer::of(submit(bench.call(Method::POST, "/register"), register)).await,
                Answer::of(submit(bench.call(Method::POST, "/theme"), [("theme", "dark"), ("next", next)])).await,
                Answer::of(submit(bench.call(Method::POST, "/logout"), [("next", next)])).await,
            ];
            for answer in answers {
                assert_eq!(answer.status, 303, "{next}: {answer:?}");
                let location = answer.header("location").unwrap();
                // As a browser does it.
                let target = url::Url::parse(&bench.origin).unwrap().join(location).unwrap();
                assert_eq!(target.origin().ascii_serialization(), bench.origin, "{next} leads to {location}");
            }
        }
    }

    async fn a_sign_in_never_takes_up_what_the_browser_brought_along(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let (ann, eve) = (bench.person("ann", owner, Role::Admin).await, bench.person("eve", owner, Role::Reader).await);
        let eves = cookie(&sign_in(&bench, &eve, "/", "").await, "bailiwick").unwrap();
        let made_up = "A".repeat(eves.len());
        // Somebody planted a value of their choice, or their own session, in another's browser.
        for planted in [&made_up, &eves] {
            let cookies = format!("bailiwick={planted}; bailiwick-device={made_up}");
            let answer = sign_in(&bench, &ann, "/", &cookies).await;
            assert_eq!(answer.status, 303, "{answer:?}");
            let (session, device) = (cookie(&answer, "bailiwick").unwrap(), cookie(&answer, "bailiwick-device").unwrap());
            assert!(session != *planted && device != made_up, "{answer:?}");
            assert!(account(&bench, &session).await.body.contains(&ann.email));
            let opened = account(&bench, planted).await;
            assert!(!opened.body.contains(&ann.email), "what was planted opens the account: {opened:?}");
        }
        let again = cookie(&sign_in(&bench, &ann, "/", "").await, "bailiwick");
        assert_ne!(again, cookie(&sign_in(&bench, &ann, "/", "").await, "bailiwick"));
    }
}
