//! What each route must answer to each persona.

use bailiwick_testkit::people::PASSWORD;
use serde_json::json;

use crate::world::{Body, Persona, World};
use crate::{invitations, licence_pages, licences, partner_pages, support_access};

/// What somebody gets to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// This status; 401, 403 and 404 with exactly the body that the contract gives them.
    Is(u16),
    /// 303 to the sign-in, which leads back afterwards.
    SignIn,
    /// 303 to this address.
    To(&'static str),
    /// 303 to an address that begins like this.
    Under(&'static str),
}

use Seen::{Is, SignIn, To};

/// What a route must answer: anonymous, reader, support, admin, sibling's admin, parent's admin, super admin.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) answers: [Seen; 7],
    pub(crate) arrange: fn(&Target<'_>) -> Input,
    /// Whether the request ends or uses up the session that it is made with.
    pub(crate) spends_session: bool,
}

/// What a request is about.
pub(crate) struct Target<'a> {
    pub(crate) world: &'a World,
    pub(crate) persona: Persona,
    /// Unlike in every other request.
    pub(crate) unique: &'a str,
    /// The organisation that is named where one can be.
    pub(crate) organisation: String,
    /// The one above it, and one below it.
    pub(crate) parent: String,
    pub(crate) below: String,
    /// The system that is named in a body.
    pub(crate) system: String,
    /// An agreement that is published.
    pub(crate) agreement: String,
}

/// What a request carries besides its path.
pub(crate) struct Input {
    pub(crate) query: String,
    pub(crate) body: Body,
}

const EVERYBODY: [Seen; 7] = [Is(200); 7];
const READERS: [Seen; 7] = [Is(401), Is(200), Is(200), Is(200), Is(404), Is(200), Is(200)];
const MANAGERS: [Seen; 7] = [Is(401), Is(403), Is(200), Is(200), Is(404), Is(200), Is(200)];
/// The sibling's admin may create systems, but names an organisation that is none of theirs.
const CREATORS: [Seen; 7] = [Is(401), Is(403), Is(201), Is(201), Is(400), Is(201), Is(201)];
const SIGNED_IN: [Seen; 7] = [Is(401), Is(200), Is(200), Is(200), Is(200), Is(200), Is(200)];
const ADMINS: [Seen; 7] = [Is(401), Is(403), Is(403), Is(200), Is(200), Is(200), Is(200)];
/// Those who manage what the sibling's admin does not even see.
const ADMINS_OF_IT: [Seen; 7] = [Is(401), Is(403), Is(403), Is(200), Is(404), Is(200), Is(200)];
const UNDOERS: [Seen; 7] = [Is(401), Is(403), Is(403), Is(409), Is(404), Is(409), Is(409)];
const MEMBERS: [Seen; 7] = [SignIn, Is(200), Is(200), Is(200), Is(200), Is(200), Is(200)];

pub(crate) fn row(name: &'static str, answers: [Seen; 7], arrange: fn(&Target<'_>) -> Input) -> Row {
    Row { name, answers, arrange, spends_session: false }
}

/// Whoever is signed in prefers something; the others sign in first.
fn prefer() -> [Seen; 7] {
    let done = To("/account?notice=preferences#preferences");
    [SignIn, done, done, done, done, done, done]
}

fn no_token(_: &Target<'_>) -> Input {
    let token = "a-token-that-was-never-mailed".to_owned();
    Input { query: format!("?token={token}"), body: Body::Form(vec![("token", token)]) }
}

pub(crate) fn nothing(_: &Target<'_>) -> Input {
    Input { query: String::new(), body: Body::Nothing }
}

/// All rows, in the order of the registry.
pub(crate) fn rows() -> Vec<Row> {
    // It ends the other sessions of whoever calls, so that nothing can come after it.
    let last = row("end-other-sessions", SIGNED_IN, nothing);
    let groups = [
        entrances(),
        people(),
        organisations(),
        endpoints(),
        invitations::rows(),
        pages(),
        flows(),
        licences::rows(),
        partner_pages::rows(),
        licence_pages::rows(),
        support_access::rows(),
        vec![last],
    ];
    groups.into_iter().flatten().collect()
}

/// Signing in and out, getting back in, registering.
fn entrances() -> Vec<Row> {
    let spending = |row: Row| Row { spends_session: true, ..row };
    vec![
        spending(row("refresh-token", SIGNED_IN, |_| Input {
            query: String::new(),
            body: Body::Json(json!({ "GrantType": "refresh_token" })),
        })),
        row("sign-in", EVERYBODY, credentials),
        row("sign-in-by-get", EVERYBODY, credentials),
        spending(row("sign-out", SIGNED_IN, nothing)),
        row("password-strength", EVERYBODY, |_| Input {
            query: String::new(),
            body: Body::Json(json!({ "Password": PASSWORD })),
        }),
        // Whoever is let in is told that the new password is too short, so that everybody keeps theirs.
        row("update-password", [Is(401), Is(400), Is(400), Is(400), Is(400), Is(400), Is(400)], |_| Input {
            query: String::new(),
            body: Body::Json(json!({ "CurrentPassword": PASSWORD, "NewPassword": "short" })),
        }),
        // Whoever asks is told that this is no address, as one place may ask for few mails in a row.
        row("forgot-password", [Is(400); 7], |_| Input {
            query: String::new(),
            body: Body::Json(json!({ "Email": "no address" })),
        }),
        // Nobody has a link: with one, everybody may.
        row("reset-password", [Is(400); 7], |_| Input {
            query: String::new(),
            body: Body::Json(json!({ "Token": "A".repeat(43), "NewPassword": "an unlikely heron paddles" })),
        }),
        row("confirm-address", [Is(400); 7], |_| Input {
            query: String::new(),
            body: Body::Json(json!({ "Token": "A".repeat(43) })),
        }),
        row("configuration", SIGNED_IN, nothing),
        row("status", EVERYBODY, nothing),
        // Everybody may, signed in or not.
        row("register", [Is(201); 7], |target| {
            let local: String = target.unique.chars().filter(char::is_ascii_alphanumeric).collect();
            let body = json!({
                "Email": format!("{local}@example.net"), "Password": "an unlikely heron paddles", "Name": "Newcomer",
                "Company": "Newcomers", "AcceptEULA": true,
            });
            Input { query: String::new(), body: Body::Json(body) }
        }),
    ]
}

/// The people of organisations: each row about a reader of ours whom no other request knows.
fn people() -> Vec<Row> {
    vec![
        // One acts for organisations of one's own: the others belong elsewhere.
        row("switch-organization", [Is(401), Is(200), Is(200), Is(200), Is(400), Is(400), Is(400)], |target| Input {
            query: String::new(),
            body: Body::Json(json!({ "organization_id": target.organisation })),
        }),
        // The list is one's own: the sibling's admin gets that of the sibling.
        row("list-users", SIGNED_IN, nothing),
        row("read-user", READERS, nothing),
        row("suspend-user", ADMINS_OF_IT, nothing),
        row("reactivate-user", UNDOERS, nothing),
        row("send-reset", ADMINS_OF_IT, nothing),
        row("set-membership", ADMINS_OF_IT, |_| Input {
            query: String::new(),
            body: Body::Json(json!({ "role": "support" })),
        }),
        row("remove-membership", ADMINS_OF_IT, nothing),
    ]
}

/// Organisations: each row about one below ours that no other request knows.
fn organisations() -> Vec<Row> {
    vec![
        // The list is one's own: the sibling's admin gets that of the sibling.
        row("list-organizations", SIGNED_IN, nothing),
        // The sibling's admin may create organisations, but names a parent that is none of theirs.
        row("create-organization", [Is(401), Is(403), Is(403), Is(201), Is(400), Is(201), Is(201)], |target| {
            let body = json!({ "name": target.unique, "type": "customer", "parent_id": target.organisation });
            Input { query: String::new(), body: Body::Json(body) }
        }),
        row("get-organization", READERS, nothing),
        row("change-organization", [Is(401), Is(403), Is(403), Is(200), Is(404), Is(200), Is(200)], |target| Input {
            query: String::new(),
            body: Body::Json(json!({ "name": format!("Changed {}", target.unique) })),
        }),
        row("suspend-organization", ADMINS_OF_IT, nothing),
        // It is neither suspended nor deleted: whoever may undo either is told so.
        row("reactivate-organization", UNDOERS, nothing),
        row("delete-organization", ADMINS_OF_IT, nothing),
        row("restore-organization", UNDOERS, nothing),
        row("destroy-organization", [Is(401), Is(403), Is(403), Is(403), Is(403), Is(403), Is(409)], nothing),
        // It stands below that one already.
        row("move-organization", ADMINS_OF_IT, |target| Input {
            query: String::new(),
            body: Body::Json(json!({ "parent_id": target.organisation })),
        }),
        row("get-organization-stats", READERS, nothing),
    ]
}

/// What is inside.
fn endpoints() -> Vec<Row> {
    vec![
        // About the reader of our organisation, who may read and change themselves.
        row("get-user", READERS, nothing),
        row("change-user", [Is(401), Is(200), Is(403), Is(200), Is(404), Is(200), Is(200)], |_| Input {
            query: String::new(),
            body: Body::Json(json!({ "Newsletter": true })),
        }),
        row("get-me", SIGNED_IN, nothing),
        row("change-me", SIGNED_IN, |_| Input {
            query: String::new(),
            body: Body::Json(json!({ "newsletter": true })),
        }),
        row("send-confirmation", SIGNED_IN, nothing),
        row("list-own-sessions", SIGNED_IN, nothing),
        row("end-own-session", [Is(401), Is(404), Is(404), Is(404), Is(404), Is(404), Is(404)], nothing),
        // The list is one's own: the sibling's admin gets that of the sibling.
        row("list-systems", SIGNED_IN, nothing),
        row("create-system", CREATORS, |target| Input { query: String::new(), body: Body::Json(draft(target)) }),
        row("create-system-by-callback", CREATORS, |target| {
            let mut body = draft(target);
            let (world, unique) = (target.world, target.unique);
            if let Some(members) = body.as_object_mut() {
                members.insert("callback_url".to_owned(), world.receiver.at("/callback").into());
                members.insert("callback_state".to_owned(), world.bench.state(unique).into());
            }
            Input { query: String::new(), body: Body::Json(body) }
        }),
        row("get-system", READERS, nothing),
        row("change-system", MANAGERS, |target| Input {
            query: String::new(),
            body: Body::Json(json!({ "name": format!("Changed {}", target.unique), "maintenance": true })),
        }),
        row("delete-system", MANAGERS, nothing),
        row("regenerate-secret", MANAGERS, nothing),
        // The log is one's own: the sibling's admin gets that of the sibling.
        // The sibling's admin manages neither.
        row("explain-access", [Is(401), Is(403), Is(403), Is(200), Is(400), Is(200), Is(200)], |target| {
            let reader = target.world.person(Persona::Reader).map(|person| person.id.to_string()).unwrap_or_default();
            let resource = format!("organization:{}", target.organisation);
            let query = format!("?subject={reader}&resource={resource}&right=read:systems");
            Input { query, body: Body::Nothing }
        }),
        row("list-audit", ADMINS, nothing),
        row("export-audit", ADMINS, nothing),
        row("health", EVERYBODY, nothing),
        row("readiness", EVERYBODY, nothing),
        row("jwks", EVERYBODY, nothing),
        row("openapi", EVERYBODY, nothing),
    ]
}

fn pages() -> Vec<Row> {
    let spending = |row: Row| Row { spends_session: true, ..row };
    vec![
        row("account", MEMBERS, nothing),
        row("account-submit", prefer(), |_| Input {
            query: String::new(),
            body: Body::Form(vec![("act", "preferences".to_owned()), ("theme", "dark".to_owned())]),
        }),
        row("asset", EVERYBODY, nothing),
        // No link that was mailed has these tokens.
        row("confirm-address-form", [Is(404); 7], no_token),
        row("confirm-address-submit", [Is(404); 7], no_token),
        row("invitation-form", [Is(404); 7], no_token),
        row("invitation-submit", [Is(404); 7], no_token),
        row("docs", EVERYBODY, nothing),
        row("docs-section", EVERYBODY, nothing),
        row("docs-operation", EVERYBODY, nothing),
        row("docs-guide", EVERYBODY, nothing),
        row("forgot-password-form", EVERYBODY, nothing),
        // Not an address at all, so that nobody's ledger counts it.
        row("forgot-password-submit", [Is(422); 7], |_| Input {
            query: String::new(),
            body: Body::Form(vec![("email", "nobody".to_owned())]),
        }),
        row("home", MEMBERS, nothing),
        // Whoever is signed in has no business there.
        row("login", [Is(200), To("/"), To("/"), To("/"), To("/"), To("/"), To("/")], nothing),
        // A session that another takes the place of ends.
        spending(row("login-submit", [To("/"); 7], |_| {
            let form = vec![("email", "reader@example.org".to_owned()), ("password", PASSWORD.to_owned())];
            Input { query: String::new(), body: Body::Form(form) }
        })),
        spending(row("logout", [To("/login?notice=signed-out"); 7], |_| Input {
            query: String::new(),
            body: Body::Form(Vec::new()),
        })),
        row("register-form", [Is(200), To("/"), To("/"), To("/"), To("/"), To("/"), To("/")], nothing),
        spending(row("register-submit", [To("/account?notice=registered#address"); 7], |target| {
            let local: String = target.unique.chars().filter(char::is_ascii_alphanumeric).collect();
            let fields = [
                ("name", "Newcomer".to_owned()),
                ("company", "Newcomers".to_owned()),
                ("email", format!("{local}@example.net")),
                ("password", "an unlikely heron paddles".to_owned()),
                ("terms", "true".to_owned()),
            ];
            Input { query: String::new(), body: Body::Form(fields.to_vec()) }
        })),
        row("reset-password-form", [Is(404); 7], no_token),
        row("reset-password-submit", [Is(404); 7], no_token),
    ]
}

/// Pages that lead to something in several steps.
fn flows() -> Vec<Row> {
    vec![
        // There are people already, so that the way for the very first one is closed.
        row("setup", [Is(410); 7], nothing),
        row("setup-submit", [Is(409); 7], |target| {
            let fields = [
                ("token", "a-token-that-was-never-printed"),
                ("organisation", "Usurper"),
                ("name", "Usurper"),
                ("email", "usurper@example.org"),
                ("password", "an unlikely heron paddles"),
            ];
            let form = fields.map(|(name, value)| (name, format!("{value}{}", suffix(name, target)))).to_vec();
            Input { query: String::new(), body: Body::Form(form) }
        }),
        row("system-creation", [SignIn, Is(403), Is(200), Is(200), Is(200), Is(200), Is(200)], |target| {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in wish(target) {
                query.append_pair(name, &value);
            }
            Input { query: format!("?{}", query.finish()), body: Body::Nothing }
        }),
        row("system-creation-consent", [SignIn, Is(403), Is(201), Is(201), Is(422), Is(201), Is(201)], |target| {
            let mut form = wish(target);
            form.push(("organization_id", target.organisation.clone()));
            form.push(("idempotency_key", target.unique.to_owned()));
            Input { query: String::new(), body: Body::Form(form) }
        }),
        // One acts for organisations of one's own: the others belong elsewhere.
        row("switch-organization-submit", [SignIn, To("/"), To("/"), To("/"), Is(422), Is(422), Is(422)], |target| {
            let form = vec![("organization_id", target.organisation.clone()), ("next", "/".to_owned())];
            Input { query: String::new(), body: Body::Form(form) }
        }),
        row("choose-theme", [To("/"); 7], |_| Input {
            query: String::new(),
            body: Body::Form(vec![("theme", "dark".to_owned()), ("next", "/".to_owned())]),
        }),
    ]
}

fn credentials(target: &Target<'_>) -> Input {
    let person = target.world.person(target.persona);
    let name = person.map_or_else(|| "reader@example.org".to_owned(), |person| person.email.clone());
    Input { query: String::new(), body: Body::Json(json!({ "Username": name, "Password": PASSWORD })) }
}

fn draft(target: &Target<'_>) -> serde_json::Value {
    let name = format!("New {}", target.unique);
    json!({ "name": name, "type": "ns8", "organization_id": target.organisation })
}

/// What an outside application asks for.
fn wish(target: &Target<'_>) -> Vec<(&'static str, String)> {
    vec![
        ("callback_url", target.world.receiver.at("/callback")),
        ("state", target.world.bench.state(target.unique)),
        ("type", "ns8".to_owned()),
        ("name", format!("New {}", target.unique)),
    ]
}

fn suffix(name: &str, target: &Target<'_>) -> String {
    if name == "organisation" { format!(" {}", target.unique) } else { String::new() }
}
