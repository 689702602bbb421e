//! What the pages of organisations and people must answer to each persona: each row about an organisation below ours
//! and a reader of ours that no other request knows.

use crate::table::{Input, Row, Seen, Target, nothing, row};
use crate::world::Body;

use Seen::{Is, SignIn, To, Under};

const MEMBERS: [Seen; 7] = [SignIn, Is(200), Is(200), Is(200), Is(200), Is(200), Is(200)];
const READERS: [Seen; 7] = [SignIn, Is(200), Is(200), Is(200), Is(404), Is(200), Is(200)];
/// Those who manage something; the list is their own.
const ADMINS: [Seen; 7] = [SignIn, Is(403), Is(403), Is(200), Is(200), Is(200), Is(200)];
/// Those who manage what the sibling's admin does not even see.
const ADMINS_OF_IT: [Seen; 7] = [SignIn, Is(403), Is(403), Is(200), Is(404), Is(200), Is(200)];
const UNDOERS: [Seen; 7] = [SignIn, Is(403), Is(403), Is(409), Is(404), Is(409), Is(409)];

/// Done by those who manage it, who are led to a page of this part of the console.
const fn done(part: &'static str) -> [Seen; 7] {
    [SignIn, Is(403), Is(403), Under(part), Is(404), Under(part), Under(part)]
}

fn form(fields: &[(&'static str, String)]) -> Input {
    Input { query: String::new(), body: Body::Form(fields.to_vec()) }
}

fn plain(_: &Target<'_>) -> Input {
    form(&[])
}

pub(crate) fn rows() -> Vec<Row> {
    [organisations(), people(), invitations()].into_iter().flatten().collect()
}

/// The pages of those who invite: what they name is none of an invitation, and what they fill in is wrong.
fn invitations() -> Vec<Row> {
    let none = [SignIn, Is(403), Is(403), Is(404), Is(404), Is(404), Is(404)];
    let wrong = [SignIn, Is(403), Is(403), Is(422), Is(422), Is(422), Is(422)];
    vec![
        row("invitations", ADMINS, nothing),
        row("invitations-submit", none, |_| form(&[("act", "resend".to_owned())])),
        row("invitation-revoke-form", none, nothing),
        row("invitation-new-form", ADMINS, nothing),
        row("invitation-new-submit", wrong, |_| form(&[("email", "nobody".to_owned())])),
        row("invitations-import", wrong, |_| form(&[("act", "import".to_owned())])),
    ]
}

fn organisations() -> Vec<Row> {
    let one = "/organizations/";
    let beside = To("/organizations/new?choose=parent");
    vec![
        row("organizations", MEMBERS, nothing),
        row("organization-new-form", ADMINS, nothing),
        // The sibling's admin names a place that is none of theirs, and is asked for another one.
        row(
            "organization-new-submit",
            [SignIn, Is(403), Is(403), Under(one), beside, Under(one), Under(one)],
            |target| {
                form(&[
                    ("parent_id", target.organisation.clone()),
                    ("name", target.unique.to_owned()),
                    ("type", "customer".to_owned()),
                    ("idempotency_key", target.unique.to_owned()),
                ])
            },
        ),
        row("organization", READERS, nothing),
        row("organization-edit-form", ADMINS_OF_IT, nothing),
        row("organization-edit-submit", done(one), |target| form(&[("name", format!("Changed {}", target.unique))])),
        row("organization-suspend-form", ADMINS_OF_IT, nothing),
        row("organization-suspend-submit", done(one), plain),
        // It is neither suspended nor deleted: whoever may undo either is told so.
        row("organization-reactivate-submit", UNDOERS, plain),
        row("organization-delete-form", ADMINS_OF_IT, nothing),
        row("organization-delete-submit", done(one), plain),
        row("organization-restore-submit", UNDOERS, plain),
        row("organization-destroy-form", [SignIn, Is(403), Is(403), Is(403), Is(403), Is(403), Under(one)], nothing),
        // Nobody has typed its name.
        row("organization-destroy-submit", [SignIn, Is(403), Is(403), Is(403), Is(403), Is(403), Is(422)], plain),
        row("organization-move-form", ADMINS_OF_IT, nothing),
        // It stands below that one already.
        row("organization-move-submit", done(one), |target| form(&[("parent_id", target.organisation.clone())])),
    ]
}

fn people() -> Vec<Row> {
    let one = "/users/";
    vec![
        row("people", MEMBERS, nothing),
        row("person", READERS, nothing),
        row("person-suspend-form", ADMINS_OF_IT, nothing),
        row("person-suspend-submit", done(one), plain),
        // Nobody is suspended: it is as if somebody else had been quicker.
        row("person-reactivate-submit", done(one), plain),
        row("person-reset-submit", done(one), plain),
        row("person-join-form", ADMINS_OF_IT, nothing),
        row("person-membership-submit", done(one), |target| {
            form(&[("organization_id", target.organisation.clone()), ("role", "support".to_owned())])
        }),
        row("person-remove-form", ADMINS_OF_IT, nothing),
        // They are out of sight then, for all but super admins.
        row("person-remove-submit", done("/users"), plain),
        row("access", ADMINS, nothing),
    ]
}
