//! What the audit log says, in words.

use serde_json::Value;

/// An entry of the audit log, as far as its words go.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'entry> {
    /// What was done, such as `system.created`.
    pub action: &'entry str,
    /// How the person to whom it was done is called; nothing where it was nobody, or nobody in sight.
    pub person: Option<&'entry str>,
    /// What else is known of it.
    pub details: &'entry Value,
}

impl Entry<'_> {
    /// What was done, so that the name of whoever did it can stand before it.
    #[must_use]
    pub fn words(&self) -> String {
        let detail = |name: &str| self.details.get(name).and_then(Value::as_str).unwrap_or_default();
        let person = self.person.unwrap_or("somebody");
        let named = |verb: &str, thing: &str| match detail("name") {
            "" => format!("{verb} {thing}"),
            name => format!("{verb} {thing} {name}"),
        };
        match self.action {
            "organization.created" => named("created", "the organisation"),
            "organization.changed" => format!("changed {}", self.changed()),
            "organization.suspended" => format!("suspended it{}", self.touched()),
            "organization.reactivated" => format!("ended its suspension{}", self.touched()),
            "organization.deleted" => format!("deleted it{}", self.touched()),
            "organization.restored" => format!("restored it{}", self.touched()),
            "organization.destroyed" => named("destroyed", "the organisation"),
            "organization.moved" => format!("moved it{}", self.touched()),
            "organization.moved_away" => named("moved away from below it", "the organisation"),
            "organization.moved_here" => named("moved here", "the organisation"),
            "membership.added" => format!("took in {person} as {}", detail("role")),
            "membership.changed" => {
                format!("changed the role of {person} from {} to {}", detail("before"), detail("role"))
            }
            "membership.removed" => format!("removed {person}, who was {}", detail("role")),
            "invitation.sent" => "sent an invitation".to_owned(),
            "invitation.accepted" => "accepted an invitation".to_owned(),
            "invitation.revoked" => "took an invitation back".to_owned(),
            "user.registered" => "registered".to_owned(),
            "user.changed" => format!("changed {} of {person}", self.changed()),
            "user.suspended" => format!("suspended {person}"),
            "user.reactivated" => format!("ended the suspension of {person}"),
            "password.reset_sent" => format!("sent {person} a link for a new password"),
            "password.changed" | "password.reset" | "password.set" => "set a new password".to_owned(),
            "session.started" => "signed in".to_owned(),
            "session.switched" => "switched to this organisation".to_owned(),
            "system.created" => named("created", "the system"),
            "system.changed" => format!("changed {} of a system", self.changed()),
            "system.deleted" => named("deleted", "the system"),
            "system.secret_regenerated" => "gave a system a new secret".to_owned(),
            "api_key.created" => named("made", "the API key"),
            "api_key.revoked" => named("revoked", "the API key"),
            "license.file_issued" => "got a licence file for a system".to_owned(),
            "license.bound" => "gave a system a licence".to_owned(),
            "license.released" => "took a licence from a system".to_owned(),
            "license.signed" => "accepted the agreement of a licence".to_owned(),
            "license.transferred" => "handed a licence over to it".to_owned(),
            "license.reactivated" => "ended the suspension of a licence".to_owned(),
            "pool.seats_made" => format!("made {}", self.seats()),
            "pool.seats_given" => format!("handed {} down to it", self.seats()),
            "pool.seats_taken_back" => format!("took {} back from it", self.seats()),
            "pool.changed" => "changed how it may use its seats".to_owned(),
            "agreement.created" => named("wrote", "the agreement"),
            "agreement.revised" => named("began a new version of", "the agreement"),
            action if action.starts_with("agreement.") => named(verb(action), "the agreement"),
            action if action.starts_with("license.") => format!("{} a licence", verb(action)),
            // What has no words yet is told by its own.
            other => format!("did {other}"),
        }
    }

    /// The members that were changed.
    fn changed(&self) -> String {
        let members = self.details.get("changed").and_then(Value::as_array);
        let words = members.into_iter().flatten().filter_map(Value::as_str).map(|member| match member {
            "vat_number" => "the VAT number".to_owned(),
            "custom_data" => "the custom data".to_owned(),
            other => format!("the {}", other.replace('_', " ")),
        });
        let words: Vec<_> = words.collect();
        if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
    }

    /// How many seats were moved.
    fn seats(&self) -> String {
        let seats = self.details.get("seats").and_then(Value::as_i64).unwrap_or_default();
        super::list::quantity(seats, "seat", "seats")
    }

    /// What else a decision touched.
    fn touched(&self) -> String {
        let count = |name: &str| self.details.get(name).and_then(Value::as_i64).unwrap_or_default();
        let (organisations, people, systems) = (count("organizations"), count("users"), count("systems"));
        let below = (organisations - 1).max(0);
        let several = |count: i64, one: &str, many: &str| (count > 0).then(|| super::list::quantity(count, one, many));
        let parts = [
            several(below, "organisation below", "organisations below"),
            several(people, "person", "people"),
            several(systems, "system", "systems"),
        ];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        if parts.is_empty() { String::new() } else { format!(", with {}", parts.join(", ")) }
    }
}

/// What was done, by the name that it has in the log.
fn verb(action: &str) -> &str {
    action.split_once('.').map_or(action, |(_, verb)| verb)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_says_what_was_done_to_whom_and_how_much_it_touched() {
        for (action, person, details, words) in [
            (
                "organization.suspended",
                None,
                json!({ "organizations": 3, "users": 1, "systems": 0 }),
                "suspended it, with 2 organisations below, 1 person",
            ),
            ("organization.deleted", None, json!({ "organizations": 1 }), "deleted it"),
            ("membership.added", Some("Sam"), json!({ "role": "admin" }), "took in Sam as admin"),
            ("membership.removed", None, json!({ "role": "reader" }), "removed somebody, who was reader"),
            (
                "organization.changed",
                None,
                json!({ "changed": ["name", "vat_number"] }),
                "changed the name, the VAT number",
            ),
            ("system.created", None, json!({ "name": "Till" }), "created the system Till"),
            ("license.revoked", None, json!({}), "revoked a licence"),
            ("agreement.published", None, json!({ "name": "Backup" }), "published the agreement Backup"),
            ("pool.seats_given", None, json!({ "seats": 1 }), "handed 1 seat down to it"),
            ("something.new", None, json!({}), "did something.new"),
        ] {
            assert_eq!(Entry { action, person, details: &details }.words(), words);
        }
    }
}
