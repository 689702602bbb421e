//! What the stories about systems have in common.

use std::time::Duration;

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::people::Person;
use bailiwick_testkit::receiver::Receiver;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// The message of a state that was used before (seed 000).
pub(crate) const USED: &str = "state token already used";
/// The message of a state that is too old (seed 000).
pub(crate) const EXPIRED: &str = "state token expired";
/// The message of a state that cannot be read (seed 000).
pub(crate) const INVALID: &str = "invalid or already used state token";

/// Somebody signed in, able to sign in again when their token has grown old.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    pub(crate) person: Person,
    token: String,
}

impl Actor {
    pub(crate) async fn new(bench: &Bench, name: &str, organisation: OrganisationId, role: Role) -> Self {
        let person = bench.person(name, organisation, role).await;
        Self::of(bench, person).await
    }

    pub(crate) async fn of(bench: &Bench, person: Person) -> Self {
        let token = bench.sign_in(&person).await.access;
        Self { person, token }
    }

    /// The same person with a fresh token, after the clock moved.
    pub(crate) async fn again(&self, bench: &Bench) -> Self {
        Self::of(bench, self.person.clone()).await
    }

    pub(crate) fn request(&self, bench: &Bench, method: Method, path: &str) -> RequestBuilder {
        bench.call(method, path).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, bench: &Bench, path: &str) -> Answer {
        Answer::in_json(self.request(bench, Method::GET, path)).await
    }

    pub(crate) async fn delete(&self, bench: &Bench, path: &str) -> Answer {
        Answer::in_json(self.request(bench, Method::DELETE, path)).await
    }

    pub(crate) async fn put(&self, bench: &Bench, path: &str, body: &Value) -> Answer {
        Answer::in_json(self.request(bench, Method::PUT, path).json(body)).await
    }

    pub(crate) async fn post(&self, bench: &Bench, path: &str, body: &Value) -> Answer {
        Answer::in_json(self.request(bench, Method::POST, path).json(body)).await
    }

    /// Asks for a system on behalf of an outside application.
    pub(crate) async fn call_back(&self, bench: &Bench, body: &Value) -> Answer {
        self.post(bench, "/api/systems/callback", body).await
    }

    /// The same with an idempotency key.
    pub(crate) async fn call_back_with_key(&self, bench: &Bench, key: &str, body: &Value) -> Answer {
        let request = self.request(bench, Method::POST, "/api/systems/callback").header("idempotency-key", key);
        Answer::in_json(request.json(body)).await
    }

    /// Creates a system by hand and gives it.
    pub(crate) async fn create(&self, bench: &Bench, body: &Value) -> Value {
        self.post(bench, "/api/systems", body).await.data(201).clone()
    }

    /// A system as it is shown now.
    pub(crate) async fn show(&self, bench: &Bench, id: &str) -> Value {
        self.get(bench, &format!("/api/systems/{id}")).await.data(200).clone()
    }
}

/// The owner organisation, a customer below it, its administrator, and the outside application.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) owner: OrganisationId,
    pub(crate) customer: OrganisationId,
    pub(crate) admin: Actor,
    pub(crate) receiver: Receiver,
}

impl Scene {
    pub(crate) async fn set(bench: &Bench) -> Self {
        let owner = bench.organisation("Owner", None).await;
        let customer = bench.organisation("Customer", Some(owner)).await;
        let admin = Actor::new(bench, "ada", customer, Role::Admin).await;
        Self { owner, customer, admin, receiver: Receiver::start().await.unwrap() }
    }

    /// A body that is right in every member, with a state of this moment.
    pub(crate) fn body(&self, bench: &Bench, random: &str) -> Value {
        body_to(bench, &self.receiver.at("/callback"), random)
    }
}

/// A body that is right in every member, for this callback URL.
pub(crate) fn body_to(bench: &Bench, callback_url: &str, random: &str) -> Value {
    json!({
        "name": "Production Server",
        "type": "ns8",
        "callback_url": callback_url,
        "callback_state": bench.state(random),
        "custom_data": { "source": "external_app", "created_via": "callback_flow" },
    })
}

/// The same JSON object with one member set.
pub(crate) fn with(body: &Value, name: &str, value: impl Into<Value>) -> Value {
    let mut changed = body.clone();
    changed[name] = value.into();
    changed
}

/// The id of a system, as JSON shows it.
#[track_caller]
pub(crate) fn id_of(system: &Value) -> String {
    text(system, "id").to_owned()
}

/// Looks again and again until `found` is there; fails when it does not come within twenty seconds.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    for _ in 0..400 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what} did not come about");
}

/// Longer than the outbox sleeps: what is due has been tried after it.
pub(crate) async fn let_the_outbox_look() {
    tokio::time::sleep(Duration::from_millis(1300)).await;
}

/// Waits until a system's callback has this status and gives the callback.
pub(crate) async fn callback_with(bench: &Bench, actor: &Actor, id: &str, status: &str) -> Value {
    eventually(&format!("a callback that is {status}"), async || {
        let callback = actor.show(bench, id).await["callback"].clone();
        (callback["status"] == status).then_some(callback)
    })
    .await
}

/// Compares JSON with the snapshot of this name, after hiding what chance decides.
#[track_caller]
pub(crate) fn assert_snapshot(name: &str, value: &Value) {
    let mut hidden = value.clone();
    hide_chance(&mut hidden);
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_json_snapshot!(name, hidden));
}

fn hide_chance(value: &mut Value) {
    match value {
        Value::String(text) if uuid::Uuid::try_parse(text).is_ok() => "[id]".clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(hide_chance),
        Value::Object(members) => {
            for (name, member) in members {
                match name.as_str() {
                    "secret" | "secret_hint" => *member = format!("[{name}]").into(),
                    _ => hide_chance(member),
                }
            }
        }
        _ => {}
    }
}
