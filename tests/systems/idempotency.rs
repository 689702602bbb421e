//! A repeated request gets the first answer, and nothing is done twice.

use std::time::Duration;

use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_store::query::retention;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::receiver::Answer as Reaction;
use reqwest::Method;

use crate::peek;
use crate::support::{Actor, INVALID, Scene, USED, callback_with, id_of, with};

const RUNNING: &str = "a request with this idempotency key is still running";
const OTHER_BODY: &str = "idempotency key was used with another body";

#[track_caller]
fn assert_replays(answer: &Answer, first: &Answer) {
    assert_eq!((answer.status, &answer.body), (201, &first.body));
    assert_eq!((answer.header("idempotent-replayed"), first.header("idempotent-replayed")), (Some("true"), None));
}

#[track_caller]
fn assert_running(answer: &Answer) {
    answer.refused(409, RUNNING);
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
}

on_both_engines! {
    async fn the_same_request_again_gets_the_same_answer(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let body = scene.body(&bench, "same");
        let first = scene.admin.call_back_with_key(&bench, "key", &body).await;
        let secret = first.data(201)["system"]["secret"].as_str().unwrap();
        assert!(secret.len() > 32);
        assert_replays(&scene.admin.call_back_with_key(&bench, "key", &body).await, &first);

        // Later, on another node, after the system was changed and the state has expired.
        let other_node = bench.another_node().await;
        let path = format!("/api/systems/{}", id_of(&first.data(201)["system"]));
        scene.admin.put(&bench, &path, &serde_json::json!({ "name": "Renamed" })).await.data(200);
        bench.clock.advance(Span::hours(23));
        let admin = scene.admin.again(&bench).await;
        assert_replays(&admin.call_back_with_key(&other_node, "key", &body).await, &first);
        assert_eq!(peek::number(&bench, "SELECT COUNT(*) FROM systems").await, 1);
        assert_eq!(scene.receiver.callbacks().len(), 1);

        // Without the key, or with another, the state is what it is.
        admin.call_back_with_key(&bench, "other", &body).await.refused(400, "state token expired");
        bench.clock.advance(Span::milliseconds(3_600_001));
        retention::run(&bench.context.database, bench.context.now()).await.unwrap();
        assert_eq!(peek::number(&bench, "SELECT COUNT(*) FROM idempotency_keys").await, 0, "kept for a day");
    }

    async fn the_answer_to_a_callback_that_failed_is_repeated_as_it_was(bench: Bench) {
        let scene = Scene::set(&bench).await;
        scene.receiver.answer_next([Reaction::Status(500)]);
        let body = scene.body(&bench, "failed");
        let first = scene.admin.call_back_with_key(&bench, "key", &body).await;
        assert_eq!(first.data(201)["callback_executed"], false);
        bench.clock.advance(Span::seconds(6));
        callback_with(&bench, &scene.admin, &id_of(&first.data(201)["system"]), "delivered").await;
        assert_replays(&scene.admin.call_back_with_key(&bench, "key", &body).await, &first);
    }

    async fn the_same_key_with_another_body_is_impossible(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let body = scene.body(&bench, "one");
        scene.admin.call_back_with_key(&bench, "key", &body).await.data(201);
        for other in [scene.body(&bench, "two"), with(&body, "name", "Other"), with(&body, "more", 1)] {
            scene.admin.call_back_with_key(&bench, "key", &other).await.refused(422, OTHER_BODY);
        }
        assert_eq!(peek::number(&bench, "SELECT COUNT(*) FROM systems").await, 1);
        scene.admin.call_back(&bench, &body).await.refused(400, USED);
    }

    async fn while_the_first_is_running_the_second_is_told_to_come_back(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let other_node = bench.another_node().await;
        scene.receiver.answer_next([Reaction::Late(Duration::from_millis(2500))]);
        let body = scene.body(&bench, "running");
        let meanwhile = async {
            scene.receiver.wait_for_callbacks(1, Duration::from_secs(10)).await.unwrap();
            assert_running(&scene.admin.call_back_with_key(&bench, "key", &body).await);
            assert_running(&scene.admin.call_back_with_key(&other_node, "key", &body).await);
        };
        let (first, ()) = tokio::join!(scene.admin.call_back_with_key(&bench, "key", &body), meanwhile);
        assert_eq!(first.data(201)["callback_executed"], true);
        assert_replays(&scene.admin.call_back_with_key(&other_node, "key", &body).await, &first);
        assert_eq!(scene.receiver.callbacks().len(), 1);
    }

    async fn a_client_that_hangs_up_finds_its_answer_later(bench: Bench) {
        let scene = Scene::set(&bench).await;
        scene.receiver.answer_next([Reaction::Late(Duration::from_millis(600))]);
        let body = scene.body(&bench, "gone");
        let lost = scene.admin.call_back_with_key(&bench, "key", &body);
        tokio::select! {
            _ = lost => panic!("it should still be running"),
            arrived = scene.receiver.wait_for_callbacks(1, Duration::from_secs(10)) => drop(arrived.unwrap()),
        }
        let answer = crate::support::eventually("the answer", async || {
            let answer = scene.admin.call_back_with_key(&bench, "key", &body).await;
            (answer.status != 409).then_some(answer)
        })
        .await;
        let data = answer.data(201);
        assert_eq!((answer.header("idempotent-replayed"), data["callback_executed"].as_bool()), (Some("true"), Some(true)));
        assert!(data["system"]["secret"].is_string());
        assert_eq!(peek::number(&bench, "SELECT COUNT(*) FROM systems").await, 1);
    }

    async fn a_request_that_fails_frees_its_key(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let good = scene.body(&bench, "freed");
        let bad_state = with(&good, "callback_state", "state_x");
        for (member, value) in [("name", ""), ("callback_url", "https://10.0.0.1/"), ("type", "toaster")] {
            scene.admin.call_back_with_key(&bench, "key", &with(&good, member, value)).await.fields();
        }
        scene.admin.call_back_with_key(&bench, "key", &bad_state).await.refused(400, INVALID);
        scene.admin.call_back(&bench, &scene.body(&bench, "spent")).await.data(201);
        let spent = scene.admin.call_back_with_key(&bench, "key", &scene.body(&bench, "spent")).await;
        spent.refused(400, USED);
        let first = scene.admin.call_back_with_key(&bench, "key", &good).await;
        assert_replays(&scene.admin.call_back_with_key(&bench, "key", &good).await, &first);
    }

    async fn a_key_belongs_to_one_person(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let bob = Actor::new(&bench, "bob", scene.customer, Role::Support).await;
        let body = scene.body(&bench, "mine");
        scene.admin.call_back_with_key(&bench, "key", &body).await.data(201);
        bob.call_back_with_key(&bench, "key", &body).await.refused(400, USED);
        let own = bob.call_back_with_key(&bench, "key", &scene.body(&bench, "yours")).await;
        assert_eq!(own.data(201)["system"]["created_by"]["user_name"], "bob");
        assert_eq!(own.header("idempotent-replayed"), None);
    }

    async fn many_at_once_with_one_key_make_one_system(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let other_node = bench.another_node().await;
        scene.receiver.answer_next([Reaction::Late(Duration::from_millis(300))]);
        let body = scene.body(&bench, "many");
        let posts = (0..32).map(|number| {
            let node = if number % 2 == 0 { &bench } else { &other_node };
            scene.admin.call_back_with_key(node, "key", &body)
        });
        let answers = futures_util::future::join_all(posts).await;
        let first = answers.iter().find(|answer| answer.status == 201 && answer.header("idempotent-replayed").is_none());
        let first = first.unwrap();
        let mut firsts = 0;
        for answer in &answers {
            match (answer.status, answer.header("idempotent-replayed")) {
                (201, None) => firsts += 1,
                (201, _) => assert_replays(answer, first),
                _ => assert_running(answer),
            }
        }
        assert_eq!(firsts, 1);
        assert_eq!(peek::number(&bench, "SELECT COUNT(*) FROM systems").await, 1);
        assert_replays(&scene.admin.call_back_with_key(&bench, "key", &body).await, first);
        assert_eq!(scene.receiver.callbacks().len(), 1);
    }

    async fn a_key_has_at_most_255_characters(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let body = scene.body(&bench, "long");
        for key in [String::new(), "k".repeat(256)] {
            let answer = scene.admin.call_back_with_key(&bench, &key, &body).await;
            assert_eq!(answer.fields(), [("Idempotency-Key", "max")], "{} characters", key.len());
        }
        let two = scene.admin.request(&bench, Method::POST, "/api/systems/callback").json(&body);
        let two = Answer::in_json(two.header("idempotency-key", "a").header("idempotency-key", "b")).await;
        assert_eq!(two.fields().iter().map(|(key, _)| *key).collect::<Vec<_>>(), ["Idempotency-Key"]);
        scene.admin.call_back_with_key(&bench, &"k".repeat(255), &body).await.data(201);
    }

    async fn a_stolen_database_does_not_tell_the_secret(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let first = scene.admin.call_back_with_key(&bench, "key-canary-51e0", &scene.body(&bench, "theft")).await;
        let secret = first.data(201)["system"]["secret"].as_str().unwrap();
        let (public_part, secret_part) = secret.strip_prefix("bws_").unwrap().split_once('.').unwrap();
        let loot = peek::everything(&bench).await;
        let holds = |text: &[u8]| loot.windows(text.len()).any(|window| window == text);
        assert!(holds(b"Production Server") && holds(public_part.as_bytes()), "the search finds what is there");
        assert!(!holds(secret_part.as_bytes()));
        assert!(!holds(&data_encoding::HEXLOWER.decode(secret_part.as_bytes()).unwrap()));
        assert!(!holds(b"key-canary-51e0"));
        assert!(!holds(bench.state("theft").as_bytes()));
    }
}
