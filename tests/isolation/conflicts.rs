//! Who says one thing of what they mean in one place and another thing in another is refused; and what is right is
//! asked of the thing that was found, and of nothing that the request says of it.

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_testkit::bench::Bench;
use bailiwick_testkit::on_both_engines;
use bailiwick_testkit::people::Person;
use reqwest::Method;
use serde_json::{Value, json};

/// Two organisations side by side, each with its administrator, a person and a system.
struct Scene {
    ours: OrganisationId,
    theirs: OrganisationId,
    /// Administers ours, and reads in theirs.
    token: String,
    our_person: Person,
    their_person: Person,
    our_system: String,
    their_system: String,
}

impl Scene {
    async fn set(bench: &Bench) -> Self {
        let owner = bench.organisation("Owner", None).await;
        let ours = bench.organisation_of_kind("Ours", OrganisationKind::Reseller, Some(owner)).await;
        let theirs = bench.organisation_of_kind("Theirs", OrganisationKind::Reseller, Some(owner)).await;
        let admin = bench.person("admin", ours, Role::Admin).await;
        bench.join(&admin, theirs, Role::Reader).await;
        let other = bench.person("other", theirs, Role::Admin).await;
        let (token, other) = (bench.sign_in(&admin).await.access, bench.sign_in(&other).await.access);
        let our_system = system(bench, &token, ours).await;
        let their_system = system(bench, &other, theirs).await;
        let our_person = bench.person("rita", ours, Role::Reader).await;
        let their_person = bench.person("theo", theirs, Role::Reader).await;
        Self { ours, theirs, token, our_person, their_person, our_system, their_system }
    }

    async fn ask(&self, bench: &Bench, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        ask(bench, &self.token, method, path, body).await
    }
}

async fn system(bench: &Bench, token: &str, organisation: OrganisationId) -> String {
    let body = json!({ "name": "A system", "type": "ns8", "organization_id": organisation });
    let (status, made) = ask(bench, token, "POST", "/api/systems", Some(&body)).await;
    assert_eq!(status, 201, "{made}");
    made["data"]["id"].as_str().unwrap().to_owned()
}

async fn ask(bench: &Bench, token: &str, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
    let mut request = bench.call(Method::from_bytes(method.as_bytes()).unwrap(), path).bearer_auth(token);
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// A route about one thing that stands in its path: its method, its path with what it is about, a body that would do,
/// the names by which a query or a body could name another one, and that one.
type About = (&'static str, String, Option<Value>, Vec<&'static str>, String);

/// Every such route.
fn routes(scene: &Scene) -> Vec<About> {
    let Scene { ours, theirs, our_person, their_person, our_system, their_system, .. } = scene;
    let (ours, theirs) = (ours.to_string(), theirs.to_string());
    let (rita, theo) = (our_person.id.to_string(), their_person.id.to_string());
    let role = || Some(json!({ "role": "support" }));
    let mut routes = Vec::new();
    let mut add = |method, path: String, body, names: &[&'static str], other: &str| {
        routes.push((method, path, body, names.to_vec(), other.to_owned()));
    };
    for (method, tail, body) in [
        ("GET", "", None),
        ("PUT", "", Some(json!({ "name": "Mine" }))),
        ("DELETE", "", None),
        ("POST", "/regenerate-secret", None),
    ] {
        add(method, format!("/api/systems/{our_system}{tail}"), body, &["id"], their_system);
    }
    for (method, tail, body) in [
        ("GET", "", None),
        ("PUT", "", Some(json!({ "name": "Mine" }))),
        ("DELETE", "", None),
        ("GET", "/stats", None),
        ("PATCH", "/suspend", None),
        ("PATCH", "/reactivate", None),
        ("PATCH", "/restore", None),
    ] {
        add(method, format!("/api/organizations/{ours}{tail}"), body, &["id", "organization_id"], &theirs);
    }
    for (method, tail) in [("GET", ""), ("PATCH", "/suspend"), ("PATCH", "/reactivate"), ("POST", "/reset-password")] {
        add(method, format!("/api/users/{rita}{tail}"), None, &["id", "user_id"], &theo);
    }
    for (method, body) in [("GET", None), ("PATCH", Some(json!({ "Name": "Mine" })))] {
        add(method, format!("/auth/user/{rita}"), body, &["UUID", "uuid", "id"], &theo);
    }
    let place = format!("/api/users/{rita}/memberships/{ours}");
    for (method, body) in [("PUT", role()), ("DELETE", None)] {
        add(method, place.clone(), body.clone(), &["user_id"], &theo);
        add(method, place.clone(), body, &["organization_id"], &theirs);
    }
    routes
}

/// Everything that could have changed, as a super admin sees it.
async fn everything(bench: &Bench, token: &str) -> Vec<Value> {
    let mut seen = Vec::new();
    for path in ["/api/systems", "/api/organizations", "/api/users", "/api/audit"] {
        seen.push(ask(bench, token, "GET", path, None).await.1);
    }
    seen
}

async fn super_admin(bench: &Bench, scene: &Scene) -> String {
    let root = bench.super_admin("root", scene.ours).await;
    bench.sign_in(&root).await.access
}

on_both_engines! {
    async fn another_id_in_the_query_or_the_body_than_in_the_path_is_refused(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let root = super_admin(&bench, &scene).await;
        let before = everything(&bench, &root).await;
        for (method, path, body, names, other) in routes(&scene) {
            for name in names {
                let queried = scene.ask(&bench, method, &format!("{path}?{name}={other}"), body.as_ref()).await;
                assert_eq!(queried.0, 400, "{method} {path}?{name}={other}: {}", queried.1);
                assert!(queried.1.to_string().contains(name), "the member is named: {}", queried.1);
                let Some(mut body) = body.clone() else { continue };
                body[name] = json!(other);
                let (status, answer) = scene.ask(&bench, method, &path, Some(&body)).await;
                assert_eq!(status, 400, "{method} {path} with {body}: {answer}");
            }
        }
        assert_eq!(everything(&bench, &root).await, before, "what is refused changes nothing");
    }

    async fn the_same_id_in_the_path_and_elsewhere_is_no_conflict(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let (id, ours) = (&scene.our_system, scene.ours.to_string());
        let body = json!({ "id": id.to_uppercase(), "name": "Same" });
        assert_eq!(scene.ask(&bench, "PUT", &format!("/api/systems/{id}?id={id}"), Some(&body)).await.0, 200);
        let (status, shown) = scene.ask(&bench, "GET", &format!("/api/organizations/{ours}"), None).await;
        assert_eq!(status, 200);
        // What was read is sent back whole.
        let body = json!({ "id": ours, "name": "Ours again", "type": shown["data"]["type"] });
        assert_eq!(scene.ask(&bench, "PUT", &format!("/api/organizations/{ours}"), Some(&body)).await.0, 200);
    }

    async fn two_ids_for_one_thing_in_query_and_body_are_refused(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let (ours, theirs) = (scene.ours, scene.theirs);
        let system = json!({ "name": "Whose", "type": "ns8", "organization_id": ours });
        let organisation = json!({ "name": "Whose", "type": "customer", "parent_id": ours });
        let invitation = json!({ "organization_id": ours, "email": "new@example.net", "role": "reader" });
        let switched = json!({ "organization_id": ours });
        for (method, path, name, body) in [
            ("POST", "/api/systems", "organization_id", &system),
            ("POST", "/api/organizations", "parent_id", &organisation),
            ("POST", "/api/invitations", "organization_id", &invitation),
            ("PUT", "/api/me/organization", "organization_id", &switched),
        ] {
            let (status, answer) = scene.ask(&bench, method, &format!("{path}?{name}={theirs}"), Some(body)).await;
            assert_eq!((status, &answer["data"]["errors"][0]["key"]), (400, &json!(name)), "{method} {path}: {answer}");
            let (status, answer) = scene.ask(&bench, method, &format!("{path}?{name}={ours}"), Some(body)).await;
            assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        }
        let twice = format!("/api/systems?organization_id={ours}&organization_id={theirs}");
        assert_eq!(scene.ask(&bench, "GET", &twice, None).await.0, 400);
    }

    async fn the_thing_that_was_found_decides_and_not_what_is_said_of_it(bench: Bench) {
        let scene = Scene::set(&bench).await;
        let (ours, theirs, system) = (scene.ours, scene.theirs, &scene.their_system);
        // Whoever administers one organisation and reads in another says that what is there was theirs.
        let claims = [
            ("PUT", format!("/api/systems/{system}"), json!({ "name": "Mine", "organization_id": ours })),
            ("PUT", format!("/api/systems/{system}?organization_id={ours}"), json!({ "name": "Mine" })),
            ("DELETE", format!("/api/systems/{system}?organization_id={ours}"), Value::Null),
            ("PUT", format!("/api/organizations/{theirs}?parent_id={ours}"), json!({ "name": "Mine", "parent_id": ours })),
            ("PATCH", format!("/api/users/{}/suspend?organization_id={ours}", scene.their_person.id), Value::Null),
            ("PATCH", format!("/auth/user/{}?organization_id={ours}", scene.their_person.id), json!({ "Name": "Mine" })),
            ("PUT", format!("/api/users/{}/memberships/{theirs}", scene.our_person.id), json!({ "role": "admin" })),
        ];
        let root = super_admin(&bench, &scene).await;
        let before = everything(&bench, &root).await;
        for (method, path, body) in claims {
            let body = Some(&body).filter(|body| !body.is_null());
            for header in ["organization-id", "x-organization-id", "x-organization", "x-user-id", "x-tenant-id"] {
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let request = bench.call(method, &path).bearer_auth(&scene.token).header(header, ours.to_string());
                let request = if let Some(body) = body { request.json(body) } else { request };
                let status = request.send().await.unwrap().status();
                assert_eq!(status, 403, "{path} with {header}");
            }
        }
        assert_eq!(everything(&bench, &root).await, before, "what is refused changes nothing");
        // Nor does it lead a thing of one's own away.
        let body = json!({ "name": "Led away", "organization_id": theirs });
        let (status, changed) = scene.ask(&bench, "PUT", &format!("/api/systems/{}", scene.our_system), Some(&body)).await;
        assert_eq!((status, &changed["data"]["organization"]["id"]), (200, &json!(ours)), "{changed}");
    }
}
