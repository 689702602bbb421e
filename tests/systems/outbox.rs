//! Callbacks that do not arrive at once: tried again, the same and freshly
//! signed, until they arrive or have been tried long enough.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::receiver::{Answer as Reaction, Received, Receiver, verify_signature};
use serde_json::{Value, json};

use crate::callback::key_set;
use crate::peek;
use crate::support::{Scene, body_to, callback_with, eventually, id_of, let_the_outbox_look, with};

/// The longest wait for what the outbox does within a second of real time.
const SOON: Duration = Duration::from_secs(10);
/// Longer than the first rung of the ladder.
const FIRST_RUNG: Span = Span::seconds(6);

/// Creates a system whose callback does not arrive; gives the system.
async fn create_undelivered(bench: &Bench, scene: &Scene, body: &Value) -> Value {
    let answer = scene.admin.call_back(bench, body).await;
    let data = answer.data(201);
    assert_eq!(data["callback_executed"], false);
    let callback = &data["system"]["callback"];
    assert_eq!((&callback["status"], &callback["attempts"]), (&json!("pending"), &json!(1)));
    data["system"].clone()
}

/// How many microseconds of the story's time are left until the next attempt.
async fn wait_until_next(bench: &Bench) -> i64 {
    peek::number(bench, "SELECT next_attempt_at FROM deliveries").await - bench.context.now().microseconds()
}

fn webhook_id(request: &Received) -> &str {
    request.header("webhook-id").unwrap()
}

on_both_engines! {
    async fn a_callback_that_fails_is_tried_again_with_the_same_id_and_a_fresh_signature(bench: Bench) {
        let scene = Scene::set(&bench).await;
        scene.receiver.answer_next([Reaction::Status(500), Reaction::Status(404)]);
        let system = create_undelivered(&bench, &scene, &scene.body(&bench, "again")).await;
        let wait = wait_until_next(&bench).await;
        assert!((0..=5_000_000).contains(&wait), "{wait} µs is not on the first rung");

        bench.clock.advance(FIRST_RUNG);
        scene.receiver.wait_for_callbacks(2, SOON).await.unwrap();
        eventually("the second attempt's record", async || {
            (peek::number(&bench, "SELECT attempts FROM deliveries").await == 2).then_some(())
        })
        .await;
        let wait = wait_until_next(&bench).await;
        assert!((0..=300_000_000).contains(&wait), "{wait} µs is not on the second rung");

        bench.clock.advance(Span::minutes(5));
        let requests = scene.receiver.wait_for_callbacks(3, SOON).await.unwrap();
        let callback = callback_with(&bench, &scene.admin, &id_of(&system), "delivered").await;
        assert_eq!(callback, json!({ "status": "delivered", "attempts": 3, "next_attempt_at": null }));

        let key_set = key_set(&bench).await;
        let times: Vec<_> = requests.iter().map(|request| request.header("webhook-timestamp").unwrap()).collect();
        assert_eq!(times, ["1795167000", "1795167006", "1795167306"]);
        for request in &requests {
            verify_signature(request, &key_set).unwrap();
            assert_eq!((webhook_id(request), &request.target), (webhook_id(&requests[0]), &requests[0].target));
        }
        let_the_outbox_look().await;
        assert_eq!(scene.receiver.callbacks().len(), 3, "what was delivered is not tried again");
    }

    async fn a_redirect_is_a_failure_and_is_not_followed(bench: Bench) {
        let scene = Scene::set(&bench).await;
        scene.receiver.answer_next([Reaction::Redirect(scene.receiver.at("/elsewhere"))]);
        let system = create_undelivered(&bench, &scene, &scene.body(&bench, "redirect")).await;
        let paths: Vec<_> = scene.receiver.requests().iter().map(|request| request.path().to_owned()).collect();
        assert_eq!(paths, ["/callback"]);
        bench.clock.advance(FIRST_RUNG);
        callback_with(&bench, &scene.admin, &id_of(&system), "delivered").await;
    }

    async fn an_application_that_hangs_costs_five_seconds_and_no_system(bench: Bench) {
        let scene = Scene::set(&bench).await;
        scene.receiver.answer_next([Reaction::Hang]);
        let begun = Instant::now();
        let system = create_undelivered(&bench, &scene, &scene.body(&bench, "hang")).await;
        let took = begun.elapsed();
        assert!((Duration::from_secs(5)..Duration::from_secs(9)).contains(&took), "{took:?}");
        bench.clock.advance(FIRST_RUNG);
        callback_with(&bench, &scene.admin, &id_of(&system), "delivered").await;
    }

    async fn an_application_that_is_down_is_called_when_it_is_up_again(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let down = Receiver::start().await.unwrap();
        let (address, url) = (down.address(), down.at("/callback"));
        drop(down);
        // The task of the stopped application ends in its own time.
        eventually("a closed port", async || tokio::net::TcpStream::connect(address).await.err()).await;
        let system = create_undelivered(&bench, &scene, &body_to(&bench, &url, "down")).await;
        let up = Receiver::start_at(address).await.unwrap();
        bench.clock.advance(FIRST_RUNG);
        callback_with(&bench, &scene.admin, &id_of(&system), "delivered").await;
        assert_eq!(up.callbacks()[0].member("system_id").unwrap(), id_of(&system));
    }

    async fn retry_after_is_waited_for(bench: Bench) {
        let scene = Scene::set(&bench).await;
        scene.receiver.answer_next([Reaction::RetryAfter(503, 540)]);
        let system = create_undelivered(&bench, &scene, &scene.body(&bench, "wait")).await;
        let wait = wait_until_next(&bench).await;
        assert!((540_000_000..=545_000_000).contains(&wait), "{wait} µs");
        bench.clock.advance(Span::seconds(539));
        let_the_outbox_look().await;
        assert_eq!(scene.receiver.callbacks().len(), 1);
        bench.clock.advance(FIRST_RUNG);
        callback_with(&bench, &scene.admin, &id_of(&system), "delivered").await;
    }

    async fn a_callback_is_given_up_after_three_days_and_not_before(bench: Bench) {
        let scene = Scene::set(&bench).await;
        scene.receiver.answer_next([Reaction::Status(500), Reaction::Status(500), Reaction::Status(410)]);
        let system = create_undelivered(&bench, &scene, &scene.body(&bench, "dead")).await;
        bench.clock.advance(Span::hours(75));
        scene.receiver.wait_for_callbacks(2, SOON).await.unwrap();
        let admin = scene.admin.again(&bench).await;
        eventually("a second attempt", async || {
            (admin.show(&bench, &id_of(&system)).await["callback"]["attempts"] == 2).then_some(())
        })
        .await;
        assert_eq!(admin.show(&bench, &id_of(&system)).await["callback"]["status"], "pending");

        bench.clock.advance(Span::hours(1));
        let admin = scene.admin.again(&bench).await;
        let callback = callback_with(&bench, &admin, &id_of(&system), "dead").await;
        assert_eq!(callback, json!({ "status": "dead", "attempts": 3, "next_attempt_at": null }));
        bench.clock.advance(Span::days(2));
        let_the_outbox_look().await;
        assert_eq!(scene.receiver.callbacks().len(), 3, "the dead stay dead");
    }

    async fn two_nodes_share_the_work_and_never_do_it_twice(bench: Bench) {
        const SYSTEMS: usize = 24;
        let scene = Scene::set(&bench).await;
        let other_node = bench.another_node().await;
        scene.receiver.answer_next(std::iter::repeat_n(Reaction::Status(500), SYSTEMS));
        for number in 0..SYSTEMS {
            let node = if number % 2 == 0 { &bench } else { &other_node };
            create_undelivered(node, &scene, &scene.body(&bench, &number.to_string())).await;
        }
        // Slow enough for both nodes to look while attempts are under way.
        scene.receiver.answer_next(std::iter::repeat_n(Reaction::Late(Duration::from_millis(400)), SYSTEMS));
        bench.clock.advance(FIRST_RUNG);
        eventually("the last delivery", async || {
            let pending = peek::number(&bench, "SELECT COUNT(*) FROM deliveries WHERE status = 'pending'").await;
            (pending == 0).then_some(())
        })
        .await;
        let_the_outbox_look().await;
        let mut attempts: HashMap<String, usize> = HashMap::new();
        for request in scene.receiver.callbacks() {
            *attempts.entry(webhook_id(&request).to_owned()).or_default() += 1;
        }
        assert_eq!(attempts.len(), SYSTEMS);
        assert!(attempts.values().all(|count| *count == 2), "{attempts:?}");
        let recorded = peek::rows(&bench, "SELECT DISTINCT status, attempts FROM deliveries").await;
        assert_eq!(recorded, [[Some("delivered".to_owned()), Some("2".to_owned())]]);
    }

    async fn a_first_attempt_under_way_is_left_alone_until_its_lease_runs_out(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let other_node = bench.another_node().await;
        scene.receiver.answer_next([Reaction::Hang]);
        let body = scene.body(&bench, "lease");
        let first = scene.admin.call_back(&bench, &body);
        let meanwhile = async {
            scene.receiver.wait_for_callbacks(1, SOON).await.unwrap();
            other_node.clock.advance(Span::seconds(14));
            let_the_outbox_look().await;
            assert_eq!(scene.receiver.callbacks().len(), 1);
            // As long as only a dead node would need: somebody else takes over.
            other_node.clock.advance(Span::seconds(1));
            scene.receiver.wait_for_callbacks(2, SOON).await.unwrap()
        };
        let (answer, requests) = tokio::join!(first, meanwhile);
        assert_eq!(webhook_id(&requests[0]), webhook_id(&requests[1]));
        let data = answer.data(201);
        assert_eq!(data["callback_executed"], false, "this attempt got no answer");
        assert_eq!(data["system"]["callback"]["status"], "delivered", "but another one did");
        let_the_outbox_look().await;
        assert_eq!(scene.receiver.callbacks().len(), 2);
    }

    async fn another_node_delivers_what_a_stopped_one_left(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let other_node = bench.another_node().await;
        scene.receiver.answer_next([Reaction::Status(502)]);
        let system = create_undelivered(&bench, &scene, &scene.body(&bench, "left")).await;
        let clock = std::sync::Arc::clone(&bench.clock);
        drop(bench);
        clock.advance(FIRST_RUNG);
        callback_with(&other_node, &scene.admin, &id_of(&system), "delivered").await;
        let requests = scene.receiver.callbacks();
        assert_eq!(webhook_id(&requests[0]), webhook_id(&requests[1]));
        verify_signature(&requests[1], &key_set(&other_node).await).unwrap();
    }

    async fn the_timestamp_of_a_late_call_is_still_that_of_the_creation(bench: Bench) {
        let scene = Scene::set(&bench).await;
        // A fraction of a second: receivers get whole ones.
        bench.clock.advance(Span::milliseconds(250));
        scene.receiver.answer_next([Reaction::Status(500)]);
        let system = create_undelivered(&bench, &scene, &scene.body(&bench, "fraction")).await;
        assert_eq!(system["created_at"], "2026-11-20T09:30:00.25Z");
        // The name changes and the state grows old; the application hears what it asked for.
        let path = format!("/api/systems/{}", id_of(&system));
        scene.admin.put(&bench, &path, &json!({ "name": "Renamed" })).await.data(200);
        bench.clock.advance(Span::hours(2));
        let requests = scene.receiver.wait_for_callbacks(2, SOON).await.unwrap();
        assert_eq!(requests[1].member("timestamp").unwrap(), "2026-11-20T09:30:00Z");
        assert_eq!(requests[1].member("system_name").unwrap(), "Production Server");
        let attempted = Timestamp::from_seconds(1_795_167_000 + 7200).seconds().to_string();
        assert_eq!(requests[1].header("webhook-timestamp"), Some(attempted.as_str()));
    }

    async fn a_callback_that_cannot_be_read_any_more_is_given_up_and_holds_up_no_other(bench: Bench) {
        let scene = Scene::set(&bench).await;
        scene.receiver.answer_next([Reaction::Status(500)]);
        let broken = create_undelivered(&bench, &scene, &scene.body(&bench, "broken")).await;
        let broken = peek::id_literal(&bench, &id_of(&broken));
        let cut = "UPDATE deliveries SET sealed_target = SUBSTR(sealed_target, 2) WHERE system_id = ";
        peek::execute(&bench, &format!("{cut}{broken}")).await;
        scene.receiver.answer_next([Reaction::Status(500)]);
        let good = create_undelivered(&bench, &scene, &scene.body(&bench, "good")).await;

        bench.clock.advance(FIRST_RUNG);
        callback_with(&bench, &scene.admin, &id_of(&good), "delivered").await;
        let dead = format!("SELECT COUNT(*) FROM deliveries WHERE status = 'dead' AND system_id = {broken}");
        eventually("the end of what cannot be read", async || (peek::number(&bench, &dead).await == 1).then_some(())).await;
    }

    async fn the_address_of_a_callback_is_sealed_in_the_database(bench: Bench) {
        let scene = Scene::set(&bench).await;
        scene.receiver.answer_next([Reaction::Status(500)]);
        let url = scene.receiver.at("/callback?token=canary-7f3a9c");
        create_undelivered(&bench, &scene, &with(&scene.body(&bench, "sealed"), "callback_url", url)).await;
        let loot = peek::everything(&bench).await;
        let holds = |text: &str| loot.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(holds("Production Server"), "the search finds what is there");
        assert!(!holds("canary-7f3a9c"));
    }
}
