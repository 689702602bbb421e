//! Every route × every persona has its declared answer, under every prefix.

use std::collections::BTreeSet;

use bailiwick_contract::dialect::{Dialect, SYSTEMS_ALIASES};
use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::{Answer, text};
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::licences::{self, Wares};
use crate::table::{Row, Seen, Target, rows};
use crate::world::{Ask, Credential, Persona, World};

/// A route as the registry declares it.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) name: &'static str,
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) credential: Credential,
    /// `None` for a page.
    pub(crate) dialect: Option<Dialect>,
}

/// What a path is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    pub(crate) system: &'a str,
    pub(crate) user: &'a str,
    pub(crate) organisation: &'a str,
    pub(crate) wares: &'a Wares,
}

impl Route {
    /// All that the server serves.
    pub(crate) fn all() -> Vec<Self> {
        let registry = bailiwick_server::registry().unwrap();
        let endpoints = registry.endpoints().map(|info| Self {
            name: info.name,
            method: info.method.clone(),
            path: info.path,
            credential: Credential::of_endpoint(info.access),
            dialect: Some(info.dialect),
        });
        let pages = registry.pages().map(|info| Self {
            name: info.name,
            method: info.method.clone(),
            path: info.path,
            credential: Credential::Cookie,
            dialect: None,
        });
        endpoints.chain(pages).collect()
    }

    /// Its path with what it shall be about, or else something that is there, in the place of the parameters.
    pub(crate) fn path_of(&self, about: &About<'_>) -> String {
        let values = [
            ("{id}", about.system),
            ("{uuid}", self.subject(about)),
            ("{device}", about.system),
            ("{user_id}", about.user),
            ("{organization_id}", about.organisation),
            ("{key_id}", "019a9f00-0000-7000-8000-00000000aaaa"),
            ("{impersonation_id}", "019a9f00-0000-7000-8000-00000000dddd"),
            ("{licence_id}", &about.wares.licence),
            ("{agreement_id}", &about.wares.agreement),
            ("{pool_id}", &about.wares.pool),
            ("{*path}", "css/base.css"),
            ("{section}", "systems"),
            ("{guide}", "state-token"),
            ("{operation}", "list-systems"),
        ];
        let path = values.into_iter().fold(self.path.to_owned(), |path, (name, value)| path.replace(name, value));
        assert!(!path.contains('{'), "{}: say here what stands for the parameter of {path}", self.name);
        path
    }

    /// What stands for `{uuid}`, which means another thing in each section.
    fn subject<'a>(&self, about: &About<'a>) -> &'a str {
        match self.path {
            path if path.contains("/license") => &about.wares.licence,
            path if path.contains("/pools/") => &about.wares.pool,
            path if path.contains("/agreements/") => &about.wares.agreement,
            _ => about.user,
        }
    }

    /// The prefixes under which it answers.
    fn prefixes(&self) -> Vec<&'static str> {
        let aliases = if self.dialect == Some(Dialect::Systems) { &SYSTEMS_ALIASES[..] } else { &[] };
        std::iter::once("").chain(aliases.iter().copied()).collect()
    }
}

#[test]
fn no_route_is_without_a_row_and_no_row_without_a_route() {
    let routes: BTreeSet<_> = Route::all().into_iter().map(|route| route.name).collect();
    let named: Vec<_> = rows().into_iter().map(|row| row.name).collect();
    let rows: BTreeSet<_> = named.iter().copied().collect();
    assert_eq!(named.len(), rows.len(), "a route has two rows");
    let forgotten: Vec<_> = routes.difference(&rows).collect();
    assert!(forgotten.is_empty(), "say in tests/authorisation/table.rs who may call {forgotten:?}");
    let stale: Vec<_> = rows.difference(&routes).collect();
    assert!(stale.is_empty(), "these rows have no route any more: {stale:?}");
}

on_both_engines! {
    async fn every_route_of_the_interfaces_has_its_declared_answer_for_everybody(bench: Bench) {
        hold_to_the_table(bench, |route| route.dialect.is_some()).await;
    }

    async fn every_page_has_its_declared_answer_for_everybody(bench: Bench) {
        hold_to_the_table(bench, |route| route.dialect.is_none()).await;
    }
}

/// Asks for these routes as everybody, and for each by each of its names.
async fn hold_to_the_table(bench: Bench, is_meant: fn(&Route) -> bool) {
    let world = World::new(bench, "").await;
    let routes = Route::all();
    let mut wrong = Vec::new();
    for row in rows() {
        let Some(route) = routes.iter().find(|route| route.name == row.name && is_meant(route)) else { continue };
        for prefix in route.prefixes() {
            // Under another prefix stands the same route: whether it is found there, a stranger and one who may tell.
            let asks = |persona| prefix.is_empty() || matches!(persona, Persona::Anonymous | Persona::Admin);
            for (persona, expected) in Persona::ALL.into_iter().zip(row.answers).filter(|(persona, _)| asks(*persona)) {
                wrong.extend(try_route(&world, &row, route, prefix, persona, expected).await);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Asks once, about what no other request knows, and says what is not as declared.
async fn try_route(
    world: &World,
    row: &Row,
    route: &Route,
    prefix: &str,
    persona: Persona,
    expected: Seen,
) -> Vec<String> {
    let unique = format!("{}{prefix} {persona:?}", row.name);
    let system = world.system(Persona::Admin, &unique, json!({ "of": unique })).await;
    let system = text(&system, "id");
    let target = Target {
        world,
        persona,
        unique: &unique,
        organisation: world.ours.to_string(),
        parent: world.partner.to_string(),
        below: world.below.to_string(),
        system: system.to_owned(),
        agreement: world.licensing.agreement.clone(),
    };
    let input = (row.arrange)(&target);
    let (user, organisation) = subjects(world, route, &unique).await;
    let wares = world.licensing.wares(&world.bench, route, &unique, system).await;
    let about = About { system, user: &user, organisation: &organisation, wares: &wares };
    let path = format!("{prefix}{}{}", route.path_of(&about), input.query);
    let ask = Ask { method: route.method.clone(), path, body: input.body };
    let session = if row.spends_session { world.fresh_session(persona).await } else { world.session(persona) };
    let may_change = route.method != Method::GET;
    let is_watched = may_change && matches!(expected, Seen::Is(400..));
    let before = if is_watched { Some(everything(world, &wares).await) } else { None };

    let answer = Answer::of(world.request(&ask, route.credential, session.as_ref())).await;
    let (status, location, body) = (answer.status, answer.location(), &answer.body);
    let mut wrong = Vec::new();
    let is_right = match expected {
        Seen::Is(expected) => status == expected && has_right_form(route, persona, status, body),
        Seen::SignIn => status == 303 && location.starts_with("/login?next=%2F"),
        Seen::To(to) => status == 303 && location == to,
        Seen::Under(part) => status == 303 && location.starts_with(part),
    };
    if !is_right {
        wrong.push(format!("{unique}: {expected:?} was declared, but it is {status} {location} {body:.300}"));
    }
    if let Some(before) = before
        && everything(world, &wares).await != before
    {
        wrong.push(format!("{unique}: it was refused with {status}, and changed something all the same"));
    }
    if route.method == Method::GET && !matches!(expected, Seen::Is(200)) || row.name == "get-system" {
        let ask = Ask { method: Method::HEAD, ..ask };
        let head = Answer::of(world.request(&ask, route.credential, session.as_ref())).await;
        if head.status != status || !head.body.is_empty() {
            wrong.push(format!("{unique}: HEAD does not answer as GET does"));
        }
    }
    wrong
}

/// Whom and which organisation a route is about: a reader of ours whom no other request knows where it acts on people,
/// and an organisation below ours where it is about an organisation and not about somebody in ours.
async fn subjects(world: &World, route: &Route, unique: &str) -> (String, String) {
    let user = if route.path.contains("{user_id}") {
        let local: String = unique.chars().filter(char::is_ascii_alphanumeric).collect();
        world.bench.person(&local, world.ours, Role::Reader).await.id.to_string()
    } else {
        world.person(Persona::Reader).map(|person| person.id.to_string()).unwrap_or_default()
    };
    let is_about_one = route.path.contains("{organization_id}") && !route.path.contains("{user_id}");
    let organisation = if is_about_one { world.bench.organisation(unique, Some(world.ours)).await } else { world.ours };
    (user, organisation.to_string())
}

/// What the super admin sees of systems, licences, pools and agreements: how many there are, the systems that changed last,
/// and all of what is in question.
async fn everything(world: &World, wares: &Wares) -> Vec<(Option<String>, Value)> {
    let session = world.session(Persona::SuperAdmin);
    let systems = "/api/systems?page_size=3&sort_by=updated_at&sort_direction=desc".to_owned();
    let paths = licences::everything(wares).into_iter().chain([systems]);
    let asks: Vec<Ask> =
        paths.map(|path| Ask { method: Method::GET, path, body: crate::world::Body::Nothing }).collect();
    let answers = asks.iter().map(|ask| Answer::of(world.request(ask, Credential::Access, session.as_ref())));
    let seen = |answer: Answer| (answer.header("x-pagination-records").map(str::to_owned), answer.json);
    join_all(answers).await.into_iter().map(seen).collect()
}

/// What a refusal says.
fn refusal(route: &Route, persona: Persona, status: u16, body: &Value) -> Option<&'static str> {
    let is_administrator = !matches!(persona, Persona::Anonymous | Persona::Reader | Persona::Support);
    Some(match status {
        401 if route.path.starts_with("/api/systems/licence") => match persona {
            Persona::Anonymous => "authentication required",
            _ => "invalid authentication format",
        },
        401 => "invalid token",
        403 if route.name == "impersonate" && body.get("message") == Some(&json!("no consent")) => "no consent",
        403 if licences::is_owners(route.name) && is_administrator => "only the owner organization has agreements",
        403 => "insufficient permissions",
        404 => match route.name {
            "get-user" | "change-user" => "user not found",
            _ if route.path.contains("{user_id}") => "user not found",
            _ if route.path.contains("{organization_id}") => "organization not found",
            "end-own-session" => "session not found",
            "revoke-api-key" => "api key not found",
            "revoke-consent" => "consent not found",
            "list-impersonated-acts" => "impersonation not found",
            "resend-invitation" | "revoke-invitation" => "invitation not found",
            _ if route.path.contains("/license") => "license not found",
            _ if route.path.contains("/pools") => "pool not found",
            _ if route.path.contains("/agreements") => "agreement not found",
            _ => "system not found",
        },
        _ => return None,
    })
}

/// Whether a refusal has the very form of the contract (sections 3 and 4); other answers pass.
fn has_right_form(route: &Route, persona: Persona, status: u16, body: &str) -> bool {
    let Some(dialect) = route.dialect else { return status < 400 || body.starts_with("<!doctype html>") };
    if route.name == "export-audit" && status == 200 {
        return body.lines().all(|line| serde_json::from_str::<Value>(line).is_ok());
    }
    let Ok(body) = serde_json::from_str::<Value>(body) else { return false };
    let Some(message) = refusal(route, persona, status, &body) else { return true };
    match dialect {
        Dialect::Systems | Dialect::Plain => body == json!({ "code": status, "message": message, "data": {} }),
        Dialect::Authorisation => {
            body.get("AuthorizationInvalid") == (status == 401).then_some(&json!(true))
                && body.get("BackendMessage") == Some(&json!(message))
        }
    }
}
