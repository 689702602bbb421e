//! Confirming an address by a mailed link, and what an account may do until then.

use std::collections::BTreeSet;

use bailiwick_app::settings::Unconfirmed;
use bailiwick_app::setup::{Beginning, SetupWarrant};
use bailiwick_contract::access::AccessKind;
use bailiwick_contract::dialect::Dialect;
use bailiwick_domain::field::Parse;
use bailiwick_domain::link::LinkPurpose;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::http::{self, with_form};
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::patience::within_a_second;
use bailiwick_testkit::people::PASSWORD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::reset::{NEXT, reset};
use crate::support::{Aside, SIGN_IN, Strict, WRONG, post, refresh, sign_in, sign_out};

const REGISTER: &str = "/auth/user";
const CONFIRM: &str = "/auth/authenticate/confirm-address";
const ANOTHER: &str = "/api/me/confirmation";
/// Where the links for it lead.
const PAGE: &str = "/confirm";
const EMAIL: &str = "ada@example.org";

/// Registers with an organisation of one's own, in a German browser; gives an access token.
async fn register(bench: &Bench) -> (Value, String) {
    let body = json!({
        "Email": EMAIL, "Password": NEXT, "Name": "Ada Verdi", "Company": "Hotel Bellavista", "AcceptEULA": true,
    });
    let request = bench.call(Method::POST, REGISTER).header("Accept-Language", "de-AT").json(&body);
    let answer = Answer::of(request).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let refreshed = refresh(bench, &answer.text("RefreshToken"), "AccessToken").await;
    (answer.json(), refreshed.text("AccessToken"))
}

async fn confirm(bench: &Bench, token: &str) -> Answer {
    post(bench, CONFIRM, &json!({ "Token": token })).await
}

async fn another_link(bench: &Bench, access: &str) -> Answer {
    Answer::of(bench.call(Method::POST, ANOTHER).bearer_auth(access)).await
}

async fn get(bench: &Bench, path: &str, access: &str) -> Answer {
    Answer::of(bench.call(Method::GET, path).bearer_auth(access)).await
}

/// Another node, on which an account may do this much before its address is confirmed.
async fn strict(bench: &Bench, unconfirmed: Unconfirmed) -> Bench {
    bench.another_node_with(|settings| settings.unconfirmed = unconfirmed).await
}

on_both_engines! {
    async fn whoever_registers_is_mailed_a_link_that_confirms_their_address(bench: Bench) {
        bench.organisation("Owner", None).await;
        let (user, access) = register(&bench).await;
        assert_eq!(user["EmailConfirmed"], false);
        let links = bench.mailed_tokens(EMAIL, PAGE).await;
        let [token] = links.iter().collect::<Vec<_>>()[..] else { panic!("{links:?}") };
        let letters = bench.letters().await;
        assert!(letters.iter().any(|letter| letter.content.contains("Der Link gilt 24 Stunden")), "{letters:?}");

        confirm(&bench, token).await.message(200);
        let path = format!("/auth/user/{}", user["UUID"].as_str().unwrap());
        assert_eq!(get(&bench, &path, &access).await.json()["EmailConfirmed"], true);
        confirm(&bench, token).await.refuses_field("Token");
        let aside = Aside::of(&bench).await;
        assert_eq!(aside.number("SELECT COUNT(*) FROM audit WHERE action = 'email.confirmed'").await, 1);
    }

    async fn a_confirmation_is_good_once_and_for_a_day(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let (late, first) = (bench.mailed_link(&ann, LinkPurpose::Confirm).await, bench.mailed_link(&ann, LinkPurpose::Confirm).await);
        let reset_link = bench.mailed_link(&ann, LinkPurpose::Reset).await;
        for wrong in [reset_link.as_str(), &"A".repeat(43), "", "short"] {
            confirm(&bench, wrong).await.refuses_field("Token");
        }
        bench.clock.advance(Span::microseconds(Span::hours(24).as_microseconds() - 1));
        let attempts: Vec<_> = (0..8)
            .map(|_| tokio::spawn(Answer::of(bench.call(Method::POST, CONFIRM).json(&json!({ "Token": first })))))
            .collect();
        let mut confirmed = 0;
        for attempt in attempts {
            let answer = attempt.await.unwrap();
            confirmed += usize::from(answer.status == 200);
            assert!([200, 400].contains(&answer.status), "{answer:?}");
        }
        assert_eq!(confirmed, 1);
        bench.clock.advance(Span::microseconds(1));
        confirm(&bench, &late).await.refuses_field("Token");
    }

    async fn another_link_is_mailed_on_demand_up_to_three(bench: Bench) {
        bench.organisation("Owner", None).await;
        let (_, access) = register(&bench).await;
        for _ in 0..2 {
            let sent = another_link(&bench, &access).await;
            assert_eq!(sent.status, 200, "{sent:?}");
            let data = sent.json()["data"].clone();
            assert_eq!(data, json!({ "email": EMAIL, "expires_at": "2026-11-21T09:30:00Z" }));
        }
        let refused = another_link(&bench, &access).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("86400")), "{refused:?}");
        assert_eq!(refused.json()["message"], "too many links");
        let links: Vec<_> = bench.mailed_tokens(EMAIL, PAGE).await.into_iter().collect();
        assert_eq!(links.len(), 3);
        confirm(&bench, &links[1]).await.message(200);
        let refused = another_link(&bench, &access).await;
        assert_eq!((refused.status, &refused.json()["message"]), (409, &json!("already confirmed")));
        // A mail that is opened later does no harm.
        confirm(&bench, &links[2]).await.message(200);
        assert_eq!(Answer::of(bench.call(Method::POST, ANOTHER)).await.status, 401);
    }

    async fn whoever_has_not_confirmed_is_kept_to_their_own_account_where_the_settings_say_so(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let colleague = bench.person("ann", owner, Role::Reader).await;
        let (user, access) = register(&bench).await;
        let node = strict(&bench, Unconfirmed::Account).await;
        let own = user["UUID"].as_str().unwrap();
        assert_eq!(get(&bench, "/api/systems", &access).await.status, 200, "the default leaves everything open");
        for path in ["/api/me", "/api/me/sessions", "/auth/configuration", &format!("/auth/user/{own}")] {
            assert_eq!(get(&node, path, &access).await.status, 200, "{path}");
        }
        let refused = get(&node, "/api/systems", &access).await;
        let expected = json!({ "code": 403, "message": "e-mail address not confirmed", "data": {} });
        assert_eq!((refused.status, refused.json()), (403, expected));
        for id in [colleague.id.to_string(), "019a9f00-0000-7000-8000-00000000aaaa".to_owned()] {
            let refused = get(&node, &format!("/auth/user/{id}"), &access).await;
            assert_eq!(refused.message(403)["BackendMessage"], "e-mail address not confirmed");
            let change = node.call(Method::PATCH, &format!("/auth/user/{id}")).bearer_auth(&access);
            Answer::of(change.json(&json!({ "Name": "Mallory" }))).await.message(403);
        }
        let create = node.call(Method::POST, "/api/systems").bearer_auth(&access);
        assert_eq!(Answer::of(create.json(&json!({ "name": "First", "type": "ns8" }))).await.status, 403);

        // It counts at once where it is done, and within a second elsewhere.
        let links = bench.mailed_tokens(EMAIL, PAGE).await;
        confirm(&bench, links.first().unwrap()).await.message(200);
        let status = async || get(&node, "/api/systems", &access).await.status;
        within_a_second(200, status).await;
    }

    async fn no_right_of_an_organisation_counts_before_the_address_is_confirmed(bench: Bench) {
        bench.organisation("Owner", None).await;
        let (_, access) = register(&bench).await;
        let login = bench.call(Method::POST, "/login").header("Origin", &bench.origin);
        let login = Answer::of(with_form(login, [("email", EMAIL), ("password", NEXT)])).await;
        let cookies = login.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
        let cookies: Vec<_> = cookies.filter_map(|cookie| cookie.split(';').next()).collect();
        let node = strict(&bench, Unconfirmed::Account).await;
        let registry = bailiwick_server::registry().unwrap();
        let mut asked = 0;
        for info in registry.endpoints().filter(|info| matches!(info.access, AccessKind::Needs(_))) {
            let parameters = ["{id}", "{uuid}", "{device}", "{user_id}", "{organization_id}"];
            let nobody = "019a9f00-0000-7000-8000-00000000aaaa";
            let path = parameters.into_iter().fold(info.path.to_owned(), |path, name| path.replace(name, nobody));
            assert!(!path.contains('{'), "say here what stands for the parameter of {path}");
            let answer = Answer::of(node.call(info.method.clone(), &path).bearer_auth(&access)).await;
            if info.dialect == Dialect::Authorisation {
                let told = "Confirm your e-mail address first, by the link that was mailed to you.";
                assert_eq!(answer.message(403)["Message"], told, "{}", info.name);
            } else {
                let expected = json!({ "code": 403, "message": "e-mail address not confirmed", "data": {} });
                assert_eq!((answer.status, answer.json()), (403, expected), "{}", info.name);
            }
            asked += 1;
        }
        assert!(asked >= 6, "only {asked} endpoints need a right");
        for (path, status) in [("/", 403), ("/system-creation?type=ns8", 403), ("/account", 200)] {
            let page = node.call(Method::GET, path).header("Cookie", cookies.join("; "));
            assert_eq!(Answer::of(page).await.status, status, "{path}");
        }
    }

    async fn whoever_has_not_confirmed_cannot_sign_in_where_the_settings_say_so(bench: Bench) {
        bench.organisation("Owner", None).await;
        let node = strict(&bench, Unconfirmed::Nothing).await;
        let (_, access) = register(&node).await;
        assert_eq!(get(&node, "/api/me", &access).await.status, 403, "the session waits for the confirmation");
        // Nobody learns of it who does not know the password.
        let unknown = sign_in(&node, "nobody@example.org", WRONG).await;
        assert_eq!(sign_in(&node, EMAIL, WRONG).await.body, unknown.body);
        // It is no failure, and another link is mailed where the last is older than a minute, up to three.
        for (wait, mailed) in [(0, 1), (59, 1), (1, 2), (0, 2), (60, 3), (60, 3), (60, 3)] {
            bench.clock.advance(Span::seconds(wait));
            let refused = sign_in(&node, EMAIL, NEXT).await;
            assert_eq!(refused.message(403)["BackendMessage"], "e-mail address not confirmed");
            assert_eq!(bench.mailed_tokens(EMAIL, PAGE).await.len(), mailed, "after {wait} s more");
        }
        let links = bench.mailed_tokens(EMAIL, PAGE).await;
        let page = node.call(Method::POST, "/login").header("Origin", &node.context.settings.base_url.origin());
        let page = Answer::of(with_form(page, [("email", EMAIL), ("password", NEXT)])).await;
        assert_eq!(page.status, 403);
        assert!(page.header("set-cookie").is_none_or(|cookie| !cookie.starts_with("bailiwick=")), "{page:?}");

        confirm(&node, links.first().unwrap()).await.message(200);
        assert_eq!(get(&node, "/api/me", &access).await.status, 200);
        assert_eq!(sign_in(&node, EMAIL, NEXT).await.status, 200);
    }

    async fn a_session_from_before_the_settings_changed_opens_nothing_until_the_address_is_confirmed(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Admin).await;
        let tokens = bench.sign_in(&ann).await;
        let login = bench.call(Method::POST, "/login").header("Origin", &bench.origin);
        let login = Answer::of(with_form(login, [("email", ann.email.as_str()), ("password", PASSWORD)])).await;
        let cookies = login.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
        let cookies: Vec<_> = cookies.filter_map(|cookie| cookie.split(';').next()).collect();
        let node = strict(&bench, Unconfirmed::Nothing).await;
        assert_eq!(get(&node, "/api/me", &tokens.access).await.status, 403);
        let page = async |path: &str| {
            let page = Answer::of(node.call(Method::GET, path).header("Cookie", cookies.join("; "))).await;
            (page.status, page.header("location").unwrap_or_default().to_owned())
        };
        assert_eq!(page("/").await, (303, "/login?next=%2F".to_owned()));
        assert_eq!(page("/login").await.0, 200, "as a stranger");
        // Whoever can read the mails of the address has it.
        let link = node.mailed_link(&ann, LinkPurpose::Reset).await;
        reset(&node, &link, NEXT).await.message(200);
        assert_eq!(sign_in(&node, &ann.email, NEXT).await.status, 200);
    }

    async fn whoever_has_not_confirmed_signs_out_all_the_same(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Admin).await;
        let tokens = bench.sign_in(&ann).await;
        let login = bench.call(Method::POST, "/login").header("Origin", &bench.origin);
        let login = Answer::of(with_form(login, [("email", ann.email.as_str()), ("password", PASSWORD)])).await;
        let cookies = login.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
        let cookies: Vec<_> = cookies.filter_map(|cookie| cookie.split(';').next()).collect();
        let node = strict(&bench, Unconfirmed::Nothing).await;
        let aside = Aside::of(&bench).await;
        let living = "SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL";
        assert_eq!(aside.number(living).await, 2);
        sign_out(&node, &tokens.access).await.message(200);
        assert_eq!(aside.number(living).await, 1);
        let logout = node.call(Method::POST, "/logout").header("Origin", node.context.settings.base_url.origin());
        assert_eq!(Answer::of(logout.header("Cookie", cookies.join("; "))).await.status, 303);
        assert_eq!(aside.number(living).await, 0);
    }

    async fn whoever_set_the_server_up_needs_no_confirmation(bench: Bench) {
        let beginning = Beginning {
            organisation: Parse::parse_text("Acme").unwrap(),
            email: Parse::parse_text(EMAIL).unwrap(),
            name: Parse::parse_text("Ada").unwrap(),
            password: Parse::parse_text(PASSWORD).unwrap(),
        };
        bench.context.set_up(beginning, SetupWarrant::CommandLine).await.unwrap();
        let node = strict(&bench, Unconfirmed::Nothing).await;
        assert_eq!(sign_in(&node, EMAIL, PASSWORD).await.status, 200);
    }

    async fn a_mailed_link_shows_up_in_no_answer(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let super_admin = bench.super_admin("owner", owner).await;
        let (user, access) = register(&bench).await;
        let own = user["UUID"].as_str().unwrap().to_owned();
        let mut answers = vec![user.to_string()];
        let forgot = json!({ "Email": EMAIL });
        answers.push(format!("{:?}", post(&bench, "/auth/authenticate/forgot-password", &forgot).await));
        answers.push(format!("{:?}", another_link(&bench, &access).await));
        let chief = bench.sign_in(&super_admin).await.access;
        for path in ["/api/me", "/api/me/sessions", &format!("/auth/user/{own}"), "/api/audit", "/api/audit/export"] {
            for bearer in [&access, &chief] {
                answers.push(format!("{:?}", get(&bench, path, bearer).await));
            }
        }
        let confirmations = bench.mailed_tokens(EMAIL, PAGE).await;
        let resets = bench.mailed_tokens(EMAIL, "/reset-password").await;
        assert_eq!((confirmations.len(), resets.len()), (2, 1));
        for link in confirmations.iter().chain(&resets) {
            for answer in &answers {
                assert!(!answer.contains(link.as_str()), "{answer}");
            }
        }
    }

    async fn links_lead_to_the_set_origin_whatever_a_request_says_of_itself(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let access = bench.sign_in(&ann).await.access;
        let hostile = |method: Method, path: &str| {
            let request = bench.call(method, path).header("Host", "evil.example").header("Origin", "https://evil.example");
            let request = request.header("X-Forwarded-Host", "evil.example").header("X-Forwarded-Proto", "https");
            let request = request.header("X-Forwarded-Port", "666").header("X-Original-Host", "evil.example");
            request.header("Forwarded", "for=203.0.113.7;host=evil.example;proto=https").header("Referer", "https://evil.example/")
        };
        let submit = async |path: &str, fields: &[(&str, &str)]| {
            Answer::of(http::submit(hostile(Method::POST, path), fields.iter().copied())).await.status
        };
        let newcomer = json!({
            "Email": EMAIL, "Password": NEXT, "Name": "evil.example", "Company": "https://evil.example",
            "AcceptEULA": true,
        });
        let forgotten = json!({ "Email": ann.email });
        let statuses = [
            Answer::of(hostile(Method::POST, REGISTER).json(&newcomer)).await.status,
            Answer::of(hostile(Method::POST, "/auth/authenticate/forgot-password").json(&forgotten)).await.status,
            Answer::of(hostile(Method::POST, ANOTHER).bearer_auth(&access)).await.status,
            Answer::of(hostile(Method::POST, SIGN_IN).json(&json!({ "Username": ann.email, "Password": PASSWORD }))).await.status,
        ];
        assert_eq!(statuses, [201, 200, 200, 200]);
        let visitor = [
            ("name", "evil.example"), ("company", "evil.example"), ("email", "bea@example.org"), ("password", NEXT),
            ("terms", "true"),
        ];
        assert_eq!(submit("/register", &visitor).await, 303);
        assert_eq!(submit("/forgot-password", &[("email", &ann.email)]).await, 303);
        let letters = bench.letters().await;
        assert_eq!(letters.len(), 5, "{letters:?}");
        for letter in &letters {
            assert!(!letter.content.contains("evil"), "{letter:?}");
            let links: BTreeSet<&str> =
                letter.content.split("http").skip(1).map(|rest| rest.split(['/', '?']).nth(2).unwrap()).collect();
            let host = bench.origin.trim_start_matches("http://");
            assert_eq!(links, BTreeSet::from([host]), "{letter:?}");
        }
    }
}
