//! Licences that run out, in a mail.

use bailiwick_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::catalogue::{LicenceLines, fill};

/// A licence that runs out soon, as a mail tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningOut {
    /// How its agreement is called.
    pub agreement: String,
    /// Who holds it.
    pub organisation: String,
    /// Its key.
    pub key: String,
    /// The systems that have it, where they are few.
    pub systems: Vec<String>,
    /// Whether it is there to try what it provides.
    pub is_trial: bool,
    /// When it runs out.
    pub at: Timestamp,
}

/// The same as it is sealed. The moment is in microseconds.
#[derive(Serialize, Deserialize)]
pub(super) struct Sealed {
    agreement: String,
    organisation: String,
    key: String,
    systems: Vec<String>,
    is_trial: bool,
    at: i64,
}

impl From<&RunningOut> for Sealed {
    fn from(licence: &RunningOut) -> Self {
        let RunningOut { agreement, organisation, key, systems, is_trial, at } = licence.clone();
        Self { agreement, organisation, key, systems, is_trial, at: at.microseconds() }
    }
}

impl From<Sealed> for RunningOut {
    fn from(sealed: Sealed) -> Self {
        let Sealed { agreement, organisation, key, systems, is_trial, at } = sealed;
        Self { agreement, organisation, key, systems, is_trial, at: Timestamp::from_microseconds(at) }
    }
}

/// The lines of a mail that lists licences, and then how many more there are.
pub(super) fn lines(
    words: &LicenceLines,
    licences: &[RunningOut],
    more: usize,
    when: impl Fn(Timestamp) -> String,
) -> Vec<String> {
    let line = |licence: &RunningOut| {
        let text = if licence.is_trial { &words.trial } else { &words.licence };
        let values = [
            ("agreement", licence.agreement.as_str()),
            ("organisation", &licence.organisation),
            ("key", &licence.key),
            ("when", &when(licence.at)),
        ];
        let line = fill(text, &values);
        if licence.systems.is_empty() {
            return line;
        }
        fill(&words.on_systems, &[("licence", &line), ("systems", &licence.systems.join(", "))])
    };
    let mut lines: Vec<_> = licences.iter().map(line).collect();
    if more > 0 {
        lines.push(fill(&words.more, &[("count", &more.to_string())]));
    }
    lines
}
