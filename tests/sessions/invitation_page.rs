//! The page behind an invitation, as a browser without script uses it.

use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::http;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::Person;
use reqwest::Method;

use crate::forms::{Browser, SESSION, cookie};
use crate::invitations::{NEWCOMER, SECRET, Stage, made, mailed, memberships};
use crate::support::{Aside, Strict, sign_in};

/// The session cookie that an answer sets, as a browser sends it.
fn session(answer: &Answer) -> String {
    format!("{SESSION}={}", cookie(answer, SESSION).unwrap_or_else(|| panic!("{answer:?}")))
}

async fn browser(bench: &Bench, person: &Person) -> String {
    format!("{SESSION}={}", Browser::of(bench, person).await.session().unwrap())
}

async fn show(bench: &Bench, token: &str, cookie: &str) -> Answer {
    Answer::of(bench.call(Method::GET, &format!("/invitation?token={token}")).header("cookie", cookie)).await
}

async fn submit(bench: &Bench, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    let request = bench.call(Method::POST, "/invitation").header("cookie", cookie);
    Answer::of(http::submit(request, fields.iter().copied())).await
}

on_both_engines! {
    async fn the_page_of_an_invitation_shows_it_and_changes_nothing(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        assert_eq!(stage.invite(&bench, NEWCOMER, "support").await.status, 201);
        let (token, _) = mailed(bench.directory(), NEWCOMER).await;
        let (person, other) = (browser(&bench, &stage.bob).await, browser(&bench, &stage.carla).await);
        let for_bob = bench.invitation(&stage.bob.email, stage.ours).await;
        let before = made(&aside).await;
        let stranger = show(&bench, &token, "").await;
        assert_eq!(stranger.status, 200, "{stranger:?}");
        for words in ["carla", "Bellavista &#60;Hotels&#62;", NEWCOMER, "Support: ", "Create account and join", "/login?next=%2Finvitation"] {
            assert!(stranger.body.contains(words), "no {words} in {}", stranger.body);
        }
        let its_own = show(&bench, &for_bob, &person).await;
        assert!(its_own.body.contains("value=\"join\"") && !its_own.body.contains("value=\"register\""), "{its_own:?}");
        let anothers = show(&bench, &for_bob, &other).await;
        for words in [stage.carla.email.as_str(), stage.bob.email.as_str(), "value=\"sign-out\""] {
            assert!(anothers.body.contains(words), "{anothers:?}");
        }
        assert!(!anothers.body.contains("value=\"join\""), "{anothers:?}");
        assert_eq!(made(&aside).await, before);
    }

    async fn whoever_is_new_registers_on_the_page_and_is_signed_in(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let token = bench.invitation(NEWCOMER, stage.ours).await;
        let fields = |password| {
            [("act", "register"), ("token", token.as_str()), ("name", "Nora"), ("password", password), ("terms", "true"),
                // What is typed here counts for nothing.
                ("email", "mallory@example.org")]
        };
        let before = made(&aside).await;
        for (password, words) in [("short", "Must be"), ("Bellavista Hotels nora", "guess")] {
            let refused = submit(&bench, "", &fields(password)).await;
            assert!(refused.status == 422 && refused.body.contains(words), "{refused:?}");
        }
        let without_terms: Vec<_> = fields(SECRET).into_iter().filter(|(name, _)| *name != "terms").collect();
        assert_eq!(submit(&bench, "", &without_terms).await.status, 422);
        assert_eq!(made(&aside).await, before);
        let done = submit(&bench, "", &fields(SECRET)).await;
        assert_eq!((done.status, done.header("location")), (303, Some("/")), "{done:?}");
        let home = Answer::of(bench.call(Method::GET, "/").header("cookie", session(&done))).await;
        assert!(home.status == 200 && home.body.contains("Bellavista"), "{home:?}");
        assert_eq!(submit(&bench, "", &fields(SECRET)).await.status, 404, "it is good once");
        let access = sign_in(&bench, NEWCOMER, SECRET).await.text("AccessToken");
        assert_eq!(memberships(&bench, &access).await.len(), 1);

        let for_bob = bench.invitation(&stage.bob.email, stage.ours).await;
        let taken = submit(&bench, "", &[("act", "register"), ("token", &for_bob), ("name", "Bob"), ("password", SECRET), ("terms", "true")]).await;
        assert!(taken.status == 409 && taken.body.contains("There is an account with this address already"), "{taken:?}");
    }

    async fn whoever_is_signed_in_joins_by_one_click_and_another_signs_out_first(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let token = bench.invitation(&stage.bob.email, stage.ours).await;
        let (bob, carla) = (browser(&bench, &stage.bob).await, browser(&bench, &stage.carla).await);
        let before = made(&aside).await;
        let act = |act| [("act", act), ("token", token.as_str())];
        let refused = submit(&bench, &carla, &act("join")).await;
        assert!(refused.status == 403 && refused.body.contains("sign-out"), "{refused:?}");
        // A page of another site cannot click for anybody.
        let body = format!("act=join&token={token}");
        let foreign = bench.call(Method::POST, "/invitation").header("cookie", &bob).header("sec-fetch-site", "cross-site");
        let foreign = foreign.header("content-type", "application/x-www-form-urlencoded").body(body);
        assert_eq!(Answer::of(foreign).await.status, 403);
        // Nobody is signed in there: the page says what can be done.
        assert_eq!(submit(&bench, "", &act("join")).await.status, 303);
        assert_eq!(made(&aside).await, before);

        let out = submit(&bench, &carla, &act("sign-out")).await;
        let address = format!("/invitation?token={token}");
        assert_eq!((out.status, out.header("location")), (303, Some(address.as_str())), "{out:?}");
        assert!(show(&bench, &token, &carla).await.body.contains("value=\"register\""), "the session has not ended");
        let joined = submit(&bench, &bob, &act("join")).await;
        assert_eq!((joined.status, joined.header("location")), (303, Some("/")), "{joined:?}");
        assert_eq!(memberships(&bench, &stage.elsewhere.access).await.len(), 2);
        assert_eq!(submit(&bench, &bob, &act("join")).await.status, 404);
    }
}
