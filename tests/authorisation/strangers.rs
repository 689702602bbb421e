//! What a stranger can ask for, and the names that it can be asked for by.

use reqwest::Method;
use serde_json::json;

use crate::licences::Wares;
use crate::matrix::{About, Route};
use crate::world::{Ask, Body, Credential};

/// What a request can name: the sibling's own, or what nobody has.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub(crate) word: &'static str,
    pub(crate) system: String,
    pub(crate) organisation: String,
    pub(crate) user: String,
    pub(crate) email: String,
    pub(crate) wares: Wares,
}

impl Names {
    pub(crate) fn about(&self) -> About<'_> {
        About { system: &self.system, user: &self.user, organisation: &self.organisation, wares: &self.wares }
    }

    pub(crate) fn all(&self) -> [&str; 9] {
        let Wares { licence, key, pool, agreement } = &self.wares;
        [&self.email, self.word, &self.system, &self.organisation, &self.user, licence, key, pool, agreement]
    }
}

/// A request that can be made with either set of names.
pub(crate) struct Asking<'a> {
    pub(crate) ask: Box<dyn Fn(&Names) -> Ask + 'a>,
    pub(crate) credential: Credential,
    pub(crate) spends_session: bool,
    /// Whether the answer is the same each time.
    pub(crate) is_comparable: bool,
}

impl<'a> Asking<'a> {
    pub(crate) fn api(
        method: &Method,
        path: impl Fn(&Names) -> String + 'a,
        body: impl Fn(&Names) -> Body + 'a,
    ) -> Self {
        let method = method.clone();
        let ask = move |names: &Names| Ask { method: method.clone(), path: path(names), body: body(names) };
        Self { ask: Box::new(ask), credential: Credential::Access, spends_session: false, is_comparable: true }
    }

    pub(crate) fn page(
        method: &Method,
        path: impl Fn(&Names) -> String + 'a,
        body: impl Fn(&Names) -> Body + 'a,
    ) -> Self {
        Self { credential: Credential::Cookie, ..Self::api(method, path, body) }
    }
}

/// Every filter, every order, every error of the lists.
pub(crate) fn lists() -> Vec<(String, Asking<'static>)> {
    let nothing = |_: &Names| Body::Nothing;
    let mut askings = Vec::new();
    for query in [
        "search=WORD",
        "search=System WORD",
        "search=WORD value",
        "search=SYSTEM",
        "search=EMAIL",
        "organization_id=ORGANISATION",
        "organization_id=SYSTEM",
        "page_size=100",
        "page=2&page_size=1",
        "type=nsec",
        "status=offline",
        "heartbeat_status=zombie",
        "page=WORD",
        "page_size=WORD",
        "sort_by=WORD",
        "type=WORD",
        "organization_id=WORD",
        "WORD=1",
    ] {
        for prefix in
            ["/api/systems", "/backend/api/systems", "/collect/api/systems", "/api/users", "/api/organizations"]
        {
            let path = move |names: &Names| fill(&format!("{prefix}?{query}"), names);
            askings.push((format!("{prefix}?{query}"), Asking::api(&Method::GET, path, nothing)));
        }
    }
    for order in ["name", "type", "status", "fqdn", "version", "created_at", "updated_at", "organization_name"] {
        for direction in ["asc", "desc"] {
            let query = format!("/api/systems?sort_by={order}&sort_direction={direction}&page_size=100");
            let path = query.clone();
            askings.push((query, Asking::api(&Method::GET, move |_| path.clone(), nothing)));
        }
    }
    for query in [
        "",
        "q=WORD",
        "q=SYSTEM",
        "q=KEY",
        "Device=SYSTEM",
        "Agreement=AGREEMENT",
        "Kind=WORD",
        "Offset=WORD",
        "Limit=500",
        "OrderBy=-LicenseKey,StartsAt",
        "Organisation=ORGANISATION",
        "Status=draft",
        "WORD=1",
    ] {
        for prefix in ["/auth/licenses", "/auth/admin/pools", "/auth/admin/agreements"] {
            let path = move |names: &Names| fill(&format!("{prefix}?{query}"), names);
            askings.push((format!("{prefix}?{query}"), Asking::api(&Method::GET, path, nothing)));
        }
    }
    for query in ["", "q=WORD", "q=SYSTEM", "type=nsec", "status=offline", "sort_by=WORD", "page=2", "type=WORD"] {
        let path = move |names: &Names| fill(&format!("/?{query}"), names);
        askings.push((format!("/?{query}"), Asking::page(&Method::GET, path, nothing)));
    }
    askings
}

fn fill(text: &str, names: &Names) -> String {
    let text = text.replace("WORD", names.word).replace("EMAIL", &names.email).replace(' ', "+");
    let text = text.replace("SYSTEM", &names.system).replace("ORGANISATION", &names.organisation);
    text.replace("AGREEMENT", &names.wares.agreement).replace("KEY", &names.wares.key)
}

/// What is wrong about each route by itself: its method, its body, its media type.
pub(crate) fn faults_of(route: &Route) -> Vec<(String, Asking<'static>)> {
    let (template, method) = (route.clone(), route.method.clone());
    let path = move |names: &Names| template.path_of(&names.about());
    let mut askings = Vec::new();
    let credential = route.credential;
    for (what, method, body) in [
        ("another method", Method::PATCH, Body::Nothing),
        ("an empty object", method.clone(), Body::Json(json!({}))),
        ("an unknown member", method.clone(), Body::Json(json!({ "name": 5, "stranger": [] }))),
        ("a form", method, Body::Form(vec![("name", String::new())])),
    ] {
        // What carries no body at all would succeed, and change what it is about.
        if matches!(
            route.name,
            "sign-out" | "logout" | "refresh-token" | "create-system" | "end-other-sessions" | "send-confirmation"
        ) {
            continue;
        }
        let asking = Asking::api(&method, path.clone(), move |_| body.clone());
        askings.push((format!("{} with {what}", route.name), Asking { credential, ..asking }));
    }
    askings
}
