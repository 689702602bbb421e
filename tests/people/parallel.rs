//! What must not happen whoever is quickest: nobody left who administers, and rights that outlive those who held them.

use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::on_both_engines;
use reqwest::Method;
use serde_json::json;

use crate::support::{Actor, Scene};

/// Often enough for either to be quicker, and for both to be at it at once.
const ROUNDS: usize = 12;

/// Of two answers the good ones.
fn successes(answers: &(Answer, Answer)) -> usize {
    [&answers.0, &answers.1].into_iter().filter(|answer| answer.status == 200).count()
}

/// Holds that what was refused was refused by a rule.
#[track_caller]
fn assert_ruled(answers: &(Answer, Answer)) {
    for answer in [&answers.0, &answers.1] {
        assert!([200, 401, 403, 404, 409].contains(&answer.status), "{answer:?}");
    }
}

on_both_engines! {
    async fn of_two_last_administrators_who_remove_each_other_at_once_one_stays(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let other_node = bench.another_node().await;
        for round in 0..ROUNDS {
            let place = bench.organisation(&format!("Place {round}"), Some(scene.owner)).await;
            let ann = Actor::new(&bench, &format!("ann{round}"), place, Role::Admin).await;
            let bob = Actor::new(&bench, &format!("bob{round}"), place, Role::Admin).await;
            let answers = tokio::join!(
                async {
                    match round % 3 {
                        0 => ann.remove(&bench, &bob.person, place).await,
                        1 => ann.set(&bench, &bob.person, place, "reader").await,
                        _ => ann.suspend(&bench, &bob.person).await,
                    }
                },
                async {
                    match round % 2 {
                        0 => bob.remove(&other_node, &ann.person, place).await,
                        _ => bob.suspend(&other_node, &ann.person).await,
                    }
                },
            );
            assert_ruled(&answers);
            assert_eq!(successes(&answers), 1, "round {round}: {answers:?}");
            let query = format!("organization_id={place}&role=admin&is_suspended=false");
            assert_eq!(scene.root.names(&bench, &query).await.len(), 1, "round {round}");
        }
    }

    async fn of_two_of_three_administrators_who_remove_each_other_at_once_one_does(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let other_node = bench.another_node().await;
        for round in 0..ROUNDS {
            let place = bench.organisation(&format!("Place {round}"), Some(scene.owner)).await;
            bench.person(&format!("third{round}"), place, Role::Admin).await;
            let ann = Actor::new(&bench, &format!("ann{round}"), place, Role::Admin).await;
            let bob = Actor::new(&bench, &format!("bob{round}"), place, Role::Admin).await;
            let answers = tokio::join!(
                ann.remove(&bench, &bob.person, place),
                async {
                    match round % 2 {
                        0 => bob.remove(&other_node, &ann.person, place).await,
                        _ => bob.suspend(&other_node, &ann.person).await,
                    }
                },
            );
            assert_ruled(&answers);
            // Whoever was removed first had no right any more when their own act came to its turn.
            assert_eq!(successes(&answers), 1, "round {round}: {answers:?}");
        }
    }

    async fn of_two_super_admins_who_suspend_each_other_at_once_one_stays(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let other_node = bench.another_node().await;
        let mut last = Actor::of(&bench, bench.super_admin("last", owner).await).await;
        bench.person("keeper", owner, Role::Admin).await;
        for round in 0..ROUNDS {
            let rival = Actor::of(&bench, bench.super_admin(&format!("rival{round}"), owner).await).await;
            let answers = tokio::join!(last.suspend(&bench, &rival.person), rival.suspend(&other_node, &last.person));
            assert_ruled(&answers);
            assert_eq!(successes(&answers), 1, "round {round}: {answers:?}");
            if answers.1.status == 200 {
                last = rival;
            }
            assert!(last.is_in(&bench).await, "round {round}");
        }
    }

    async fn an_administrator_who_is_suspended_and_one_who_is_removed_at_once_leave_one(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let other_node = bench.another_node().await;
        for round in 0..ROUNDS {
            let place = bench.organisation(&format!("Place {round}"), Some(scene.north)).await;
            let ann = bench.person(&format!("ann{round}"), place, Role::Admin).await;
            let bob = bench.person(&format!("bob{round}"), place, Role::Admin).await;
            let answers =
                tokio::join!(scene.nora.suspend(&bench, &ann), scene.root.remove(&other_node, &bob, place));
            assert_eq!(successes(&answers), 1, "round {round}: {answers:?}");
            for refused in [&answers.0, &answers.1].into_iter().filter(|answer| answer.status != 200) {
                refused.refused(409, "last administrator");
            }
        }
    }

    async fn nothing_that_is_sent_while_its_sender_is_removed_opens_anything(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let other_node = bench.another_node().await;
        for round in 0..ROUNDS {
            let ann = Actor::new(&bench, &format!("ann{round}"), scene.shop, Role::Admin).await;
            let email = format!("friend{round}@example.org");
            let body = json!({ "organization_id": scene.shop, "email": email, "role": "admin" });
            let (sent, removed) = tokio::join!(
                ann.ask(&other_node, Method::POST, "/api/invitations", Some(&body)),
                scene.nora.remove(&bench, &ann.person, scene.shop),
            );
            assert_eq!(removed.status, 200, "{removed:?}");
            assert!([201, 400, 403].contains(&sent.status), "round {round}: {sent:?}");
            let listed = scene.nora.get(&bench, "/api/invitations").await.data(200)["invitations"].clone();
            let open = listed.as_array().unwrap().iter().filter(|one| one["status"] == "open").count();
            assert_eq!(open, 0, "round {round}: {sent:?}");
        }
    }
}
