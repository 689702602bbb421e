//! One's API keys, on one's account.

use bailiwick_domain::api_key::{DAYS_DEFAULT, KEYS_MAX};

use super::super::layout::{Field, Moment, Problem, problems};

/// The keys, and the form that makes another one.
#[derive(Clone, Debug, Default)]
pub struct KeysSection {
    /// The keys, the newest first; those that have expired not long ago too.
    pub rows: Vec<KeyRow>,
    /// How many of them have not expired.
    pub living: usize,
    /// The key that was just made, this once.
    pub made: Option<MadeKey>,
    /// `act=key`.
    pub form: KeyForm,
}

/// A key. `act=keys` revokes the one whose id `key` gives.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Its UUID.
    pub id: String,
    /// How one calls it.
    pub name: String,
    /// What it is good for, in a few words.
    pub access: &'static str,
    /// When it was used last, and from where; nothing when never.
    pub last_use: Option<(Moment, String)>,
    /// Since when.
    pub created: Moment,
    /// Until when.
    pub expires: Moment,
    /// Whether that is over.
    pub is_expired: bool,
}

/// A key in the clear.
#[derive(Clone, Debug)]
pub struct MadeKey {
    /// How one calls it.
    pub name: String,
    /// The key itself.
    pub text: String,
}

/// `act=key`: `key_name`, `key_access`, `key_days`.
#[derive(Clone, Debug)]
pub struct KeyForm {
    /// How one calls it.
    pub name: Field,
    /// Whether it may change things too.
    pub writes: bool,
    /// How many days it lives.
    pub days: Field,
    /// What went wrong with the whole of it.
    pub alert: Option<String>,
}

impl Default for KeyForm {
    fn default() -> Self {
        Self { name: Field::default(), writes: false, days: Field::new(DAYS_DEFAULT.to_string()), alert: None }
    }
}

impl KeyForm {
    pub(super) fn problems(&self) -> Vec<Problem> {
        problems([("key_name", "Name", self.name.error.as_ref()), ("key_days", "Days", self.days.error.as_ref())])
    }
}

impl KeysSection {
    /// Whether there are as many as one may have.
    pub(crate) fn is_full(&self) -> bool {
        i64::try_from(self.living).is_ok_and(|living| living >= KEYS_MAX)
    }
}

#[cfg(test)]
impl KeysSection {
    pub(super) fn sample(plant: &str) -> Self {
        use bailiwick_domain::time::Span;

        use super::super::layout::samples::NOW;

        let row = |number: i64, name: &str, is_expired: bool| KeyRow {
            id: format!("0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b8{number}{plant}"),
            name: format!("{name}{plant}"),
            access: if number == 0 { "Reads and writes" } else { "Reads" },
            last_use: (number != 1).then(|| {
                (
                    Moment::new(NOW, NOW.minus(Span::hours(number + 2))),
                    format!("2001:db8:85a3:8d3:1319:8a2e:370:7348{plant}"),
                )
            }),
            created: Moment::new(NOW, NOW.minus(Span::days(number * 30 + 2))),
            expires: Moment::new(NOW, NOW.plus(Span::days(60 - number * 40))),
            is_expired,
        };
        let rows = vec![row(0, "Nightly export", false), row(1, "Dashboard", false), row(2, "Old script", true)];
        Self { rows, living: 2, ..Self::default() }
    }

    pub(super) fn sample_made(plant: &str) -> Self {
        let text = format!("bwk_{}_{}{plant}", "5d0c".repeat(5), "9f".repeat(20));
        Self { living: 5, made: Some(MadeKey { name: format!("Nightly export{plant}"), text }), ..Self::sample(plant) }
    }

    pub(super) fn sample_wrong(plant: &str) -> Self {
        let form = KeyForm {
            name: Field::refused(plant, "Must be a name that is not blank."),
            writes: true,
            days: Field::refused(format!("366{plant}"), "Must be a whole number from 1 to 365."),
            alert: None,
        };
        Self { form, ..Self::default() }
    }
}
