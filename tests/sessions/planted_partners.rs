//! The same for the forms about organisations, people and invitations: what they bring along is text.

use std::collections::BTreeSet;

use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_testkit::bench::Bench;

use crate::forms::Browser;
use crate::planted::{Form, send_at};

const SENT: u16 = 303;

/// Sends every form about an organisation and a person below one's own, as somebody who may send all of them, in an
/// order in which none is in the way of the next.
pub(crate) async fn send_about_partners(bench: &Bench, owner: OrganisationId, seen: &mut BTreeSet<&'static str>) {
    let below = bench.organisation_of_kind("Partner", OrganisationKind::Reseller, Some(owner)).await;
    let person = bench.person("partner", below, Role::Reader).await;
    let root = bench.super_admin("planted-root", owner).await;
    let browser = Browser::of(bench, &root).await;
    let (organisation, user) = (below.to_string(), person.id.to_string());
    for form in [about_organisations(), about_people(), decisions(), about_invitations()].concat() {
        let path = form.path.replace("{organization_id}", &organisation).replace("{user_id}", &user);
        send_at(&browser, &path, form, seen).await;
    }
}

const fn form(
    path: &'static str,
    hostile: &'static [&'static str],
    status: u16,
    landmark: &'static str,
) -> Form<'static> {
    Form { path, good: &[], hostile, shown: &[], status, landmark }
}

fn about_organisations() -> Vec<Form<'static>> {
    vec![
        form("/switch-organization", &["organization_id", "next"], 422, "You cannot act for this organisation"),
        form("/organizations/new", &["parent_id", "name"], SENT, "/organizations/new?choose=parent"),
        Form {
            shown: &["name", "vat_number", "custom_data"],
            ..form(
                "/organizations/{organization_id}/edit",
                &["name", "vat_number", "custom_data"],
                422,
                "vat_number-error",
            )
        },
        form("/organizations/{organization_id}/move", &["parent_id"], SENT, "/move"),
    ]
}

fn about_people() -> Vec<Form<'static>> {
    vec![
        form("/users/{user_id}/reset-password", &["email"], SENT, "notice=reset-sent"),
        form("/users/{user_id}/suspend", &["name"], SENT, "notice=suspended"),
        form("/users/{user_id}/reactivate", &["name"], SENT, "notice=reactivated"),
        form("/users/{user_id}/impersonate", &["name"], 403, "has not consented"),
        form("/impersonation/stop", &["next"], SENT, "/"),
        Form {
            good: &[("role", "support")],
            ..form("/users/{user_id}/memberships", &["organization_id"], 404, "There is no page at this address")
        },
        form("/users/{user_id}/memberships/{organization_id}/remove", &["role"], SENT, "/users/"),
    ]
}

fn decisions() -> Vec<Form<'static>> {
    vec![
        form("/organizations/{organization_id}/suspend", &["typed_name"], SENT, "notice=suspended"),
        form("/organizations/{organization_id}/reactivate", &["typed_name"], SENT, "notice=reactivated"),
        form("/organizations/{organization_id}/delete", &["typed_name"], SENT, "notice=deleted"),
        form("/organizations/{organization_id}/restore", &["typed_name"], SENT, "notice=restored"),
        Form {
            shown: &["typed_name"],
            ..form("/organizations/{organization_id}/destroy", &["typed_name"], 422, "typed_name-error")
        },
    ]
}

fn about_invitations() -> Vec<Form<'static>> {
    vec![
        form("/invitations", &["act", "id"], 404, "There is no page at this address"),
        Form {
            shown: &["email", "organization"],
            ..form("/invitations/new", &["email", "organization", "role", "language"], 422, "email-error")
        },
        Form { good: &[("act", "import")], ..form("/invitations/import", &["csv"], 422, "error") },
    ]
}
