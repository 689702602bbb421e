//! Making keys, listing them, taking them back.

use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{KEYS, Made, ask, call, list, make, number, read, revoke};

/// Most of a day, and what is left of it.
const NEARLY_A_DAY: Span = Span::microseconds(24 * 3_600_000_000 - 1);
const THE_REST: Span = Span::microseconds(1);

on_both_engines! {
    async fn a_key_is_shown_once_and_never_again(bench: Bench) {
        let (owner, tokens) = bench.owner().await;
        let token = &tokens.access;
        let answer = ask(&bench, token, &json!({ "name": "  Nightly export ", "access": "read" })).await;
        let (made, view) = (Made::of(&answer), answer.data(201)["api_key"].clone());
        let parts: Vec<_> = made.key.split('_').collect();
        assert_eq!((parts[0], parts[1].len(), parts[2].len(), parts.len()), ("bwk", 20, 40, 3), "{}", made.key);
        assert_eq!((&view["name"], &view["access"]), (&json!("Nightly export"), &json!("read")));
        assert_eq!((&view["created_at"], &view["expires_at"]), (&json!("2026-11-20T09:30:00Z"), &json!("2027-02-18T09:30:00Z")));
        assert_eq!((&view["is_expired"], &view["last_used_at"], &view["last_used_from"]), (&json!(false), &Value::Null, &Value::Null));
        assert_eq!(view["organization_id"], json!(owner));
        assert_eq!(answer.headers["cache-control"], "no-store");

        assert_eq!(list(&bench, token).await, [view]);
        assert_eq!(read(&bench, &made.key).await, 200);
        for path in [KEYS, "/api/me", "/api/audit", "/api/audit/export"] {
            let shown = call(&bench, Method::GET, path, token).await;
            assert!(shown.status == 200 && !shown.body.contains(parts[2]), "{path}: {shown:?}");
        }
        let longest = ask(&bench, token, &json!({ "name": "n", "access": "write", "expires_in_days": 365 })).await;
        assert_eq!(longest.data(201)["api_key"]["expires_at"], "2027-11-20T09:30:00Z");
    }

    async fn what_is_wrong_with_a_key_is_named(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        let good = json!({ "name": "n", "access": "read" });
        for (member, value, rule) in [
            ("name", json!(" "), "required"),
            ("name", json!("a\nb"), "printable"),
            ("access", json!("admin"), "oneof"),
            ("access", Value::Null, "required"),
            ("expires_in_days", json!(0), "range"),
            ("expires_in_days", json!(366), "range"),
            ("expires_in_days", json!("90"), "range"),
            ("expires_in_days", json!(1.5), "range"),
            ("user_id", json!("019a9f00-0000-7000-8000-00000000aaaa"), "unknown"),
        ] {
            let mut body = good.clone();
            body[member] = value.clone();
            let answer = ask(&bench, &tokens.access, &body).await;
            assert_eq!(answer.fields().first(), Some(&(member, rule)), "{value}: {answer:?}");
        }
        assert_eq!(list(&bench, &tokens.access).await, [] as [Value; 0], "a refused act leaves nothing behind");
    }

    async fn a_sixth_living_key_is_refused(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Reader).await;
        let ben = bench.person("ben", owner, Role::Reader).await;
        let token = bench.sign_in(&ann).await.access;
        let short = json!({ "name": "short", "access": "read", "expires_in_days": 1 });
        Made::of(&ask(&bench, &token, &short).await);
        let mut made = Vec::new();
        for _ in 0..4 {
            made.push(make(&bench, &token, "read").await);
        }
        let sixth = async |token: &str| ask(&bench, token, &json!({ "name": "6", "access": "read" })).await;
        sixth(&token).await.refused(409, "too many api keys");
        assert_eq!(list(&bench, &token).await.len(), 5);
        make(&bench, &bench.sign_in(&ben).await.access, "read").await;
        // What is revoked counts no more, nor does what has expired.
        revoke(&bench, &token, &made[0].id).await.data(200);
        Made::of(&sixth(&token).await);
        assert_eq!(sixth(&token).await.status, 409);
        bench.clock.advance(Span::days(1));
        let token = bench.sign_in(&ann).await.access;
        Made::of(&sixth(&token).await);
        assert_eq!(sixth(&token).await.status, 409);
    }

    async fn of_many_keys_made_at_once_on_two_nodes_five_are_made(bench: Bench) {
        let other = bench.another_node().await;
        let (_, tokens) = bench.owner().await;
        let body = json!({ "name": "one of many", "access": "write" });
        let asking = (0..16).map(|number| {
            let node = if number % 2 == 0 { &bench } else { &other };
            ask(node, &tokens.access, &body)
        });
        let answers = futures_util::future::join_all(asking).await;
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![201; 5], vec![409; 11]].concat());
        assert_eq!(list(&bench, &tokens.access).await.len(), 5);
        let entries = call(&bench, Method::GET, "/api/audit?action=api_key.created", &tokens.access).await;
        assert_eq!(entries.data(200)["pagination"]["total_count"], 5);
        for answer in answers.iter().filter(|answer| answer.status == 201) {
            assert_eq!(read(&bench, &Made::of(answer).key).await, 200);
        }
    }

    async fn a_key_ends_with_its_last_moment_and_is_listed_a_while_longer(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.super_admin("ann", owner).await;
        let token = bench.sign_in(&ann).await.access;
        let body = json!({ "name": "for a day", "access": "read", "expires_in_days": 1 });
        let made = Made::of(&ask(&bench, &token, &body).await);
        let unused = Made::of(&ask(&bench, &token, &body).await);
        bench.clock.advance(NEARLY_A_DAY);
        assert_eq!(read(&bench, &made.key).await, 200);
        bench.clock.advance(THE_REST);
        // The one is remembered, the other is looked up.
        assert_eq!([read(&bench, &made.key).await, read(&bench, &unused.key).await], [401, 401]);
        let token = bench.sign_in(&ann).await.access;
        let listed = list(&bench, &token).await;
        assert_eq!(listed.iter().map(|key| key["is_expired"].clone()).collect::<Vec<_>>(), [true, true]);
        revoke(&bench, &token, &made.id).await.data(200);
        assert_eq!(list(&bench, &token).await.len(), 1);
        let kept = async || number(bench.database_url(), "SELECT COUNT(*) FROM api_keys").await;
        bench.clock.advance(Span::days(30));
        bailiwick_store::query::retention::run(&bench.context.database, bench.context.now()).await.unwrap();
        assert_eq!(kept().await, 1);
        bench.clock.advance(THE_REST);
        bailiwick_store::query::retention::run(&bench.context.database, bench.context.now()).await.unwrap();
        assert_eq!(kept().await, 0);
    }

    async fn the_list_says_when_and_from_where_a_key_was_used_last(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.super_admin("ann", owner).await;
        let token = bench.sign_in(&ann).await.access;
        let (used, unused) = (make(&bench, &token, "read").await, make(&bench, &token, "write").await);
        bench.clock.advance(Span::minutes(3));
        assert_eq!(read(&bench, &used.key).await, 200);
        bench.clock.advance(Span::minutes(3));
        let last = async |bench: &Bench, id: &str| {
            let listed = list(bench, &token).await;
            let key = listed.into_iter().find(|key| key["id"] == id).unwrap();
            (key["last_used_at"].clone(), key["last_used_from"].clone())
        };
        let expected = (json!("2026-11-20T09:33:00Z"), json!("127.0.0.1"));
        assert_eq!(last(&bench, &used.id).await, expected);
        assert_eq!(last(&bench, &unused.id).await, (Value::Null, Value::Null));
        // Other nodes know of it as soon as it is written down.
        bench.context.write_last_uses().await.unwrap();
        let other = bench.another_node().await;
        assert_eq!(last(&other, &used.id).await, expected);
        // What a key is not good for is no use of it.
        assert_eq!(call(&other, Method::POST, "/api/systems", &used.key).await.status, 403);
        assert_eq!(last(&other, &used.id).await, expected);
    }

    async fn nobody_sees_or_revokes_the_keys_of_another(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Admin).await;
        let root = bench.super_admin("root", owner).await;
        let (ann, root) = (bench.sign_in(&ann).await.access, bench.sign_in(&root).await.access);
        let made = make(&bench, &ann, "write").await;
        assert_eq!(list(&bench, &root).await, [] as [Value; 0]);
        let unknown = revoke(&bench, &root, "019a9f00-0000-7000-8000-00000000aaaa").await;
        for id in [made.id.as_str(), "nonsense", &made.key] {
            let refused = revoke(&bench, &root, id).await;
            refused.refused(404, "api key not found");
            assert_eq!(refused.body, unknown.body, "{id}");
        }
        assert_eq!(read(&bench, &made.key).await, 200);
        revoke(&bench, &ann, &made.id).await.data(200);
        assert_eq!(revoke(&bench, &ann, &made.id).await.status, 404, "once and for all");
        assert_eq!(read(&bench, &made.key).await, 401);
    }

    async fn nothing_of_a_key_but_its_public_part_is_in_the_database(bench: Bench) {
        let (_, tokens) = bench.owner().await;
        let made = make(&bench, &tokens.access, "write").await;
        assert_eq!(read(&bench, &made.key).await, 200);
        bench.context.write_last_uses().await.unwrap();
        let [public, secret] = [made.key.split('_').nth(1).unwrap(), made.key.split('_').nth(2).unwrap()];
        let having = async |text: &str| {
            let columns = "name || access || public_part || COALESCE(last_address, '')";
            number(bench.database_url(), &format!("SELECT COUNT(*) FROM api_keys WHERE {columns} LIKE '%{text}%'")).await
        };
        assert_eq!((having(public).await, having(secret).await), (1, 0));
        let digest = "SELECT COUNT(*) FROM api_keys WHERE LENGTH(salt) = 16 AND LENGTH(digest) = 32";
        assert_eq!(number(bench.database_url(), digest).await, 1);
    }
}
