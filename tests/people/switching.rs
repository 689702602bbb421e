//! For which of their organisations somebody acts.

use bailiwick_app::caller::Authority;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::patience::within_a_second;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Scene};

async fn switch(bench: &Bench, actor: &Actor, organisation: OrganisationId) -> Answer {
    let body = json!({ "organization_id": organisation });
    actor.ask(bench, Method::PUT, "/api/me/organization", Some(&body)).await
}

/// The organisation in which somebody creates a system who names none.
async fn acts_for(node: &Bench, actor: &Actor) -> Value {
    let created = actor.ask(node, Method::POST, "/api/systems", Some(&json!({ "name": "box", "type": "ns8" }))).await;
    assert_eq!(created.status, 201, "{created:?}");
    created.json["data"]["organization"]["id"].clone()
}

on_both_engines! {
    async fn a_session_acts_for_another_organisation_from_the_next_request_on_every_node(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let other_node = bench.another_node().await;
        bench.join(&scene.sue.person, scene.south, Role::Support).await;
        let (here, elsewhere) =
            (Actor::of(&bench, scene.sue.person.clone()).await, Actor::of(&bench, scene.sue.person.clone()).await);
        for node in [&bench, &other_node] {
            assert_eq!(acts_for(node, &here).await, json!(scene.shop));
        }
        let switched = switch(&bench, &here, scene.south).await.data(200).clone();
        assert_eq!(switched["current_organization_id"], json!(scene.south));
        assert_eq!(here.get(&bench, "/api/me").await.data(200), &switched);
        assert_eq!(acts_for(&bench, &here).await, json!(scene.south));
        within_a_second(json!(scene.south), async || acts_for(&other_node, &here).await).await;
        assert_eq!(acts_for(&bench, &elsewhere).await, json!(scene.shop), "each session for itself");
        // Its refresh token stays good, and so do the tokens that come of it.
        let refreshed = bench.call(Method::POST, "/auth/authenticate/refresh-token").bearer_auth(&here.tokens.refresh);
        let refreshed: Value = refreshed.json(&json!({})).send().await.unwrap().json().await.unwrap();
        let mut later = here.clone();
        later.tokens.access = refreshed["AccessToken"].as_str().unwrap().to_owned();
        assert_eq!(acts_for(&bench, &later).await, json!(scene.south));
        switch(&bench, &here, scene.south).await.data(200);
        assert_eq!(scene.root.audited(&bench, "session.switched").await, 1, "nothing happens twice");
        // What is lost gives way.
        scene.sid.remove(&bench, &scene.sue.person, scene.south).await.data(200);
        assert_eq!(acts_for(&bench, &here).await, json!(scene.shop));
    }

    async fn one_acts_for_organisations_of_ones_own_that_are_not_out(bench: Bench) {
        let scene = Scene::set(&bench).await;
        bench.join(&scene.sue.person, scene.south, Role::Support).await;
        let sue = Actor::of(&bench, scene.sue.person.clone()).await;
        bench.context.suspend_organisation(Authority::Operator, scene.south).await.unwrap();
        let me = sue.get(&bench, "/api/me").await.data(200).clone();
        let shown: Vec<_> = me["memberships"].as_array().unwrap().iter()
            .map(|one| (one["organization_id"].clone(), one["role"].clone(), one["is_suspended"].clone())).collect();
        let support = json!("support");
        assert_eq!(shown, [(json!(scene.shop), support.clone(), json!(false)), (json!(scene.south), support, json!(true))]);
        // Neither what is out, nor what is another's, nor what one only reaches from above.
        for (who, organisation) in [(&sue, scene.south), (&sue, scene.bakery), (&scene.nora, scene.shop), (&scene.root, scene.shop)] {
            let before = who.get(&bench, "/api/me").await.data(200).clone();
            let refused = switch(&bench, who, organisation).await;
            assert_eq!(refused.fields(), [("organization_id", "organization")]);
            assert_eq!(who.get(&bench, "/api/me").await.data(200), &before);
        }
        assert_eq!(scene.root.audited(&bench, "session.switched").await, 0);
    }
}
