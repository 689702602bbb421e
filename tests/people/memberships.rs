//! What people are in organisations: given where one manages people, taken, and never so that nobody is left.

use bailiwick_domain::role::Role;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::patience::within_a_second;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Scene, path};

on_both_engines! {
    async fn roles_are_given_and_taken_where_one_manages_people_and_nowhere_else(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let rita = &scene.rita.person;
        let changed = scene.sam.set(&bench, rita, scene.shop, "support").await.data(200).clone();
        let expected = json!({
            "organization_id": scene.shop, "organization_name": "Shop", "organization_type": "customer",
            "role": "support", "is_suspended": false,
        });
        assert_eq!(changed, expected);
        assert_eq!(*scene.sam.set(&bench, rita, scene.shop, "support").await.data(200), expected, "nothing happens twice");
        // Down the tree, also where they were nothing before; never up or sideways.
        scene.nora.set(&bench, rita, scene.bakery, "admin").await.data(200);
        scene.sam.set(&bench, rita, scene.bakery, "admin").await.refused(404, "organization not found");
        scene.sam.set(&bench, rita, scene.north, "admin").await.refused(404, "organization not found");
        scene.nora.set(&bench, rita, scene.owner, "admin").await.refused(404, "organization not found");
        scene.nora.set(&bench, rita, scene.south, "admin").await.refused(404, "organization not found");
        scene.sam.remove(&bench, rita, scene.bakery).await.refused(404, "organization not found");
        let malformed = format!("{}/memberships/nothing", path(rita));
        scene.sam.ask(&bench, Method::DELETE, &malformed, None).await.refused(404, "organization not found");
        let wrong = format!("{}/memberships/{}", path(rita), scene.shop);
        let answer = scene.sam.ask(&bench, Method::PUT, &wrong, Some(&json!({ "role": "chief", "by": "me" }))).await;
        assert_eq!(answer.fields(), [("role", "oneof"), ("by", "unknown")]);

        scene.ben.remove(&bench, rita, scene.bakery).await.data(200);
        scene.ben.remove(&bench, rita, scene.bakery).await.refused(404, "user not found");
        scene.nora.remove(&bench, rita, scene.bakery).await.refused(404, "membership not found");
        let removed = scene.sam.remove(&bench, rita, scene.shop).await.data(200).clone();
        assert_eq!(removed, expected);
        let me = scene.rita.get(&bench, "/api/me").await.data(200).clone();
        assert_eq!((&me["memberships"], &me["current_organization_id"]), (&json!([]), &Value::Null));
        let counts = [("membership.changed", 1), ("membership.added", 1), ("membership.removed", 2)];
        for (action, count) in counts {
            assert_eq!(scene.nora.audited(&bench, action).await, count, "{action}");
        }
        assert_eq!(scene.sam.audited(&bench, "membership.added").await, 0, "it happened in Bakery");
    }

    async fn what_somebody_held_is_gone_with_the_next_request_on_every_node(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let other_node = bench.another_node().await;
        let sue = &scene.sue;
        let may = async |node: &Bench, least: u16| {
            let status = sue.get(node, "/api/systems").await.status;
            let created = sue.ask(node, Method::POST, "/api/systems", Some(&json!({ "name": "box", "type": "ns8" }))).await;
            (status, created.status) == (if least == 0 { 403 } else { 200 }, if least == 2 { 201 } else { 403 })
        };
        assert!(may(&bench, 2).await && may(&other_node, 2).await);
        scene.sam.set(&bench, &sue.person, scene.shop, "reader").await.data(200);
        assert!(may(&bench, 1).await);
        within_a_second(true, async || may(&other_node, 1).await).await;
        scene.sam.remove(&bench, &sue.person, scene.shop).await.data(200);
        assert!(may(&bench, 0).await);
        within_a_second(true, async || may(&other_node, 0).await).await;
        assert!(sue.is_in(&bench).await, "the account stays");
    }

    async fn whoever_is_only_seen_is_invited_and_not_taken_in(bench: Bench) {
        let scene = Scene::set(&bench).await;
        bench.join(&scene.sid.person, scene.shop, Role::Reader).await;
        let sid = Actor::of(&bench, scene.sid.person.clone()).await;
        sid.get(&bench, &path(&scene.rita.person)).await.data(200);
        sid.set(&bench, &scene.rita.person, scene.south, "reader").await.refused(403, "person must be invited");
        sid.set(&bench, &scene.ben.person, scene.south, "reader").await.refused(404, "user not found");
        // The other way round, too: whom one manages, into what one only sees.
        sid.set(&bench, &scene.sid.person, scene.shop, "admin").await.refused(403, "insufficient permissions");
        assert_eq!(scene.root.audited(&bench, "membership.added").await, 0);
    }

    async fn nobody_takes_the_last_of_their_own_administrations_away(bench: Bench) {
        let scene = Scene::set(&bench).await;
        // There would be others left in Shop, and still nobody locks themselves out.
        scene.nora.set(&bench, &scene.rita.person, scene.shop, "admin").await.data(200);
        let sam = &scene.sam;
        sam.set(&bench, &sam.person, scene.shop, "support").await.refused(403, "cannot act on yourself");
        sam.remove(&bench, &sam.person, scene.shop).await.refused(403, "cannot act on yourself");
        // Whoever administers something else may go.
        scene.nora.set(&bench, &sam.person, scene.bakery, "admin").await.data(200);
        sam.set(&bench, &sam.person, scene.shop, "reader").await.data(200);
        sam.set(&bench, &sam.person, scene.shop, "admin").await.refused(403, "insufficient permissions");
        // A super admin is locked out by nothing of this; but an organisation keeps its administrator.
        scene.root.remove(&bench, &scene.root.person, scene.owner).await.refused(409, "last administrator");
        scene.root.set(&bench, &scene.nora.person, scene.owner, "admin").await.data(200);
        scene.root.remove(&bench, &scene.root.person, scene.owner).await.data(200);
        assert!(scene.root.is_in(&bench).await);
    }

    async fn an_organisation_keeps_its_last_administrator_whoever_removes_or_lowers(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let sam = &scene.sam.person;
        for who in [&scene.nora, &scene.root] {
            for role in ["support", "reader"] {
                who.set(&bench, sam, scene.shop, role).await.refused(409, "last administrator");
            }
            who.remove(&bench, sam, scene.shop).await.refused(409, "last administrator");
        }
        // What is refused leaves nothing behind.
        assert_eq!(scene.sam.names(&bench, "role=admin").await, ["sam"]);
        assert_eq!(scene.root.audited(&bench, "membership.changed").await, 0);
        scene.sam.set(&bench, &scene.sue.person, scene.shop, "admin").await.data(200);
        scene.nora.remove(&bench, sam, scene.shop).await.data(200);
    }

    async fn what_somebody_sent_as_an_administrator_opens_nothing_once_they_are_none(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let second = Actor::new(&bench, "second", scene.north, Role::Admin).await;
        bench.join(&second.person, scene.bakery, Role::Admin).await;
        for (sender, organisation, email) in [
            (&second, scene.north, "one@example.org"),
            (&second, scene.shop, "two@example.org"),
            // That right stays.
            (&second, scene.bakery, "three@example.org"),
            (&scene.nora, scene.north, "four@example.org"),
        ] {
            let body = json!({ "organization_id": organisation, "email": email, "role": "admin" });
            let sent = sender.ask(&bench, Method::POST, "/api/invitations", Some(&body)).await;
            assert_eq!(sent.status, 201, "{sent:?}");
        }
        let open = async || {
            let listed = scene.nora.get(&bench, "/api/invitations").await.data(200)["invitations"].clone();
            let open = listed.as_array().unwrap().iter().filter(|one| one["status"] == "open");
            let mut open: Vec<_> = open.map(|one| one["email"].as_str().unwrap().to_owned()).collect();
            open.sort_unstable();
            open
        };
        assert_eq!(open().await.len(), 4);
        scene.nora.set(&bench, &second.person, scene.north, "support").await.data(200);
        assert_eq!(open().await, ["four@example.org", "three@example.org"]);
        let log = scene.nora.get(&bench, "/api/audit?action=membership.changed").await;
        let details = log.data(200)["entries"][0]["details"].clone();
        assert_eq!(details, json!({ "role": "support", "before": "admin", "invitations_revoked": 2 }));
    }
}
