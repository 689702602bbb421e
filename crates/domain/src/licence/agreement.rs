//! Agreements: the terms under which licences are issued. A draft can be changed; what is published cannot, and is
//! replaced by a newer version instead.

use std::fmt;

use super::capability::{Capabilities, Catalogues};
use super::price::MinorUnits;
use super::term::{DurationDays, GraceDays, LeaseDays, SystemsPerLicence, TrialsPerOrganisation};
use crate::field::{Parse, Refusal};
use crate::name::Name;

/// The longest name of a kind, in characters.
const KIND_LENGTH_MAX: usize = 32;

/// The kind of an agreement, in one word of its publisher's choice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgreementKind(String);

impl AgreementKind {
    /// The kind of those under which systems are tried (seed 001 knows no other).
    pub const TRIAL: &'static str = "trial";

    /// The kind as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether what is issued under it is to be tried.
    #[must_use]
    pub fn is_trial(&self) -> bool {
        self.0 == Self::TRIAL
    }
}

impl fmt::Display for AgreementKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Parse for AgreementKind {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let is_word = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
        if is_word && text.len() <= KIND_LENGTH_MAX {
            Ok(Self(text.to_owned()))
        } else {
            Err(Refusal::new(
                "kind",
                "a word such as trial or subscription: at most 32 of a-z, 0-9, - and _, a letter first",
            ))
        }
    }
}

crate::schema::wire_text!(AgreementKind, |value| &value.0, {
    "type": "string", "maxLength": KIND_LENGTH_MAX, "pattern": "^[a-z][a-z0-9_-]*$", "examples": ["trial", "subscription"],
});

crate::schema::named! {
    /// How far an agreement has come.
    pub enum AgreementStatus {
        /// Written, and still changed.
        Draft = "draft",
        /// Licences are issued under it.
        Published = "published",
        /// No licence is issued under it any more; those that were stay as they are.
        Withdrawn = "withdrawn",
    }
}

/// What an agreement says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// How it is called.
    pub name: Name,
    /// Its kind.
    pub kind: AgreementKind,
    /// What it allows.
    pub provides: Capabilities,
    /// The catalogues that it opens.
    pub catalogues: Catalogues,
    /// How long a licence lasts unless it is issued for longer or shorter; without one it does not end.
    pub duration: Option<DurationDays>,
    /// The price of a month.
    pub amount_per_month: MinorUnits,
    /// How many systems of an organisation are given a licence to try.
    pub trials: TrialsPerOrganisation,
    /// How long what it allows may be used after a licence has run out.
    pub grace: GraceDays,
    /// How many systems a licence is for.
    pub systems: SystemsPerLicence,
    /// How long an appliance may go on without hearing from its server.
    pub lease: LeaseDays,
}

impl Terms {
    /// What contradicts itself, by the name of the API's member.
    ///
    /// # Errors
    /// The member and why, where trials are given under what is no trial, or a trial never ends.
    pub fn check(&self) -> Result<(), (&'static str, Refusal)> {
        let gives_trials = self.trials.number() > 0;
        if gives_trials && !self.kind.is_trial() {
            return Err(("TrialsPerOrganisation", Refusal::new("trial", "0, unless Kind is trial")));
        }
        if self.kind.is_trial() && self.duration.is_none() {
            return Err(("DurationDays", Refusal::new("required", "given where Kind is trial: a trial ends")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use serde_json::json;

    use super::*;
    use crate::licence::capability::Capability;

    fn terms(kind: &str, trials: i64, duration: Option<i64>) -> Terms {
        Terms {
            name: Name::parse_text("AI Manager License").unwrap(),
            kind: AgreementKind::parse_text(kind).unwrap(),
            provides: Capabilities::default(),
            catalogues: Catalogues::default(),
            duration: duration.and_then(DurationDays::new),
            amount_per_month: MinorUnits::default(),
            trials: TrialsPerOrganisation::new(trials).unwrap(),
            grace: GraceDays::default(),
            systems: SystemsPerLicence::default(),
            lease: LeaseDays::default(),
        }
    }

    #[test]
    fn trials_are_given_under_a_trial_that_ends() {
        let refused = |kind, trials, duration| terms(kind, trials, duration).check().err().map(|(member, _)| member);
        assert_eq!(refused("trial", 3, Some(90)), None);
        assert_eq!(refused("trial", 0, Some(90)), None);
        assert_eq!(refused("subscription", 0, None), None);
        assert_eq!(refused("subscription", 1, Some(90)), Some("TrialsPerOrganisation"));
        assert_eq!(refused("trial", 1, None), Some("DurationDays"));
    }

    #[test]
    fn kinds_and_capabilities_are_words() {
        for bad in ["", "Trial", "1st", "-a", "a b", "à", &"a".repeat(33)] {
            assert!(AgreementKind::parse_text(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "nx.", ".nx", "nx..streams", "NX", "nx streams", "nx\nstate", "1.a", "-", &"a".repeat(65)] {
            assert!(Capability::parse_text(bad).is_err(), "{bad:?}");
        }
        for good in ["nx", "nx.streams", "nx-streams_2.x"] {
            assert!(Capability::parse_text(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn lists_name_nothing_twice_and_say_what_each_must_be() {
        let read = |value| Capabilities::parse_json(&value).map_err(|refusal| refusal.rule);
        assert_eq!(
            read(json!(["b", "a"])).unwrap().as_slice().iter().map(Capability::as_str).collect::<Vec<_>>(),
            ["b", "a"]
        );
        assert_eq!(read(json!(["a", "a"])), Err("unique"));
        assert_eq!(read(json!(["a", "B"])), Err("capability"));
        assert_eq!(read(json!("a")), Err("list"));
        assert_eq!(read(json!(vec!["a"; 65])), Err("list"));
        let all = Catalogues::parse_json(&json!(["00000000-0000-0000-0000-000000000000"])).unwrap();
        assert!(all.are_all() && !Catalogues::default().are_all());
    }
}
