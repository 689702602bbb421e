//! Who may read the audit log, what they see of it, and that an export can be checked by anybody.

use bailiwick_domain::audit::{Digest, Field, Head, LANES};
use bailiwick_domain::field::Parse;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::{Span, Timestamp};
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::peek;
use crate::support::{Actor, Scene, id_of};

/// All entries that somebody sees with these filters, as the list shows them.
async fn list(bench: &Bench, actor: &Actor, query: &str) -> Vec<Value> {
    let answer = actor.get(bench, &format!("/api/audit?page_size=100{query}")).await;
    let data = answer.data(200);
    let entries = data["entries"].as_array().unwrap().clone();
    assert_eq!(data["pagination"]["total_count"], json!(entries.len()), "all on one page");
    entries
}

/// The same as the export gives them.
async fn export(bench: &Bench, actor: &Actor, query: &str) -> Vec<Value> {
    let answer = actor.request(bench, Method::GET, &format!("/api/audit/export?{query}")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/jsonl");
    assert_eq!(answer.headers()["content-disposition"], "attachment; filename=\"audit.jsonl\"");
    let text = answer.text().await.unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn actions(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

on_both_engines! {
    async fn administrators_read_what_was_done_within_their_reach(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let sibling = bench.organisation("Sibling", Some(scene.owner)).await;
        let below = bench.organisation("Below", Some(scene.customer)).await;
        let other = Actor::new(&bench, "otto", sibling, Role::Admin).await;
        let support = Actor::new(&bench, "sue", scene.customer, Role::Support).await;
        let reader = Actor::new(&bench, "rita", scene.customer, Role::Reader).await;
        let root = bench.super_admin("root", scene.owner).await;
        let root = Actor::of(&bench, root).await;
        let ours = scene.admin.create(&bench, &json!({ "name": "Ours", "type": "ns8" })).await;
        let beneath = json!({ "name": "Beneath", "type": "ns8", "organization_id": below.to_string() });
        let beneath = scene.admin.create(&bench, &beneath).await;
        let theirs = other.create(&bench, &json!({ "name": "Theirs", "type": "ns8" })).await;

        let subjects = |entries: &[Value]| -> Vec<String> {
            let mut subjects: Vec<_> = entries.iter().map(|entry| entry["subject_id"].as_str().unwrap().to_owned()).collect();
            subjects.sort();
            subjects
        };
        let expected = |systems: &[&Value]| -> Vec<String> {
            let mut ids: Vec<_> = systems.iter().map(|system| id_of(system)).collect();
            ids.sort();
            ids
        };
        for (actor, seen) in [(&scene.admin, vec![&ours, &beneath]), (&other, vec![&theirs]), (&root, vec![&ours, &beneath, &theirs])] {
            let systems = "&subject_kind=system";
            assert_eq!(subjects(&list(&bench, actor, systems).await), expected(&seen));
            assert_eq!(subjects(&export(&bench, actor, systems).await), expected(&seen));
        }
        for actor in [&support, &reader] {
            for path in ["/api/audit", "/api/audit/export"] {
                actor.get(&bench, path).await.refused(403, "insufficient permissions");
            }
        }
        // Sign-ins are in the organisation of who signs in; what concerns no organisation is for super admins.
        let begun = "&action=session.started";
        assert_eq!(list(&bench, &other, begun).await.len(), 1);
        bench.context.rotate_keys().await.unwrap();
        let rotated = "&action=keys.rotated";
        assert_eq!(list(&bench, &scene.admin, rotated).await.len(), 0);
        assert_eq!(export(&bench, &scene.admin, rotated).await.len(), 0);
        let seen = list(&bench, &root, rotated).await;
        assert_eq!((seen.len(), &seen[0]["actor_kind"], &seen[0]["request_id"]), (1, &json!("operator"), &Value::Null));
        for actor in [&scene.admin, &root] {
            let (admin, id) = (scene.admin.person.id, id_of(&ours));
            for (query, seen) in [
                (format!("&subject_kind=system&actor_id={admin}"), vec!["system.created"; 2]),
                (format!("&subject_kind=system&actor_id={admin}&from=2999-01-01T00:00:00Z"), vec![]),
                (format!("&subject_id={id}"), vec!["system.created"]),
                (format!("&subject_id={id}&actor_id={admin}"), vec!["system.created"]),
                (format!("&subject_id={id}&actor_id={id}"), vec![]),
                (format!("&subject_id={id}&to=2000-01-01T00:00:00Z"), vec![]),
            ] {
                assert_eq!(actions(&list(&bench, actor, &query).await), seen, "{query}");
                assert_eq!(actions(&export(&bench, actor, &query).await), seen, "{query}");
            }
        }
        // Nobody learns by a filter that there is more.
        assert_eq!(list(&bench, &other, &format!("&subject_id={}", id_of(&ours))).await, Vec::<Value>::new());
        assert_eq!(list(&bench, &other, &format!("&organization_id={}", scene.customer)).await, Vec::<Value>::new());
    }

    async fn a_long_list_is_counted_no_further_than_its_pages_need(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let root = bench.super_admin("root", scene.owner).await;
        let root = Actor::of(&bench, root).await;
        let id = if bench.database_url().starts_with("sqlite") { "randomblob(16)" } else { "gen_random_uuid()" };
        let many = format!(
            "INSERT INTO audit (id, at, actor_kind, action, subject_kind, request_id, details) \
             WITH RECURSIVE many (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM many WHERE number < 10200) \
             SELECT {id}, number, 'visitor', 'many.made', 'none', '-', '{{}}' FROM many"
        );
        peek::execute(&bench, &many).await;
        for (page, rows, total, pages, has_next) in [
            (1, 100, 10_000, 100, true),
            (99, 100, 10_000, 100, true),
            (100, 100, 10_001, 101, true),
            (101, 100, 10_101, 102, true),
            (102, 100, 10_200, 102, false),
            (103, 0, 10_200, 102, false),
        ] {
            let path = format!("/api/audit?action=many.made&page_size=100&page={page}");
            let answer = root.get(&bench, &path).await;
            let (data, expected) = (answer.data(200), json!([total, pages, has_next]));
            let told = ["total_count", "total_pages", "has_next"].map(|name| data["pagination"][name].clone());
            assert_eq!((json!(told), data["entries"].as_array().map(Vec::len)), (expected, Some(rows)), "page {page}");
        }
    }

    async fn every_filter_lets_through_what_it_names(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let begun = Timestamp::from_seconds(1_795_167_000);
        let first = scene.admin.create(&bench, &json!({ "name": "First", "type": "ns8" })).await;
        bench.clock.advance(Span::seconds(60));
        let path = format!("/api/systems/{}", id_of(&first));
        scene.admin.put(&bench, &path, &json!({ "name": "Renamed" })).await.data(200);
        bench.clock.advance(Span::seconds(60));
        scene.admin.delete(&bench, &path).await.data(200);

        let all = list(&bench, &scene.admin, "&subject_kind=system").await;
        assert_eq!(actions(&all), ["system.deleted", "system.changed", "system.created"], "the newest first");
        let mut exported = export(&bench, &scene.admin, "subject_kind=system").await;
        exported.reverse();
        assert_eq!(exported, all, "the same, the oldest first");
        let (minute, two) = (begun.plus(Span::seconds(60)), begun.plus(Span::seconds(120)));
        let admin = scene.admin.person.id;
        for (query, expected) in [
            (format!("&from={minute}"), vec!["system.deleted", "system.changed"]),
            (format!("&to={minute}&subject_kind=system"), vec!["system.created"]),
            (format!("&from={minute}&to={two}"), vec!["system.changed"]),
            ("&action=system.changed".to_owned(), vec!["system.changed"]),
            (format!("&actor_id={admin}&subject_kind=system"), vec!["system.deleted", "system.changed", "system.created"]),
            (format!("&actor_id={}", id_of(&first)), vec![]),
            (format!("&organization_id={}&subject_kind=system", scene.customer), vec!["system.deleted", "system.changed", "system.created"]),
            (format!("&organization_id={}", scene.owner), vec![]),
            ("&subject_kind=user".to_owned(), vec![]),
            (format!("&subject_id={}&action=system.deleted", id_of(&first)), vec!["system.deleted"]),
        ] {
            assert_eq!(actions(&list(&bench, &scene.admin, &query).await), expected, "{query}");
            assert_eq!(export(&bench, &scene.admin, &query).await.len(), expected.len(), "{query}");
        }
        let refused = "/api/audit?from=yesterday&to=&action=Bad!&actor_id=1&subject_kind=&page=0&page_size=101";
        let answer = scene.admin.get(&bench, refused).await;
        let fields: Vec<_> = answer.fields().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["page", "page_size", "from", "to", "action", "actor_id", "subject_kind"]);
        let second = scene.admin.get(&bench, "/api/audit?subject_kind=system&page=2&page_size=2").await;
        assert_eq!(actions(second.data(200)["entries"].as_array().unwrap()), ["system.created"]);
        let pagination = &second.data(200)["pagination"];
        assert_eq!((&pagination["total_count"], &pagination["has_next"]), (&json!(3), &json!(false)));
    }

    async fn anybody_can_check_an_export_with_the_documented_form(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let root = bench.super_admin("root", scene.owner).await;
        let root = Actor::of(&bench, root).await;
        // More than an export reads at once.
        for round in 0..33 {
            let creating = (0..16).map(|number| {
                let draft = json!({ "name": format!("System {round}/{number} „ö“"), "type": "ns8" });
                let request = scene.admin.request(&bench, Method::POST, "/api/systems").json(&draft);
                tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
            });
            for creating in creating.collect::<Vec<_>>() {
                assert_eq!(creating.await.unwrap(), 201);
            }
        }
        let exported = export(&bench, &root, "").await;
        assert_eq!(i64::try_from(exported.len()).unwrap(), peek::number(&bench, "SELECT COUNT(*) FROM audit").await);
        let mut checked = 0;
        for lane in 0..LANES {
            let mut entries: Vec<_> = exported.iter().filter(|entry| entry["lane"] == lane).collect();
            entries.sort_by_key(|entry| entry["number"].as_i64());
            let mut head = Head::beginning(lane);
            for entry in entries {
                head = followed_by(head, entry);
                assert_eq!(entry["number"], head.number);
                assert_eq!(Digest::parse_text(entry["digest"].as_str().unwrap()), Ok(head.digest), "{entry}");
                checked += 1;
            }
        }
        assert_eq!(checked, exported.len());
    }
}

/// Adds an exported entry to a lane, by what the guide says of its columns.
fn followed_by(head: Head, entry: &Value) -> Head {
    let id = |name: &str| entry[name].as_str().map(|text| Uuid::try_parse(text).unwrap());
    let text = |name: &str| entry[name].as_str();
    let (own, actor, organisation, subject) = (id("id"), id("actor_id"), id("organization_id"), id("subject_id"));
    let at = Timestamp::parse_text(entry["at"].as_str().unwrap()).unwrap();
    let details = entry["details"].to_string();
    let request = text("request_id").unwrap_or("-");
    head.followed_by(&[
        id_field(own.as_ref()),
        Field::Number(at.microseconds()),
        text_field(text("actor_kind")),
        id_field(actor.as_ref()),
        text_field(text("right")),
        id_field(organisation.as_ref()),
        text_field(text("action")),
        text_field(text("subject_kind")),
        id_field(subject.as_ref()),
        text_field(text("address")),
        text_field(Some(request)),
        text_field(Some(&details)),
    ])
}

fn id_field(id: Option<&Uuid>) -> Field<'_> {
    id.map_or(Field::Absent, |id| Field::Bytes(id.as_bytes()))
}

fn text_field(text: Option<&str>) -> Field<'_> {
    text.map_or(Field::Absent, |text| Field::Text(text.as_bytes()))
}
