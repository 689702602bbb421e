//! What somebody else put into an address, a form or a cookie: it is shown as text, leads nowhere and opens nothing.

use bailiwick_contract::access::AccessKind;
use bailiwick_contract::security_headers::PAGE_POLICY;
use bailiwick_domain::role::Role;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::{PASSWORD, Person};
use reqwest::{Method, RequestBuilder};

use crate::support::Answer;

/// What a page must not take for its own words.
const MARKUP: &str = "'\"></title></textarea><script src=//evil.example></script><img src=x onerror=alert(1)>";
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
/// Every name that a page looks for in its address or in its form.
const NAMES: [&str; 27] = [
    "act",
    "callback_url",
    "company",
    "current",
    "current_password",
    "email",
    "id",
    "idempotency_key",
    "job_title",
    "keep",
    "language",
    "name",
    "new",
    "new_password",
    "newsletter",
    "next",
    "notice",
    "organisation",
    "organization_id",
    "password",
    "phone_number",
    "sent",
    "state",
    "terms",
    "theme",
    "token",
    "type",
];

fn encoded<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// The request as a browser makes it of a form of ours.
fn submit(request: RequestBuilder, form: String) -> RequestBuilder {
    let request = request.header("sec-fetch-site", "same-origin");
    request.header("content-type", "application/x-www-form-urlencoded").body(form)
}

/// The cookie of this name that an answer sets.
fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let cookies = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let mut values = cookies.filter_map(|cookie| cookie.strip_prefix(name)?.strip_prefix('='));
    values.next().map(|value| value.split(';').next().unwrap().to_owned())
}

async fn sign_in(bench: &Bench, person: &Person, next: &str, cookies: &str) -> Answer {
    let form = encoded([("email", person.email.as_str()), ("password", PASSWORD), ("next", next)]);
    Answer::of(submit(bench.call(Method::POST, "/login").header("cookie", cookies), form)).await
}

/// Whose pages this session cookie opens.
async fn account(bench: &Bench, session: &str) -> Answer {
    Answer::of(bench.call(Method::GET, "/account").header("cookie", format!("bailiwick={session}"))).await
}

on_both_engines! {
    async fn what_an_address_or_a_form_brings_along_is_text_on_every_page(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Admin).await;
        let session = cookie(&sign_in(&bench, &ann, "/", "").await, "bailiwick").unwrap();
        let registry = bailiwick_server::registry().unwrap();
        let everything = encoded(NAMES.map(|name| (name, MARKUP)));
        let mut shown = 0;
        for page in registry.pages().filter(|page| page.name != "logout") {
            let path = page.path.replace("{*path}", "css/base.css");
            let path = path.replace("{section}", "systems").replace("{operation}", "list-systems");
            let path = path.replace("{guide}", "state-token");
            for visitor in [None, Some(&session)] {
                if visitor.is_none() && page.access != AccessKind::Open {
                    continue;
                }
                let request = bench.call(page.method.clone(), &format!("{path}?{everything}"));
                let request = match visitor {
                    Some(session) => request.header("cookie", format!("bailiwick={session}")),
                    None => request,
                };
                let is_form = page.method == Method::POST;
                let answer = Answer::of(if is_form { submit(request, everything.clone()) } else { request }).await;
                let what = format!("{} answered {}", page.name, answer.status);
                assert!(answer.status < 500, "{what}: {}", answer.body);
                for markup in ["<script src=//", "<img src=x", "</title></textarea>"] {
                    assert!(!answer.body.contains(markup), "{what} with {markup}: {}", answer.body);
                }
                shown += usize::from(answer.body.contains("evil.example"));
                if answer.body.starts_with("<!doctype html>") {
                    assert_eq!(answer.header("content-security-policy"), Some(PAGE_POLICY), "{what}");
                }
                assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{what}");
                let location = answer.header("location").unwrap_or("/");
                assert!(location.starts_with('/') && !location.starts_with("//"), "{what} and leads to {location}");
            }
        }
        assert!(shown >= 3, "only {shown} pages showed what was typed: that was no test");
    }

    async fn no_page_leads_to_another_site(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Admin).await;
        for (number, next) in ELSEWHERE.into_iter().enumerate() {
            let newcomer = format!("newcomer{number}@example.org");
            let register = encoded([
                ("name", "Newcomer"), ("company", "Newcomers"), ("email", &newcomer), ("password", PASSWORD),
                ("terms", "true"), ("next", next),
            ]);
            let answers = [
                sign_in(&bench, &ann, next, "").await,
                Answer::of(submit(bench.call(Method::POST, "/register"), register)).await,
                Answer::of(submit(bench.call(Method::POST, "/theme"), encoded([("theme", "dark"), ("next", next)]))).await,
                Answer::of(submit(bench.call(Method::POST, "/logout"), encoded([("next", next)]))).await,
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
