//! What the routes about who is invited must answer to each persona.

use serde_json::json;

use crate::table::{Input, Row, Seen, nothing, row};
use crate::world::Body;

use Seen::Is;

pub(crate) fn rows() -> Vec<Row> {
    vec![
        // The list is one's own: the sibling's admin gets that of the sibling.
        row("list-invitations", [Is(401), Is(403), Is(403), Is(200), Is(200), Is(200), Is(200)], nothing),
        // The sibling's admin may invite, but names an organisation that is none of theirs.
        row("create-invitation", [Is(401), Is(403), Is(403), Is(201), Is(400), Is(201), Is(201)], |target| {
            let local: String = target.unique.chars().filter(char::is_ascii_alphanumeric).collect();
            let email = format!("{local}@example.net");
            let body = json!({ "organization_id": target.organisation, "email": email, "role": "reader" });
            Input { query: String::new(), body: Body::Json(body) }
        }),
        // Everybody may, with an invitation; nobody has one.
        row("accept-invitation", [Is(401), Is(400), Is(400), Is(400), Is(400), Is(400), Is(400)], |_| Input {
            query: String::new(),
            body: Body::Json(json!({ "token": "A".repeat(43) })),
        }),
        // The id is none of an invitation.
        row("resend-invitation", [Is(401), Is(403), Is(403), Is(404), Is(404), Is(404), Is(404)], nothing),
        row("revoke-invitation", [Is(401), Is(403), Is(403), Is(404), Is(404), Is(404), Is(404)], nothing),
        // The sibling's admin may invite, but the file names an organisation that is none of theirs.
        row("import-invitations", [Is(401), Is(403), Is(403), Is(200), Is(400), Is(200), Is(200)], |target| {
            let local: String = target.unique.chars().filter(char::is_ascii_alphanumeric).collect();
            let file = format!("email,organization,role\n{local}@example.net,{},reader\n", target.organisation);
            Input { query: String::new(), body: Body::Csv(file) }
        }),
    ]
}
