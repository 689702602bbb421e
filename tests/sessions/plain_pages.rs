//! The pages without script: what a second click finds, who is told what, and that no session is left behind.

use bailiwick_app::settings::Unconfirmed;
use bailiwick_domain::link::LinkPurpose;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::{PASSWORD, Person};

use crate::forms::Browser;
use crate::reset::NEXT;
use crate::support::{Aside, WRONG, sign_in};

const EMAIL: &str = "nina@newcomers.example";

async fn people(bench: &Bench) -> (Person, Person) {
    let owner = bench.organisation("Owner", None).await;
    (bench.person("ann", owner, Role::Admin).await, bench.person("ben", owner, Role::Reader).await)
}

/// The form of somebody new who brings this organisation along, and is on the way to this page.
fn newcomer<'a>(company: &'a str, next: &'a str) -> [(&'a str, &'a str); 6] {
    [
        ("name", "Nina"),
        ("company", company),
        ("email", EMAIL),
        ("password", PASSWORD),
        ("terms", "true"),
        ("next", next),
    ]
}

fn change<'a>(current: &'a str, new: &'a str) -> [(&'a str, &'a str); 3] {
    [("act", "password"), ("current_password", current), ("new_password", new)]
}

/// Whether this session opens the account.
async fn lives(bench: &Bench, session: &str) -> bool {
    Browser::with_session(bench, session).open("/account").await.status == 200
}

on_both_engines! {
    async fn a_second_click_on_a_new_password_is_not_told_that_nothing_changed(bench: Bench) {
        let (ann, _) = people(&bench).await;
        let token = bench.mailed_link(&ann, LinkPurpose::Reset).await;
        let mut browser = Browser::new(&bench);
        let form = [("token", token.as_str()), ("password", NEXT)];
        let (first, second) = (browser.send("/reset-password", &form).await, browser.send("/reset-password", &form).await);
        assert_eq!((first.status, first.header("location")), (303, Some("/login?notice=password-set")));
        // This one is what the browser shows.
        assert_eq!(second.status, 404);
        assert!(second.body.contains("If you have just set a new password with it, <a href=\"/login\">"), "{second:?}");
        assert!(!second.body.contains("as it was"), "{second:?}");
    }

    async fn a_form_is_told_all_that_is_wrong_with_it_at_once(bench: Bench) {
        let mut browser = Browser::new(&bench);
        for path in ["/register", "/login"] {
            let page = browser.open(path).await;
            assert!(page.body.contains("set up yet"), "{path} says nothing of a server that is not set up: {page:?}");
        }
        bench.organisation("Owner", None).await;
        let form = [("name", " "), ("company", ""), ("email", "nobody"), ("password", "short")];
        let refused = browser.send("/register", &form).await;
        assert_eq!(refused.status, 422);
        for field in ["name", "company", "email", "password", "terms"] {
            assert!(refused.body.contains(&format!("id=\"{field}-error\"")), "nothing of {field}: {refused:?}");
        }
        assert!(!browser.open("/login").await.body.contains("set up yet"));
    }

    async fn a_second_click_on_a_changed_password_finds_it_changed(bench: Bench) {
        let (ann, _) = people(&bench).await;
        let (browser, aside) = (Browser::of(&bench, &ann).await, Aside::of(&bench).await);
        let form = change(PASSWORD, NEXT);
        let (mut one, mut other) = (browser.clone(), browser.clone());
        // Both at once, and one more, as often as a form may be sent before failures slow it down.
        let (first, second) = tokio::join!(one.send("/account", &form), other.send("/account", &form));
        for answer in [first, second] {
            assert_eq!((answer.status, answer.header("location")), (303, Some("/account?notice=password#password")), "{answer:?}");
        }
        for _ in 0..8 {
            assert_eq!(one.send("/account", &form).await.status, 303, "a click counts as a wrong password");
        }
        for (what, sql) in [
            ("entries", "SELECT COUNT(*) FROM audit WHERE action = 'password.changed'"),
            ("mails", "SELECT COUNT(*) FROM mails WHERE kind = 'password_changed'"),
        ] {
            assert_eq!(aside.number(sql).await, 1, "{what}");
        }
        // Whoever comes later is no second click, whatever the new one is.
        bench.clock.advance(Span::seconds(61));
        let late = one.send("/account", &form).await;
        assert!(late.status == 422 && late.body.contains("the password that you have now"), "{late:?}");
        assert_eq!(sign_in(&bench, &ann.email, NEXT).await.status, 200);
    }

    async fn a_guess_at_either_password_of_the_form_counts(bench: Bench) {
        let (ann, _) = people(&bench).await;
        let mut browser = Browser::of(&bench, &ann).await;
        assert_eq!(browser.send("/account", &change(PASSWORD, NEXT)).await.status, 303);
        for _ in 0..5 {
            assert_eq!(browser.send("/account", &change(WRONG, "eleven unlikely pelicans knit")).await.status, 422);
        }
        let refused = browser.send("/account", &change(WRONG, NEXT)).await;
        assert!(refused.status == 429 && refused.header("retry-after").is_some(), "{refused:?}");
    }

    async fn a_session_that_another_takes_the_place_of_ends(bench: Bench) {
        let (ann, ben) = people(&bench).await;
        let reset = bench.mailed_link(&ben, LinkPurpose::Reset).await;
        let another: [(&str, Vec<(&str, &str)>); 4] = [
            ("/login", vec![("email", &ben.email), ("password", PASSWORD)]),
            ("/register", newcomer("Newcomers", "/").to_vec()),
            // There is the account now: it is a sign-in.
            ("/register", newcomer("Newcomers", "/").to_vec()),
            ("/reset-password", vec![("token", &reset), ("password", NEXT)]),
        ];
        for (path, form) in another {
            let mut browser = Browser::of(&bench, &ann).await;
            let before = browser.session().unwrap().to_owned();
            assert!(lives(&bench, &before).await);
            assert_eq!(browser.send(path, &form).await.status, 303, "{path}");
            assert_ne!(browser.session(), Some(before.as_str()), "{path}");
            assert!(!lives(&bench, &before).await, "{path} leaves the session of before behind");
        }
        // What does not come to a sign-in ends nothing.
        let mut browser = Browser::of(&bench, &ann).await;
        assert_eq!(browser.send("/login", &[("email", &ann.email), ("password", WRONG)]).await.status, 401);
        assert!(lives(&bench, browser.session().unwrap()).await);
    }

    async fn whoever_waits_for_a_confirmation_is_told_so_and_led_on(bench: Bench) {
        people(&bench).await;
        let node = bench.another_node_with(|settings| settings.unconfirmed = Unconfirmed::Nothing).await;
        let mut browser = Browser::new(&node);
        let next = "/system-creation?type=ns8";
        let wait = "/login?notice=registered&next=%2Fsystem-creation%3Ftype%3Dns8";
        // A second click leads where the first one did.
        for _ in 0..2 {
            let answer = browser.send("/register", &newcomer("Newcomers", next)).await;
            assert_eq!((answer.status, answer.header("location")), (303, Some(wait)), "{answer:?}");
        }
        for path in [wait, "/login?next=%2F", "/login"] {
            let page = browser.open(path).await;
            assert!(page.body.contains("Open the link that we have mailed you"), "{path}: {page:?}");
            assert!(!page.body.contains("Your session has ended"), "{path}: {page:?}");
        }
        assert_eq!(browser.open("/").await.header("location"), Some("/login?next=%2F"));
        let strange = Browser::with_session(&node, "made-up").open("/login").await;
        assert!(strange.body.contains("Your session has ended"), "{strange:?}");

        let token = bench.mailed_tokens(EMAIL, "/confirm").await.pop_first().unwrap();
        let done = browser.send("/confirm", &[("token", &token)]).await;
        assert_eq!(done.header("location"), Some("/account?notice=confirmed#address"), "{done:?}");
        assert_eq!(browser.open("/account").await.status, 200);
        assert_eq!(browser.open(wait).await.header("location"), Some(next));
    }

    async fn a_confirmed_address_is_said_to_be_ones_own_to_its_owner_alone(bench: Bench) {
        let (ann, ben) = people(&bench).await;
        let mut browser = Browser::of(&bench, &ann).await;
        let anothers = bench.mailed_link(&ben, LinkPurpose::Confirm).await;
        let page = browser.send_and_follow("/confirm", &[("token", &anothers)]).await;
        assert!(page.status == 200 && page.body.contains("Address confirmed"), "{page:?}");
        assert!(!page.body.contains(&ann.email) && !page.body.contains(&ben.email), "{page:?}");
        let own = bench.mailed_link(&ann, LinkPurpose::Confirm).await;
        let page = browser.send_and_follow("/confirm", &[("token", &own)]).await;
        assert!(page.body.contains("Your e-mail address is confirmed.") && page.body.contains(&ann.email), "{page:?}");
        let by_nobody = bench.mailed_link(&ben, LinkPurpose::Confirm).await;
        let page = Browser::new(&bench).send_and_follow("/confirm", &[("token", &by_nobody)]).await;
        assert!(page.body.contains("Your e-mail address is confirmed. Sign in to go on."), "{page:?}");
    }

    async fn whoever_has_an_account_is_told_that_no_other_organisation_was_made(bench: Bench) {
        people(&bench).await;
        let aside = Aside::of(&bench).await;
        for (company, words) in [
            ("Newcomers", "Your account is ready, and you are signed in."),
            // A second click.
            ("Newcomers", "Your account is ready, and you are signed in."),
            ("Another company", "You have an account with this address already, and are signed in to it."),
        ] {
            let page = Browser::new(&bench).send_and_follow("/register", &newcomer(company, "/")).await;
            assert!(page.status == 200 && page.body.contains(words), "{company}: {page:?}");
        }
        assert_eq!(aside.number("SELECT COUNT(*) FROM organisations").await, 2);
        let elsewhere = Browser::new(&bench).send("/register", &newcomer("Another company", "/docs")).await;
        assert_eq!(elsewhere.header("location"), Some("/docs"), "{elsewhere:?}");
    }
}
