//! Every kind of token and link, at every endpoint and page, in every place where a token can stand.
//!
//! The declared pairs open their door; in all others a token is worth what a made-up one is worth.
//! Endpoints, pages and what their access takes come from the registry.

use bailiwick_contract::access::AccessKind;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::link::LinkPurpose;
use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::Answer;
use bailiwick_testkit::bench::{Bench, Engine};
use bailiwick_testkit::http::submit;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::Person;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::holdings::{Kind, Tokens, cookies, made_up, newcomer};
use crate::support::{old_sign_in, read};

/// A password that nobody had before.
const NEXT: &str = "seventeen quiet marmots bicycle";

/// What a route says that takes tokens and no API keys.
const NOT_ACCEPTED: &str = "api keys are not accepted here";

/// Where a token can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Bearer,
    Cookie,
    /// A member of a JSON body, a field of a form.
    Body(&'static str),
    Query(&'static str),
}

const PLACES: [Place; 6] = [
    Place::Bearer,
    Place::Cookie,
    Place::Body("Token"),
    Place::Body("token"),
    Place::Body("Invitation"),
    Place::Query("token"),
];

/// The places where a route takes the token of a link: what no declaration says.
const LINKS: [(&str, Place, Kind); 12] = [
    ("reset-password", Place::Body("Token"), Kind::Reset),
    ("confirm-address", Place::Body("Token"), Kind::Confirm),
    ("reset-password-form", Place::Query("token"), Kind::Reset),
    ("reset-password-submit", Place::Body("token"), Kind::Reset),
    ("confirm-address-form", Place::Query("token"), Kind::Confirm),
    ("confirm-address-submit", Place::Body("token"), Kind::Confirm),
    ("register", Place::Body("Invitation"), Kind::Invitation),
    ("accept-invitation", Place::Body("token"), Kind::Invitation),
    ("invitation-form", Place::Query("token"), Kind::Invitation),
    ("invitation-submit", Place::Body("token"), Kind::Invitation),
    ("setup", Place::Query("token"), Kind::Setup),
    ("setup-submit", Place::Body("token"), Kind::Setup),
];
/// Members that are the token of a link, in whatever body they stand.
const MEMBERS: [&str; 3] = ["Token", "token", "Invitation"];

/// An endpoint or a page, as the registry declares it.
struct Route {
    name: &'static str,
    method: Method,
    path: String,
    access: AccessKind,
    takes_api_keys: bool,
    is_page: bool,
    /// Who presents a link, where somebody has to be signed in for it.
    bearer: Option<String>,
}

impl Route {
    /// All, about this person where one is named in the path, and with their token where a link takes one besides.
    fn all(person: &Person, access_token: &str) -> Vec<Self> {
        let registry = bailiwick_server::registry().unwrap();
        let keyed: Vec<_> =
            registry.endpoints().filter(|info| info.key_access.is_some()).map(|info| info.name).collect();
        let endpoints = registry.endpoints().map(|info| (info.name, &info.method, info.path, info.access, false));
        let pages = registry.pages().map(|info| (info.name, &info.method, info.path, info.access, true));
        let route = |(name, method, path, access, is_page): (_, &Method, _, _, _)| {
            let takes_api_keys = keyed.contains(&name);
            let path = path_about(path, person);
            let takes_link = access == AccessKind::SignedIn && LINKS.iter().any(|(route, ..)| *route == name);
            let bearer = takes_link.then(|| access_token.to_owned());
            Self { name, method: method.clone(), path, access, takes_api_keys, is_page, bearer }
        };
        endpoints.chain(pages).map(route).collect()
    }

    /// Whether this kind of token opens the route from this place.
    fn takes(&self, place: Place, kind: Kind) -> bool {
        match place {
            Place::Body(_) | Place::Query(_) => LINKS.contains(&(self.name, place, kind)),
            // Pages that are open to all read the cookie too: they greet those who are signed in.
            Place::Cookie => self.is_page && kind == Kind::Cookie,
            Place::Bearer if self.is_page => false,
            Place::Bearer => match self.access {
                AccessKind::Open | AccessKind::Appliance => false,
                AccessKind::RefreshToken => matches!(kind, Kind::Refresh | Kind::FixedRefresh),
                AccessKind::SignedIn | AccessKind::Needs(_) if kind == Kind::ApiKey => self.takes_api_keys,
                AccessKind::SignedIn | AccessKind::Needs(_) => kind == Kind::Access,
            },
        }
    }

    /// Whether the route says to a token of this kind that it is good, and not for this.
    fn turns_away(&self, place: Place, kind: Kind) -> bool {
        let takes_tokens = matches!(self.access, AccessKind::SignedIn | AccessKind::Needs(_)) && !self.is_page;
        kind == Kind::ApiKey && place == Place::Bearer && takes_tokens
    }

    /// A request with this token in this place.
    fn request(&self, bench: &Bench, place: Place, token: &str) -> RequestBuilder {
        let path = match place {
            Place::Query(name) => format!("{}?{name}={token}", self.path),
            _ => self.path.clone(),
        };
        let request = bench.call(self.method.clone(), &path);
        let request = match place {
            Place::Bearer => request.bearer_auth(token),
            Place::Cookie => request.header("cookie", format!("bailiwick={token}")),
            Place::Body(_) | Place::Query(_) => match &self.bearer {
                Some(bearer) => request.bearer_auth(bearer),
                None => request,
            },
        };
        let member = if let Place::Body(name) = place { Some(name) } else { None };
        if self.is_page {
            if self.method == Method::GET {
                return request;
            }
            // Complete where the token is taken, so that the token alone decides.
            let others = [("act", "register"), ("name", "Newcomer"), ("password", NEXT), ("terms", "true")];
            let is_link = member.is_some() && ["reset-password-submit", "invitation-submit"].contains(&self.name);
            let others = others.into_iter().filter(|_| is_link);
            return submit(request, member.map(|name| (name, token)).into_iter().chain(others));
        }
        let Some(member) = member else { return request };
        let mut body = match self.name {
            "reset-password" => json!({ "NewPassword": NEXT }),
            "register" => json!({
                "Email": newcomer(self.name), "Password": NEXT, "Name": "Newcomer", "AcceptEULA": true,
            }),
            _ => json!({}),
        };
        body[member] = token.into();
        request.json(&body)
    }

    /// What can be told apart in the answer.
    async fn ask(&self, bench: &Bench, place: Place, token: &str) -> String {
        let answer = Answer::of(self.request(bench, place, token)).await;
        let location = answer.header("location").unwrap_or_default().replace(token, "TOKEN");
        // A page carries what is new each time: the tokens of its forms.
        let body = if self.is_page { "" } else { &answer.body };
        format!("{} {location} {body}", answer.status).replace(token, "TOKEN")
    }
}

fn path_about(path: &str, person: &Person) -> String {
    let values = [
        ("{uuid}", person.id.to_string()),
        ("{user_id}", person.id.to_string()),
        ("{organization_id}", "019a9f00-0000-7000-8000-00000000aaaa".to_owned()),
        ("{key_id}", "019a9f00-0000-7000-8000-00000000aaaa".to_owned()),
        ("{impersonation_id}", "019a9f00-0000-7000-8000-00000000aaaa".to_owned()),
        ("{licence_id}", "019a9f00-0000-7000-8000-00000000aaaa".to_owned()),
        ("{agreement_id}", "019a9f00-0000-7000-8000-00000000aaaa".to_owned()),
        ("{pool_id}", "019a9f00-0000-7000-8000-00000000aaaa".to_owned()),
        ("{id}", "019a9f00-0000-7000-8000-00000000aaaa".to_owned()),
        ("{device}", "019a9f00-0000-7000-8000-00000000aaaa".to_owned()),
        ("{*path}", "css/base.css".to_owned()),
        ("{section}", "systems".to_owned()),
        ("{operation}", "list-systems".to_owned()),
        ("{guide}", "state-token".to_owned()),
    ];
    let path = values.into_iter().fold(path.to_owned(), |path, (name, value)| path.replace(name, &value));
    assert!(!path.contains('{'), "say here what stands for the parameter of {path}");
    path
}

fn setup_token(link: &str) -> String {
    link.split_once("token=").unwrap().1.to_owned()
}

/// Each endpoint of the document, by name, with the members of its body.
fn bodies() -> Vec<(String, Vec<String>)> {
    let document = bailiwick_server::openapi_document(&bailiwick_server::registry().unwrap());
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.values().flat_map(|path| path.as_object().unwrap().values());
    let body = |operation: &Value| {
        let mut schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if let Some(reference) = schema["$ref"].as_str() {
            schema = document.pointer(reference.strip_prefix('#').unwrap()).unwrap();
        }
        let members = schema["properties"].as_object().map(|members| members.keys().cloned().collect());
        Some((operation["operationId"].as_str()?.to_owned(), members.unwrap_or_default()))
    };
    operations.filter_map(body).collect()
}

#[test]
fn every_body_that_takes_a_link_is_tried_with_every_kind_of_token() {
    let bodies = bodies();
    assert!(bodies.iter().any(|(name, members)| name == "sign-in" && members.contains(&"Password".to_owned())));
    for member in MEMBERS {
        for (name, _) in bodies.iter().filter(|(_, members)| members.iter().any(|each| each == member)) {
            let is_known = LINKS.iter().any(|(route, place, _)| route == name && *place == Place::Body(member));
            assert!(is_known && PLACES.contains(&Place::Body(member)), "say in LINKS which links {name} takes");
        }
    }
}

on_both_engines! {
    async fn each_kind_of_token_opens_its_own_doors_and_no_other(bench: Bench) {
        // Printed before anybody was there, as it is.
        let setup = setup_token(bench.context.setup_link().await.unwrap().unwrap().expose());
        let owner = bench.organisation("Owner", None).await;
        let person = bench.super_admin("ann", owner).await;
        let tokens = Tokens::of(&bench, &person, owner, &setup).await;
        let routes = Route::all(&person, tokens.get(Kind::Access));
        let mut wrong = Vec::new();
        for route in &routes {
            for place in PLACES {
                let expected = route.ask(&bench, place, &made_up(tokens.get(Kind::Reset))).await;
                for (kind, token) in tokens.0.iter().filter(|(kind, _)| !route.takes(place, *kind)) {
                    let found = route.ask(&bench, place, token).await;
                    if route.turns_away(place, *kind) && found.starts_with("403") && found.contains(NOT_ACCEPTED) {
                        continue;
                    }
                    if found != expected {
                        wrong.push(format!("{kind:?} at {} in {place:?}: {found} instead of {expected}", route.name));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        // Nothing of that has hurt the sessions.
        assert_eq!(read(&bench, tokens.get(Kind::Access)).await, 200);
        for route in &routes {
            opens(&bench, &person, route, tokens.get(Kind::ApiKey)).await;
        }
        // There are people, so that the setup is over: that has a story of its own.
        for (name, place, kind) in LINKS.into_iter().filter(|(.., kind)| *kind != Kind::Setup) {
            let route = routes.iter().find(|route| route.name == name).unwrap();
            opens_once(&bench, owner, route, place, kind).await;
        }
    }

    async fn a_new_setup_link_takes_the_place_of_the_one_before(bench: Bench) {
        let link = async || setup_token(bench.context.setup_link().await.unwrap().unwrap().expose());
        let (old, new) = (link().await, link().await);
        let open = async |token: &str| Answer::of(bench.call(Method::GET, &format!("/setup?token={token}"))).await.status;
        assert_eq!((open(&old).await, open(&new).await), (404, 200));
    }

    async fn a_setup_link_opens_the_setup_of_its_own_server(bench: Bench) {
        let setup = setup_token(bench.context.setup_link().await.unwrap().unwrap().expose());
        let other = Bench::start(Engine::Sqlite).await;
        let foreign = setup_token(other.context.setup_link().await.unwrap().unwrap().expose());
        let (_, tokens) = other.owner().await;
        let show = async |token: &str| {
            let path = format!("/setup?token={token}");
            Answer::of(bench.call(Method::GET, &path)).await.status
        };
        let post = async |token: &str| {
            let fields = [("organisation", "Acme"), ("name", "Ann"), ("email", "ann@acme.example"), ("password", "short")];
            let fields = fields.into_iter().chain([("token", token)]);
            Answer::of(submit(bench.call(Method::POST, "/setup"), fields)).await.status
        };
        for token in [&foreign, &tokens.access, &tokens.refresh, &made_up(&setup)] {
            assert_eq!((show(token).await, post(token).await), (404, 404), "{token}");
        }
        // The form is shown, and refused for the password in it alone.
        assert_eq!((show(&setup).await, post(&setup).await), (200, 422));
    }
}

/// Holds that the route opens to a new link of somebody new, and that a form uses it up.
async fn opens_once(bench: &Bench, owner: OrganisationId, route: &Route, place: Place, kind: Kind) {
    let person = bench.person(route.name, owner, Role::Reader).await;
    let token = match kind {
        Kind::Reset => bench.mailed_link(&person, LinkPurpose::Reset).await,
        Kind::Confirm => bench.mailed_link(&person, LinkPurpose::Confirm).await,
        _ => {
            let organisation = bench.organisation("Customer", Some(owner)).await;
            let email = if route.bearer.is_some() { person.email.clone() } else { newcomer(route.name) };
            bench.invitation(&email, organisation).await
        }
    };
    let bearer = bench.sign_in(&person).await.access;
    let route = Route {
        method: route.method.clone(),
        path: route.path.clone(),
        bearer: route.bearer.as_ref().map(|_| bearer),
        ..*route
    };
    let refused = route.ask(bench, place, &made_up(&token)).await;
    assert_ne!(route.ask(bench, place, &token).await, refused, "{kind:?} at {} in {place:?}", route.name);
    let (again, refused) = (route.ask(bench, place, &token).await, route.ask(bench, place, &made_up(&token)).await);
    assert_eq!(again == refused, route.method != Method::GET, "{kind:?} at {} once more: {again}", route.name);
}

/// Holds that the route opens to what it takes, each time with a token that was not used before; a key is not used up.
async fn opens(bench: &Bench, person: &Person, route: &Route, api_key: &str) {
    for (place, kind) in [
        (Place::Bearer, Kind::Access),
        (Place::Bearer, Kind::Refresh),
        (Place::Bearer, Kind::FixedRefresh),
        (Place::Bearer, Kind::ApiKey),
        (Place::Cookie, Kind::Cookie),
    ] {
        if route.access == AccessKind::Open || !route.takes(place, kind) {
            continue;
        }
        let token = match kind {
            Kind::Access => bench.sign_in(person).await.access,
            Kind::Refresh => bench.sign_in(person).await.refresh,
            Kind::FixedRefresh => old_sign_in(bench, person).await,
            Kind::ApiKey => api_key.to_owned(),
            _ => cookies(bench, person).await.session,
        };
        let refused = route.ask(bench, place, &made_up(&token)).await;
        let found = route.ask(bench, place, &token).await;
        assert_ne!(found, refused, "{kind:?} at {} in {place:?}", route.name);
        let is_refused = found.starts_with("401") || found.contains("/login?next=");
        assert!(!is_refused, "{kind:?} at {} in {place:?}: {found}", route.name);
    }
}
