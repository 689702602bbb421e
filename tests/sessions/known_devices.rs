//! Devices that an account knows: a stranger who guesses does not keep the owner out of them.

use std::net::{IpAddr, Ipv4Addr};

use bailiwick_app::operator::UserKey;
use bailiwick_app::settings::BaseUrl;
use bailiwick_domain::device::DeviceKey;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::field::Parse;
use bailiwick_domain::link::LinkPurpose;
use bailiwick_domain::password::Password;
use bailiwick_domain::role::Role;
use bailiwick_domain::throttle::LedgerKey;
use bailiwick_domain::time::Span;
use bailiwick_store::query::{known_device, retention};
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::http::with_form;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::{PASSWORD, Person};
use reqwest::Method;
use reqwest::header::{COOKIE, SET_COOKIE};
use serde_json::json;

use crate::reset::RESET;
use crate::support::{Aside, Strict, WRONG};
use crate::throttle::{FREE, address, attempt_from, behind_a_proxy, must_wait};

/// A password that nobody had before.
const NEXT: &str = "seventeen quiet marmots bicycle";
/// Where strangers guess: one address for each guess, none of them used by anybody else here.
const STRANGERS: u32 = 60_000;
/// Half a year in seconds.
const HALF_A_YEAR: &str = "Max-Age=15552000";

/// Submits the form of the sign-in from an address, with a device cookie or without.
async fn submit(node: &Bench, from: &str, cookie: Option<&str>, email: &str, password: &str) -> Answer {
    let request = node
        .call(Method::POST, "/login")
        .header("Origin", node.context.settings.base_url.origin())
        .header("X-Forwarded-For", from);
    let request = match cookie {
        Some(value) => request.header(COOKIE, format!("theme=dark; bailiwick-device={value}")),
        None => request,
    };
    Answer::of(with_form(request, [("email", email), ("password", password)])).await
}

/// Holds that the answer is a sign-in; returns the value of the device cookie that it sets.
fn signed_in(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{answer:?}");
    let cookie = device_cookie(answer).unwrap_or_else(|| panic!("no device cookie: {answer:?}"));
    let (pair, rest) = cookie.split_once("; ").unwrap();
    assert_eq!(rest, format!("Path=/; HttpOnly; SameSite=Lax; {HALF_A_YEAR}"));
    pair.strip_prefix("bailiwick-device=").unwrap().to_owned()
}

fn device_cookie(answer: &Answer) -> Option<String> {
    let mut cookies = answer.headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap());
    cookies
        .find(|line| line.split('=').next().is_some_and(|name| name.ends_with("bailiwick-device")))
        .map(str::to_owned)
}

/// Strangers guess, each from elsewhere, until the account is closed to everybody whom it does not know.
async fn lock(node: &Bench, person: &Person) {
    for number in 0..5 {
        attempt_from(node, &address(STRANGERS + number), &person.email, WRONG).await.message(401);
    }
    must_wait(&attempt_from(node, &address(STRANGERS + 9), &person.email, PASSWORD).await, 1);
}

async fn ann(bench: &Bench) -> Person {
    let owner = bench.organisation("Owner", None).await;
    bench.person("ann", owner, Role::Reader).await
}

on_both_engines! {
    async fn a_stranger_does_not_keep_the_owner_out_of_a_known_browser(bench: Bench) {
        let ann = ann(&bench).await;
        let node = behind_a_proxy(&bench).await;
        let cookie = signed_in(&submit(&node, &address(1), None, &ann.email, PASSWORD).await);
        lock(&node, &ann).await;
        assert_eq!(submit(&node, &address(1), None, &ann.email, PASSWORD).await.status, 429, "without the cookie");
        for from in [2, 3] {
            let again = signed_in(&submit(&node, &address(from), Some(&cookie), &ann.email, PASSWORD).await);
            assert_eq!(again, cookie, "it is known by this one, and for another half a year");
        }
        let after_a_restart = behind_a_proxy(&bench).await;
        signed_in(&submit(&after_a_restart, &address(4), Some(&cookie), &ann.email, PASSWORD).await);
        // That the owner came in is no reason to let strangers try again.
        must_wait(&attempt_from(&node, &address(STRANGERS + 10), &ann.email, WRONG).await, 1);
    }

    async fn a_stranger_does_not_keep_a_program_out_that_comes_from_where_it_came_before(bench: Bench) {
        let ann = ann(&bench).await;
        let node = behind_a_proxy(&bench).await;
        for from in ["198.51.100.7", "2001:db8:7:7::1"] {
            assert_eq!(attempt_from(&node, from, &ann.email, PASSWORD).await.status, 200);
        }
        lock(&node, &ann).await;
        for from in ["198.51.100.7", "2001:db8:7:7::1", "2001:db8:7:7:ffff::9"] {
            assert_eq!(attempt_from(&node, from, &ann.email, PASSWORD).await.status, 200, "{from}");
        }
        for from in ["198.51.100.8", "2001:db8:7:8::1"] {
            must_wait(&attempt_from(&node, from, &ann.email, PASSWORD).await, 1);
        }
    }

    async fn a_neighbour_who_closes_the_address_does_not_keep_a_known_browser_out(bench: Bench) {
        let ann = ann(&bench).await;
        let node = behind_a_proxy(&bench).await;
        let cookie = signed_in(&submit(&node, &address(1), None, &ann.email, PASSWORD).await);
        for number in 0..FREE {
            attempt_from(&node, &address(1), &format!("guess{number}@example.org"), WRONG).await.message(401);
        }
        assert_eq!(submit(&node, &address(1), None, &ann.email, PASSWORD).await.status, 429);
        signed_in(&submit(&node, &address(1), Some(&cookie), &ann.email, PASSWORD).await);
    }

    async fn guesses_from_a_known_device_meet_the_same_waits(bench: Bench) {
        let ann = ann(&bench).await;
        let node = behind_a_proxy(&bench).await;
        let stolen = signed_in(&submit(&node, &address(1), None, &ann.email, PASSWORD).await);
        assert_eq!(attempt_from(&node, &address(2), &ann.email, PASSWORD).await.status, 200);
        for number in 0..5 {
            // Whoever has the cookie gains nothing by coming from elsewhere.
            let guess = submit(&node, &address(100 + number), Some(&stolen), &ann.email, WRONG).await;
            assert_eq!(guess.status, 401, "{guess:?}");
            attempt_from(&node, &address(2), &ann.email, WRONG).await.message(401);
        }
        for wait in [1, 2, 4] {
            for number in 0..2 {
                let guess = submit(&node, &address(200 + number), Some(&stolen), &ann.email, PASSWORD).await;
                assert_eq!((guess.status, guess.header("retry-after")), (429, Some(wait.to_string().as_str())));
                must_wait(&attempt_from(&node, &address(2), &ann.email, PASSWORD).await, wait);
            }
            bench.clock.advance(Span::seconds(wait));
            assert_eq!(submit(&node, &address(300), Some(&stolen), &ann.email, WRONG).await.status, 401);
            attempt_from(&node, &address(2), &ann.email, WRONG).await.message(401);
        }
        // And the owner elsewhere does not wait for the thief.
        assert_eq!(attempt_from(&node, &address(400), &ann.email, PASSWORD).await.status, 200);
    }

    async fn a_device_of_one_account_is_none_of_another(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let (ann, bob) = (bench.person("ann", owner, Role::Reader).await, bench.person("bob", owner, Role::Reader).await);
        let node = behind_a_proxy(&bench).await;
        let cookie = signed_in(&submit(&node, &address(1), None, &ann.email, PASSWORD).await);
        assert_eq!(attempt_from(&node, &address(1), &ann.email, PASSWORD).await.status, 200);
        lock(&node, &bob).await;
        for cookie in [None, Some(cookie.as_str())] {
            assert_eq!(submit(&node, &address(1), cookie, &bob.email, PASSWORD).await.status, 429);
        }
        bench.clock.advance(Span::seconds(1));
        let bobs = signed_in(&submit(&node, &address(1), Some(&cookie), &bob.email, PASSWORD).await);
        assert_ne!(bobs, cookie, "a browser of ann's is new to bob");
    }

    async fn a_cookie_that_somebody_planted_does_not_become_known(bench: Bench) {
        let ann = ann(&bench).await;
        let node = behind_a_proxy(&bench).await;
        let planted = "A".repeat(43);
        let given = signed_in(&submit(&node, &address(1), Some(&planted), &ann.email, PASSWORD).await);
        assert_ne!(given, planted);
        lock(&node, &ann).await;
        assert_eq!(submit(&node, &address(2), Some(&planted), &ann.email, PASSWORD).await.status, 429);
        signed_in(&submit(&node, &address(2), Some(&given), &ann.email, PASSWORD).await);
        // Nor does one that failed.
        let failed = submit(&node, &address(3), Some(&planted), &ann.email, WRONG).await;
        assert_eq!((failed.status, device_cookie(&failed)), (429, None));
    }

    async fn a_new_password_forgets_every_device_but_the_one_that_it_was_set_from(bench: Bench) {
        let ann = ann(&bench).await;
        let node = behind_a_proxy(&bench).await;
        let cookie = signed_in(&submit(&node, &address(1), None, &ann.email, PASSWORD).await);
        assert_eq!(attempt_from(&node, &address(2), &ann.email, PASSWORD).await.status, 200);
        let here = attempt_from(&node, &address(3), &ann.email, PASSWORD).await.text("AccessToken");
        lock(&node, &ann).await;
        let body = json!({ "CurrentPassword": PASSWORD, "NewPassword": NEXT });
        let request = node.call(Method::POST, "/auth/authenticate/update-password").bearer_auth(&here).json(&body);
        let changed = Answer::of(request.header("X-Forwarded-For", address(3))).await;
        assert_eq!(changed.status, 200, "nor does a stranger keep the owner from changing the password: {changed:?}");
        assert_eq!(attempt_from(&node, &address(3), &ann.email, NEXT).await.status, 200);
        assert_eq!(submit(&node, &address(1), Some(&cookie), &ann.email, NEXT).await.status, 429);
        must_wait(&attempt_from(&node, &address(2), &ann.email, NEXT).await, 1);

        let key = UserKey::Email(EmailAddress::parse_text(&ann.email).unwrap());
        let password = Password::parse_text(PASSWORD).unwrap();
        node.context.set_password_as_operator(&key, password).await.unwrap();
        assert_eq!(Aside::of(&bench).await.number("SELECT COUNT(*) FROM known_devices").await, 0);
    }

    async fn a_password_that_the_operator_sets_is_told_and_lets_its_owner_in_whatever_strangers_did(bench: Bench) {
        let ann = ann(&bench).await;
        let node = behind_a_proxy(&bench).await;
        lock(&node, &ann).await;
        let key = UserKey::Email(EmailAddress::parse_text(&ann.email).unwrap());
        node.context.set_password_as_operator(&key, Password::parse_text(NEXT).unwrap()).await.unwrap();
        assert_eq!(attempt_from(&node, &address(1), &ann.email, NEXT).await.status, 200);
        let told = "SELECT COUNT(*) FROM mails WHERE kind = 'password_changed'";
        assert_eq!(Aside::of(&bench).await.number(told).await, 1);
    }

    async fn a_reset_forgets_what_failed_on_the_device_that_it_comes_from(bench: Bench) {
        let ann = ann(&bench).await;
        let node = behind_a_proxy(&bench).await;
        assert_eq!(attempt_from(&node, &address(1), &ann.email, PASSWORD).await.status, 200);
        attempt_from(&node, &address(1), &ann.email, WRONG).await.message(401);
        attempt_from(&node, &address(2), &ann.email, WRONG).await.message(401);
        let token = node.mailed_link(&ann, LinkPurpose::Reset).await;
        let body = json!({ "Token": token, "NewPassword": NEXT });
        let request = node.call(Method::POST, RESET).header("X-Forwarded-For", address(1)).json(&body);
        assert_eq!(Answer::of(request).await.status, 200);
        // What is left are the addresses, whose guesses may have been at others.
        let left = "SELECT COUNT(*) FROM throttle_ledgers WHERE failures > 0";
        assert_eq!(Aside::of(&bench).await.number(left).await, 2);
    }

    async fn a_device_whose_account_went_to_somebody_else_is_theirs(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let (ann, bob) = (bench.person("ann", owner, Role::Reader).await, bench.person("bob", owner, Role::Reader).await);
        let device = DeviceKey::network(&LedgerKey::account("them@example.org"), IpAddr::V4(Ipv4Addr::LOCALHOST));
        let now = bench.context.now();
        let mut transaction = bench.context.database.write().await.unwrap();
        for person in [&ann, &bob] {
            known_device::know(&mut transaction, person.id, &device, now).await.unwrap();
        }
        for (person, is_known) in [(&ann, true), (&bob, false)] {
            known_device::forget_all(&mut transaction, person.id).await.unwrap();
            let found = known_device::find(&mut transaction, [device, device], now).await.unwrap();
            assert_eq!(found.is_some(), is_known, "without those of {}", person.email);
        }
    }

    async fn whoever_sets_a_forgotten_password_gets_in_whatever_strangers_do_and_no_other_device_is_known(bench: Bench) {
        let ann = ann(&bench).await;
        let node = behind_a_proxy(&bench).await;
        let cookie = signed_in(&submit(&node, &address(1), None, &ann.email, PASSWORD).await);
        assert_eq!(attempt_from(&node, &address(2), &ann.email, PASSWORD).await.status, 200);
        lock(&node, &ann).await;
        let token = node.mailed_link(&ann, LinkPurpose::Reset).await;
        let body = json!({ "Token": token, "NewPassword": NEXT });
        let request = node.call(Method::POST, RESET).header("X-Forwarded-For", address(3)).json(&body);
        assert_eq!(Answer::of(request).await.status, 200);
        lock(&node, &ann).await;
        assert_eq!(submit(&node, &address(1), Some(&cookie), &ann.email, NEXT).await.status, 429);
        must_wait(&attempt_from(&node, &address(2), &ann.email, NEXT).await, 1);
        let fresh = signed_in(&submit(&node, &address(3), None, &ann.email, NEXT).await);
        signed_in(&submit(&node, &address(1), Some(&fresh), &ann.email, NEXT).await);
    }

    async fn a_device_is_known_for_half_a_year_after_its_last_sign_in(bench: Bench) {
        let ann = ann(&bench).await;
        let node = behind_a_proxy(&bench).await;
        let aside = Aside::of(&bench).await;
        let mut cookie = signed_in(&submit(&node, &address(1), None, &ann.email, PASSWORD).await);
        for (pause, is_known) in [(Span::days(179), true), (Span::days(179), true), (Span::days(180), false)] {
            bench.clock.advance(pause);
            lock(&node, &ann).await;
            let answer = submit(&node, &address(1), Some(&cookie), &ann.email, PASSWORD).await;
            assert_eq!(answer.status, if is_known { 303 } else { 429 });
            if is_known {
                cookie = signed_in(&answer);
            }
        }
        bench.clock.advance(Span::milliseconds(1));
        retention::run(&bench.context.database, bench.context.now()).await.unwrap();
        assert_eq!(aside.number("SELECT COUNT(*) FROM known_devices").await, 0);
    }

    async fn an_account_knows_its_fifty_newest_devices(bench: Bench) {
        let ann = ann(&bench).await;
        let node = behind_a_proxy(&bench).await;
        for number in 0..51 {
            bench.clock.advance(Span::seconds(1));
            assert_eq!(attempt_from(&node, &address(number), &ann.email, PASSWORD).await.status, 200);
        }
        assert_eq!(Aside::of(&bench).await.number("SELECT COUNT(*) FROM known_devices").await, 50);
        lock(&node, &ann).await;
        must_wait(&attempt_from(&node, &address(0), &ann.email, PASSWORD).await, 1);
        assert_eq!(attempt_from(&node, &address(1), &ann.email, PASSWORD).await.status, 200);
    }

    async fn on_https_the_device_cookie_is_bound_to_the_host(bench: Bench) {
        let ann = ann(&bench).await;
        let base_url = BaseUrl::parse_text("https://id.example.org").unwrap();
        let node = bench.another_node_with(|settings| settings.base_url = base_url).await;
        let request = node.call(Method::POST, "/login").header("Origin", "https://id.example.org");
        let form = [("email", ann.email.as_str()), ("password", PASSWORD)];
        let answer = Answer::of(with_form(request, form)).await;
        assert_eq!(answer.status, 303, "{answer:?}");
        let cookie = device_cookie(&answer).unwrap();
        let (pair, rest) = cookie.split_once("; ").unwrap();
        assert_eq!(rest, format!("Path=/; HttpOnly; SameSite=Lax; Secure; {HALF_A_YEAR}"));
        assert!(pair.starts_with("__Host-bailiwick-device="), "{pair}");
    }
}
