//! What is done to whole accounts: suspended, let in again, helped to a new password.

use bailiwick_domain::link::LinkPurpose;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::patience::within_a_second;
use bailiwick_testkit::people::PASSWORD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Actor, Scene, path};

/// A password that nobody had before.
const NEXT: &str = "seventeen quiet marmots bicycle";

async fn set_password(bench: &Bench, token: &str) -> u16 {
    let body = json!({ "Token": token, "NewPassword": NEXT });
    let request = bench.call(Method::POST, "/auth/authenticate/reset-password").json(&body);
    request.send().await.unwrap().status().as_u16()
}

async fn refresh(bench: &Bench, actor: &Actor) -> u16 {
    let request = bench.call(Method::POST, "/auth/authenticate/refresh-token").bearer_auth(&actor.tokens.refresh);
    request.json(&json!({})).send().await.unwrap().status().as_u16()
}

on_both_engines! {
    async fn whoever_is_suspended_by_an_administrator_is_out_everywhere_until_they_are_let_in_again(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let (rita, other_node) = (&scene.rita, bench.another_node().await);
        assert!(rita.is_in(&bench).await && rita.is_in(&other_node).await);
        let link = bench.mailed_link(&rita.person, LinkPurpose::Reset).await;

        let suspended = scene.sam.suspend(&bench, &rita.person).await.data(200).clone();
        assert_eq!(suspended["suspended_at"], "2026-11-20T09:30:00Z");
        assert!(!rita.is_in(&bench).await, "from the next request on");
        within_a_second(false, async || rita.is_in(&other_node).await).await;
        assert_eq!((refresh(&bench, rita).await, bench.try_sign_in(&rita.person.email, PASSWORD).await), (401, 401));
        assert_eq!(set_password(&bench, &link).await, 400);
        bench.clock.advance(Span::seconds(1));
        scene.sam.suspend(&bench, &rita.person).await.refused(409, "user is already suspended");
        assert_eq!(scene.sam.get(&bench, &path(&rita.person)).await.data(200)["suspended_at"], suspended["suspended_at"]);

        let back = scene.sam.reactivate(&bench, &rita.person).await.data(200).clone();
        assert_eq!(back["suspended_at"], Value::Null);
        scene.sam.reactivate(&bench, &rita.person).await.refused(409, "user is not suspended");
        assert!(!rita.is_in(&bench).await, "what has ended stays ended");
        assert_eq!((set_password(&bench, &link).await, bench.try_sign_in(&rita.person.email, PASSWORD).await), (400, 200));
        for action in ["user.suspended", "user.reactivated"] {
            let log = scene.sam.get(&bench, &format!("/api/audit?action={action}")).await;
            let entries = log.data(200)["entries"].as_array().unwrap().clone();
            let [entry] = entries.as_slice() else { panic!("{log:?}") };
            let whom = (&entry["subject_id"], &entry["actor_id"], &entry["organization_id"]);
            assert_eq!(whom, (&json!(rita.person.id), &json!(scene.sam.person.id), &json!(scene.shop)));
        }
    }

    async fn only_whoever_manages_all_organisations_of_a_person_suspends_their_account(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let both = bench.person("both", scene.shop, Role::Reader).await;
        bench.join(&both, scene.bakery, Role::Reader).await;
        let gil = bench.person("gil", scene.shop, Role::Reader).await;
        bench.join(&gil, scene.south, Role::Reader).await;
        let rule = "person belongs to other organizations too";
        for (who, whom) in [(&scene.sam, &both), (&scene.ben, &both), (&scene.sam, &gil), (&scene.nora, &gil), (&scene.sid, &gil)] {
            who.suspend(&bench, whom).await.refused(403, rule);
            who.reactivate(&bench, whom).await.refused(403, rule);
        }
        scene.nora.suspend(&bench, &both).await.data(200);
        scene.root.suspend(&bench, &gil).await.data(200);
        scene.nora.reactivate(&bench, &gil).await.refused(403, rule);
        // What is open to everybody who manages one of them.
        scene.sam.remove(&bench, &gil, scene.shop).await.data(200);
        scene.sam.suspend(&bench, &gil).await.refused(404, "user not found");
        scene.sid.reactivate(&bench, &gil).await.data(200);
    }

    async fn only_administrators_from_above_act_on_people(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let (rita, sam) = (&scene.rita.person, &scene.sam.person);
        for who in [&scene.sue, &scene.rita] {
            who.suspend(&bench, sam).await.refused(403, "insufficient permissions");
            who.reactivate(&bench, sam).await.refused(403, "insufficient permissions");
            who.send_reset(&bench, sam).await.refused(403, "insufficient permissions");
            who.set(&bench, rita, scene.shop, "reader").await.refused(403, "insufficient permissions");
            who.remove(&bench, rita, scene.shop).await.refused(403, "insufficient permissions");
        }
        for (who, whom) in [(&scene.sid, rita), (&scene.ben, rita), (&scene.sam, &scene.nora.person), (&scene.sam, &scene.ben.person)] {
            who.suspend(&bench, whom).await.refused(404, "user not found");
            who.reactivate(&bench, whom).await.refused(404, "user not found");
            who.send_reset(&bench, whom).await.refused(404, "user not found");
            who.set(&bench, whom, scene.shop, "reader").await.refused(404, "user not found");
            who.remove(&bench, whom, scene.shop).await.refused(404, "user not found");
        }
        // Somebody who administers one organisation and reads in another sees there, and manages nothing.
        bench.join(&scene.sid.person, scene.shop, Role::Reader).await;
        let sid = Actor::of(&bench, scene.sid.person.clone()).await;
        sid.get(&bench, &path(rita)).await.data(200);
        for answer in [sid.suspend(&bench, rita).await, sid.send_reset(&bench, rita).await, sid.remove(&bench, rita, scene.shop).await] {
            answer.refused(403, "insufficient permissions");
        }
        assert_eq!(scene.root.get(&bench, "/api/audit?action=user.suspended").await.data(200)["pagination"]["total_count"], 0);
        assert!(scene.rita.is_in(&bench).await && scene.sam.is_in(&bench).await);
    }

    async fn nobody_suspends_themselves(bench: Bench) {
        let scene = Scene::set(&bench).await;
        for who in [&scene.sam, &scene.nora, &scene.root] {
            who.suspend(&bench, &who.person).await.refused(403, "cannot act on yourself");
            assert!(who.is_in(&bench).await);
        }
    }

    async fn nobody_but_super_admins_acts_on_the_account_of_one(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let chief = Actor::of(&bench, bench.super_admin("chief", scene.shop).await).await;
        let (rule, whom) = ("only super admins act on super admins", &chief.person);
        for who in [&scene.sam, &scene.nora] {
            who.get(&bench, &path(whom)).await.data(200);
            for answer in [
                who.suspend(&bench, whom).await,
                who.reactivate(&bench, whom).await,
                who.send_reset(&bench, whom).await,
                who.set(&bench, whom, scene.shop, "reader").await,
                who.remove(&bench, whom, scene.shop).await,
            ] {
                answer.refused(403, rule);
            }
        }
        assert!(chief.is_in(&bench).await);
        scene.root.suspend(&bench, whom).await.data(200);
        assert!(!chief.is_in(&bench).await);
        scene.root.remove(&bench, whom, scene.shop).await.data(200);
    }

    async fn an_organisation_keeps_its_last_administrator_whoever_suspends(bench: Bench) {
        let scene = Scene::set(&bench).await;
        for who in [&scene.nora, &scene.root] {
            let refused = who.suspend(&bench, &scene.sam.person).await;
            refused.refused(409, "last administrator");
            assert_eq!(refused.json["data"]["error"], "Shop would be left without an administrator who is not suspended");
            assert!(scene.sam.is_in(&bench).await, "a refused act leaves nothing behind");
        }
        scene.nora.set(&bench, &scene.rita.person, scene.shop, "admin").await.data(200);
        scene.nora.suspend(&bench, &scene.sam.person).await.data(200);
        // A suspended administrator is none: the other one is the last now.
        scene.nora.suspend(&bench, &scene.rita.person).await.refused(409, "last administrator");
        scene.nora.set(&bench, &scene.rita.person, scene.shop, "support").await.refused(409, "last administrator");
        scene.nora.remove(&bench, &scene.rita.person, scene.shop).await.refused(409, "last administrator");
        assert_eq!(scene.root.audited(&bench, "user.suspended").await, 1);
    }

    async fn a_link_for_a_new_password_is_mailed_to_its_owner_and_shown_to_nobody_else(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let rita = &scene.rita.person;
        let sent = scene.sam.send_reset(&bench, rita).await;
        assert_eq!(*sent.data(200), json!({ "email": rita.email, "expires_at": "2026-11-20T09:50:00Z" }));
        let links = bench.mailed_tokens(&rita.email, "/reset-password").await;
        let [link] = links.iter().collect::<Vec<_>>()[..] else { panic!("{links:?}") };
        assert!(!sent.json.to_string().contains(link.as_str()));
        assert!(scene.rita.is_in(&bench).await, "nothing of theirs has changed");
        for _ in 0..2 {
            scene.sam.send_reset(&bench, rita).await.data(200);
        }
        scene.sam.send_reset(&bench, rita).await.refused(429, "too many links");
        assert_eq!(set_password(&bench, link).await, 200);
        assert_eq!((bench.try_sign_in(&rita.email, NEXT).await, scene.rita.is_in(&bench).await), (200, false));
        assert_eq!(scene.sam.audited(&bench, "password.reset_sent").await, 3);

        scene.sam.suspend(&bench, rita).await.data(200);
        scene.sam.send_reset(&bench, rita).await.refused(409, "user is suspended");
    }
}
