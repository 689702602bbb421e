//! What one's keys, one's consent and acting as somebody else must answer to each persona: each row about a reader of
//! ours who has consented to nothing.

use serde_json::json;

use crate::table::{Input, Row, Seen, nothing, row};
use crate::world::Body;

use Seen::{Is, SignIn, To};

const SIGNED_IN: [Seen; 7] = [Is(401), Is(200), Is(200), Is(200), Is(200), Is(200), Is(200)];
/// What none of them has.
const NOT_THERE: [Seen; 7] = [Is(401), Is(404), Is(404), Is(404), Is(404), Is(404), Is(404)];

fn form() -> Input {
    Input { query: String::new(), body: Body::Form(Vec::new()) }
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row("list-own-api-keys", SIGNED_IN, nothing),
        row("create-api-key", [Is(401), Is(201), Is(201), Is(201), Is(201), Is(201), Is(201)], |_| Input {
            query: String::new(),
            body: Body::Json(json!({ "name": "a program", "access": "read" })),
        }),
        // Nobody has a key of this id.
        row("revoke-api-key", [Is(401), Is(404), Is(404), Is(404), Is(404), Is(404), Is(404)], nothing),
        row("get-consent", SIGNED_IN, nothing),
        row("revoke-consent", NOT_THERE, nothing),
        row("grant-consent", SIGNED_IN, |_| Input { query: String::new(), body: Body::Json(json!({ "hours": 1 })) }),
        row("list-own-impersonations", SIGNED_IN, nothing),
        row("list-impersonated-acts", NOT_THERE, nothing),
        // Without the right as without consent; of whom one does not see, one learns neither.
        row("impersonate", [Is(401), Is(403), Is(403), Is(403), Is(404), Is(403), Is(403)], nothing),
        row("stop-impersonating", [Is(401), Is(409), Is(409), Is(409), Is(409), Is(409), Is(409)], nothing),
        row("account-impersonation", [SignIn, Is(404), Is(404), Is(404), Is(404), Is(404), Is(404)], nothing),
        row("impersonate-submit", [SignIn, Is(403), Is(403), Is(403), Is(404), Is(403), Is(403)], |_| form()),
        row("stop-impersonating-submit", [To("/login"), To("/"), To("/"), To("/"), To("/"), To("/"), To("/")], |_| {
            form()
        }),
    ]
}
