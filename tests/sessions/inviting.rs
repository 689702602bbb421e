//! Inviting people: who may, whereto, how often, and what it gives away.

use std::time::Duration;

use bailiwick_app::settings::Registration;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::invitation::PER_ORGANISATION_MAX;
use bailiwick_domain::role::Role;
use bailiwick_domain::time::Span;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::{Bench, Engine};
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::Tokens;
use bailiwick_testkit::process::Program;
use bailiwick_testkit::process::operator::{refusal, says};
use reqwest::Method;
use serde_json::{Value, json};

use crate::invitations::{INVITATIONS, NEWCOMER, REGISTER, Stage, accept, mailed, newcomer};
use crate::program::running;
use crate::support::{Aside, Strict, post};

async fn invite(bench: &Bench, tokens: &Tokens, body: &Value) -> Answer {
    Answer::of(bench.call(Method::POST, INVITATIONS).bearer_auth(&tokens.access).json(body)).await
}

async fn revoke(bench: &Bench, tokens: &Tokens, id: &str) -> Answer {
    Answer::of(bench.call(Method::DELETE, &format!("{INVITATIONS}/{id}")).bearer_auth(&tokens.access)).await
}

/// The addresses in one's list, in its order.
async fn listed(bench: &Bench, tokens: &Tokens) -> Vec<String> {
    let list = Answer::of(bench.call(Method::GET, INVITATIONS).bearer_auth(&tokens.access)).await.json();
    let invitations = list["data"]["invitations"].as_array().unwrap_or_else(|| panic!("{list}"));
    assert_eq!(list["data"]["pagination"]["total_count"], invitations.len());
    invitations.iter().map(|one| one["email"].as_str().unwrap().to_owned()).collect()
}

/// What of an answer whoever invites could tell an address by.
pub(crate) fn look(answer: &Answer) -> String {
    let mut body = answer.json();
    for (member, form) in [("id", "an id"), ("email", "an address")] {
        assert!(body["data"][member].is_string(), "{answer:?}");
        body["data"][member] = form.into();
    }
    body["data"]["organization"] = "the one that was named".into();
    let mut headers = answer.headers.clone();
    for varying in ["date", "x-request-id", "content-length"] {
        headers.remove(varying);
    }
    format!("{} {headers:?} {body}", answer.status)
}

on_both_engines! {
    async fn one_invites_where_one_manages_people_and_nowhere_else(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let partner = bench.organisation("Partner", Some(owner)).await;
        let ours = bench.organisation("Ours", Some(partner)).await;
        let sibling = bench.organisation("Sibling", Some(partner)).await;
        let reader = bench.sign_in(&bench.person("reader", ours, Role::Reader).await).await;
        let support = bench.sign_in(&bench.person("support", ours, Role::Support).await).await;
        let admin = bench.sign_in(&bench.person("admin", ours, Role::Admin).await).await;
        let above = bench.sign_in(&bench.person("above", partner, Role::Admin).await).await;
        let wish = |organisation: &dyn std::fmt::Display, email: &str| {
            json!({ "organization_id": organisation.to_string(), "email": email, "role": "admin" })
        };
        for nobody in [&reader, &support] {
            assert_eq!(invite(&bench, nobody, &wish(&ours, NEWCOMER)).await.status, 403);
        }
        let unknown = "019a9f00-0000-7000-8000-00000000aaaa".to_owned();
        for organisation in [sibling.to_string(), partner.to_string(), owner.to_string(), unknown] {
            let refused = invite(&bench, &admin, &wish(&organisation, NEWCOMER)).await;
            let error = refused.json()["data"]["errors"][0].clone();
            assert_eq!((refused.status, &error["key"]), (400, &json!("organization_id")), "{refused:?}");
        }
        assert_eq!(Aside::of(&bench).await.number("SELECT COUNT(*) FROM mails").await, 0);
        let sent = invite(&bench, &admin, &wish(&ours, "one@example.org")).await;
        assert_eq!(sent.status, 201, "{sent:?}");
        bench.clock.advance(Span::seconds(1));
        assert_eq!(invite(&bench, &above, &wish(&ours, "two@example.org")).await.status, 201);
        bench.clock.advance(Span::seconds(1));
        let hidden = invite(&bench, &above, &wish(&sibling, "three@example.org")).await;

        assert_eq!(listed(&bench, &admin).await, ["two@example.org", "one@example.org"]);
        assert_eq!(listed(&bench, &above).await, ["three@example.org", "two@example.org", "one@example.org"]);
        let id = |answer: &Answer| answer.json()["data"]["id"].as_str().unwrap().to_owned();
        let not_found = revoke(&bench, &admin, &id(&hidden)).await;
        assert_eq!((not_found.status, not_found.body), {
            let unknown = revoke(&bench, &admin, "019a9f00-0000-7000-8000-00000000aaaa").await;
            (404, unknown.body)
        });
        assert_eq!(revoke(&bench, &above, &id(&sent)).await.status, 200);
        let again = revoke(&bench, &admin, &id(&sent)).await;
        assert_eq!((again.status, &again.json()["message"]), (409, &json!("invitation is not open")));
    }

    async fn an_invitation_does_not_tell_whether_its_address_is_known(bench: Bench) {
        let stage = Stage::set(&bench).await;
        let unknown = stage.invite(&bench, NEWCOMER, "reader").await;
        assert_eq!(unknown.status, 201, "{unknown:?}");
        // One of another organisation, and one who belongs to this very one already.
        for known in [&stage.bob.email, &stage.carla.email] {
            let answer = stage.invite(&bench, known, "reader").await;
            assert_eq!(look(&answer), look(&unknown));
            mailed(bench.directory(), known).await;
        }
        mailed(bench.directory(), NEWCOMER).await;
        // Nor does the list, nor who is shown an invitation that is not theirs.
        let list = Answer::of(bench.call(Method::GET, INVITATIONS).bearer_auth(&stage.admin.access)).await.json();
        for one in list["data"]["invitations"].as_array().unwrap() {
            assert_eq!((&one["status"], &one["accepted_at"]), (&json!("open"), &json!(null)), "{list}");
        }
    }

    async fn nobody_fills_a_strangers_letter_box_with_invitations(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        for _ in 0..3 {
            assert_eq!(stage.invite(&bench, NEWCOMER, "reader").await.status, 201);
        }
        bench.clock.advance(Span::hours(1));
        let tokens = bench.sign_in(&stage.carla).await;
        let wish = |email: &str| json!({ "organization_id": stage.ours, "email": email, "role": "reader" });
        let other_spelling = NEWCOMER.to_uppercase();
        for spelling in [NEWCOMER, other_spelling.as_str()] {
            let refused = invite(&bench, &tokens, &wish(spelling)).await;
            assert_eq!((refused.status, refused.header("retry-after")), (429, Some("82800")), "{refused:?}");
        }
        // Taking them back does not help.
        aside.run("UPDATE invitations SET revoked_at = created_at").await;
        assert_eq!(invite(&bench, &tokens, &wish(NEWCOMER)).await.status, 429);
        for number in 0..PER_ORGANISATION_MAX - 3 {
            bench.invitation(&format!("somebody{number}@example.org"), stage.ours).await;
        }
        let full = invite(&bench, &tokens, &wish("another@example.org")).await;
        assert_eq!((full.status, full.header("retry-after")), (429, Some("82800")), "{full:?}");
        assert_eq!(aside.number("SELECT COUNT(*) FROM mails").await, 3);
        bench.clock.advance(Span::hours(23));
        let tokens = bench.sign_in(&stage.carla).await;
        assert_eq!(invite(&bench, &tokens, &wish(NEWCOMER)).await.status, 201);
    }

    async fn an_address_gets_ten_invitations_a_day_however_many_organisations_send_them(bench: Bench) {
        let owner = bench.organisation("Owner", None).await;
        let (other_node, aside) = (bench.another_node().await, Aside::of(&bench).await);
        let chief = bench.super_admin("chief", owner).await;
        let tokens = bench.sign_in(&chief).await;
        let mut ours = Vec::new();
        for number in 0..8 {
            ours.push(bench.organisation(&format!("Shell {number}"), Some(owner)).await);
        }
        let (first, others) = ours.split_first().unwrap();
        let wish = |organisation: &OrganisationId, email: &str| {
            json!({ "organization_id": organisation, "email": email, "role": "reader" })
        };
        assert_eq!(invite(&bench, &tokens, &wish(first, NEWCOMER)).await.status, 201);
        bench.clock.advance(Span::hours(1));
        let tokens = bench.sign_in(&chief).await;
        // Two from each of the others at once, on two nodes and in two spellings.
        let spelt_otherwise = NEWCOMER.to_uppercase();
        let senders = others.iter().flat_map(|one| [(&bench, one, NEWCOMER), (&other_node, one, &spelt_otherwise)]);
        let sent: Vec<_> = senders
            .map(|(node, organisation, email)| {
                let request = node.call(Method::POST, INVITATIONS).bearer_auth(&tokens.access);
                tokio::spawn(Answer::of(request.json(&wish(organisation, email))))
            })
            .collect();
        let mut statuses = [0; 2];
        for answer in sent {
            let answer = answer.await.unwrap();
            match answer.status {
                201 => statuses[0] += 1,
                429 => {
                    assert_eq!(answer.header("retry-after"), Some("82800"), "{answer:?}");
                    assert_eq!(answer.json()["message"], "too many invitations");
                    statuses[1] += 1;
                }
                _ => panic!("{answer:?}"),
            }
        }
        assert_eq!(statuses, [9, 5]);
        assert_eq!(aside.number("SELECT COUNT(*) FROM mails").await, 10);
        assert_eq!(invite(&bench, &tokens, &wish(first, "nora@example.org")).await.status, 201, "to somebody else");
        // What was taken back was mailed too.
        aside.run("UPDATE invitations SET revoked_at = created_at").await;
        assert_eq!(invite(&bench, &tokens, &wish(first, NEWCOMER)).await.status, 429);
        bench.clock.advance(Span::hours(23));
        let tokens = bench.sign_in(&chief).await;
        for status in [201, 429] {
            assert_eq!(invite(&bench, &tokens, &wish(first, NEWCOMER)).await.status, status);
        }
    }

    async fn an_invitation_that_a_suspension_stops_is_listed_as_suspended(bench: Bench) {
        let (stage, aside) = (Stage::set(&bench).await, Aside::of(&bench).await);
        let above = bench.super_admin("chief", stage.theirs).await;
        let chief = bench.sign_in(&above).await;
        assert_eq!(stage.invite(&bench, NEWCOMER, "reader").await.status, 201);
        bench.invitation("ben@example.org", stage.ours).await;
        let states = async || {
            // As long as what another process changed may be unseen.
            tokio::time::sleep(Duration::from_millis(20)).await;
            let list = Answer::of(bench.call(Method::GET, INVITATIONS).bearer_auth(&chief.access)).await.json();
            let invitations = list["data"]["invitations"].as_array().unwrap_or_else(|| panic!("{list}"));
            [NEWCOMER, "ben@example.org"].map(|email| {
                let one = invitations.iter().find(|one| one["email"] == email).unwrap_or_else(|| panic!("{list}"));
                one["status"].as_str().unwrap().to_owned()
            })
        };
        for (table, column, value, which, expected) in [
            ("users", "suspended_at", "created_at", "email LIKE 'carla%'", ["suspended", "open"]),
            ("organisations", "suspended_through", "id", "name LIKE 'Bella%'", ["suspended", "suspended"]),
        ] {
            aside.run(&format!("UPDATE {table} SET {column} = {value} WHERE {which}")).await;
            assert_eq!(states().await, expected, "{table}");
            aside.run(&format!("UPDATE {table} SET {column} = NULL WHERE {which}")).await;
            assert_eq!(states().await, ["open", "open"]);
        }
        aside.run("UPDATE organisations SET suspended_through = id WHERE name LIKE 'Bella%'").await;
        bench.clock.advance(Span::days(7));
        let chief = bench.sign_in(&above).await;
        let list = Answer::of(bench.call(Method::GET, INVITATIONS).bearer_auth(&chief.access)).await.json();
        assert_eq!(list["data"]["invitations"][0]["status"], "expired", "{list}");
    }

    async fn an_invitation_is_written_in_the_language_that_was_chosen(bench: Bench) {
        let stage = Stage::set(&bench).await;
        for (language, email, words) in [("de", "hans@example.org", "eingeladen"), ("it", "gino@example.org", "Hai un invito")] {
            let body = json!({ "organization_id": stage.ours, "email": email, "role": "reader", "language": language });
            assert_eq!(invite(&bench, &stage.admin, &body).await.status, 201);
            let (_, mail) = mailed(bench.directory(), email).await;
            assert!(mail.contains(words), "{mail}");
        }
    }
}

/// Each mode of registration with an invitation and without one.
async fn modes(engine: Engine) {
    for (mode, without, with) in
        [(Registration::Open, 201, 201), (Registration::Invite, 403, 201), (Registration::Closed, 403, 403)]
    {
        let bench = Bench::start_with(engine, |settings| settings.registration = mode).await;
        let stage = Stage::set(&bench).await;
        let token = bench.invitation(NEWCOMER, stage.ours).await;
        let mut alone = newcomer("olga@example.org", "");
        alone.as_object_mut().unwrap().remove("Invitation");
        if without == 201 {
            post(&bench, REGISTER, &alone).await.refuses_field("Company");
        }
        alone["Company"] = "Her own".into();
        assert_eq!(post(&bench, REGISTER, &alone).await.status, without, "{mode:?} without");
        assert_eq!(post(&bench, REGISTER, &newcomer(NEWCOMER, &token)).await.status, with, "{mode:?} with");
        // Whoever has an account joins in every mode.
        let for_bob = bench.invitation(&stage.bob.email, stage.ours).await;
        assert_eq!(accept(&bench, &stage.elsewhere, &for_bob).await.status, 200, "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_opens_what_is_open_to_the_invited_alone_on_sqlite() {
    modes(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_opens_what_is_open_to_the_invited_alone_on_postgres() {
    modes(Engine::Postgres).await;
}

fn command(program: &Program, arguments: &[&str]) -> std::process::Output {
    program.run(&[&["admin", "user", "invite"], arguments].concat(), "").unwrap()
}

/// The operator invites beside the running server, which sends the mail.
async fn operator(engine: Engine) {
    let (program, server) = running(engine).await;
    let client = bailiwick_testkit::http::client().unwrap();
    let output = command(&program, &["--email", NEWCOMER, "--organisation", "Acme", "--role", "support", "--json"]);
    let sent: Value = serde_json::from_str(&says(&output)).unwrap();
    assert_eq!(
        (&sent["email"], &sent["role"], &sent["organization"]["name"]),
        (&json!(NEWCOMER), &json!("support"), &json!("Acme"))
    );
    let (token, _) = mailed(&program.data_dir(), NEWCOMER).await;
    assert!(!format!("{output:?}").contains(&token), "the token is shown");
    let page = Answer::of(client.get(server.at(&format!("/invitation?token={token}")))).await;
    assert!(page.status == 200 && page.body.contains("The operator of this server"), "{page:?}");
    let registered = Answer::of(client.post(server.at(REGISTER)).json(&newcomer(NEWCOMER, &token))).await;
    assert_eq!((registered.status, &registered.json()["Organisation"]["Name"]), (201, &json!("Acme")));

    let told = command(&program, &["--email", "ben@example.org", "--organization", "Acme"]);
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(told.contains("ben@example.org as reader of Acme") && told.contains("queued"), "{told}");
    for (arguments, word) in [
        (["--email", "ben", "--organisation", "Acme"], "--email"),
        (["--email", NEWCOMER, "--organisation", "Nowhere"], "organisation list"),
    ] {
        let refused = refusal(&command(&program, &arguments));
        assert!(refused.contains(word), "{refused}");
    }
    let shop = ["organisation", "create", "--name", "Shop", "--kind", "customer"];
    for arguments in [shop.as_slice(), &["organisation", "suspend", "Shop"]] {
        assert!(program.run(&[&["admin"], arguments].concat(), "").unwrap().status.success());
    }
    let refused = refusal(&command(&program, &["--email", "ben@example.org", "--organisation", "Shop"]));
    assert!(refused.contains("suspended"), "{refused}");
}

#[tokio::test]
async fn the_operator_invites_and_the_running_server_sends_the_mail_on_sqlite() {
    operator(Engine::Sqlite).await;
}

#[tokio::test]
async fn the_operator_invites_and_the_running_server_sends_the_mail_on_postgres() {
    operator(Engine::Postgres).await;
}
