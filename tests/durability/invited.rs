//! kill -9 amid invitations: none without its mail and its entry, no file half carried out, nobody in an organisation
//! by an invitation that was not used up, and no link good again that was.

use std::collections::BTreeSet;
use std::time::Duration;

use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::letters::letters_in;
use rand::RngExt;
use reqwest::Method;
use serde_json::{Value, json};

use crate::look::Look;
use crate::world::{Api, OWNER, World, read};

/// How often the server is killed.
const ROUNDS: usize = 6;
/// Those who invite at once; each has somebody of their own who accepts.
const INVITERS: usize = 4;
/// Rows of each file.
const ROWS: usize = 8;

/// What must be nowhere in a sound database.
const HALF_DONE: [(&str, &str); 7] = [
    (
        "invitations, sent or sent again, without a mail, or mails without one",
        "SELECT (SELECT COUNT(*) FROM mails WHERE kind = 'invitation') - (SELECT COUNT(*) FROM invitations) \
         - (SELECT COUNT(*) FROM invitation_resends)",
    ),
    (
        "invitations without an entry",
        "SELECT COUNT(*) FROM invitations i WHERE NOT EXISTS \
         (SELECT 1 FROM audit a WHERE a.subject_id = i.id AND a.action = 'invitation.sent')",
    ),
    (
        "entries of invitations that are not there",
        "SELECT COUNT(*) FROM audit a WHERE a.subject_kind = 'invitation' AND NOT EXISTS \
         (SELECT 1 FROM invitations i WHERE i.id = a.subject_id)",
    ),
    (
        "links sent again without an entry, or entries without a link",
        "SELECT (SELECT COUNT(*) FROM audit WHERE action = 'invitation.resent') \
         - (SELECT COUNT(*) FROM invitation_resends)",
    ),
    (
        "accepted invitations without a membership or an entry",
        "SELECT COUNT(*) FROM invitations i WHERE i.accepted_at IS NOT NULL AND NOT (EXISTS \
         (SELECT 1 FROM memberships m WHERE m.user_id = i.accepted_by AND m.organisation_id = i.organisation_id) \
         AND EXISTS (SELECT 1 FROM audit a WHERE a.subject_id = i.id AND a.action = 'invitation.accepted'))",
    ),
    (
        "members of the branches who used no invitation up",
        "SELECT COUNT(*) FROM memberships m JOIN organisations o ON o.id = m.organisation_id \
         WHERE o.name LIKE 'Branch %' AND NOT EXISTS (SELECT 1 FROM invitations i WHERE i.accepted_by = m.user_id \
         AND i.organisation_id = m.organisation_id AND i.accepted_at IS NOT NULL)",
    ),
    (
        "files that were carried out in part",
        "SELECT COUNT(*) FROM (SELECT organisation_id FROM invitations WHERE email LIKE 'row-%' \
         GROUP BY organisation_id HAVING COUNT(*) <> 8) AS part",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invitations_are_whole_through_kill_9_on_sqlite() {
    story(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invitations_are_whole_through_kill_9_on_postgres() {
    story(Engine::Postgres).await;
}

/// Somebody who invites, until the server is gone.
struct Inviter {
    api: Api,
    access: String,
    /// Whoever accepts what this one sends.
    guest: String,
    guest_access: String,
    mails: std::path::PathBuf,
    name: String,
    /// Links that were tried; a mail may be written after the server came back.
    tried: BTreeSet<String>,
    /// Links whose use was acknowledged.
    used: Vec<String>,
    /// Organisations whose file was acknowledged.
    imported: Vec<String>,
    sent: usize,
}

impl Inviter {
    async fn stay(&mut self) {
        let mut turn = 0;
        while self.act(turn).await.is_ok() {
            turn += 1;
        }
    }

    async fn act(&mut self, turn: usize) -> reqwest::Result<()> {
        let name = format!("Branch {} {turn}", self.name);
        let branch = self.post("/api/organizations", &json!({ "name": name, "type": "customer" })).await?;
        let branch = id(&branch, 201);
        let row = |number: usize| format!("row-{number}-{}-{turn}@example.net,reader,{branch}\n", self.name);
        let file = format!("email,role,organization\n{}", (0..ROWS).map(row).collect::<String>());
        let import = self.api.call(Method::POST, "/api/invitations/import").bearer_auth(&self.access);
        let (status, answer) = read(import.header("content-type", "text/csv").body(file)).await?;
        assert_eq!(status, 200, "{answer}");
        self.imported.push(branch.clone());
        let wish = json!({ "organization_id": branch, "email": self.guest, "role": "support" });
        let invitation = self.post("/api/invitations", &wish).await?;
        // An address gets ten a day; then there are files alone.
        if invitation.0 == 429 {
            return Ok(());
        }
        let invitation = id(&invitation, 201);
        self.sent += 1;
        if turn.is_multiple_of(2) {
            let again = self.post(&format!("/api/invitations/{invitation}/resend"), &json!({})).await?;
            assert!(matches!(again.0, 200 | 429), "{again:?}");
        }
        self.accept().await
    }

    /// The links that came since, for which it waits a little: a mail is written after the answer.
    async fn new_links(&self) -> Vec<String> {
        for _ in 0..20 {
            let letters = letters_in(&self.mails);
            let own = letters.iter().filter(|letter| letter.to.contains(&self.guest));
            let links = own.flat_map(|letter| letter.tokens("/invitation"));
            let links: Vec<String> = links.filter(|link| !self.tried.contains(link)).collect();
            if !links.is_empty() {
                return links;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Vec::new()
    }

    /// Tries every link that came since.
    async fn accept(&mut self) -> reqwest::Result<()> {
        for link in &self.new_links().await {
            if !self.tried.insert(link.clone()) {
                continue;
            }
            let accept = self.api.call(Method::POST, "/api/invitations/accept").bearer_auth(&self.guest_access);
            let (status, answer) = read(accept.json(&json!({ "token": link }))).await?;
            // Another link may have taken its place, and the server may have used it up before it was killed.
            assert!(matches!(status, 200 | 400 | 409), "{answer}");
            if status == 200 {
                self.used.push(link.clone());
            }
        }
        Ok(())
    }

    async fn post(&self, path: &str, body: &Value) -> reqwest::Result<(u16, Value)> {
        read(self.api.call(Method::POST, path).bearer_auth(&self.access).json(body)).await
    }
}

fn id(answer: &(u16, Value), status: u16) -> String {
    assert_eq!(answer.0, status, "{answer:?}");
    answer.1["data"]["id"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

async fn assert_whole(look: &Look) {
    for (what, sql) in HALF_DONE {
        assert_eq!(look.count(sql).await, 0, "{what}");
    }
    look.assert_file_is_sound();
}

async fn story(engine: Engine) {
    let mut world = World::new(engine).await;
    let guests = world.add_people(INVITERS * ROUNDS).await;
    let (mut sent, mut used, mut imported) = (0, Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let mut running = world.program.start().await.unwrap();
        let mut staying = Vec::new();
        for number in 0..INVITERS {
            let api = Api::new(&world.program.origin(), &format!("10.{round}.{number}.1"));
            let guest = guests[round * INVITERS + number].clone();
            let mut inviter = Inviter {
                access: api.sign_in(OWNER).await.access,
                guest_access: api.sign_in(&guest).await.access,
                api,
                guest,
                mails: world.program.data_dir(),
                name: format!("{round} {number}").replace(' ', "-"),
                tried: BTreeSet::new(),
                used: Vec::new(),
                imported: Vec::new(),
                sent: 0,
            };
            staying.push(tokio::spawn(async move {
                inviter.stay().await;
                inviter
            }));
        }
        tokio::time::sleep(Duration::from_millis(rand::rng().random_range(400..1500))).await;
        running.kill_9().unwrap();
        for one in staying {
            let inviter = one.await.unwrap();
            sent += inviter.sent;
            used.extend(inviter.used);
            imported.extend(inviter.imported);
        }
        assert_whole(&world.look).await;
        let verified = world.program.run(&["audit", "verify"], "").unwrap();
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    }
    assert!(sent > ROUNDS && imported.len() > ROUNDS && !used.is_empty(), "that was no load: {sent} {}", used.len());
    let _running = world.program.start().await.unwrap();
    let api = Api::new(&world.program.origin(), "10.200.0.1");
    let access = api.sign_in(OWNER).await.access;
    for link in used {
        let again = api.call(Method::POST, "/api/invitations/accept").bearer_auth(&access);
        assert_eq!(read(again.json(&json!({ "token": link }))).await.unwrap().0, 400, "a link that was used is good");
    }
    for branch in imported {
        let list = format!("/api/invitations?search=row-&organization_id={branch}");
        let list = read(api.call(Method::GET, &list).bearer_auth(&access)).await.unwrap().1;
        assert_eq!(
            list["data"]["pagination"]["total_count"], ROWS,
            "a file that was acknowledged is not there: {list}"
        );
    }
    assert_whole(&world.look).await;
}
