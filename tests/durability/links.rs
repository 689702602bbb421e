//! Links through kill -9: what was asked for is mailed, and what was used stays used.

use std::collections::BTreeSet;
use std::time::Duration;

use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::letters::new_token;
use bailiwick_testkit::people::PASSWORD;
use rand::RngExt;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::world::{Api, OWNER, World, read};

/// How often a reset is cut off.
const ROUNDS: usize = 5;
/// Longer than a reset takes, most of which is the hash.
const RESET_MAX_MILLISECONDS: u64 = 150;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_mailed_and_used_once_through_kill_9_on_sqlite() {
    story(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_is_mailed_and_used_once_through_kill_9_on_postgres() {
    story(Engine::Postgres).await;
}

fn reset(api: &Api, token: &str, password: &str) -> RequestBuilder {
    let body = json!({ "Token": token, "NewPassword": password });
    api.call(Method::POST, "/auth/authenticate/reset-password").json(&body)
}

async fn sign_in(api: &Api, email: &str, password: &str) -> (u16, Value) {
    let body = json!({ "Username": email, "Password": password });
    read(api.call(Method::POST, "/auth/authenticate/signin").json(&body)).await.unwrap()
}

fn is_refused(answer: &(u16, Value)) -> bool {
    answer.0 == 400 && answer.1["Field"]["Name"] == "Token"
}

async fn story(engine: Engine) {
    let mut world = World::new(engine).await;
    let mut running = world.program.start().await.unwrap();
    let mut known = BTreeSet::new();
    let mut password = PASSWORD.to_owned();
    for round in 0..ROUNDS {
        // Each round from an address of its own, so that nobody has to wait.
        let api = Api::new(&world.program.origin(), &format!("10.1.{round}.1"));
        let session = sign_in(&api, OWNER, &password).await.1;
        let forgot = api.call(Method::POST, "/auth/authenticate/forgot-password").json(&json!({ "Email": OWNER }));
        assert_eq!(read(forgot).await.unwrap().0, 200);
        running.kill_9().unwrap();
        running = world.program.start().await.unwrap();
        let token = new_token(&world.program.data_dir(), "/reset-password", &mut known).await;

        let next = format!("seventeen quiet marmots bicycle {round}");
        let request = tokio::spawn(read(reset(&api, &token, &next)));
        tokio::time::sleep(Duration::from_millis(rand::rng().random_range(0..RESET_MAX_MILLISECONDS))).await;
        running.kill_9().unwrap();
        let acknowledged = request.await.unwrap().is_ok_and(|(status, _)| status == 200);
        running = world.program.start().await.unwrap();

        let again = read(reset(&api, &token, &format!("{next} again"))).await.unwrap();
        let was_done = again.0 != 200;
        assert!(was_done || !acknowledged, "a reset that was acknowledged is gone, and its link is good again");
        assert!(!was_done || is_refused(&again), "{again:?}");
        let old = std::mem::replace(&mut password, if was_done { next } else { format!("{next} again") });
        assert!(is_refused(&read(reset(&api, &token, "another quiet marmot bicycle")).await.unwrap()));
        assert_eq!(sign_in(&api, OWNER, &password).await.0, 200, "round {round}, done before the end: {was_done}");
        assert_eq!(sign_in(&api, OWNER, &old).await.0, 401);
        let bearer = session["RefreshToken"].as_str().unwrap();
        let refreshed = api.call(Method::POST, "/auth/authenticate/refresh-token").bearer_auth(bearer);
        assert_eq!(read(refreshed).await.unwrap().0, 401, "the sessions of the old password are over");
    }
    confirmation(&mut world, running).await;
}

async fn confirmation(world: &mut World, mut running: bailiwick_testkit::process::Running) {
    let api = Api::new(&world.program.origin(), "10.2.0.1");
    let newcomer = json!({
        "Email": "ada@example.net", "Password": PASSWORD, "Name": "Ada", "Company": "Hotel Bellavista",
        "AcceptEULA": true,
    });
    assert_eq!(read(api.call(Method::POST, "/auth/user").json(&newcomer)).await.unwrap().0, 201);
    running.kill_9().unwrap();
    running = world.program.start().await.unwrap();
    let token = new_token(&world.program.data_dir(), "/confirm", &mut BTreeSet::new()).await;
    let confirm = || api.call(Method::POST, "/auth/authenticate/confirm-address").json(&json!({ "Token": token }));
    assert_eq!(read(confirm()).await.unwrap().0, 200);
    running.kill_9().unwrap();
    let _running = world.program.start().await.unwrap();
    assert!(is_refused(&read(confirm()).await.unwrap()), "what was used before the crash is used after it");
    let access = sign_in(&api, "ada@example.net", PASSWORD).await.1["AccessToken"].as_str().unwrap().to_owned();
    let me = read(api.call(Method::GET, "/api/me").bearer_auth(access)).await.unwrap().1;
    assert!(me["data"]["email_confirmed_at"].is_string(), "{me}");
}
