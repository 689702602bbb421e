//! A small partner tree with one person of each kind, all of them signed in.

use bailiwick_contract::access::AccessKind;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::http::submit;
use bailiwick_testkit::people::{Person, Tokens};
use bailiwick_testkit::receiver::Receiver;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::licences::Licensing;

/// Somebody who asks; the order is that of the table's columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Persona {
    Anonymous,
    Reader,
    Support,
    Admin,
    SiblingAdmin,
    ParentAdmin,
    SuperAdmin,
}

impl Persona {
    pub(crate) const ALL: [Self; 7] = [
        Self::Anonymous,
        Self::Reader,
        Self::Support,
        Self::Admin,
        Self::SiblingAdmin,
        Self::ParentAdmin,
        Self::SuperAdmin,
    ];
}

/// What somebody has after signing in, over the API and in a browser.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) tokens: Tokens,
    pub(crate) cookie: String,
}

/// A server with the tree owner → partner → {ours, sibling}.
pub(crate) struct World {
    pub(crate) bench: Bench,
    /// The outside application.
    pub(crate) receiver: Receiver,
    /// The organisation that reader, support and admin belong to.
    pub(crate) ours: OrganisationId,
    /// The other organisation of the same partner.
    pub(crate) sibling: OrganisationId,
    /// The partner, above both.
    pub(crate) partner: OrganisationId,
    /// A customer of ours.
    pub(crate) below: OrganisationId,
    /// What there is to be licensed.
    pub(crate) licensing: Licensing,
    people: Vec<(Persona, Person, Session)>,
}

/// What is sent.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Nothing,
    Json(Value),
    Form(Vec<(&'static str, String)>),
    Csv(String),
}

/// Where a request goes and what it carries.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    /// With the query.
    pub(crate) path: String,
    pub(crate) body: Body,
}

impl World {
    /// Builds it; every name of the sibling's carries `canary`.
    pub(crate) async fn new(bench: Bench, canary: &str) -> Self {
        let owner = bench.organisation("Owner", None).await;
        let partner = bench.organisation_of_kind("Partner", OrganisationKind::Distributor, Some(owner)).await;
        let ours = bench.organisation_of_kind("Ours", OrganisationKind::Reseller, Some(partner)).await;
        let sibling = format!("Sibling {canary}");
        let sibling = bench.organisation_of_kind(&sibling, OrganisationKind::Reseller, Some(partner)).await;
        let below = bench.organisation("Below", Some(ours)).await;
        let sibling_admin = format!("sibling-{canary}");
        let members = [
            (Persona::Reader, bench.person("reader", ours, Role::Reader).await),
            (Persona::Support, bench.person("support", ours, Role::Support).await),
            (Persona::Admin, bench.person("admin", ours, Role::Admin).await),
            (Persona::SiblingAdmin, bench.person(&sibling_admin, sibling, Role::Admin).await),
            (Persona::ParentAdmin, bench.person("parent", partner, Role::Admin).await),
            (Persona::SuperAdmin, bench.super_admin("super", owner).await),
        ];
        let mut people = Vec::new();
        for (persona, person) in members {
            let session = sign_in(&bench, &person).await;
            people.push((persona, person, session));
        }
        let token = people.last().map(|(.., session)| session.tokens.access.clone()).unwrap_or_default();
        let licensing = Licensing::arrange(&bench, token, [partner, ours, sibling]).await;
        Self { bench, receiver: Receiver::start().await.unwrap(), ours, sibling, partner, below, licensing, people }
    }

    /// Who it is, unless it is nobody.
    pub(crate) fn person(&self, persona: Persona) -> Option<&Person> {
        self.people.iter().find(|(each, ..)| *each == persona).map(|(_, person, _)| person)
    }

    /// Their session, unless it is nobody.
    pub(crate) fn session(&self, persona: Persona) -> Option<Session> {
        self.people.iter().find(|(each, ..)| *each == persona).map(|(.., session)| session.clone())
    }

    /// A session of their own for a request that ends or changes it.
    pub(crate) async fn fresh_session(&self, persona: Persona) -> Option<Session> {
        match self.person(persona) {
            Some(person) => Some(sign_in(&self.bench, person).await),
            None => None,
        }
    }

    /// A request with the credential that this kind of access reads.
    pub(crate) fn request(&self, ask: &Ask, credential: Credential, session: Option<&Session>) -> RequestBuilder {
        let request = self.bench.call(ask.method.clone(), &ask.path);
        let request = match (session, credential) {
            (Some(session), Credential::Access) => request.bearer_auth(&session.tokens.access),
            (Some(session), Credential::Refresh) => request.bearer_auth(&session.tokens.refresh),
            (Some(session), Credential::Cookie) => request.header("cookie", &session.cookie),
            (None, _) => request,
        };
        match &ask.body {
            Body::Nothing => request,
            Body::Json(value) => request.json(value),
            Body::Csv(file) => request.header("content-type", "text/csv").body(file.clone()),
            Body::Form(fields) => submit(request, fields.iter().map(|(name, value)| (*name, value.as_str()))),
        }
    }

    /// Creates a system over the API, as this persona, in their own organisation, and gives its id.
    pub(crate) async fn system(&self, persona: Persona, name: &str, custom_data: Value) -> Value {
        let body = json!({ "name": name, "type": "ns8", "custom_data": custom_data });
        let ask = Ask { method: Method::POST, path: "/api/systems".to_owned(), body: Body::Json(body) };
        let request = self.request(&ask, Credential::Access, self.session(persona).as_ref());
        Answer::of(request).await.data(201).clone()
    }
}

/// Which of somebody's credentials a route reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    Access,
    Refresh,
    Cookie,
}

impl Credential {
    pub(crate) fn of_endpoint(access: AccessKind) -> Self {
        if access == AccessKind::RefreshToken { Self::Refresh } else { Self::Access }
    }
}

async fn sign_in(bench: &Bench, person: &Person) -> Session {
    Session { tokens: bench.sign_in(person).await, cookie: bench.sign_in_on_page(person).await }
}
