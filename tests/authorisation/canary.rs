//! What belongs to a foreign organisation shows up nowhere.
//!
//! Everything of the sibling organisation carries a word that nothing else
//! carries. Everybody who may not see it asks for everything, once with the
//! sibling's own ids and words, once with such as nobody has: both answers must
//! be the same, and without the word.

use std::fmt::Write as _;

use bailiwick_domain::role::Role;
use bailiwick_testkit::answer::text;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::PASSWORD;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::licences::Wares;
use crate::matrix::Route;
use crate::strangers::{Asking, Names, faults_of, lists};
use crate::table::{Target, rows};
use crate::world::{Ask, Body, Credential, Persona, Session, World};

/// The word that the sibling's everything carries, and one that nothing carries.
const PLANTED: &str = "quokkazephyr";
const UNKNOWN: &str = "walrusbreeze";

/// Those who may see nothing of the sibling.
const STRANGERS: [Persona; 4] = [Persona::Anonymous, Persona::Reader, Persona::Support, Persona::Admin];

/// A world with planted words, and the sets of names.
struct Field {
    world: World,
    foreign: Names,
    unknown: Names,
    /// Somebody who belongs to the sibling first, and to ours.
    guest: Names,
    /// The secrets that were shown when the sibling's systems were made.
    secrets: Vec<String>,
}

/// The call that plants a system with a callback.
fn planted_callback(world: &World) -> Ask {
    let body = json!({
        "name": format!("Called {PLANTED}"),
        "type": "nsec",
        "callback_url": world.receiver.at(&format!("/{PLANTED}?{PLANTED}=1")),
        "callback_state": world.bench.state(PLANTED),
        "custom_data": { PLANTED: PLANTED },
    });
    Ask { method: Method::POST, path: "/api/systems/callback".to_owned(), body: Body::Json(body) }
}

impl Field {
    async fn plant(world: World) -> Self {
        let custom_data = json!({ (format!("{PLANTED}-key")): format!("{PLANTED} value") });
        let system = world.system(Persona::SiblingAdmin, &format!("System {PLANTED}"), custom_data).await;
        let ask = planted_callback(&world);
        let session = world.session(Persona::SiblingAdmin);
        let request = world.request(&ask, Credential::Access, session.as_ref()).header("idempotency-key", PLANTED);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 201);
        let answer: Value = answer.json().await.unwrap();
        let secret = |pointer: &Value| pointer.get("secret").and_then(Value::as_str).unwrap().to_owned();
        let secrets = vec![secret(&system), secret(answer.pointer("/data/system").unwrap())];
        let (bench, system) = (&world.bench, text(&system, "id").to_owned());
        let wares = world.licensing.foreign(bench, PLANTED, world.sibling, &system).await;

        let person = world.person(Persona::SiblingAdmin).unwrap();
        let foreign = Names {
            word: PLANTED,
            system,
            organisation: world.sibling.to_string(),
            user: person.id.to_string(),
            email: person.email.clone(),
            wares,
        };
        let unknown = Names {
            word: UNKNOWN,
            system: "019a9f00-0000-7000-8000-00000000aaaa".to_owned(),
            organisation: "019a9f00-0000-7000-8000-00000000bbbb".to_owned(),
            user: "019a9f00-0000-7000-8000-00000000cccc".to_owned(),
            email: format!("sibling-{UNKNOWN}@example.org"),
            wares: Wares {
                licence: "019a9f00-0000-7000-8000-000000001111".to_owned(),
                key: "7b1c9d52-5a0e-4f5b-9c1d-2f6f0c8a3e11".to_owned(),
                pool: "019a9f00-0000-7000-8000-000000002222".to_owned(),
                agreement: "019a9f00-0000-7000-8000-000000003333".to_owned(),
            },
        };
        let guest = world.bench.person("guest", world.sibling, Role::Reader).await;
        world.bench.join(&guest, world.ours, Role::Reader).await;
        let guest = Names { user: guest.id.to_string(), email: guest.email, ..unknown.clone() };
        Self { world, foreign, unknown, guest, secrets }
    }

    async fn session(&self, persona: Persona, asking: &Asking<'_>) -> Option<Session> {
        if asking.spends_session { self.world.fresh_session(persona).await } else { self.world.session(persona) }
    }

    /// What of the sibling's an answer gives away.
    fn leaks(&self, persona: Persona, what: &str, shown: &str) -> Vec<String> {
        let secrets = self.secrets.iter().map(String::as_str);
        let leaks = self.foreign.all().into_iter().chain(secrets);
        let leaks = leaks.filter(|leak| shown.to_lowercase().contains(&leak.to_lowercase()));
        leaks.map(|leak| format!("{what} as {persona:?} shows {leak}:\n{shown}")).collect()
    }

    /// Asks about somebody of both organisations and says what the answer gives away of the other one.
    async fn probe_guest(&self, persona: Persona, what: &str, asking: &Asking<'_>) -> Vec<String> {
        let session = self.session(persona, asking).await;
        let shown = self.ask(asking, &self.guest, session.as_ref()).await;
        if what == "get-user" && persona != Persona::Anonymous {
            assert!(shown.contains("Ours"), "{persona:?} sees the guest: {shown}");
        }
        self.leaks(persona, &format!("{what}, of a guest,"), &shown)
    }

    /// Asks with both sets of names and says what the answers give away.
    async fn probe(&self, persona: Persona, what: &str, asking: &Asking<'_>) -> Vec<String> {
        let mut shown = Vec::new();
        for names in [&self.foreign, &self.unknown] {
            let session = self.session(persona, asking).await;
            shown.push(self.ask(asking, names, session.as_ref()).await);
        }
        let [foreign, unknown] = shown.as_slice() else { return vec![format!("{what}: asked in vain")] };
        let mut found = self.leaks(persona, what, foreign);
        if asking.is_comparable && foreign != unknown {
            found.push(format!("{what} as {persona:?} tells the foreign from the unknown:\n{foreign}\n---\n{unknown}"));
        }
        found
    }

    /// The whole answer as text, with what was sent, and what is new in every answer, taken out.
    async fn ask(&self, asking: &Asking<'_>, names: &Names, session: Option<&Session>) -> String {
        let ask = (asking.ask)(names);
        let request = self.world.request(&ask, asking.credential, session);
        let sent = format!("{}{:?}", ask.path, ask.body);
        let mut text = whole(request.send().await.unwrap()).await;
        for (index, name) in names.all().into_iter().enumerate() {
            if sent.contains(name) {
                text = text.replace(name, &format!("<sent {index}>"));
            }
        }
        text
    }
}

/// Status line, headers and body, without what is new in every answer.
async fn whole(answer: Response) -> String {
    let mut text = format!("{}\n", answer.status());
    let request_id = answer.headers().get("x-request-id").unwrap().to_str().unwrap().to_owned();
    for (name, value) in answer.headers() {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        match name.as_str() {
            "x-request-id" | "date" | "content-length" => {}
            // A browser that has none gets the cookie of the forms; its value is chance.
            "set-cookie" => writeln!(text, "{name}: {}", value.split('=').next().unwrap_or_default()).unwrap(),
            _ => writeln!(text, "{name}: {value}").unwrap(),
        }
    }
    let mut body = answer.text().await.unwrap();
    for field in ["form_token", "idempotency_key"] {
        let start = format!("name=\"{field}\" value=\"");
        let parts: Vec<_> = body.split(start.as_str()).map(str::to_owned).collect();
        let rest = |part: &String| part.split_once('"').map_or_else(String::new, |(_, rest)| rest.to_owned());
        let kept = parts.iter().enumerate().map(|(index, part)| if index == 0 { part.clone() } else { rest(part) });
        body = kept.collect::<Vec<_>>().join(&start);
    }
    // Pages of faults show it for people to quote.
    text.push_str(&body.replace(&request_id, "<request id>"));
    text
}

on_both_engines! {
    async fn what_is_foreign_shows_up_in_no_answer_of_any_route(bench: Bench) {
        let field = Field::plant(World::new(bench, PLANTED).await).await;
        let routes = Route::all();
        let mut leaks = Vec::new();
        for persona in STRANGERS {
            for row in rows() {
                let Some(route) = routes.iter().find(|route| route.name == row.name) else { continue };
                let unique = format!("{} {persona:?}", row.name);
                let ask = |names: &Names| {
                    let organisation = names.organisation.clone();
                    let target = Target {
                        world: &field.world,
                        persona,
                        unique: &unique,
                        parent: organisation.clone(),
                        below: organisation.clone(),
                        organisation,
                        system: names.system.clone(),
                        agreement: field.world.licensing.agreement.clone(),
                    };
                    let input = (row.arrange)(&target);
                    let path = format!("{}{}", route.path_of(&names.about()), input.query);
                    Ask { method: route.method.clone(), path, body: input.body }
                };
                // Tokens, sessions, and the program's own numbers, are new each time; links are mailed up to three times.
                let is_comparable = !matches!(
                    row.name,
                    "refresh-token"
                        | "sign-in"
                        | "sign-in-by-get"
                        | "register"
                        | "create-api-key"
                        | "send-confirmation"
                        | "list-own-sessions"
                        | "end-other-sessions"
                );
                let ask = Box::new(ask);
                let asking =
                    Asking { ask, credential: route.credential, spends_session: row.spends_session, is_comparable };
                leaks.extend(field.probe(persona, row.name, &asking).await);
                leaks.extend(field.probe_guest(persona, row.name, &asking).await);
                for (what, asking) in faults_of(route) {
                    leaks.extend(field.probe(persona, &what, &asking).await);
                }
            }
        }
        assert!(leaks.is_empty(), "{}", leaks.join("\n\n"));
    }

    async fn no_list_and_no_search_gives_away_that_there_is_more(bench: Bench) {
        let field = Field::plant(World::new(bench, PLANTED).await).await;
        let mut leaks = Vec::new();
        for persona in STRANGERS {
            for (what, asking) in lists() {
                leaks.extend(field.probe(persona, &what, &asking).await);
            }
        }
        assert!(leaks.is_empty(), "{}", leaks.join("\n\n"));
    }

    async fn a_foreign_organisation_is_as_unknown_as_one_that_does_not_exist(bench: Bench) {
        let field = Field::plant(World::new(bench, PLANTED).await).await;
        let state = field.world.bench.state("never used up, as every request fails");
        let callback = field.world.receiver.at("/callback");
        let create = |names: &Names| json!({ "name": names.word, "type": "ns8", "organization_id": names.organisation });
        let by_callback = |names: &Names| {
            let mut body = create(names);
            for (name, value) in [("callback_url", &callback), ("callback_state", &state)] {
                body.as_object_mut().unwrap().insert(name.to_owned(), value.as_str().into());
            }
            Body::Json(body)
        };
        let consent = |names: &Names| {
            Body::Form(vec![
                ("callback_url", callback.clone()),
                ("state", state.clone()),
                ("type", "ns8".to_owned()),
                ("name", names.word.to_owned()),
                ("organization_id", names.organisation.clone()),
                ("idempotency_key", "the same each time".to_owned()),
            ])
        };
        let licensing = &field.world.licensing;
        let (ours, agreement) = (field.world.ours, &licensing.agreement);
        let issue = |names: &Names| json!({ "Agreement": agreement, "Organisation": names.organisation });
        let provide =
            |names: &Names| json!({ "Agreement": agreement, "Organisation": ours, "Provider": names.organisation });
        let give = format!("/auth/admin/pools/{}/give", licensing.pool);
        let given = |names: &Names| json!({ "Organisation": names.organisation, "Seats": 1 });
        let own = licensing.issue(&field.world.bench, ours, &[]).await;
        let bind = format!("/auth/admin/licenses/{}/devices", text(&own, "UUID"));
        let bound = |names: &Names| json!({ "Device": names.system });
        let sign_in = |names: &Names| json!({ "Username": names.email, "Password": format!("not {PASSWORD}") });
        let sign_in_page = |names: &Names| {
            Body::Form(vec![("email", names.email.clone()), ("password", format!("not {PASSWORD}"))])
        };
        let at = |path: &'static str| move |_: &Names| path.to_owned();
        let mut leaks = Vec::new();
        for persona in STRANGERS {
            for (what, asking) in [
                ("create", Asking::api(&Method::POST, at("/api/systems"), |names| Body::Json(create(names)))),
                ("callback", Asking::api(&Method::POST, at("/api/systems/callback"), by_callback)),
                ("consent", Asking::page(&Method::POST, at("/system-creation"), consent)),
                ("issue", Asking::api(&Method::POST, at("/auth/admin/licenses"), |names| Body::Json(issue(names)))),
                ("provide", Asking::api(&Method::POST, at("/auth/admin/licenses"), |names| Body::Json(provide(names)))),
                ("give", Asking::api(&Method::POST, |_| give.clone(), |names| Body::Json(given(names)))),
                ("bind", Asking::api(&Method::POST, |_| bind.clone(), |names| Body::Json(bound(names)))),
            ] {
                leaks.extend(field.probe(persona, what, &asking).await);
            }
        }
        let signing_in = [
            ("API", Asking::api(&Method::POST, at("/auth/authenticate/signin"), |names| Body::Json(sign_in(names)))),
            ("page", Asking::page(&Method::POST, at("/login"), sign_in_page)),
        ];
        for (what, asking) in signing_in {
            leaks.extend(field.probe(Persona::Anonymous, what, &asking).await);
        }
        assert!(leaks.is_empty(), "{}", leaks.join("\n\n"));
        assert_eq!(field.world.receiver.callbacks().len(), 1, "only the sibling's own callback went out");
    }

    async fn somebody_elses_idempotency_key_replays_nothing(bench: Bench) {
        let field = Field::plant(World::new(bench, PLANTED).await).await;
        let world = &field.world;
        // The very body that the sibling's admin sent: only the state may be known to be used.
        let ask = planted_callback(world);
        let session = world.session(Persona::Admin);
        let request = world.request(&ask, Credential::Access, session.as_ref()).header("idempotency-key", PLANTED);
        let answer = request.send().await.unwrap();
        assert!(answer.headers().get("idempotent-replayed").is_none_or(|value| value == "false"));
        assert_eq!(answer.status(), 400);
        let body: Value = answer.json().await.unwrap();
        let message = "state token already used";
        assert_eq!(body, json!({ "code": 400, "message": message, "data": { "error": message } }));
    }
}
