//! A server that chance has filled with organisations, people and systems, each of which carries words of its own.

use std::io::{self, Write};
use std::sync::{Mutex, Once, OnceLock, PoisonError};

use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::{InvitationId, OrganisationId};
use bailiwick_domain::link::LinkToken;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role as GivenRole;
use bailiwick_domain::time::Span;
use bailiwick_store::query::invitation::{self, NewInvitation};
use bailiwick_store::query::user;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::http::submit;
use bailiwick_testkit::people::Person as Known;
use bailiwick_testkit::receiver::Receiver;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::asking::{Ask, Body, By, new_word};
use crate::licensing::Licensing;
use crate::model::{Invitation, Key, Kind, Model, Organisation, Owner, Person, Right, Role, System};

const ORGANISATIONS: usize = 24;
const PEOPLE: usize = 22;
const SYSTEMS: usize = 30;

/// Everything that the servers of this process have logged.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Has everything be logged, at the finest level.
fn listen_to_the_log() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        let levels = "info,bailiwick_app=trace,bailiwick_contract=trace,bailiwick_server=trace,bailiwick_store=trace";
        let log = tracing_subscriber::fmt().with_env_filter(levels).with_ansi(false).with_writer(|| Log);
        log.init();
    });
}

pub(crate) fn logged() -> String {
    String::from_utf8_lossy(&LOG.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// Where the figures of this process are answered.
pub(crate) fn figures() -> &'static str {
    static FIGURES: OnceLock<String> = OnceLock::new();
    FIGURES.get_or_init(|| {
        let port = bailiwick_testkit::process::free_port().unwrap();
        // Outside of any runtime, so that they are answered for as long as the process lives.
        let starting = std::thread::spawn(move || bailiwick_server::metrics::start(([127, 0, 0, 1], port).into()));
        starting.join().unwrap().unwrap();
        format!("http://127.0.0.1:{port}/metrics")
    })
}

/// What somebody has in hand.
struct Hand {
    person: Known,
    access: String,
    cookie: String,
}

pub(crate) struct World {
    pub(crate) bench: Bench,
    pub(crate) receiver: Receiver,
    pub(crate) model: Model,
    pub(crate) chance: ChaCha8Rng,
    hands: Vec<Hand>,
}

impl World {
    pub(crate) async fn begin(bench: Bench, seed: u64) -> Self {
        listen_to_the_log();
        figures();
        let receiver = Receiver::start().await.unwrap();
        let chance = ChaCha8Rng::seed_from_u64(seed);
        let model = Model { licensing: Licensing::of_nothing(), ..Model::default() };
        let mut world = Self { bench, receiver, model, chance, hands: Vec::new() };
        world.plant_organisations().await;
        world.plant_people().await;
        for person in 0..world.model.people.len() {
            world.sign_in(person).await;
        }
        world.describe().await;
        world.plant_systems().await;
        world.plant_invitations().await;
        for owner in [0, 1, 3, 5, 7, 9] {
            world.make_key(owner, owner % 2 == 1).await;
        }
        world
    }

    fn word(&mut self, owner: Owner) -> String {
        let word = new_word(&mut self.chance, owner);
        self.plant(&word, owner);
        word
    }

    fn plant(&mut self, word: &str, owner: Owner) {
        self.model.words.entry(word.to_owned()).or_default().push(owner);
    }

    async fn plant_organisations(&mut self) {
        use Kind::{Customer, Distributor, Reseller};
        for number in 0..ORGANISATIONS {
            let kind = match number {
                0 => Kind::Owner,
                1..=3 => Distributor,
                4..=9 => Reseller,
                _ => Customer,
            };
            let places: Vec<usize> = (0..number).filter(|place| self.model.organisations[*place].kind < kind).collect();
            // Rather deep than flat.
            let place = (number > 0).then(|| places[self.chance.random_range(places.len() / 2..places.len())]);
            let word = self.word(Owner::Organisation(number));
            let parent = place.map(|place| organisation_id(&self.model, place));
            let given = OrganisationKind::parse_text(kind.name()).unwrap();
            let id = self.bench.organisation_of_kind(&format!("{word} Ltd"), given, parent).await;
            self.model.organisations.push(Organisation {
                id: id.to_string(),
                kind,
                parent: place,
                is_suspended: false,
                is_deleted: false,
                is_gone: false,
                name: format!("{word} Ltd"),
                word,
                vat: None,
            });
        }
        // One that there never was.
        self.model.organisations.push(Organisation {
            id: "019a9f00-0000-7000-8000-00000000bbbb".to_owned(),
            kind: Customer,
            parent: None,
            is_suspended: false,
            is_deleted: false,
            is_gone: true,
            name: String::new(),
            word: "cnryonothing".to_owned(),
            vat: None,
        });
    }

    async fn plant_people(&mut self) {
        for number in 0..PEOPLE {
            let word = self.word(Owner::Person(number));
            let is_super = number < 2;
            let first = if is_super { 0 } else { 1 + self.chance.random_range(0..ORGANISATIONS - 1) };
            let role = if is_super { Role::Admin } else { self.role() };
            let place = organisation_id(&self.model, first);
            let person = if is_super {
                self.bench.super_admin(&word, place).await
            } else {
                self.bench.person(&word, place, given(role)).await
            };
            let mut places = vec![(first, role)];
            for _ in 0..self.chance.random_range(0..3_usize) {
                let (next, role) = (self.chance.random_range(0..ORGANISATIONS), self.role());
                if places.iter().all(|(place, _)| *place != next) {
                    self.join(&person, next, role).await;
                    places.push((next, role));
                }
            }
            self.model.people.push(Person {
                id: person.id.to_string(),
                email: person.email.clone(),
                word,
                is_super,
                is_suspended: false,
                is_gone: false,
                places,
                has_session: false,
                resets: 0,
            });
            self.hands.push(Hand { person, access: String::new(), cookie: String::new() });
        }
    }

    fn role(&mut self) -> Role {
        // Most act on others, so that there is something to refuse.
        [Role::Admin, Role::Admin, Role::Support, Role::Reader][self.chance.random_range(0..4)]
    }

    async fn join(&self, person: &Known, organisation: usize, role: Role) {
        self.bench.clock.advance(Span::milliseconds(1));
        let (id, now) = (organisation_id(&self.model, organisation), self.bench.context.now());
        let mut transaction = self.bench.context.database.write().await.unwrap();
        user::insert_membership(&mut transaction, person.id, id, given(role), now).await.unwrap();
        transaction.commit().await.unwrap();
    }

    /// Signs somebody in, over the API and in a browser.
    async fn sign_in(&mut self, person: usize) {
        let known = self.hands[person].person.clone();
        let access = self.bench.sign_in(&known).await.access;
        let cookie = self.bench.sign_in_on_page(&known).await;
        self.hands[person] = Hand { person: known, access, cookie };
        self.model.people[person].has_session = true;
    }

    /// Signs in whoever may come in again.
    pub(crate) async fn let_in(&mut self) {
        for person in 0..self.model.people.len() {
            if !self.model.people[person].has_session && self.model.may_come_in(person) {
                self.sign_in(person).await;
            }
        }
    }

    /// Gives organisations and people what only they carry, as whoever may.
    async fn describe(&mut self) {
        for number in 0..ORGANISATIONS {
            let vat = new_word(&mut self.chance, Owner::Organisation(number)).to_uppercase();
            self.plant(&vat.to_lowercase(), Owner::Organisation(number));
            let Organisation { id, word, .. } = &self.model.organisations[number];
            let body = json!({ "vat_number": vat, "custom_data": { (format!("{word}-key")): word } });
            self.ask(0, Method::PUT, &format!("/api/organizations/{id}"), &body).await;
            self.model.organisations[number].vat = Some(vat);
        }
        for person in 0..self.model.people.len() {
            let phone = format!("+990{:08}", self.chance.random_range(0..100_000_000_u32));
            self.plant(&phone, Owner::Person(person));
            let body = json!({ "phone_number": phone, "job_title": self.model.people[person].word });
            self.ask(person, Method::PATCH, "/api/me", &body).await;
        }
    }

    async fn plant_systems(&mut self) {
        while self.model.systems.len() < SYSTEMS {
            let (creator, organisation) =
                (self.chance.random_range(0..PEOPLE), self.chance.random_range(0..ORGANISATIONS));
            if !self.model.reaches(creator, Right::ManageSystems, organisation) {
                continue;
            }
            let word = self.word(Owner::System(self.model.systems.len()));
            let organisation_id = &self.model.organisations[organisation].id;
            let body = json!({
                "name": format!("{word} system"), "type": "ns8", "organization_id": organisation_id,
                "custom_data": { "kept": word },
            });
            let created = self.ask(creator, Method::POST, "/api/systems", &body).await;
            let id = created["data"]["id"].as_str().unwrap().to_owned();
            self.model.note(organisation, &word);
            self.model.systems.push(System { id, organisation, word, is_deleted: false });
        }
    }

    /// Invitations of people who are there already, whose tokens are known.
    async fn plant_invitations(&mut self) {
        for _ in 0..40 {
            let person = self.chance.random_range(0..PEOPLE);
            let organisation = self.chance.random_range(0..ORGANISATIONS);
            let (email, role) = (self.model.people[person].email.clone(), self.role());
            // Whoever reads the list of invitations reads their address in it.
            let owner = Owner::Invitation(self.model.invitations.len());
            self.plant(&self.model.people[person].word.clone(), owner);
            let now = self.bench.context.now();
            let token = LinkToken::new(&self.bench.context.random.bytes());
            let new = NewInvitation {
                id: InvitationId::new(now, self.bench.context.random.bytes()),
                digest: token.invitation_digest(),
                email: &EmailAddress::parse_text(&email).unwrap(),
                organisation: organisation_id(&self.model, organisation),
                role: given(role),
                language: None,
                invited_by: None,
                expires_at: now.plus(Span::days(7)),
            };
            let mut transaction = self.bench.context.database.write().await.unwrap();
            invitation::insert(&mut transaction, &new, now).await.unwrap();
            transaction.commit().await.unwrap();
            self.model.invitations.push(Invitation {
                id: new.id.to_string(),
                token: token.expose().to_owned(),
                organisation,
                email,
                role,
                sender: None,
                mails: 1,
                is_over: false,
                is_gone: false,
            });
        }
    }

    async fn make_key(&mut self, owner: usize, writes: bool) {
        let body = json!({ "name": "A program", "access": if writes { "write" } else { "read" } });
        let made = self.ask(owner, Method::POST, "/api/me/api-keys", &body).await;
        let text = |pointer: &str| made.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        let (id, secret) = (text("/data/api_key/id"), text("/data/key"));
        self.model.keys.push(Key { id, secret, owner, writes, is_revoked: false });
    }

    async fn ask(&self, person: usize, method: Method, path: &str, body: &Value) -> Value {
        let request = self.bench.call(method, path).bearer_auth(&self.hands[person].access).json(body);
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path} by {person}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// A request as it goes out.
    pub(crate) fn request(&self, ask: &Ask) -> RequestBuilder {
        let request = self.bench.call(ask.method.clone(), &ask.path);
        let request = match ask.by {
            By::Nobody => request,
            By::Token(person) => request.bearer_auth(&self.hands[person].access),
            By::Key(key) => request.bearer_auth(&self.model.keys[key].secret),
            By::Cookie(person) => request.header("cookie", &self.hands[person].cookie),
        };
        match &ask.wish.body {
            Body::Nothing => request,
            Body::Json(body) => request.json(body),
            Body::Csv(file) => request.header("content-type", "text/csv").body(file.clone()),
            Body::Form(form) => submit(request, form.iter().map(|(name, value)| (*name, value.as_str()))),
        }
    }
}

pub(crate) fn organisation_id(model: &Model, organisation: usize) -> OrganisationId {
    OrganisationId::parse_text(&model.organisations[organisation].id).unwrap()
}

pub(crate) fn given(role: Role) -> GivenRole {
    GivenRole::parse_text(role.name()).unwrap()
}
