//! What the pages of licences, agreements and pools of seats must answer to each persona. They are asked about what is
//! not there, but for the licence of a system of ours: who may do what to whose licences has stories of its own.

use crate::table::{Input, Row, Seen, Target, nothing, row};
use crate::world::Body;

use Seen::{Is, SignIn, To};

const MEMBERS: [Seen; 7] = [SignIn, Is(200), Is(200), Is(200), Is(200), Is(200), Is(200)];
const READERS: [Seen; 7] = [SignIn, Is(200), Is(200), Is(200), Is(404), Is(200), Is(200)];
const ADMINS: [Seen; 7] = [SignIn, Is(403), Is(403), Is(200), Is(200), Is(200), Is(200)];
/// Everybody who is signed in may ask.
const UNKNOWN: [Seen; 7] = [SignIn, Is(404), Is(404), Is(404), Is(404), Is(404), Is(404)];
/// Those who look after systems may ask.
const UNKNOWN_TO_SUPPORT: [Seen; 7] = [SignIn, Is(403), Is(404), Is(404), Is(404), Is(404), Is(404)];
/// Administrators may ask.
const UNKNOWN_TO_ADMINS: [Seen; 7] = [SignIn, Is(403), Is(403), Is(404), Is(404), Is(404), Is(404)];

/// Administrators hold the right, and only those of the organisation that runs the server do anything by it.
const fn writers(seen: Seen) -> [Seen; 7] {
    [SignIn, Is(403), Is(403), Is(403), Is(403), Is(403), seen]
}

/// What is done with a system of ours by those who look after it.
const fn carriers(seen: Seen) -> [Seen; 7] {
    [SignIn, Is(403), seen, seen, Is(404), seen, seen]
}

fn form(fields: &[(&'static str, String)]) -> Input {
    Input { query: String::new(), body: Body::Form(fields.to_vec()) }
}

fn plain(_: &Target<'_>) -> Input {
    form(&[])
}

fn of_device(_: &Target<'_>) -> Input {
    form(&[("device", "019a9f00-0000-7000-8000-00000000eeee".to_owned())])
}

pub(crate) fn rows() -> Vec<Row> {
    [agreements(), licences(), pools(), systems()].into_iter().flatten().collect()
}

fn agreements() -> Vec<Row> {
    let acts = [
        "agreement-edit-form",
        "agreement-edit-submit",
        "agreement-publish-form",
        "agreement-publish-submit",
        "agreement-withdraw-form",
        "agreement-withdraw-submit",
        "agreement-delete-form",
        "agreement-delete-submit",
        "agreement-revise-submit",
    ];
    let mut rows = vec![
        row("agreements", MEMBERS, nothing),
        row("agreement", UNKNOWN, nothing),
        row("agreement-new-form", writers(Is(200)), nothing),
        // Nothing is filled in.
        row("agreement-new-submit", writers(Is(422)), plain),
    ];
    rows.extend(acts.map(|name| row(name, UNKNOWN_TO_ADMINS, if name.ends_with("-form") { nothing } else { plain })));
    rows
}

fn licences() -> Vec<Row> {
    let acts = [
        "licence-sign-form",
        "licence-sign-submit",
        "licence-suspend-form",
        "licence-suspend-submit",
        "licence-reactivate-submit",
        "licence-revoke-form",
        "licence-revoke-submit",
        "licence-renew-form",
        "licence-renew-submit",
        "licence-change-form",
        "licence-change-submit",
        "licence-transfer-form",
        "licence-transfer-submit",
    ];
    let elsewhere = To("/licences/issue");
    let mut rows = vec![
        row("licences", MEMBERS, nothing),
        row("licence", UNKNOWN, nothing),
        row("licence-issue-form", ADMINS, nothing),
        // The sibling's admin names an organisation that is none of theirs, and is asked for another one.
        row("licence-issue-submit", [SignIn, Is(403), Is(403), Is(422), elsewhere, Is(422), Is(422)], |target| {
            form(&[("organization_id", target.organisation.clone())])
        }),
        row("licence-bind-form", UNKNOWN_TO_SUPPORT, nothing),
        row("licence-bind-submit", UNKNOWN_TO_SUPPORT, of_device),
        row("licence-release-form", UNKNOWN_TO_SUPPORT, nothing),
        row("licence-release-submit", UNKNOWN_TO_SUPPORT, of_device),
    ];
    rows.extend(acts.map(|name| row(name, UNKNOWN_TO_ADMINS, if name.ends_with("-form") { nothing } else { plain })));
    rows
}

fn pools() -> Vec<Row> {
    let acts = [
        "pool-give-form",
        "pool-give-submit",
        "pool-take-back-form",
        "pool-take-back-submit",
        "pool-change-form",
        "pool-change-submit",
    ];
    let mut rows = vec![
        row("pools", MEMBERS, nothing),
        row("pool", UNKNOWN, nothing),
        row("pool-make-form", writers(Is(200)), nothing),
        row("pool-make-submit", writers(Is(422)), plain),
    ];
    rows.extend(acts.map(|name| row(name, UNKNOWN_TO_ADMINS, if name.ends_with("-form") { nothing } else { plain })));
    rows
}

fn systems() -> Vec<Row> {
    vec![
        row("system-licence", READERS, nothing),
        row("system-licence-file", carriers(Is(200)), plain),
        // No file came along.
        row("system-licence-request", carriers(Is(422)), plain),
    ]
}
