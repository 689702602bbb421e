//! The list of one's own sessions, and ending them.

use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::{PASSWORD, Person, Tokens};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Aside, SIGN_IN, Strict, read, refresh};

const SESSIONS: &str = "/api/me/sessions";

async fn sign_in_with(bench: &Bench, person: &Person, device: &str) -> Tokens {
    let body = json!({ "Username": person.email, "Password": PASSWORD });
    let answer = Answer::of(bench.call(Method::POST, SIGN_IN).header("user-agent", device).json(&body)).await;
    Tokens { access: answer.text("AccessToken"), refresh: answer.text("RefreshToken") }
}

async fn list(bench: &Bench, tokens: &Tokens) -> Vec<Value> {
    let answer = Answer::of(bench.call(Method::GET, SESSIONS).bearer_auth(&tokens.access)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["data"]["sessions"].as_array().unwrap().clone()
}

async fn end(bench: &Bench, tokens: &Tokens, path: &str) -> Answer {
    Answer::of(bench.call(Method::DELETE, path).bearer_auth(&tokens.access)).await
}

on_both_engines! {
    async fn the_list_tells_device_address_and_times(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let old = sign_in_with(&bench, &ann, "Old Phone/1.0").await;
        bench.clock.advance(Span::minutes(5));
        let new = sign_in_with(&bench, &ann, "New Laptop/2.0").await;
        bench.clock.advance(Span::minutes(2));
        assert_eq!(read(&bench, &old.access).await, 200);
        bench.clock.advance(Span::minutes(1));

        let sessions = list(&bench, &new).await;
        let told: Vec<_> = sessions.iter().map(|session| (&session["device"], &session["is_current"])).collect();
        assert_eq!(told, [(&json!("New Laptop/2.0"), &json!(true)), (&json!("Old Phone/1.0"), &json!(false))]);
        for session in &sessions {
            assert_eq!(session["address"], "127.0.0.1");
        }
        let time = |session: usize, member: &str| sessions[session][member].as_str().unwrap().to_owned();
        assert!(time(1, "last_seen") > time(1, "first_seen"), "{sessions:?}");
        assert!(time(0, "last_seen") > time(1, "last_seen"), "{sessions:?}");
    }

    async fn one_session_is_ended_and_the_others_live(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let (here, there) = (bench.sign_in(&ann).await, bench.sign_in(&ann).await);
        let sessions = list(&bench, &here).await;
        let other = sessions.iter().find(|session| session["is_current"] == false).unwrap();
        let path = format!("{SESSIONS}/{}", other["id"].as_str().unwrap());
        assert_eq!(end(&bench, &here, &path).await.json()["data"], json!({ "ended": 1 }));
        assert_eq!(read(&bench, &there.access).await, 401);
        refresh(&bench, &there.refresh, "AccessToken").await.refuses_token();
        assert_eq!(read(&bench, &here.access).await, 200);
        assert_eq!(list(&bench, &here).await.len(), 1);
        // The second click finds nothing more to end.
        let again = end(&bench, &here, &path).await;
        assert_eq!((again.status, &again.json()["message"]), (404, &json!("session not found")));
    }

    async fn all_others_are_ended_at_once(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let (ann, ben) = (bench.person("ann", owner, Role::Reader).await, bench.person("ben", owner, Role::Reader).await);
        let (here, one, two) = (bench.sign_in(&ann).await, bench.sign_in(&ann).await, bench.sign_in(&ann).await);
        let bens = bench.sign_in(&ben).await;
        assert_eq!(end(&bench, &here, SESSIONS).await.json()["data"], json!({ "ended": 2 }));
        for (tokens, expected) in [(&one, 401), (&two, 401), (&here, 200), (&bens, 200)] {
            assert_eq!(read(&bench, &tokens.access).await, expected);
        }
        assert_eq!(end(&bench, &here, SESSIONS).await.json()["data"], json!({ "ended": 0 }));
        let entries = "SELECT COUNT(*) FROM audit WHERE action = 'sessions.ended'";
        assert_eq!(Aside::of(&bench).await.number(entries).await, 1);
    }

    async fn nobody_ends_the_session_of_another(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let chief = bench.super_admin("chief", owner).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let (chiefs, anns) = (bench.sign_in(&chief).await, bench.sign_in(&ann).await);
        let id = list(&bench, &anns).await[0]["id"].as_str().unwrap().to_owned();
        let foreign = end(&bench, &chiefs, &format!("{SESSIONS}/{id}")).await;
        let malformed = end(&bench, &chiefs, &format!("{SESSIONS}/nothing")).await;
        assert_eq!((foreign.status, &foreign.body), (404, &malformed.body));
        assert_eq!(read(&bench, &anns.access).await, 200);
    }

    async fn the_last_use_outlives_the_server(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let tokens = bench.sign_in(&ann).await;
        bench.clock.advance(Span::minutes(7));
        assert_eq!(read(&bench, &tokens.access).await, 200);
        let seen = format!("SELECT COUNT(*) FROM sessions WHERE last_seen_at = {}", bench.context.now().microseconds());
        let aside = Aside::of(&bench).await;
        bench.context.write_last_uses().await.unwrap();
        assert_eq!(aside.number(&seen).await, 1);
    }
}
