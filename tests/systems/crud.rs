//! Systems made and kept by hand, and who may do what to which.

use std::collections::HashSet;

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_store::query::user;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::peek;
use crate::support::{Actor, Scene, id_of, with};

fn path(system: &Value) -> String {
    format!("/api/systems/{}", id_of(system))
}

/// Gives somebody a role in one more organisation.
async fn join(bench: &Bench, actor: &Actor, organisation: OrganisationId, role: Role) {
    let mut transaction = bench.context.database.write().await.unwrap();
    user::insert_membership(&mut transaction, actor.person.id, organisation, role, bench.context.now()).await.unwrap();
    transaction.commit().await.unwrap();
}

fn plain(name: &str) -> Value {
    json!({ "name": name, "type": "nsec" })
}

on_both_engines! {
    async fn a_system_is_created_shown_changed_and_deleted(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let draft = with(&plain("  By hand "), "custom_data", json!({ "tier": "web" }));
        let created = scene.admin.post(&bench, "/api/systems", &draft).await;
        assert_eq!(created.said(), "system created successfully");
        let mut system = created.data(201).clone();
        let secret = system.as_object_mut().unwrap().remove("secret").unwrap();
        assert!(secret.as_str().unwrap().ends_with(system["secret_hint"].as_str().unwrap()));
        assert_eq!((&system["name"], &system["type"], &system["callback"]), (&json!("By hand"), &json!("nsec"), &json!(null)));
        assert_eq!(scene.admin.show(&bench, &id_of(&system)).await, system);

        bench.clock.advance(Span::seconds(1));
        let changed = scene.admin.put(&bench, &path(&system), &json!({ "name": "Renamed" })).await;
        let expected = with(&with(&system, "name", "Renamed"), "updated_at", "2026-11-20T09:30:01Z");
        assert_eq!((changed.said(), changed.data(200)), ("system updated successfully", &expected));
        assert_eq!(scene.admin.show(&bench, &id_of(&system)).await, expected);

        bench.clock.advance(Span::seconds(1));
        let deleted = scene.admin.delete(&bench, &path(&system)).await;
        assert_eq!(deleted.said(), "system deleted successfully");
        assert_eq!((&deleted.data(200)["id"], &deleted.data(200)["deleted_at"]), (&system["id"], &json!("2026-11-20T09:30:02Z")));
        assert_eq!(peek::number(&bench, "SELECT COUNT(*) FROM systems").await, 1, "deleted softly");
    }

    async fn a_change_that_changes_nothing_leaves_no_trace(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let system = scene.admin.post(&bench, "/api/systems", &plain("Till")).await.data(201).clone();
        let before = scene.admin.show(&bench, &id_of(&system)).await;
        bench.clock.advance(Span::seconds(1));
        for change in [json!({}), json!({ "status": "maintenance" }), json!({ "name": "Till", "maintenance": false })] {
            assert_eq!(scene.admin.put(&bench, &path(&system), &change).await.data(200), &before, "{change}");
        }
        assert_eq!(peek::number(&bench, "SELECT COUNT(*) FROM audit WHERE action = 'system.changed'").await, 0);
    }

    async fn what_is_absent_from_a_change_stays(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let draft = with(&plain("Stays"), "custom_data", json!({ "a": "1", "b": "2" }));
        let system = scene.admin.create(&bench, &draft).await;
        let change = async |body: Value| scene.admin.put(&bench, &path(&system), &body).await.data(200).clone();

        let maintained = change(json!({ "maintenance": true })).await;
        assert_eq!((&maintained["status"], &maintained["name"]), (&json!("maintenance"), &json!("Stays")));
        let retyped = change(json!({ "type": "ns8" })).await;
        assert_eq!((&retyped["status"], &retyped["type"]), (&json!("maintenance"), &json!("ns8")));
        assert_eq!(retyped["custom_data"], draft["custom_data"]);
        let replaced = change(json!({ "custom_data": { "c": "3" }, "maintenance": false })).await;
        assert_eq!((&replaced["custom_data"], &replaced["status"]), (&json!({ "c": "3" }), &json!("offline")));
        let unchanged = change(json!({})).await;
        assert_eq!((&unchanged["name"], &unchanged["type"]), (&json!("Stays"), &json!("ns8")));

        for (member, value, rule) in [
            ("name", json!(" "), "required"),
            ("type", json!("toaster"), "oneof"),
            ("custom_data", json!({ "a": 1 }), "string"),
            ("maintenance", json!("yes"), "boolean"),
        ] {
            let answer = scene.admin.put(&bench, &path(&system), &json!({ member: value })).await;
            assert_eq!(answer.fields(), [(member, rule)]);
        }
        let all = json!({ "name": "", "type": "toaster", "maintenance": 1 });
        assert_eq!(scene.admin.put(&bench, &path(&system), &all).await.fields().len(), 3, "all that is wrong at once");
        assert_eq!(scene.admin.show(&bench, &id_of(&system)).await["name"], "Stays");
    }

    async fn a_deleted_system_is_gone_for_everybody(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let boss = Actor::of(&bench, bench.super_admin("boss", scene.owner).await).await;
        let system = scene.admin.create(&bench, &plain("Gone")).await;
        let kept = scene.admin.create(&bench, &plain("Kept")).await;
        scene.admin.delete(&bench, &path(&system)).await.data(200);
        for actor in [&scene.admin, &boss] {
            actor.get(&bench, &path(&system)).await.refused(404, "system not found");
            actor.put(&bench, &path(&system), &json!({ "name": "Back" })).await.refused(404, "system not found");
            actor.delete(&bench, &path(&system)).await.refused(404, "system not found");
            let renew = format!("{}/regenerate-secret", path(&system));
            actor.post(&bench, &renew, &json!({})).await.refused(404, "system not found");
            let list = actor.get(&bench, "/api/systems").await;
            assert_eq!(list.data(200)["systems"].as_array().unwrap().iter().map(id_of).collect::<Vec<_>>(), [id_of(&kept)]);
            assert_eq!(list.data(200)["pagination"]["total_count"], 1);
        }
    }

    async fn a_new_secret_replaces_the_old_one(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let system = scene.admin.create(&bench, &plain("Secretive")).await;
        bench.clock.advance(Span::minutes(1));
        let answer = scene.admin.post(&bench, &format!("{}/regenerate-secret", path(&system)), &json!({})).await;
        assert_eq!(answer.said(), "system secret regenerated successfully");
        let renewed = answer.data(200);
        let secret = renewed["secret"].as_str().unwrap();
        assert_ne!(system["secret"], secret);
        assert!(secret.ends_with(renewed["secret_hint"].as_str().unwrap()));
        assert_eq!((&renewed["updated_at"], &renewed["created_at"]), (&json!("2026-11-20T09:31:00Z"), &system["created_at"]));
        let shown = scene.admin.show(&bench, &id_of(&system)).await;
        assert_eq!((&shown["secret_hint"], shown.get("secret")), (&renewed["secret_hint"], None));
        // The body may also be missing altogether.
        let request = scene.admin.request(&bench, Method::POST, &format!("{}/regenerate-secret", path(&system)));
        assert_ne!(Answer::in_json(request).await.data(200)["secret"], secret);
    }

    async fn secrets_and_ids_are_never_given_twice(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let drafts = vec![plain("One of many"); 20];
        let systems = futures_util::future::join_all(drafts.iter().map(|draft| scene.admin.create(&bench, draft))).await;
        let different = |member: &str| systems.iter().map(|system| system[member].to_string()).collect::<HashSet<_>>().len();
        assert_eq!((different("id"), different("secret")), (20, 20));
    }

    async fn an_organisation_can_be_named_where_one_may_manage(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let child = bench.organisation("Child", Some(scene.customer)).await;
        let sibling = bench.organisation("Sibling", Some(scene.owner)).await;
        let named = |id: &str| with(&plain("Somewhere"), "organization_id", id);

        let own = scene.admin.create(&bench, &plain("Somewhere")).await;
        assert_eq!(own["organization"]["name"], "Customer");
        let below = scene.admin.create(&bench, &named(&child.to_string())).await;
        assert_eq!(below["organization"], json!({ "id": child.to_string(), "name": "Child", "type": "customer" }));
        assert_eq!(below["created_by"]["organization_name"], "Customer");
        let callback = with(&scene.body(&bench, "below"), "organization_id", child.to_string());
        assert_eq!(scene.admin.call_back(&bench, &callback).await.data(201)["system"]["organization"]["name"], "Child");

        // Beside, above and nowhere look alike.
        let nowhere = "01990000-0000-7000-8000-000000000000";
        let mut answers = HashSet::new();
        for id in [sibling.to_string(), scene.owner.to_string(), nowhere.to_owned()] {
            for (route, body) in [
                ("/api/systems", named(&id)),
                ("/api/systems/callback", with(&scene.body(&bench, "else"), "organization_id", id.as_str())),
            ] {
                let answer = scene.admin.post(&bench, route, &body).await;
                assert_eq!(answer.fields(), [("organization_id", "organization")]);
                answers.insert(answer.body.replace(&id, "[id]"));
            }
        }
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert_eq!(peek::number(&bench, "SELECT COUNT(*) FROM systems").await, 3);
    }

    async fn foreign_and_malformed_ids_look_alike(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let child = bench.organisation("Child", Some(scene.customer)).await;
        let sibling = bench.organisation("Sibling", Some(scene.owner)).await;
        let system = scene.admin.create(&bench, &plain("Canary 4a1c")).await;
        let strangers =
            [Actor::new(&bench, "cleo", child, Role::Admin).await, Actor::new(&bench, "sam", sibling, Role::Admin).await];
        let id = id_of(&system);
        let upper = id.to_uppercase();
        let unknown = Uuid::nil().to_string();
        for stranger in &strangers {
            for wanted in [id.as_str(), &unknown, "1", "x%00", "..%2f", "%ff", &format!("{id}x"), &format!("{{{id}}}")] {
                let path = format!("/api/systems/{wanted}");
                let answers = [
                    stranger.get(&bench, &path).await,
                    stranger.put(&bench, &path, &json!({ "name": "Mine" })).await,
                    stranger.delete(&bench, &path).await,
                    stranger.post(&bench, &format!("{path}/regenerate-secret"), &json!({})).await,
                ];
                for answer in answers {
                    assert_eq!(answer.body, r#"{"code":404,"message":"system not found","data":{}}"#, "{wanted}");
                }
            }
        }
        assert_eq!(scene.admin.show(&bench, &id).await["name"], "Canary 4a1c");
        // An id has one spelling here; another one is no other system, and never an error of ours.
        assert!([200, 404].contains(&scene.admin.get(&bench, &format!("/api/systems/{upper}")).await.status));
    }

    async fn readers_see_and_change_nothing(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let reader = Actor::new(&bench, "rita", scene.customer, Role::Reader).await;
        let support = Actor::new(&bench, "sue", scene.customer, Role::Support).await;
        let system = scene.admin.create(&bench, &plain("Looked at")).await;
        assert_eq!(reader.show(&bench, &id_of(&system)).await["name"], "Looked at");
        let refusals = [
            reader.post(&bench, "/api/systems", &plain("No")).await,
            reader.put(&bench, &path(&system), &json!({ "name": "No" })).await,
            reader.delete(&bench, &path(&system)).await,
            reader.post(&bench, &format!("{}/regenerate-secret", path(&system)), &json!({})).await,
        ];
        for answer in refusals {
            assert_eq!(answer.body, r#"{"code":403,"message":"insufficient permissions","data":{}}"#);
        }
        support.put(&bench, &path(&system), &json!({ "name": "Supported" })).await.data(200);
        support.create(&bench, &plain("Yes")).await;
        support.delete(&bench, &path(&system)).await.data(200);
        Answer::in_json(bench.call(Method::GET, "/api/systems")).await.refused(401, "invalid token");
    }

    async fn a_right_in_one_organisation_is_none_in_another(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let sibling = bench.organisation("Sibling", Some(scene.owner)).await;
        let both = Actor::new(&bench, "betty", sibling, Role::Admin).await;
        join(&bench, &both, scene.customer, Role::Reader).await;
        let both = both.again(&bench).await;
        let system = scene.admin.create(&bench, &plain("Theirs")).await;
        both.get(&bench, &path(&system)).await.data(200);
        both.put(&bench, &path(&system), &json!({ "name": "No" })).await.refused(403, "insufficient permissions");
        both.delete(&bench, &path(&system)).await.refused(403, "insufficient permissions");
        let renew = format!("{}/regenerate-secret", path(&system));
        both.post(&bench, &renew, &json!({})).await.refused(403, "insufficient permissions");
        let there = with(&plain("No"), "organization_id", scene.customer.to_string());
        assert_eq!(both.post(&bench, "/api/systems", &there).await.fields(), [("organization_id", "organization")]);
        assert_eq!(both.create(&bench, &plain("Here")).await["organization"]["name"], "Sibling");
    }

    async fn the_database_has_the_last_word_on_who_may(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let system = scene.admin.create(&bench, &plain("Kept")).await;
        let body = scene.body(&bench, "kept");
        // The role changes behind the server's back: what it remembers of the person is out of date.
        let user = peek::id_literal(&bench, &scene.admin.person.id.to_string());
        let become_role =
            async |role: &str| peek::execute(&bench, &format!("UPDATE memberships SET role = '{role}' WHERE user_id = {user}")).await;
        become_role("reader").await;
        for answer in [
            scene.admin.post(&bench, "/api/systems", &plain("No")).await,
            scene.admin.call_back(&bench, &body).await,
            scene.admin.put(&bench, &path(&system), &json!({ "name": "No" })).await,
            scene.admin.delete(&bench, &path(&system)).await,
            scene.admin.post(&bench, &format!("{}/regenerate-secret", path(&system)), &json!({})).await,
        ] {
            answer.refused(403, "insufficient permissions");
        }
        assert_eq!(scene.admin.show(&bench, &id_of(&system)).await["name"], "Kept");
        assert_eq!(scene.receiver.requests().len(), 0);
        become_role("support").await;
        scene.admin.call_back(&bench, &body).await.data(201);
    }

    async fn a_heartbeat_makes_a_system_alive_for_a_quarter_of_an_hour(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let system = scene.admin.create(&bench, &plain("Beating")).await;
        let now = bench.context.now().microseconds();
        let id = peek::id_literal(&bench, &id_of(&system));
        peek::execute(&bench, &format!("INSERT INTO heartbeats (system_id, seen_at) VALUES ({id}, {now})")).await;
        let judged = async |actor: &Actor| {
            let shown = actor.show(&bench, &id_of(&system)).await;
            let text = |name: &str| shown[name].as_str().unwrap().to_owned();
            (text("heartbeat_status"), text("status"), shown["heartbeat_minutes"].as_i64().unwrap(), text("last_seen"))
        };
        let said = |heartbeat: &str, status: &str, minutes| {
            (heartbeat.to_owned(), status.to_owned(), minutes, "2026-11-20T09:30:00Z".to_owned())
        };
        assert_eq!(judged(&scene.admin).await, said("alive", "online", 0));
        bench.clock.advance(Span::milliseconds(15 * 60_000 - 1));
        let admin = scene.admin.again(&bench).await;
        assert_eq!(judged(&admin).await, said("alive", "online", 14));
        bench.clock.advance(Span::milliseconds(1));
        assert_eq!(judged(&admin).await, said("dead", "offline", 15));
        admin.put(&bench, &path(&system), &json!({ "maintenance": true })).await.data(200);
        assert_eq!(judged(&admin).await, said("dead", "maintenance", 15));
    }
}
