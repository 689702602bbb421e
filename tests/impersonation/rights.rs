//! What somebody may do who acts as somebody else: what both may, at each place, at each moment.

use bailiwick_domain::role::Role;
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::json;

use crate::support::{Actor, Tree};

on_both_engines! {
    async fn one_may_no_more_than_the_person_acted_as(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let ours = tree.system(&bench, "of ours", tree.ours).await;
        let theirs = tree.system(&bench, "of theirs", tree.theirs).await;
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Reader).await;
        for helper in [Actor::new(&bench, "sue", tree.owner, Role::Admin).await, tree.root.clone()] {
            let acting = helper.acting(&bench, &ann).await;
            assert_eq!(acting.get(&bench, "/api/systems").await.names("systems"), ["of ours"]);
            acting.get(&bench, &ours).await.data(200);
            acting.get(&bench, &theirs).await.refused(404, "system not found");
            acting.call(&bench, Method::DELETE, &ours, None).await.refused(403, "insufficient permissions");
            acting.get(&bench, "/api/audit").await.refused(403, "insufficient permissions");
            assert_eq!(acting.get(&bench, "/api/me").await.data(200)["is_super_admin"], false);
        }
    }

    async fn one_may_no_more_than_one_may_oneself(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let ours = tree.system(&bench, "of ours", tree.ours).await;
        tree.system(&bench, "of theirs", tree.theirs).await;
        // Ann administers two organisations, and Sue supports one of them.
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Admin).await;
        bench.join(&ann.person, tree.theirs, Role::Admin).await;
        let sue = Actor::new(&bench, "sue", tree.ours, Role::Support).await;
        let acting = sue.acting(&bench, &ann).await;
        assert_eq!(ann.get(&bench, "/api/systems").await.names("systems").len(), 2);
        assert_eq!(acting.get(&bench, "/api/systems").await.names("systems"), ["of ours"]);
        assert_eq!(acting.get(&bench, "/api/organizations?search=Ours").await.names("organizations"), ["Ours"]);
        assert!(acting.get(&bench, "/api/organizations?search=Theirs").await.names("organizations").is_empty());
        ann.get(&bench, "/api/audit").await.data(200);
        acting.get(&bench, "/api/audit").await.refused(403, "insufficient permissions");
        let create = json!({ "name": "More", "kind": "customer" });
        acting.call(&bench, Method::POST, "/api/organizations", Some(create)).await.refused(403, "insufficient permissions");
        acting.call(&bench, Method::DELETE, &ours, None).await.data(200);
    }

    async fn of_two_trees_that_overlap_one_may_act_in_what_they_share(bench: Bench) {
        let tree = Tree::new(&bench).await;
        tree.system(&bench, "of ours", tree.ours).await;
        let shop = tree.system(&bench, "of the shop", tree.shop).await;
        // Ann reaches the shop from above, and belongs to it too, so that Sue may help her; Sue reaches it alone.
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Admin).await;
        bench.join(&ann.person, tree.shop, Role::Reader).await;
        let sue = Actor::new(&bench, "sue", tree.shop, Role::Admin).await;
        let acting = sue.acting(&bench, &ann).await;
        assert_eq!(acting.get(&bench, "/api/systems").await.names("systems"), ["of the shop"]);
        // Both administer the shop, Ann from above.
        acting.get(&bench, "/api/audit").await.data(200);
        let entries = acting.get(&bench, "/api/audit").await.data(200)["entries"].as_array().unwrap().clone();
        let elsewhere = entries.iter().find(|entry| entry["organization_id"] != json!(tree.shop));
        assert_eq!(elsewhere, None);
        assert!(acting.get(&bench, "/api/users").await.names("users").contains(&"sue".to_owned()));
        acting.call(&bench, Method::DELETE, &shop, None).await.data(200);
    }

    async fn what_either_loses_is_lost_at_once(bench: Bench) {
        let tree = Tree::new(&bench).await;
        let ours = tree.system(&bench, "of ours", tree.ours).await;
        let ann = Actor::new(&bench, "ann", tree.ours, Role::Support).await;
        let sue = Actor::new(&bench, "sue", tree.owner, Role::Support).await;
        let acting = sue.acting(&bench, &ann).await;
        let change = async || {
            acting.call(&bench, Method::PUT, &ours, Some(json!({ "name": "renamed" }))).await.status
        };
        let set = async |person: &Actor, organisation, role: &str| {
            let path = format!("/api/users/{}/memberships/{organisation}", person.person.id);
            tree.root.call(&bench, Method::PUT, &path, Some(json!({ "role": role }))).await.data(200);
        };
        assert_eq!(change().await, 200);
        set(&ann, tree.ours, "reader").await;
        assert_eq!(change().await, 403);
        set(&ann, tree.ours, "admin").await;
        assert_eq!(change().await, 200);
        // Who may not act as anybody any more does not go on.
        set(&sue, tree.owner, "reader").await;
        assert_eq!(change().await, 401);
    }
}
