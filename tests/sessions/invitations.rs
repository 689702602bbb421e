//! Accepting invitations: who can, once, and what it makes of them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::patience::within_a_second;
use bailiwick_testkit::people::{Person, Tokens};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Aside, Strict, post, refresh, sign_in};

/// Where one is invited.
pub(crate) const INVITATIONS: &str = "/api/invitations";
/// Where one joins with an account.
pub(crate) const ACCEPT: &str = "/api/invitations/accept";
/// Where one joins without one.
pub(crate) const REGISTER: &str = "/auth/user";
/// A password that nobody had before.
pub(crate) const SECRET: &str = "seventeen quiet marmots bicycle";
/// Somebody without an account.
pub(crate) const NEWCOMER: &str = "nora.new@example.org";

/// An organisation with two people who are signed in: its administrator, and one of another organisation.
pub(crate) struct Stage {
    pub(crate) owner: OrganisationId,
    pub(crate) ours: OrganisationId,
    pub(crate) theirs: OrganisationId,
    pub(crate) carla: Person,
    pub(crate) admin: Tokens,
    pub(crate) bob: Person,
    pub(crate) elsewhere: Tokens,
}

impl Stage {
    pub(crate) async fn set(bench: &Bench) -> Self {
        let owner = bench.organisation("Owner", None).await;
        let ours = bench.organisation("Bellavista <Hotels>", Some(owner)).await;
        let theirs = bench.organisation("Sibling", Some(owner)).await;
        let carla = bench.person("carla", ours, Role::Admin).await;
        let bob = bench.person("bob", theirs, Role::Reader).await;
        let (admin, elsewhere) = (bench.sign_in(&carla).await, bench.sign_in(&bob).await);
        Self { owner, ours, theirs, carla, admin, bob, elsewhere }
    }

    /// Invites over the API as the administrator.
    pub(crate) async fn invite(&self, bench: &Bench, email: &str, role: &str) -> Answer {
        let body = json!({ "organization_id": self.ours, "email": email, "role": role });
        Answer::of(bench.call(Method::POST, INVITATIONS).bearer_auth(&self.admin.access).json(&body)).await
    }
}

/// The token of the link in the only mail to this address, and the whole mail, once it is there.
pub(crate) async fn mailed(directory: &Path, email: &str) -> (String, String) {
    const TOKEN_LENGTH: usize = 43;
    for _ in 0..500 {
        let files = fs::read_dir(directory.join("mail")).into_iter().flatten().map(|entry| entry.unwrap().path());
        let files = files.filter(|file| file.extension().is_some_and(|ending| ending == "eml"));
        // Quoted-printable (RFC 2045, 6.7), as far as an address in a mail needs it.
        let read = |file| fs::read_to_string(file).unwrap().replace("=\r\n", "").replace("=\n", "").replace("=3D", "=");
        let mails: Vec<String> = files.map(read).filter(|mail: &String| mail.contains(email)).collect();
        if let [mail] = mails.as_slice() {
            let (_, rest) = mail.split_once("/invitation?token=").unwrap_or_else(|| panic!("no link in {mail}"));
            return (rest[..TOKEN_LENGTH].to_owned(), mail.clone());
        }
        assert!(mails.is_empty(), "{mails:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no mail to {email}");
}

/// What somebody sends who registers with an invitation.
pub(crate) fn newcomer(email: &str, token: &str) -> Value {
    json!({ "Email": email, "Password": SECRET, "Name": "Nora New", "AcceptEULA": true, "Invitation": token })
}

pub(crate) async fn accept(bench: &Bench, tokens: &Tokens, token: &str) -> Answer {
    let body = json!({ "token": token });
    Answer::of(bench.call(Method::POST, ACCEPT).bearer_auth(&tokens.access).json(&body)).await
}

/// The memberships of whoever has this token, as pairs of an organisation's name and a role.
pub(crate) async fn memberships(bench: &Bench, access: &str) -> Vec<(String, String)> {
    let me = Answer::of(bench.call(Method::GET, "/api/me").bearer_auth(access)).await.json();
    let memberships = me["data"]["memberships"].as_array().unwrap_or_else(|| panic!("{me}")).clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    memberships.iter().map(|one| (text(&one["organization_name"]), text(&one["role"]))).collect()
}

/// Rows of what an acceptance makes or uses up.
pub(crate) async fn made(aside: &Aside) -> Vec<i64> {
    let mut counts = Vec::new();
    for rows in ["users", "organisations", "memberships", "sessions", "audit", "invitations WHERE accepted_at IS NULL"]
    {
        counts.push(aside.number(&format!("SELECT COUNT(*) FROM {rows}")).await);
    }
    counts
}

fn is_refused(answer: &Answer, member: &str) {
    let body = answer.json();
    let error = &body["data"]["errors"][0];
    assert_eq!((answer.status, &error["key"], &error["message"]), (400, &json!(member), &json!("link")), "{answer:?}");
    assert!(error.get("value").is_none(), "the token is echoed: {answer:?}");
}

on_both_engines! {
    async fn an_invitation_takes_somebody_new_into_its_organisation_and_nowhere_else(bench: Bench) {
        let stage = Stage::set(&bench).await;
        let sent = stage.invite(&bench, NEWCOMER, "support").await;
        assert_eq!(sent.status, 201, "{sent:?}");
        let (token, mail) = mailed(bench.directory(), NEWCOMER).await;
        // Names are what a stranger chose, so the mail has none.
        assert!(!mail.contains("Bellavista") && !mail.contains("carla"), "{mail}");
        assert!(!sent.body.contains(&token), "whoever invites must not be able to accept");
        let aside = Aside::of(&bench).await;
        let (organisations, mails) = (
            aside.number("SELECT COUNT(*) FROM organisations").await, aside.number("SELECT COUNT(*) FROM mails").await,
        );
        assert!(!aside.everything().await.join("\n").contains(&token), "the token can be read in the database");

        let mut body = newcomer("NORA.new@Example.org", &token);
        body["Company"] = "Not needed".into();
        let answer = post(&bench, REGISTER, &body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let user = answer.json();
        assert_eq!(user["Organisation"]["Name"], "Bellavista <Hotels>");
        assert_eq!(user["EmailConfirmed"], true);
        let access = refresh(&bench, &answer.text("RefreshToken"), "AccessToken").await.text("AccessToken");
        let expected = [("Bellavista <Hotels>".to_owned(), "support".to_owned())];
        assert_eq!(memberships(&bench, &access).await, expected);
        assert_eq!(sign_in(&bench, NEWCOMER, SECRET).await.status, 200);
        assert_eq!(aside.number("SELECT COUNT(*) FROM organisations").await, organisations, "Company is not used");
        assert_eq!(aside.number("SELECT COUNT(*) FROM mails").await, mails, "the address is confirmed already");
        for (action, actor) in [("invitation.sent", stage.carla.id.to_string()), ("invitation.accepted", text(&user["UUID"]))] {
            let list = Answer::of(bench.call(Method::GET, &format!("/api/audit?action={action}"))
                .bearer_auth(&stage.admin.access)).await.json();
            let entries = list["data"]["entries"].as_array().unwrap_or_else(|| panic!("{list}"));
            assert_eq!(entries.len(), 1, "{action}");
            assert!(entries[0].to_string().contains(&actor), "{list}");
        }
    }

    async fn whoever_has_an_account_joins_at_once_and_stays_what_they_were(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let other_node = bench.another_node().await;
        assert_eq!(memberships(&other_node, &stage.elsewhere.access).await.len(), 1);
        assert_eq!(stage.invite(&bench, &stage.bob.email, "admin").await.status, 201);
        let (token, _) = mailed(bench.directory(), &stage.bob.email).await;
        let answer = accept(&bench, &stage.elsewhere, &token).await;
        let joined = answer.json()["data"].clone();
        assert_eq!((answer.status, &joined["organization_id"]), (200, &json!(stage.ours)), "{answer:?}");
        let expected = [("Bellavista <Hotels>", "admin"), ("Sibling", "reader")];
        let expected = expected.map(|(name, role)| (name.to_owned(), role.to_owned()));
        // The very session that was there before.
        let mut now = memberships(&bench, &stage.elsewhere.access).await;
        now.sort();
        assert_eq!(now, expected);
        within_a_second(2, async || memberships(&other_node, &stage.elsewhere.access).await.len()).await;
        let confirmed = "SELECT COUNT(*) FROM users WHERE email = 'bob@example.org' AND confirmed_at IS NOT NULL";
        assert_eq!(aside.number(confirmed).await, 1);
        // Once more by another invitation: nothing changes, and the invitation is not used up.
        let again = bench.invitation(&stage.bob.email, stage.ours).await;
        let before = made(&aside).await;
        let refused = accept(&bench, &stage.elsewhere, &again).await;
        assert_eq!((refused.status, &refused.json()["message"]), (409, &json!("already a member")));
        assert_eq!(made(&aside).await, before);
    }

    async fn an_invitation_is_for_its_address_alone(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let token = bench.invitation(NEWCOMER, stage.ours).await;
        let before = made(&aside).await;
        let refused = accept(&bench, &stage.elsewhere, &token).await;
        assert_eq!((refused.status, &refused.json()["message"]), (403, &json!("invitation for another person")));
        assert!(!refused.body.contains(NEWCOMER), "{refused:?}");
        let refused = post(&bench, REGISTER, &newcomer("nora.knew@example.org", &token)).await;
        refused.refuses_field("Email");
        assert!(!refused.body.contains(NEWCOMER), "{refused:?}");
        assert_eq!(made(&aside).await, before);
        // Whoever has an account does not get another one.
        let for_bob = bench.invitation(&stage.bob.email, stage.ours).await;
        assert_eq!(post(&bench, REGISTER, &newcomer(&stage.bob.email, &for_bob)).await.status, 409);
        assert_eq!(accept(&bench, &stage.elsewhere, &for_bob).await.status, 200);
        assert_eq!(post(&bench, REGISTER, &newcomer(NEWCOMER, &token)).await.status, 201);
    }

    async fn an_invitation_that_is_used_revoked_expired_or_made_up_opens_nothing(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let used = bench.invitation(&stage.bob.email, stage.ours).await;
        assert_eq!(accept(&bench, &stage.elsewhere, &used).await.status, 200);
        let revoked = stage.invite(&bench, NEWCOMER, "reader").await.json()["data"]["id"].clone();
        let (revoked_token, _) = mailed(bench.directory(), NEWCOMER).await;
        let path = format!("{INVITATIONS}/{}", text(&revoked));
        let revoke = Answer::of(bench.call(Method::DELETE, &path).bearer_auth(&stage.admin.access)).await;
        assert_eq!((revoke.status, &revoke.json()["data"]["status"]), (200, &json!("revoked")), "{revoke:?}");
        let expired = bench.invitation(&stage.bob.email, stage.ours).await;
        bench.clock.advance(Span::seconds(7 * 24 * 3600 - 1));
        let page = async |token: &str| Answer::of(bench.call(Method::GET, &format!("/invitation?token={token}"))).await;
        assert_eq!(page(&expired).await.status, 200, "it is good for seven days");
        bench.clock.advance(Span::seconds(1));
        let tokens = bench.sign_in(&stage.bob).await;
        let before = made(&aside).await;
        let made_up = "A".repeat(43);
        for token in [&used, &revoked_token, &expired, &made_up] {
            for email in [NEWCOMER, stage.bob.email.as_str()] {
                post(&bench, REGISTER, &newcomer(email, token)).await.refuses_field("Invitation");
            }
            is_refused(&accept(&bench, &tokens, token).await, "token");
            let page = page(token).await;
            assert_eq!(page.status, 404);
            assert!(page.body.contains("This link does not work") && !page.body.contains("Bellavista"), "{page:?}");
        }
        assert_eq!(made(&aside).await, before);
    }

    async fn an_invitation_ends_with_its_organisation_and_with_whoever_sent_it(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        assert_eq!(stage.invite(&bench, &stage.bob.email, "reader").await.status, 201);
        let (token, _) = mailed(bench.directory(), &stage.bob.email).await;
        for (table, column, value, which) in [
            ("organisations", "suspended_through", "id", "name LIKE 'Bella%'"),
            ("organisations", "deleted_through", "id", "name LIKE 'Bella%'"),
            ("users", "suspended_at", "created_at", "email LIKE 'carla%'"),
        ] {
            aside.run(&format!("UPDATE {table} SET {column} = {value} WHERE {which}")).await;
            is_refused(&accept(&bench, &stage.elsewhere, &token).await, "token");
            aside.run(&format!("UPDATE {table} SET {column} = NULL WHERE {which}")).await;
        }
        assert_eq!(accept(&bench, &stage.elsewhere, &token).await.status, 200);
    }

    async fn of_many_who_accept_one_invitation_at_once_one_does(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let before = made(&aside).await;
        let token = bench.invitation(NEWCOMER, stage.ours).await;
        let register = || bench.call(Method::POST, REGISTER).json(&newcomer(NEWCOMER, &token));
        let statuses = at_once((0..8).map(|_| register())).await;
        assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 201 | 400 | 409)), "{statuses:?}");
        // One person, one place, one session; three entries, and nothing is left open.
        let expected: Vec<_> = before.iter().zip([1, 0, 1, 1, 3, 0]).map(|(before, more)| before + more).collect();
        assert_eq!(made(&aside).await, expected);

        let for_bob = bench.invitation(&stage.bob.email, stage.ours).await;
        let accept = || bench.call(Method::POST, ACCEPT).bearer_auth(&stage.elsewhere.access).json(&json!({ "token": for_bob }));
        let statuses = at_once((0..8).map(|_| accept())).await;
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 200 | 400)), "{statuses:?}");
        let joined: Vec<_> = expected.iter().zip([0, 0, 1, 0, 1, 0]).map(|(before, more)| before + more).collect();
        assert_eq!(made(&aside).await, joined);
    }

    async fn an_acceptance_whose_entry_cannot_be_written_does_not_happen(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let (for_nora, for_bob) =
            (bench.invitation(NEWCOMER, stage.ours).await, bench.invitation(&stage.bob.email, stage.ours).await);
        let before = made(&aside).await;
        let sent = async || aside.number("SELECT COUNT(*) FROM mails").await;
        let mails = sent().await;
        aside.run("ALTER TABLE audit RENAME TO audit_away").await;
        assert_eq!(post(&bench, REGISTER, &newcomer(NEWCOMER, &for_nora)).await.status, 500);
        assert_eq!(accept(&bench, &stage.elsewhere, &for_bob).await.status, 500);
        assert_eq!(stage.invite(&bench, NEWCOMER, "reader").await.status, 500);
        aside.run("ALTER TABLE audit_away RENAME TO audit").await;
        assert_eq!((made(&aside).await, sent().await), (before, mails));
        assert_eq!(post(&bench, REGISTER, &newcomer(NEWCOMER, &for_nora)).await.status, 201);
        assert_eq!(accept(&bench, &stage.elsewhere, &for_bob).await.status, 200);
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// The statuses of requests that are made side by side.
async fn at_once(requests: impl Iterator<Item = reqwest::RequestBuilder>) -> Vec<u16> {
    let asked: Vec<_> = requests.map(|request| tokio::spawn(Answer::of(request))).collect();
    let mut statuses = Vec::new();
    for one in asked {
        statuses.push(one.await.unwrap().status);
    }
    statuses
}
