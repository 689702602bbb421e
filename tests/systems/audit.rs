//! Every change leaves its entry: who, by what right, where, what, from where, in which request.

use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use serde_json::{Value, json};

use crate::peek;
use crate::support::{Actor, Scene, id_of, with};

/// An entry of the audit log, without its id.
#[derive(Debug, PartialEq)]
struct Entry {
    at: String,
    actor_kind: String,
    actor: String,
    right: String,
    organisation: String,
    action: String,
    subject_kind: String,
    subject: String,
    address: String,
    request_id: String,
    details: Value,
}

/// The entries about systems, in the order of their writing.
async fn entries(bench: &Bench) -> Vec<Entry> {
    let query = "SELECT at, actor_kind, actor_id, right_used, organisation_id, action, subject_kind, subject_id, \
        address, request_id, details FROM audit WHERE subject_kind = 'system' ORDER BY at, id";
    let rows = peek::rows(bench, query).await;
    rows.into_iter().map(entry).collect()
}

fn entry(row: peek::Row) -> Entry {
    let mut columns = row.into_iter().map(|value| value.unwrap_or_else(|| "NULL".to_owned()));
    let mut next = || columns.next().unwrap();
    Entry {
        at: next(),
        actor_kind: next(),
        actor: next(),
        right: next(),
        organisation: next(),
        action: next(),
        subject_kind: next(),
        subject: next(),
        address: next(),
        request_id: next(),
        details: serde_json::from_str(&next()).unwrap(),
    }
}

on_both_engines! {
    async fn every_change_is_written_down_with_all_that_is_known_of_it(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let child = bench.organisation("Child", Some(scene.customer)).await;
        let mut answers: Vec<Answer> = Vec::new();
        let tick = || bench.clock.advance(bailiwick_domain::time::Span::seconds(1));
        let draft = json!({ "name": "Audited", "type": "ns8", "organization_id": child.to_string() });
        answers.push(scene.admin.post(&bench, "/api/systems", &draft).await);
        let id = id_of(answers[0].data(201));
        let path = format!("/api/systems/{id}");
        tick();
        answers.push(scene.admin.put(&bench, &path, &json!({ "name": "Renamed", "maintenance": true })).await);
        tick();
        answers.push(scene.admin.post(&bench, &format!("{path}/regenerate-secret"), &json!({})).await);
        tick();
        answers.push(scene.admin.delete(&bench, &path).await);
        tick();
        let callback = with(&scene.body(&bench, "audited"), "organization_id", child.to_string());
        answers.push(scene.admin.call_back(&bench, &callback).await);
        let called_back = id_of(&answers[4].data(201)["system"]);

        let hint = &answers[2].data(200)["secret_hint"];
        let expected = [
            ("system.created", &id, json!({ "name": "Audited", "type": "ns8" })),
            ("system.changed", &id, json!({ "changed": ["name", "maintenance"] })),
            ("system.secret_regenerated", &id, json!({ "hint": hint })),
            ("system.deleted", &id, json!({ "name": "Renamed" })),
            ("system.created", &called_back, json!({ "name": "Production Server", "type": "ns8" })),
        ];
        let written = entries(&bench).await;
        assert_eq!(written.len(), expected.len(), "{written:#?}");
        let begun = 1_795_167_000_000_000_i64;
        for (index, ((entry, (action, subject, details)), answer)) in written.iter().zip(expected).zip(&answers).enumerate() {
            let expected = Entry {
                at: (begun + i64::try_from(index).unwrap() * 1_000_000).to_string(),
                actor_kind: "user".to_owned(),
                actor: scene.admin.person.id.to_string(),
                right: "manage:systems".to_owned(),
                organisation: child.to_string(),
                action: action.to_owned(),
                subject_kind: "system".to_owned(),
                subject: subject.clone(),
                address: "127.0.0.1".to_owned(),
                request_id: answer.header("x-request-id").unwrap().to_owned(),
                details,
            };
            assert_eq!(*entry, expected);
        }
    }

    async fn no_secret_is_ever_written_down(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let created = scene.admin.call_back(&bench, &scene.body(&bench, "quiet")).await.data(201)["system"].clone();
        let path = format!("/api/systems/{}/regenerate-secret", id_of(&created));
        let renewed = scene.admin.post(&bench, &path, &json!({})).await.data(200).clone();
        let text = format!("{:?}", peek::rows(&bench, "SELECT details, request_id FROM audit").await);
        for system in [created, renewed] {
            let secret = system["secret"].as_str().unwrap();
            for part in secret.trim_start_matches("bws_").split('.') {
                assert!(!text.contains(part), "{text}");
            }
        }
    }

    async fn what_is_refused_leaves_no_entry(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let reader = Actor::new(&bench, "rita", scene.customer, Role::Reader).await;
        let system = scene.admin.create(&bench, &json!({ "name": "Quiet", "type": "ns8" })).await;
        let path = format!("/api/systems/{}", id_of(&system));
        reader.delete(&bench, &path).await.refused(403, "insufficient permissions");
        scene.admin.put(&bench, &path, &json!({ "type": "toaster" })).await.fields();
        scene.admin.get(&bench, &path).await.data(200);
        let body = scene.body(&bench, "twice");
        scene.admin.call_back(&bench, &body).await.data(201);
        scene.admin.call_back(&bench, &body).await.refused(400, crate::support::USED);
        let actions: Vec<_> = entries(&bench).await.into_iter().map(|entry| entry.action).collect();
        assert_eq!(actions, ["system.created", "system.created"]);
    }

    async fn a_change_whose_entry_cannot_be_written_does_not_happen(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let system = scene.admin.create(&bench, &json!({ "name": "Whole", "type": "ns8" })).await;
        let path = format!("/api/systems/{}", id_of(&system));
        peek::execute(&bench, "ALTER TABLE audit RENAME TO audit_away").await;
        let failed = [
            scene.admin.put(&bench, &path, &json!({ "name": "Half" })).await,
            scene.admin.delete(&bench, &path).await,
            scene.admin.post(&bench, &format!("{path}/regenerate-secret"), &json!({})).await,
            scene.admin.post(&bench, "/api/systems", &json!({ "name": "Half", "type": "ns8" })).await,
            scene.admin.call_back(&bench, &scene.body(&bench, "half")).await,
        ];
        for answer in failed {
            assert_eq!(answer.body, r#"{"code":500,"message":"internal server error","data":{}}"#);
        }
        peek::execute(&bench, "ALTER TABLE audit_away RENAME TO audit").await;
        let shown = scene.admin.show(&bench, &id_of(&system)).await;
        assert_eq!((&shown["name"], &shown["secret_hint"]), (&system["name"], &system["secret_hint"]));
        assert_eq!(peek::number(&bench, "SELECT COUNT(*) FROM systems").await, 1);
        assert_eq!(scene.receiver.requests().len(), 0);
        // And the state of the failed request is still good.
        scene.admin.call_back(&bench, &scene.body(&bench, "half")).await.data(201);
    }
}
