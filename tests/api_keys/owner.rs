//! What becomes of keys when something becomes of their owner, or of them, also on another node.

use bailiwick_app::caller::Authority;
use bailiwick_app::operator::UserKey;
use bailiwick_domain::field::Parse;
use bailiwick_domain::password::Password;
use bailiwick_domain::role::Role;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::patience::within_a_second;
use bailiwick_testkit::people::{PASSWORD, Person};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{SYSTEMS, aside, ask, call, list, make, read, revoke};

const NEW_PASSWORD: &str = "quiet harbour violin sunrise";

fn key_of(person: &Person) -> UserKey {
    UserKey::Id(person.id)
}

on_both_engines! {
    async fn a_revoked_key_opens_nothing_from_the_next_request_on_and_within_a_second_elsewhere(bench: Bench) {
        let other = bench.another_node().await;
        let (_, tokens) = bench.owner().await;
        let (made, stays) = (make(&bench, &tokens.access, "read").await, make(&bench, &tokens.access, "read").await);
        for node in [&bench, &other] {
            assert_eq!([read(node, &made.key).await, read(node, &stays.key).await], [200, 200]);
        }
        revoke(&bench, &tokens.access, &made.id).await.data(200);
        assert_eq!(read(&bench, &made.key).await, 401);
        within_a_second(401, async || read(&other, &made.key).await).await;
        for node in [&bench, &other] {
            assert_eq!([read(node, &stays.key).await, read(node, &tokens.access).await], [200, 200]);
        }
    }

    async fn a_suspended_person_is_refused_with_every_key_until_the_suspension_ends(bench: Bench) {
        let other = bench.another_node().await;
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Admin).await;
        let token = bench.sign_in(&ann).await.access;
        let (seen, unseen) = (make(&bench, &token, "write").await.key, make(&bench, &token, "read").await.key);
        assert_eq!([read(&bench, &seen).await, read(&other, &seen).await], [200, 200]);
        bench.context.suspend_user_as_operator(&key_of(&ann)).await.unwrap();
        assert_eq!([read(&bench, &seen).await, read(&bench, &unseen).await], [401, 401]);
        within_a_second(401, async || read(&other, &seen).await).await;
        bench.context.reactivate_user_as_operator(&key_of(&ann)).await.unwrap();
        assert_eq!([read(&bench, &seen).await, read(&bench, &unseen).await], [200, 200]);
        assert_eq!(read(&bench, &token).await, 401, "a session does not come back, a key does, as the password does");
    }

    async fn a_suspended_organisation_takes_its_keys_along_and_brings_them_back(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let shop = bench.organisation("Shop", Some(owner)).await;
        let ann = bench.person("ann", shop, Role::Admin).await;
        let key = make(&bench, &bench.sign_in(&ann).await.access, "write").await.key;
        assert_eq!(read(&bench, &key).await, 200);
        bench.context.suspend_organisation(Authority::Operator, shop).await.unwrap();
        assert_eq!(read(&bench, &key).await, 401);
        bench.context.reactivate_organisation(Authority::Operator, shop).await.unwrap();
        assert_eq!(read(&bench, &key).await, 200);
    }

    async fn a_key_follows_the_role_of_its_owner(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Support).await;
        let key = make(&bench, &bench.sign_in(&ann).await.access, "write").await.key;
        let draft = json!({ "name": "System", "type": "ns8" });
        let create = async || bench.ask(Method::POST, SYSTEMS, &key, Some(&draft)).await.status;
        assert_eq!(create().await, 201);
        let email = &ann.email;
        let lowered = format!(
            "BEGIN; UPDATE memberships SET role = 'reader' WHERE user_id = (SELECT id FROM users WHERE email = '{email}'); \
             UPDATE revisions SET number = number + 1 WHERE name = 'authority'; \
             INSERT INTO invalidations (number, scope, subject_id, at) SELECT r.number, 'user', u.id, 1795167000000000 \
             FROM revisions r, users u WHERE r.name = 'authority' AND u.email = '{email}'; COMMIT"
        );
        aside(bench.database_url(), &lowered).await;
        within_a_second(403, create).await;
        assert_eq!(read(&bench, &key).await, 200);
    }

    async fn a_new_password_leaves_the_keys_and_so_does_the_end_of_ones_sessions(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Admin).await;
        let token = bench.sign_in(&ann).await.access;
        let key = make(&bench, &token, "read").await.key;
        let change = json!({ "CurrentPassword": PASSWORD, "NewPassword": NEW_PASSWORD });
        let changed = bench.ask(Method::POST, "/auth/authenticate/update-password", &token, Some(&change)).await;
        assert_eq!(changed.status, 200);
        assert_eq!(read(&bench, &key).await, 200);
        assert_eq!(call(&bench, Method::DELETE, "/api/me/sessions", &token).await.status, 200);
        assert_eq!(call(&bench, Method::POST, "/auth/authenticate/signout", &token).await.status, 200);
        assert_eq!([read(&bench, &token).await, read(&bench, &key).await], [401, 200]);
        let password = Password::parse_text(PASSWORD).unwrap();
        bench.context.set_password_as_operator(&key_of(&ann), password).await.unwrap();
        assert_eq!(read(&bench, &key).await, 200);
    }

    async fn an_operator_who_ends_all_sessions_of_a_person_takes_their_keys_back(bench: Bench) {
        let other = bench.another_node().await;
        let owner = bench.organisation("Owner", None).await;
        let [ann, ben] = [bench.person("ann", owner, Role::Admin).await, bench.super_admin("ben", owner).await];
        let tokens = [bench.sign_in(&ann).await.access, bench.sign_in(&ben).await.access];
        let keys = [make(&bench, &tokens[0], "read").await.key, make(&bench, &tokens[0], "write").await.key];
        let bens = make(&bench, &tokens[1], "read").await.key;
        assert_eq!([read(&bench, &keys[0]).await, read(&other, &keys[1]).await, read(&bench, &bens).await], [200; 3]);
        let (_, ended) = bench.context.end_sessions_as_operator(&key_of(&ann)).await.unwrap();
        assert_eq!((ended.sessions, ended.api_keys), (1, 2));
        assert_eq!([read(&bench, &keys[0]).await, read(&bench, &keys[1]).await, read(&bench, &bens).await], [401, 401, 200]);
        within_a_second(401, async || read(&other, &keys[1]).await).await;
        let again = bench.sign_in(&ann).await.access;
        assert_eq!(list(&bench, &again).await, [] as [Value; 0]);
        let entries = call(&bench, Method::GET, "/api/audit?action=api_key.revoked", &tokens[1]).await;
        assert_eq!(entries.data(200)["pagination"]["total_count"], 2);
    }

    async fn a_key_that_is_being_made_while_all_ends_does_not_survive(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let ann = bench.person("ann", owner, Role::Admin).await;
        for round in 0..8 {
            let token = bench.sign_in(&ann).await.access;
            let body = json!({ "name": "late", "access": "write" });
            let whose = key_of(&ann);
            let (answers, ended) = futures_util::future::join(
                futures_util::future::join_all((0..4).map(|_| ask(&bench, &token, &body))),
                bench.context.end_sessions_as_operator(&whose),
            )
            .await;
            ended.unwrap();
            assert!(answers.iter().all(|answer| [201, 401].contains(&answer.status)), "round {round}: {answers:?}");
            let token = bench.sign_in(&ann).await.access;
            assert_eq!(list(&bench, &token).await, [] as [Value; 0], "round {round}");
        }
    }
}
