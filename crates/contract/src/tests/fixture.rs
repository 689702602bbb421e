//! The small server: an endpoint or page for each thing that can go wrong.

use super::server::SERVER;

use std::convert::Infallible;

use axum::body::Body;
use bailiwick_app::caller::Caller;
use bailiwick_app::context::Context;
use bailiwick_app::settings::Registration;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::id::SystemId;
use bailiwick_domain::name::Name;
use bailiwick_domain::role::Right;
use bailiwick_domain::system::SystemType;
use bailiwick_domain::time::Span;
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::answer::{Created201, IdempotentReplayed, Ok200, Reply};
use crate::authorization::Bearer;
use crate::call::Call;
use crate::endpoint::{Endpoint, RateClass};
use crate::fault_answer::Message;
use crate::input::{NoBody, NoPath, NoQuery, Patch};
use crate::page::{Guest, Page, Visit};
use crate::registry::Registry;

pub(super) const SOME_ID: &str = "0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7a";
pub(super) const SMALL_LIMIT: usize = 100;

/// A word that is never echoed.
pub(super) struct Password(String);

impl Parse for Password {
    const SECRET: bool = true;

    fn parse_text(text: &str) -> Result<Self, Refusal> {
        if text.len() < 12 {
            Err(Refusal::new("min", "at least 12 characters long"))
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

bailiwick_domain::inline_schema!(Password, { "type": "string", "minLength": 12 });

crate::path! {
    /// Which thing.
    pub(super) struct ThingPath or SystemNotFound {
        /// The thing's id.
        id: SystemId,
    }
}

crate::query! {
    /// Which things.
    pub(super) struct ThingQuery {
        /// Who made them.
        maker: EmailAddress => optional "maker",
        /// Whether to count them.
        count: bool => defaulted "count",
        /// What they are called.
        name: Name => required "name",
    }
}

crate::headers! {
    /// How to make it.
    pub(super) struct ThingHeaders {
        /// Makes a repetition harmless.
        key: Name => optional "Idempotency-Key",
    }
}

crate::body! {
    /// A new thing.
    pub(super) struct NewThing {
        /// Its name.
        name: Name => required "name",
        /// Who made it.
        maker: EmailAddress => required "maker",
        /// Its password.
        password: Password => required "password",
        /// Whether it is on.
        on: bool => optional "on",
    }
}

crate::body! {
    /// What changes about a thing.
    pub(super) strict struct ChangeThing {
        /// Its name.
        name: Name => optional "Name",
        /// Whether it is loud.
        loud: bool => defaulted "Loud",
        /// Its nickname; null clears it.
        nickname: Name => clearable "Nickname",
    }
}

/// Refuses a type that the settings do not name.
fn known_type(context: &Context, kind: &SystemType) -> Result<(), Refusal> {
    context.settings.system_types.admit(kind)
}

/// Refuses everything while the registration is closed, as it is here.
fn while_open<T>(context: &Context, _: &T) -> Result<(), Refusal> {
    match context.settings.registration {
        Registration::Closed => Err(Refusal::new("closed", "left out while the registration is closed")),
        Registration::Open | Registration::Invite => Ok(()),
    }
}

/// The same for what is switched on.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "rules are handed what they judge by reference")]
fn off_unless_open(context: &Context, on: &bool) -> Result<(), Refusal> {
    if *on { while_open(context, on) } else { Ok(()) }
}

crate::body! {
    /// What the settings have a say in.
    pub(super) struct Settled {
        /// Its name.
        name: Name => required "name",
        /// What it is.
        kind: SystemType => required "type" admitted by known_type,
        /// What it was.
        former: SystemType => optional "former" admitted by known_type,
        /// What it will be.
        next: SystemType => clearable "next" admitted by known_type,
        /// Its password.
        password: Password => optional "password" admitted by while_open::<Password>,
        /// Whether it is on.
        on: bool => defaulted "on" admitted by off_unless_open,
    }
}

/// What the small server says.
#[derive(Serialize, JsonSchema)]
pub(super) struct Said {
    /// The words.
    words: String,
}

fn said(words: &impl ToString) -> Ok200<Said> {
    Ok200::new(Said { words: words.to_string() })
}

async fn show(call: Call<(), ThingPath>) -> Reply<Ok200<Said>> {
    Ok(said(&call.path.id).saying("thing retrieved"))
}

async fn list(call: Call<(), NoPath, ThingQuery>) -> Reply<Ok200<Said>> {
    let ThingQuery { maker, count, name } = call.query;
    Ok(said(&format!("{} {count} {name}", maker.is_some())))
}

async fn create(
    call: Call<(), NoPath, NoQuery, NewThing, ThingHeaders>,
) -> Reply<Created201<Said, IdempotentReplayed>> {
    let NewThing { name, maker, password, on } = call.body;
    let words = format!("{name} {maker} {} {on:?} {}", password.0.len(), call.body_bytes.len());
    Ok(Created201::new(Said { words }).with(IdempotentReplayed(call.headers.key.is_some())))
}

async fn change(call: Call<(), NoPath, NoQuery, Option<ChangeThing>>) -> Reply<Ok200<Message>> {
    let words = call.body.map_or("nothing".to_owned(), |change| {
        let nickname = match change.nickname {
            Patch::Keep => "kept".to_owned(),
            Patch::Clear => "cleared".to_owned(),
            Patch::Set(name) => name.to_string(),
        };
        format!("{:?} {} {nickname}", change.name.map(|name| name.to_string()), change.loud)
    });
    Ok(Ok200::new(Message::saying(words)))
}

async fn settle(call: Call<(), NoPath, NoQuery, Settled>) -> Reply<Ok200<Said>> {
    let Settled { name, kind, former, next, password, on } = call.body;
    let password = password.map(|password| password.0.len());
    Ok(said(&format!("{name} {kind} {former:?} {next:?} {password:?} {on}")))
}

async fn names(call: Call) -> Reply<Ok200<Said>> {
    Ok(said(&call.query_names().collect::<Vec<_>>().join(" ")))
}

async fn who(call: Call<Caller, NoPath, ThingQuery, NewThing>) -> Reply<Ok200<Said>> {
    Ok(said(&call.caller.principal.name))
}

async fn keyed(call: Call<Caller>) -> Reply<Ok200<Said>> {
    Ok(said(&call.caller.principal.name))
}

async fn token(call: Call<Bearer, NoPath, NoQuery, NoBody>) -> Reply<Ok200<Message>> {
    Ok(Ok200::new(Message::saying(call.caller.expose().to_owned())))
}

async fn whence(call: Call) -> Reply<Ok200<Said>> {
    Ok(said(&call.origin.address))
}

async fn slow(_: Call) -> Reply<Ok200<Said>> {
    std::future::pending().await
}

/// Leaves no timer a chance before it reads.
async fn late(call: Call) -> Reply<Ok200<Said>> {
    std::thread::sleep(std::time::Duration::from_millis(100));
    let known = call.context.is_set_up().await?;
    Ok(said(&known))
}

async fn panics(_: Call) -> Reply<Ok200<Said>> {
    panic!("a canary in a panic")
}

async fn breaks(_: Call) -> Reply<Ok200<Said>> {
    Err(Fault::broken(std::io::Error::other("a canary in a source")))
}

async fn undeclared(_: Call) -> Reply<Ok200<Said>> {
    Err(Code::EmailTaken.into())
}

async fn expired(_: Call) -> Reply<Ok200<Said>> {
    Err(Code::StateExpired.into())
}

async fn throttled(_: Call) -> Reply<Ok200<Said>> {
    Err(Fault::new(Code::Throttled).with_retry_after(Span::milliseconds(1500)))
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let second = Span::seconds(1);
    vec![
        Endpoint::get("/api/things/{id}", "get-thing", "Read a thing").tag("Things").open().handle(show),
        Endpoint::get("/api/things", "list-things", "List things").tag("Things").open().handle(list),
        Endpoint::post("/api/things", "create-thing", "Create a thing")
            .tag("Things")
            .body_limit(SMALL_LIMIT)
            .open()
            .handle(create),
        Endpoint::patch("/auth/thing", "change-thing", "Change a thing").open().handle(change),
        Endpoint::post("/api/settled", "settle", "Ask the settings").open().handle(settle),
        Endpoint::get("/auth/names", "names", "Name the query's members").open().handle(names),
        Endpoint::post("/api/mine", "create-mine", "Create mine").needs(Right::ManageSystems).handle(who),
        Endpoint::put("/api/keyed", "keyed", "Take keys").needs(Right::ManageSystems).takes_api_keys().handle(keyed),
        Endpoint::post("/auth/refresh", "refresh", "Show the token").refresh_token().handle(token),
        Endpoint::get("/auth/whence", "whence", "Say from where").open().handle(whence),
        Endpoint::get("/healthz", "slow", "Take for ever").within(second).open().handle(slow),
        Endpoint::get("/api/late", "late", "Read late").within(Span::milliseconds(50)).open().handle(late),
        Endpoint::get("/api/panics", "panics", "Panic").open().handle(panics),
        Endpoint::get("/auth/breaks", "breaks", "Break").open().handle(breaks),
        Endpoint::get("/api/undeclared", "undeclared", "Surprise").open().handle(undeclared),
        Endpoint::get("/api/expired", "expired", "Be late").faults(&[Code::StateExpired]).open().handle(expired),
        Endpoint::get("/auth/throttled", "throttled", "Wait").rate(RateClass::Credential).open().handle(throttled),
    ]
}

async fn page(visit: Visit<Guest>) -> Result<axum::response::Response, Fault> {
    let words = [visit.caller.caller().is_some().to_string(), visit.parameter("name").unwrap_or_default().to_owned()];
    let query = visit.query_member("q").unwrap_or_default();
    Ok(axum::response::Response::new(Body::from(format!("{} {query}", words.join(" ")))))
}

async fn post(visit: Visit<Guest>) -> Result<axum::response::Response, Fault> {
    Ok(axum::response::Response::new(Body::from(visit.field("said").unwrap_or("nothing").to_owned())))
}

async fn inner(_: Visit<Caller>) -> Result<axum::response::Response, Fault> {
    Ok(axum::response::Response::new(Body::from("inner")))
}

pub(super) fn registry() -> Registry {
    let pages = vec![
        Page::get("/hello/{name}", "hello").visitor().handle(page),
        Page::post("/hello/{name}", "say-hello").visitor().handle(post),
        Page::get("/", "home").member().handle(inner),
        Page::post("/", "change-home").member().handle(inner),
    ];
    Registry::new(endpoints(), pages).unwrap()
}

/// An answer with its whole body.
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answered {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// Asks the small server.
pub(super) async fn ask(request: Request<Body>) -> Answered {
    let router = SERVER.with(|server| server.router.clone());
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answered { status: parts.status, headers: parts.headers, body }
}

/// Asks the small server without headers.
pub(super) async fn ask_plainly(method: &str, path: &str, body: &'static str) -> Answered {
    ask(Request::builder().method(method).uri(path).body(Body::from(body)).unwrap()).await
}

/// A body that comes in pieces and announces no length.
pub(super) fn in_pieces(piece: &'static str, count: usize) -> Body {
    let pieces = std::iter::repeat_n(Ok::<_, Infallible>(Bytes::from_static(piece.as_bytes())), count);
    Body::from_stream(futures_util::stream::iter(pieces))
}
