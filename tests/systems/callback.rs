//! The order in which a request of an outside application is judged, the
//! envelopes, and the call that follows.

use std::time::Duration;

use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::receiver::{Answer as Reaction, Received, verify_signature};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Actor, Scene, assert_snapshot, id_of, with};

/// The key set, as an outside application fetches it.
pub(crate) async fn key_set(bench: &Bench) -> String {
    Answer::in_json(bench.call(Method::GET, "/.well-known/jwks.json")).await.body
}

#[track_caller]
fn assert_signed(request: &Received, key_set: &str) {
    verify_signature(request, key_set).unwrap_or_else(|reason| panic!("{reason}"));
}

on_both_engines! {
    async fn who_asks_is_judged_before_what_is_asked(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let reader = Actor::new(&bench, "rita", scene.customer, Role::Reader).await;
        // Everything is wrong at once: the state, the destination, the type, the name.
        let wrong = json!({ "name": " ", "type": "toaster", "callback_url": "x", "callback_state": "x" });

        let nobody = Answer::in_json(bench.call(Method::POST, "/api/systems/callback").json(&wrong)).await;
        nobody.refused(401, "invalid token");
        assert_eq!(nobody.header("www-authenticate"), Some("Bearer"));
        assert_snapshot("callback_401", &nobody.json);
        for token in ["x", "Bearer x", "Basic YTpi", ""] {
            let request = bench.call(Method::POST, "/api/systems/callback").header("authorization", token).json(&wrong);
            assert_eq!(Answer::in_json(request).await.json, nobody.json, "{token:?}");
        }

        let unable = reader.call_back(&bench, &wrong).await;
        unable.refused(403, "insufficient permissions");
        assert_snapshot("callback_403", &unable.json);

        // Not even a body that is no JSON, or none at all, comes before.
        for bytes in ["{", ""] {
            let broken = |request: RequestBuilder| request.header("content-type", "application/json").body(bytes);
            let nobodys = broken(bench.call(Method::POST, "/api/systems/callback"));
            Answer::in_json(nobodys).await.refused(401, "invalid token");
            let readers = broken(reader.request(&bench, Method::POST, "/api/systems/callback"));
            Answer::in_json(readers).await.refused(403, "insufficient permissions");
        }

        let able = scene.admin.call_back(&bench, &wrong).await;
        let expected = [("name", "required"), ("type", "oneof"), ("callback_url", "url")];
        assert_eq!(able.fields(), expected, "the state is not looked at before the body is right");
        assert_snapshot("callback_400_body", &able.json);

        // The body is right but for the state.
        let body = with(&scene.body(&bench, "r"), "callback_state", "x");
        let stateless = scene.admin.call_back(&bench, &body).await;
        stateless.refused(400, "invalid or already used state token");
        assert_snapshot("callback_400_state", &stateless.json);
        assert_eq!(scene.receiver.requests().len(), 0);
    }

    async fn each_member_is_held_to_its_limits(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let good = scene.body(&bench, "limits");
        let long = |length: usize| "x".repeat(length);
        let many: Value = (0..51).map(|number| (number.to_string(), json!(""))).collect::<serde_json::Map<_, _>>().into();
        let cases = [
            ("name", json!(null), "required"),
            ("name", json!(""), "required"),
            ("name", json!(" \t "), "required"),
            ("name", json!(long(256)), "max"),
            ("name", json!("a\u{7}b"), "printable"),
            ("name", json!(7), "string"),
            ("type", json!(null), "required"),
            ("type", json!("NS8"), "oneof"),
            ("type", json!(["ns8"]), "string"),
            ("callback_url", json!(null), "required"),
            ("callback_url", json!("/callback"), "url"),
            ("callback_url", json!("ftp://example.com/"), "url"),
            ("callback_url", json!("javascript:alert(1)"), "url"),
            ("callback_url", json!("https://user@example.com/"), "url"),
            ("callback_url", json!("https://:@example.com/"), "url"),
            ("callback_url", json!("https://example.com/#part"), "url"),
            ("callback_url", json!("https://example.com/?system_id=1"), "url"),
            ("callback_url", json!("https://example.com/?a=1&%73tate=1"), "url"),
            ("callback_url", json!("https:/example.com/"), "url"),
            ("callback_url", json!("https:\\\\example.com"), "url"),
            ("callback_url", json!(" https://example.com/"), "url"),
            ("callback_url", json!(format!("https://example.com/{}", long(2048))), "url"),
            ("callback_state", json!(null), "required"),
            ("callback_state", json!(1), "string"),
            ("custom_data", json!([]), "object"),
            ("custom_data", json!({ "a": 1 }), "string"),
            ("custom_data", json!({ "a": { "b": "c" } }), "string"),
            ("custom_data", many, "max"),
            ("custom_data", json!({ "a": long(16 * 1024) }), "max"),
            ("organization_id", json!("1"), "uuid"),
        ];
        for (member, value, rule) in cases {
            let answer = scene.admin.call_back(&bench, &with(&good, member, value.clone())).await;
            assert_eq!(answer.fields(), [(member, rule)], "{member}: {value}");
        }
        // At the limits all is well; nothing above used the state up.
        let members = (0..50).map(|number| (number.to_string(), json!("ä"))).collect::<serde_json::Map<_, _>>();
        let fullest = with(&with(&good, "name", "ä".repeat(255)), "custom_data", members);
        let system = scene.admin.call_back(&bench, &fullest).await.data(201)["system"].clone();
        assert_eq!((&system["name"], &system["custom_data"]), (&fullest["name"], &fullest["custom_data"]));
    }

    async fn one_answer_lists_all_that_is_wrong_also_what_only_network_and_database_can_tell(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let foreign = with(&scene.body(&bench, "all"), "organization_id", scene.owner.to_string());
        let unreachable = with(&foreign, "callback_url", "https://10.0.0.1/");
        let late = [("callback_url", "destination"), ("organization_id", "organization")];
        assert_eq!(scene.admin.call_back(&bench, &unreachable).await.fields(), late);
        let early = [("name", "required"), ("type", "oneof"), ("custom_data", "object")];
        let wrong = with(&with(&with(&unreachable, "name", ""), "type", "toaster"), "custom_data", 1);
        assert_eq!(scene.admin.call_back(&bench, &wrong).await.fields(), [&early[..], &late[..]].concat());
        // What could not be read is listed once, as that.
        let unreadable = with(&with(&wrong, "callback_url", "x"), "organization_id", "x");
        let refused = [("callback_url", "url"), ("custom_data", "object"), ("organization_id", "uuid")];
        let expected = [&early[..2], &refused[..]].concat();
        assert_eq!(scene.admin.call_back(&bench, &unreadable).await.fields(), expected);
        // Created by hand there is no destination to judge.
        let by_hand = [&early[..], &late[1..]].concat();
        assert_eq!(scene.admin.post(&bench, "/api/systems", &wrong).await.fields(), by_hand);
        // Nothing of that used the state up.
        scene.admin.call_back(&bench, &scene.body(&bench, "all")).await.data(201);
    }

    async fn what_is_no_json_object_is_refused_in_the_envelope(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let send = |bytes: &'static [u8], kind: &'static str| {
            let request = scene.admin.request(&bench, Method::POST, "/api/systems/callback");
            Answer::in_json(request.header("content-type", kind).body(bytes))
        };
        for bytes in [&b""[..], b"{", b"[]", b"null", b"{\"name\":\"a\",\"name\":\"b\"}", b"\xff"] {
            send(bytes, "application/json").await.refused(400, "malformed body");
        }
        send(b"name=a", "application/x-www-form-urlencoded").await.refused(415, "unsupported media type");
        let huge = with(&scene.body(&bench, "huge"), "name", "x".repeat(1 << 20));
        scene.admin.call_back(&bench, &huge).await.refused(413, "request body too large");
        scene.admin.get(&bench, "/api/systems/callback/x").await.refused(404, "api not found");
        scene.admin.delete(&bench, "/api/systems").await.refused(405, "method not allowed");
    }

    async fn the_created_system_is_shown_with_all_its_members(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let answer = scene.admin.call_back(&bench, &scene.body(&bench, "members")).await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("idempotent-replayed"), None);
        let data = answer.data(201);
        assert_snapshot("callback_201", &answer.json);

        let system = &data["system"];
        let secret = system["secret"].as_str().unwrap();
        assert!(secret.len() >= 32, "{secret}");
        assert_eq!(system["secret_hint"], secret[secret.len() - 4..]);
        assert_eq!(system["organization"]["id"], scene.customer.to_string());
        assert_eq!(system["created_by"]["user_id"], scene.admin.person.id.to_string());
        assert_eq!(system["created_by"]["organization_id"], scene.customer.to_string());

        // Shown once: nowhere else, and otherwise the same.
        let mut shown = system.clone();
        shown.as_object_mut().unwrap().remove("secret");
        assert_eq!(scene.admin.show(&bench, &id_of(system)).await, shown);
        let list = scene.admin.get(&bench, "/api/systems").await;
        assert_eq!(list.data(200)["systems"], json!([shown]));
        assert!(!list.body.contains(secret));
    }

    async fn the_published_prefixes_answer_alike(bench: Bench) {
        let scene = Scene::set(&bench).await;
        for (prefix, random) in [("/backend/api", "one"), ("/collect/api", "two")] {
            let path = format!("{prefix}/systems/callback");
            let created = scene.admin.post(&bench, &path, &scene.body(&bench, random)).await;
            let id = id_of(&created.data(201)["system"]);
            let shown = scene.admin.get(&bench, &format!("{prefix}/systems/{id}")).await;
            assert_eq!(shown.data(200)["id"], id);
        }
    }

    async fn the_application_gets_its_own_query_and_then_ours(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let own = "b=2&a=%41+x&&b=1&flag&%7e=%C3%A4&c=d%26e";
        let body = with(&scene.body(&bench, "query"), "callback_url", scene.receiver.at(&format!("/back?{own}")));
        let body = with(&body, "name", "Ä & B=C #1 +%");
        let answer = scene.admin.call_back(&bench, &body).await;
        let data = answer.data(201);
        assert_eq!(data["callback_executed"], true);
        assert_eq!(data["system"]["callback"], json!({ "status": "delivered", "attempts": 1, "next_attempt_at": null }));

        let requests = scene.receiver.requests();
        assert_eq!(requests.len(), 1);
        let request = &requests[0];
        assert_eq!((request.method.as_str(), request.path()), ("GET", "/back"));
        let rest = request.query().strip_prefix(own).unwrap_or_else(|| panic!("{}", request.query()));
        assert!(rest.starts_with("&state="), "{rest}");
        let members = request.members();
        let ours = &members[members.len() - 5..];
        let system = &data["system"];
        let expected = [
            ("state", body["callback_state"].as_str().unwrap()),
            ("system_id", system["id"].as_str().unwrap()),
            ("system_name", "Ä & B=C #1 +%"),
            ("system_type", "ns8"),
            ("timestamp", "2026-11-20T09:30:00Z"),
        ];
        assert_eq!(ours.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(), expected);
        assert_eq!(system["created_at"], "2026-11-20T09:30:00Z");
    }

    async fn the_call_is_signed_and_carries_no_secret(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let answer = scene.admin.call_back(&bench, &scene.body(&bench, "signed")).await;
        let secret = answer.data(201)["system"]["secret"].as_str().unwrap();

        let request = scene.receiver.callbacks().pop().unwrap();
        let key_set = key_set(&bench).await;
        assert_signed(&request, &key_set);
        assert_eq!(request.header("webhook-timestamp"), Some("1795167000"));
        assert_eq!(request.header("user-agent"), Some(concat!("bailiwick/", env!("CARGO_PKG_VERSION"))));
        assert_eq!(request.header("authorization"), None);
        assert_eq!(request.header("cookie"), None);
        assert_eq!(request.header("referer"), None);

        let whole = format!("{request:?}");
        let secret_part = secret.rsplit('.').next().unwrap();
        assert!(!whole.contains(secret_part) && !request.target.contains("secret"), "{whole}");

        // The signature is of this call: with a word changed it is worth nothing.
        let mut forged = request.clone();
        forged.target = forged.target.replace("system_type=ns8", "system_type=nsec");
        assert!(verify_signature(&forged, &key_set).is_err());
    }

    async fn large_answers_and_other_successes_count_as_delivered(bench: Bench) {
        let scene = Scene::set(&bench).await;
        scene.receiver.answer_next([
            Reaction::Large(1 << 20),
            Reaction::Status(200),
            Reaction::Status(299),
            Reaction::Late(Duration::from_millis(300)),
        ]);
        for random in ["large", "200", "299", "late"] {
            let answer = scene.admin.call_back(&bench, &scene.body(&bench, random)).await;
            assert_eq!(answer.data(201)["callback_executed"], true, "{random}");
        }
    }
}
