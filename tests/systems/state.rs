//! The one-shot state: what is malformed, too old or used, and what leaves it unused.

use std::time::Duration;

use bailiwick_domain::field::Parse as _;
use bailiwick_domain::id::SystemId;
use bailiwick_domain::role::Role;
use bailiwick_domain::state_token::{RawState, StateToken};
use bailiwick_domain::time::Span;
use bailiwick_store::query::{retention, used_state};
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::state_token;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};

use crate::peek;
use crate::support::{Actor, EXPIRED, INVALID, Scene, USED, assert_snapshot, id_of, let_the_outbox_look, with};

/// How long a state is good, in milliseconds.
const HOUR: i64 = 3_600_000;
/// How far another clock may run ahead, in milliseconds.
const AHEAD: i64 = 300_000;

fn spelled(json: &str) -> String {
    format!("state_{}", STANDARD.encode(json))
}

/// How often each table that a created system touches was written to.
async fn written(bench: &Bench) -> [i64; 4] {
    let mut counts = [0; 4];
    let queries = [
        "SELECT COUNT(*) FROM systems",
        "SELECT COUNT(*) FROM used_states",
        "SELECT COUNT(*) FROM deliveries",
        "SELECT COUNT(*) FROM audit WHERE subject_kind = 'system'",
    ];
    for (count, query) in counts.iter_mut().zip(queries) {
        *count = peek::number(bench, query).await;
    }
    counts
}

#[track_caller]
fn assert_detail(answer: &Answer, message: &str, part: &str) {
    answer.refused(400, message);
    let detail = answer.json["data"]["error"].as_str().unwrap();
    assert!(detail.contains(part), "{detail:?} lacks {part:?}");
}

on_both_engines! {
    async fn a_malformed_state_is_told_what_is_wrong_with_it(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let now = bench.context.now().milliseconds();
        let good = bench.state("r");
        let cases = [
            (String::new(), "state_"),
            ("x".to_owned(), "state_"),
            (good.replace("state_", "STATE_"), "state_"),
            (good.replace("state_", ""), "state_"),
            ("state_".to_owned(), "JSON"),
            (format!("{good}!"), "base64"),
            (format!("{good} "), "base64"),
            (spelled("{"), "JSON"),
            (spelled("[]"), "JSON"),
            (spelled("null"), "JSON"),
            (spelled("{}"), "JSON"),
            (spelled(&format!(r#"{{"timestamp":{now}}}"#)), "JSON"),
            (spelled(r#"{"random":"r"}"#), "JSON"),
            (spelled(&format!(r#"{{"timestamp":"{now}","random":"r"}}"#)), "JSON"),
            (spelled(&format!(r#"{{"timestamp":{now}.5,"random":"r"}}"#)), "JSON"),
            (spelled(&format!(r#"{{"timestamp":{now},"random":7}}"#)), "JSON"),
            (spelled(&format!(r#"{{"timestamp":{now},"random":"r","random":"r"}}"#)), "JSON"),
            (spelled(&format!(r#"{{"timestamp":{now},"random":"r"}} x"#)), "JSON"),
            (format!("state_{}", STANDARD.encode(b"\xff\xfe")), "UTF-8"),
            (state_token(now, ""), "random"),
            (state_token(now, &"r".repeat(257)), "random"),
            (spelled(&format!(r#"{{"timestamp":{now},"random":"r","more":"{}"}}"#, "x".repeat(900))), "1024"),
        ];
        for (state, part) in cases {
            let answer = scene.admin.call_back(&bench, &with(&scene.body(&bench, "r"), "callback_state", state)).await;
            assert_detail(&answer, INVALID, part);
        }
        assert_eq!(written(&bench).await, [0; 4]);
        // What the rules leave open is taken: the longest random text, further members, any order.
        let open = spelled(&format!(r#" {{"more":[1,{{}}],"random":"{}","timestamp":{now}}}"#, "ä".repeat(100)));
        for state in [open, state_token(now, &"r".repeat(256))] {
            scene.admin.call_back(&bench, &with(&scene.body(&bench, "r"), "callback_state", state)).await.data(201);
        }
    }

    async fn an_hour_ends_to_the_millisecond(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let now = bench.context.now().milliseconds();
        let send = async |timestamp: i64| {
            let state = state_token(timestamp, "boundary");
            scene.admin.call_back(&bench, &with(&scene.body(&bench, "r"), "callback_state", state)).await
        };
        let expired = send(now - HOUR - 1).await;
        expired.refused(400, EXPIRED);
        assert_snapshot("callback_400_expired", &expired.json);
        // Some applications write seconds: that is a moment in 1970.
        send(now / 1000).await.refused(400, EXPIRED);
        send(i64::MIN).await.refused(400, EXPIRED);
        assert_detail(&send(now + AHEAD + 1).await, INVALID, "future");
        assert_detail(&send(i64::MAX).await, INVALID, "future");
        send(now - HOUR).await.data(201);
        send(now + AHEAD).await.data(201);

        // The same again, with time that passes.
        let early = state_token(now, "early");
        bench.clock.advance(Span::hours(1));
        let admin = scene.admin.again(&bench).await;
        let body = with(&scene.body(&bench, "r"), "callback_state", early);
        let last = with(&body, "callback_state", state_token(now, "last"));
        admin.call_back(&bench, &body).await.data(201);
        bench.clock.advance(Span::milliseconds(1));
        admin.call_back(&bench, &last).await.refused(400, EXPIRED);
        // Used and too old: it stays refused, as too old.
        admin.call_back(&bench, &body).await.refused(400, EXPIRED);
    }

    async fn every_spelling_of_a_used_state_is_used(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let now = bench.context.now().milliseconds();
        // Encodes with characters in which the alphabets differ, and with padding.
        let json = json!({ "timestamp": now, "random": "???>>>~~~ÿÿ" }).to_string();
        assert!(STANDARD.encode(&json).contains(['+', '/']) && STANDARD.encode(&json).ends_with('='), "{json}");
        let spell = |encoded: String| with(&scene.body(&bench, "r"), "callback_state", format!("state_{encoded}"));
        scene.admin.call_back(&bench, &spell(URL_SAFE_NO_PAD.encode(&json))).await.data(201);
        let reordered = format!(r#"{{ "random" : "???>>>~~~\u00ffÿ", "more": 1, "timestamp": {now} }}"#);
        let others = [
            URL_SAFE_NO_PAD.encode(&json),
            URL_SAFE.encode(&json),
            STANDARD.encode(&json),
            STANDARD_NO_PAD.encode(&json),
            STANDARD.encode(reordered),
        ];
        for encoded in others {
            let answer = scene.admin.call_back(&bench, &spell(encoded.clone())).await;
            answer.refused(400, USED);
            assert_eq!(answer.json["data"], json!({ "error": USED }), "{encoded}");
        }
        assert_eq!(written(&bench).await, [1; 4]);
    }

    async fn a_request_that_fails_leaves_the_state_unused(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let reader = Actor::new(&bench, "rita", scene.customer, Role::Reader).await;
        let sibling = bench.organisation("Sibling", Some(scene.owner)).await;
        let body = scene.body(&bench, "kept");
        let refusals: [(&str, Value); 4] = [
            ("name", json!("")),
            ("type", json!("toaster")),
            ("callback_url", json!("https://10.0.0.1/")),
            ("organization_id", json!(sibling.to_string())),
        ];
        for (member, value) in refusals {
            let refused = scene.admin.call_back(&bench, &with(&body, member, value)).await;
            assert_eq!(refused.fields().iter().map(|(key, _)| *key).collect::<Vec<_>>(), [member]);
        }
        Answer::in_json(bench.call(Method::POST, "/api/systems/callback").json(&body)).await.refused(401, "invalid token");
        reader.call_back(&bench, &body).await.refused(403, "insufficient permissions");
        assert_eq!(written(&bench).await, [0; 4]);
        assert_eq!(scene.receiver.requests().len(), 0);

        scene.admin.call_back(&bench, &body).await.data(201);
        assert_eq!(written(&bench).await, [1; 4]);
    }

    async fn one_of_many_who_post_a_state_at_once_gets_the_system(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let other_node = bench.another_node().await;
        let body = scene.body(&bench, "race");
        let posts = (0..64).map(|number| {
            let node = if number % 2 == 0 { &bench } else { &other_node };
            scene.admin.call_back(node, &body)
        });
        let answers = futures_util::future::join_all(posts).await;
        let (created, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
        assert_eq!((created.len(), refused.len()), (1, 63));
        for answer in refused {
            answer.refused(400, USED);
        }
        assert_eq!(written(&bench).await, [1; 4]);
        let_the_outbox_look().await;
        let callbacks = scene.receiver.callbacks();
        assert_eq!(callbacks.len(), 1);
        assert_eq!(callbacks[0].member("system_id").unwrap(), id_of(&created[0].data(201)["system"]));
    }

    async fn a_state_counts_as_used_when_its_use_has_lasted(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let database = &bench.context.database;
        let system = scene.admin.create(&bench, &json!({ "name": "First", "type": "ns8" })).await;
        let body = scene.body(&bench, "lasts");
        let state = RawState::parse_text(body["callback_state"].as_str().unwrap()).unwrap();
        let (state, now) = (StateToken::parse(&state).unwrap(), bench.context.now());

        // Used up, and not committed: the post waits for it, and on SQLite somebody else keeps it from the disk.
        let mut using = database.write().await.unwrap();
        let system = SystemId::parse_text(&id_of(&system)).unwrap();
        let forget_after = state.forget_after(now);
        assert!(used_state::consume(&mut using, &state.identity(), system, now, forget_after).await.unwrap());
        let posting = async {
            let answer = scene.admin.call_back(&bench, &body).await;
            (answer, peek::number(&bench, "SELECT COUNT(*) FROM used_states").await)
        };
        let prolonging = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let transaction = database.write().await.unwrap();
            tokio::time::sleep(Duration::from_millis(400)).await;
            drop(transaction);
        };
        let committing = async {
            tokio::time::sleep(Duration::from_millis(400)).await;
            using.commit().await.unwrap();
        };
        let ((answer, used), (), ()) = tokio::join!(posting, prolonging, committing);
        answer.refused(400, USED);
        assert_eq!(used, 1);
    }

    async fn a_used_state_is_used_for_everybody(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let sibling = bench.organisation("Sibling", Some(scene.owner)).await;
        let stranger = Actor::new(&bench, "bob", sibling, Role::Admin).await;
        let body = scene.body(&bench, "shared");
        scene.admin.call_back(&bench, &body).await.data(201);
        let used = stranger.call_back(&bench, &body).await;
        used.refused(400, USED);
        assert_snapshot("callback_400_used", &used.json);
        // Not even for another destination, another name, or after the system is gone.
        let elsewhere = with(&with(&body, "callback_url", scene.receiver.at("/else")), "name", "Other");
        scene.admin.call_back(&bench, &elsewhere).await.refused(400, USED);
        let id = peek::rows(&bench, "SELECT id FROM systems").await[0][0].clone().unwrap();
        scene.admin.delete(&bench, &format!("/api/systems/{id}")).await.data(200);
        scene.admin.call_back(&bench, &body).await.refused(400, USED);
    }

    async fn a_used_state_is_remembered_for_a_day_and_until_it_has_expired(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let now = bench.context.now().milliseconds();
        // Made on a clock that runs five minutes ahead: good for 65 minutes.
        let body = with(&scene.body(&bench, "r"), "callback_state", state_token(now + 300_000, "ahead"));
        scene.admin.call_back(&bench, &body).await.data(201);
        let clean_up = async || retention::run(&bench.context.database, bench.context.now()).await.unwrap();
        bench.clock.advance(Span::minutes(65));
        clean_up().await;
        let admin = scene.admin.again(&bench).await;
        admin.call_back(&bench, &body).await.refused(400, USED);

        bench.clock.advance(Span::minutes(24 * 60 - 65));
        clean_up().await;
        assert_eq!(peek::number(&bench, "SELECT COUNT(*) FROM used_states").await, 1);
        bench.clock.advance(Span::milliseconds(1));
        clean_up().await;
        assert_eq!(peek::number(&bench, "SELECT COUNT(*) FROM used_states").await, 0);
        let admin = scene.admin.again(&bench).await;
        admin.call_back(&bench, &body).await.refused(400, EXPIRED);
        assert_eq!(peek::number(&bench, "SELECT COUNT(*) FROM systems").await, 1);
    }
}
