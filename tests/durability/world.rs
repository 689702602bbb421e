//! The real program with people in its database and an outside application beside it.

use bailiwick_app::clock::{Clock, SystemClock};
use bailiwick_app::hasher::Hasher;
use bailiwick_app::random::{Random, SystemRandom};
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::UserId;
use bailiwick_domain::name::Name;
use bailiwick_domain::password::Password;
use bailiwick_domain::role::Role;
use bailiwick_store::Database;
use bailiwick_store::query::user::{self, NewUser};
use bailiwick_testkit::bench::Engine;
use bailiwick_testkit::people::{PASSWORD, Tokens};
use bailiwick_testkit::process::Program;
use bailiwick_testkit::receiver::Receiver;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::look::Look;

/// The super admin of every world.
pub(crate) const OWNER: &str = "owner@example.org";

/// A program that is set up and not running, the outside application, and the database that both write about.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) program: Program,
    pub(crate) receiver: Receiver,
    pub(crate) look: Look,
}

impl World {
    /// Sets a server up, with an owner.
    pub(crate) async fn new(engine: Engine) -> Self {
        Self::set_up(engine, Program::built().unwrap()).await
    }

    /// The same with another executable.
    pub(crate) async fn set_up(engine: Engine, program: Program) -> Self {
        let world = Self::empty(engine, program).await;
        world.program.set_up("Owner", OWNER, "Owner").unwrap();
        world
    }

    /// A server that is not set up.
    pub(crate) async fn empty(engine: Engine, program: Program) -> Self {
        let receiver = Receiver::start().await.unwrap();
        let program = program
            .with_database(engine)
            .unwrap()
            .with("BAILIWICK_OUTBOUND_ALLOW", receiver.host())
            // Each visitor has an address of their own, so that nobody waits for another's failures.
            .with("BAILIWICK_TRUSTED_PROXIES", "127.0.0.0/8");
        let look = Look::at(&program.database_url());
        Self { program, receiver, look }
    }

    /// Adds administrators of the owner organisation straight to the store; gives their addresses.
    pub(crate) async fn add_people(&self, count: usize) -> Vec<String> {
        let random: &dyn Random = &SystemRandom;
        let hasher = Hasher::start().unwrap();
        let hash = hasher.hash(&Password::parse_text(PASSWORD).unwrap(), random).await.unwrap();
        let database = Database::open(&self.program.database_url()).await.unwrap();
        let mut transaction = database.write().await.unwrap();
        let owner = EmailAddress::parse_text(OWNER).unwrap();
        let owner = user::for_sign_in(&mut transaction, &owner).await.unwrap().unwrap();
        let organisation = user::home_organisation(&mut transaction, owner.id).await.unwrap().unwrap();
        let now = SystemClock.now();
        let mut people = Vec::with_capacity(count);
        for number in 0..count {
            let id = UserId::new(now, random.bytes());
            let email = EmailAddress::parse_text(&format!("visitor-{number}@example.org")).unwrap();
            let name = Name::parse_text(&format!("Visitor {number}")).unwrap();
            let new = NewUser { id, email: &email, name: &name, is_super_admin: false };
            user::insert(&mut transaction, &new, now).await.unwrap();
            user::insert_membership(&mut transaction, id, organisation, Role::Admin, now).await.unwrap();
            user::set_password(&mut transaction, id, &hash, now).await.unwrap();
            people.push(email.as_str().to_owned());
        }
        transaction.commit().await.unwrap();
        people
    }
}

/// A server as a client sees it.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    pub(crate) client: Client,
    pub(crate) origin: String,
    /// The address that the client seems to come from.
    pub(crate) from: String,
}

impl Api {
    pub(crate) fn new(origin: &str, from: &str) -> Self {
        let client = bailiwick_testkit::http::client().unwrap();
        Self { client, origin: origin.to_owned(), from: from.to_owned() }
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.origin)).header("X-Forwarded-For", &self.from)
    }

    /// Signs in; an error when no answer came.
    pub(crate) async fn try_sign_in(&self, email: &str) -> reqwest::Result<(u16, Option<Tokens>)> {
        let body = json!({ "Username": email, "Password": PASSWORD });
        let answer = self.call(Method::POST, "/auth/authenticate/signin").json(&body).send().await?;
        let status = answer.status().as_u16();
        let tokens: Value = answer.json().await?;
        let token = |name: &str| tokens.get(name).and_then(Value::as_str).map(str::to_owned);
        let tokens = token("AccessToken").zip(token("RefreshToken"));
        Ok((status, tokens.map(|(access, refresh)| Tokens { access, refresh })))
    }

    pub(crate) async fn sign_in(&self, email: &str) -> Tokens {
        let (status, tokens) = self.try_sign_in(email).await.unwrap();
        tokens.unwrap_or_else(|| panic!("{email} cannot sign in: {status}"))
    }

    /// Asks for a system to be created and called back about.
    pub(crate) fn callback(&self, access: &str, name: &str, state: &str, url: &str) -> RequestBuilder {
        let body = json!({
            "name": name, "type": "ns8", "callback_url": url, "callback_state": state,
            "custom_data": { "name": name },
        });
        self.call(Method::POST, "/api/systems/callback").bearer_auth(access).json(&body)
    }
}

/// A state of this moment.
pub(crate) fn state(random: &str) -> String {
    bailiwick_testkit::people::state_token(SystemClock.now().milliseconds(), random)
}

/// A status and a body.
pub(crate) async fn read(request: RequestBuilder) -> reqwest::Result<(u16, Value)> {
    let answer = request.send().await?;
    let status = answer.status().as_u16();
    // A body that breaks off is no answer; one that is no JSON is shown where it is compared.
    let text = answer.text().await?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
}
