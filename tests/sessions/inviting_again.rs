//! Mailing an invitation once more: another link, and what becomes of the one before.

use std::collections::BTreeSet;
use std::time::Duration;

use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::letters::letters_in;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::Tokens;
use reqwest::Method;
use serde_json::{Value, json};

use crate::invitations::{INVITATIONS, NEWCOMER, REGISTER, Stage, accept, made, memberships, newcomer};
use crate::support::{Aside, Strict, post};

pub(crate) async fn resend(bench: &Bench, tokens: &Tokens, id: &str) -> Answer {
    Answer::of(bench.call(Method::POST, &format!("{INVITATIONS}/{id}/resend")).bearer_auth(&tokens.access)).await
}

/// The id of an invitation that was just sent.
pub(crate) fn id_of(answer: &Answer) -> String {
    answer.json()["data"]["id"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

/// Waits for the one link that is not among those that are known.
pub(crate) async fn new_link(bench: &Bench, known: &mut BTreeSet<String>) -> String {
    for _ in 0..500 {
        let tokens = letters_in(bench.directory()).iter().flat_map(|letter| letter.tokens("/invitation")).collect();
        let new: Vec<String> = BTreeSet::difference(&tokens, known).cloned().collect();
        if let [token] = new.as_slice() {
            known.insert(token.clone());
            return token.clone();
        }
        assert!(new.is_empty(), "{} new links", new.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no new link");
}

fn message(answer: &Answer) -> (u16, Value) {
    (answer.status, answer.json()["message"].clone())
}

on_both_engines! {
    async fn an_invitation_that_is_sent_again_has_another_link_and_seven_days_anew(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let mut known = BTreeSet::new();
        let sent = stage.invite(&bench, NEWCOMER, "support").await;
        let (id, first) = (id_of(&sent), new_link(&bench, &mut known).await);
        // It has expired, and comes back to life.
        bench.clock.advance(Span::days(8));
        let tokens = bench.sign_in(&stage.carla).await;
        post(&bench, REGISTER, &newcomer(NEWCOMER, &first)).await.refuses_field("Invitation");
        let again = resend(&bench, &tokens, &id).await;
        assert_eq!(again.status, 200, "{again:?}");
        let (before, now) = (sent.json()["data"].clone(), again.json()["data"].clone());
        assert_eq!((&now["status"], &now["created_at"]), (&json!("open"), &before["created_at"]));
        assert!(now["sent_at"] != before["sent_at"] && now["expires_at"] != before["expires_at"], "{now}");
        let second = new_link(&bench, &mut known).await;
        assert!(!again.body.contains(&second), "whoever sends it must not be able to accept");
        // Whatever else is tried, the link of before is good for nothing.
        bench.clock.advance(Span::seconds(7 * 24 * 3600 - 1));
        for _ in 0..2 {
            post(&bench, REGISTER, &newcomer(NEWCOMER, &first)).await.refuses_field("Invitation");
        }
        assert_eq!(post(&bench, REGISTER, &newcomer(NEWCOMER, &second)).await.status, 201);
        post(&bench, REGISTER, &newcomer(NEWCOMER, &second)).await.refuses_field("Invitation");
        assert_eq!(aside.number("SELECT COUNT(*) FROM audit WHERE action = 'invitation.resent'").await, 1);
        assert_eq!(aside.number("SELECT COUNT(*) FROM invitations").await, 1, "it is one and the same");
    }

    async fn what_was_accepted_or_taken_back_or_is_not_ones_own_is_not_sent_again(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let mut known = BTreeSet::new();
        let accepted = id_of(&stage.invite(&bench, &stage.bob.email, "reader").await);
        let token = new_link(&bench, &mut known).await;
        assert_eq!(accept(&bench, &stage.elsewhere, &token).await.status, 200);
        let revoked = id_of(&stage.invite(&bench, NEWCOMER, "reader").await);
        new_link(&bench, &mut known).await;
        let path = format!("{INVITATIONS}/{revoked}");
        assert_eq!(Answer::of(bench.call(Method::DELETE, &path).bearer_auth(&stage.admin.access)).await.status, 200);
        let other = bench.sign_in(&bench.person("other", stage.theirs, Role::Admin).await).await;
        let before = (made(&aside).await, aside.number("SELECT COUNT(*) FROM mails").await);
        for settled in [&accepted, &revoked] {
            let refused = resend(&bench, &stage.admin, settled).await;
            assert_eq!(message(&refused), (409, json!("invitation is settled")), "{refused:?}");
        }
        // Bob is a reader here by now, and no administrator anywhere; the administrator of a sibling sees nothing.
        assert_eq!(resend(&bench, &stage.elsewhere, &revoked).await.status, 403);
        let foreign = resend(&bench, &other, &revoked).await;
        let unknown = resend(&bench, &other, "019a9f00-0000-7000-8000-00000000aaaa").await;
        assert_eq!((foreign.status, foreign.body), (404, unknown.body));
        assert_eq!((made(&aside).await, aside.number("SELECT COUNT(*) FROM mails").await), before);
        // Nobody is let into what is suspended.
        let open = id_of(&stage.invite(&bench, "olga@example.org", "reader").await);
        aside.run("UPDATE organisations SET suspended_through = id WHERE name LIKE 'Bella%'").await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        let chief = bench.sign_in(&bench.super_admin("chief", stage.theirs).await).await;
        let refused = resend(&bench, &chief, &open).await;
        assert_eq!(message(&refused), (409, json!("organization is suspended")), "{refused:?}");
    }

    async fn what_is_sent_again_counts_on_every_limit(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let id = id_of(&stage.invite(&bench, NEWCOMER, "reader").await);
        assert_eq!(resend(&bench, &stage.admin, &id).await.status, 200);
        bench.clock.advance(Span::hours(1));
        let tokens = bench.sign_in(&stage.carla).await;
        assert_eq!(resend(&bench, &tokens, &id).await.status, 200);
        // Three mails a day from one organisation, in whatever way.
        let refused = resend(&bench, &tokens, &id).await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("82800")), "{refused:?}");
        let body = json!({ "organization_id": stage.ours, "email": NEWCOMER, "role": "reader" });
        let refused = Answer::of(bench.call(Method::POST, INVITATIONS).bearer_auth(&tokens.access).json(&body)).await;
        assert_eq!(refused.status, 429, "{refused:?}");
        assert_eq!(aside.number("SELECT COUNT(*) FROM mails").await, 3);
        bench.clock.advance(Span::hours(23));
        let tokens = bench.sign_in(&stage.carla).await;
        assert_eq!(resend(&bench, &tokens, &id).await.status, 200);
        assert_eq!(resend(&bench, &tokens, &id).await.status, 200);
        assert_eq!(resend(&bench, &tokens, &id).await.status, 429);
        // Many at once on two nodes do not get more.
        let other_node = bench.another_node().await;
        let id = id_of(&Answer::of(bench.call(Method::POST, INVITATIONS).bearer_auth(&tokens.access)
            .json(&json!({ "organization_id": stage.ours, "email": "olga@example.org", "role": "reader" }))).await);
        let asked: Vec<_> = [&bench, &other_node].into_iter().cycle().take(8).map(|node| {
            tokio::spawn(Answer::of(node.call(Method::POST, &format!("{INVITATIONS}/{id}/resend")).bearer_auth(&tokens.access)))
        }).collect();
        let mut sent = 0;
        for one in asked {
            sent += u16::from(one.await.unwrap().status == 200);
        }
        assert_eq!(sent, 2);
    }

    async fn of_an_acceptance_and_another_link_at_once_one_counts(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let other_node = bench.another_node().await;
        let mut known = BTreeSet::new();
        for round in 0..6 {
            // From the start: the third mail of a day is the last one.
            aside.run("DELETE FROM invitation_resends; DELETE FROM invitations; DELETE FROM memberships WHERE role = 'reader' \
                AND organisation_id IN (SELECT id FROM organisations WHERE name LIKE 'Bella%')").await;
            let sent = stage.invite(&bench, &stage.bob.email, "reader").await;
            let (id, token) = (id_of(&sent), new_link(&bench, &mut known).await);
            let (accepted, again) = tokio::join!(
                accept(&bench, &stage.elsewhere, &token), resend(&other_node, &stage.admin, &id));
            match (accepted.status, again.status) {
                (200, 409) => {
                    assert_eq!(message(&again).1, "invitation is settled", "round {round}");
                    assert_eq!(memberships(&bench, &stage.elsewhere.access).await.len(), 2, "round {round}");
                }
                (400, 200) => {
                    assert_eq!(memberships(&bench, &stage.elsewhere.access).await.len(), 1, "round {round}");
                    let second = new_link(&bench, &mut known).await;
                    assert_eq!(accept(&bench, &stage.elsewhere, &second).await.status, 200, "round {round}");
                }
                _ => panic!("round {round}: {accepted:?} {again:?}"),
            }
        }
    }

    async fn another_link_whose_entry_cannot_be_written_is_not_sent_and_the_one_before_stays(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let mut known = BTreeSet::new();
        let id = id_of(&stage.invite(&bench, &stage.bob.email, "reader").await);
        let token = new_link(&bench, &mut known).await;
        let sent = async || aside.number("SELECT COUNT(*) FROM mails").await;
        let mails = sent().await;
        aside.run("ALTER TABLE audit RENAME TO audit_away").await;
        assert_eq!(resend(&bench, &stage.admin, &id).await.status, 500);
        aside.run("ALTER TABLE audit_away RENAME TO audit").await;
        assert_eq!(sent().await, mails);
        assert_eq!(accept(&bench, &stage.elsewhere, &token).await.status, 200);
    }

    async fn whoever_sends_an_invitation_again_stands_for_it_from_then_on(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let chief = bench.sign_in(&bench.super_admin("chief", stage.theirs).await).await;
        let mut known = BTreeSet::new();
        let id = id_of(&stage.invite(&bench, &stage.bob.email, "reader").await);
        new_link(&bench, &mut known).await;
        let again = resend(&bench, &chief, &id).await.json()["data"].clone();
        assert_eq!(again["invited_by"]["name"], "chief", "{again}");
        let token = new_link(&bench, &mut known).await;
        aside.run("UPDATE users SET suspended_at = created_at WHERE email LIKE 'carla%'").await;
        assert_eq!(accept(&bench, &stage.elsewhere, &token).await.status, 200);
    }

    async fn an_invitation_opens_nothing_that_its_sender_could_not_open_now(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        // By an administrator of what stands above, and then the organisation moves away from there.
        let above = bench.organisation_of_kind("Partner", OrganisationKind::Reseller, Some(stage.owner)).await;
        let below = bench.organisation("Customer", Some(above)).await;
        let tokens = bench.sign_in(&bench.person("pia", above, Role::Admin).await).await;
        let mut known = BTreeSet::new();
        let body = json!({ "organization_id": below, "email": stage.bob.email, "role": "admin" });
        let sent = Answer::of(bench.call(Method::POST, INVITATIONS).bearer_auth(&tokens.access).json(&body)).await;
        assert_eq!(sent.status, 201, "{sent:?}");
        let token = new_link(&bench, &mut known).await;
        let chief = bench.sign_in(&bench.super_admin("chief", stage.theirs).await).await;
        let to = async |parent: &dyn std::fmt::Display| {
            let path = format!("/api/organizations/{below}/parent");
            let body = json!({ "parent_id": parent.to_string() });
            Answer::of(bench.call(Method::PUT, &path).bearer_auth(&chief.access).json(&body)).await
        };
        let moved = to(&stage.owner).await;
        assert_eq!(moved.status, 200, "{moved:?}");
        let before = made(&aside).await;
        assert_eq!(accept(&bench, &stage.elsewhere, &token).await.status, 400);
        assert_eq!(made(&aside).await, before);
        let list = Answer::of(bench.call(Method::GET, INVITATIONS).bearer_auth(&chief.access)).await.json();
        assert_eq!(list["data"]["invitations"][0]["status"], "suspended", "{list}");
        assert_eq!(to(&above).await.status, 200);
        assert_eq!(accept(&bench, &stage.elsewhere, &token).await.status, 200);
    }

    async fn role_and_organisation_come_from_the_invitation_alone(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let mut known = BTreeSet::new();
        assert_eq!(stage.invite(&bench, &stage.bob.email, "reader").await.status, 201);
        let token = new_link(&bench, &mut known).await;
        let before = made(&aside).await;
        for member in ["role", "organization_id", "email", "user_id"] {
            let mut body = json!({ "token": token });
            body[member] = if member == "role" { "admin".into() } else { json!(stage.theirs) };
            let request = bench.call(Method::POST, "/api/invitations/accept").bearer_auth(&stage.elsewhere.access);
            let refused = Answer::of(request.json(&body)).await;
            let error = refused.json()["data"]["errors"][0].clone();
            assert_eq!((refused.status, &error["key"], &error["message"]), (400, &json!(member), &json!("unknown")));
        }
        assert_eq!(made(&aside).await, before);
        let query = format!("/api/invitations/accept?role=admin&organization_id={}", stage.theirs);
        let request = bench.call(Method::POST, &query).bearer_auth(&stage.elsewhere.access);
        let joined = Answer::of(request.json(&json!({ "token": token }))).await;
        assert!(matches!(joined.status, 200 | 400), "{joined:?}");
        if joined.status == 400 {
            assert_eq!(accept(&bench, &stage.elsewhere, &token).await.status, 200);
        }
        let mut now = memberships(&bench, &stage.elsewhere.access).await;
        now.sort();
        let expected = [("Bellavista <Hotels>", "reader"), ("Sibling", "reader")];
        assert_eq!(now, expected.map(|(name, role)| (name.to_owned(), role.to_owned())));
        // Nor does whoever registers say where they come in, and as what.
        assert_eq!(stage.invite(&bench, NEWCOMER, "reader").await.status, 201);
        let mut body = newcomer(NEWCOMER, &new_link(&bench, &mut known).await);
        for (member, value) in [("Role", json!("admin")), ("Organisation", json!({ "UUID": stage.theirs })), ("IsSuperAdmin", json!(true))] {
            body[member] = value;
        }
        let registered = post(&bench, REGISTER, &body).await;
        let user = registered.json();
        assert_eq!((registered.status, &user["Organisation"]["Name"]), (201, &json!("Bellavista <Hotels>")), "{registered:?}");
        assert_eq!(user["IsSuperAdmin"], false);
        assert_eq!(aside.number("SELECT COUNT(*) FROM memberships WHERE role = 'admin'").await, 1, "carla alone");
    }
}
