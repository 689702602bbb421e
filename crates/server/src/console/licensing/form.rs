//! What is filled in: read field by field, so that all that is wrong is said at once.

use axum::response::Response;
use bailiwick_app::caller::{Caller, Origin};
use bailiwick_contract::page::Visit;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::licence::price::{BasisPoints, MinorUnits};
use bailiwick_domain::time::Timestamp;
use http::StatusCode;

use super::super::fault::FormFault;
use super::super::frame::sentence;
use super::super::view::form::{Entry, FormPage};
use super::super::view::layout::Active;

/// The fields of a form with what was typed into them.
pub(super) struct Reading {
    entries: Vec<Entry>,
    is_wrong: bool,
}

impl Reading {
    /// The form as it was sent.
    pub(super) fn of(visit: &Visit<Caller>, mut entries: Vec<Entry>) -> Self {
        for entry in &mut entries {
            visit.field(entry.id).unwrap_or_default().clone_into(&mut entry.field.value);
        }
        Self { entries, is_wrong: false }
    }

    /// What was typed into a field, as far as it is right.
    pub(super) fn take<T>(&mut self, id: &str, read: impl FnOnce(&str) -> Result<T, Refusal>) -> Option<T> {
        let entry = self.entries.iter_mut().find(|entry| entry.id == id)?;
        match read(entry.field.value.trim()) {
            Ok(value) => Some(value),
            Err(refusal) => {
                entry.field.error = Some(sentence(&refusal));
                self.is_wrong = true;
                None
            }
        }
    }

    /// The fields, for the form once more.
    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// What the form says to a fault: at the fields that are wrong, by the names that these have in the use case, or
    /// above all of them.
    pub(super) fn refused(
        &mut self,
        fault: Fault,
        names: &[(&str, &str)],
        origin: &Origin,
    ) -> Result<FormFault, Fault> {
        if fault.code == Code::IdempotencyMismatch {
            // The form was sent before with other answers, and did what it asked for.
            let alert = "This form was sent before, and was carried out. Begin anew.".to_owned();
            return Ok(FormFault { status: StatusCode::CONFLICT, alert, retry_after: None });
        }
        if fault.code != Code::ValidationFailed || fault.fields.is_empty() {
            return FormFault::of_act(fault, origin);
        }
        let mut above = Vec::new();
        for wrong in &fault.fields {
            let id = names.iter().find(|(name, _)| *name == wrong.key).map(|(_, id)| *id);
            match self.entries.iter_mut().find(|entry| Some(entry.id) == id) {
                Some(entry) => entry.field.error = Some(sentence(&wrong.refusal)),
                None => above.push(sentence(&wrong.refusal)),
            }
        }
        Ok(FormFault { status: StatusCode::UNPROCESSABLE_ENTITY, alert: above.join(" "), retry_after: None })
    }
}

/// Whether anything that was typed is not right, and how that is answered.
pub(super) fn wrong() -> FormFault {
    FormFault { status: StatusCode::UNPROCESSABLE_ENTITY, alert: String::new(), retry_after: None }
}

/// A form as an answer; `wrong` is why it is asked again.
pub(super) fn answer(
    visit: &Visit<Caller>,
    active: Active,
    page: impl FnOnce(super::super::view::layout::Layout) -> FormPage,
    wrong: Option<&FormFault>,
) -> Result<Response, Fault> {
    let status = wrong.map_or(StatusCode::OK, |wrong| wrong.status);
    let (layout, cookies) = super::frame(visit, active, status);
    let mut page = page(layout);
    page.alert = wrong.map(|wrong| wrong.alert.clone()).filter(|alert| !alert.is_empty());
    // Only one place takes the eye: what is wrong with fields stands in the summary.
    let response = cookies.page(status, &page)?;
    Ok(match wrong {
        Some(wrong) => wrong.mark(response),
        None => response,
    })
}

/// Reads a field that may be left blank.
pub(super) fn optional<T>(
    read: impl FnOnce(&str) -> Result<T, Refusal>,
) -> impl FnOnce(&str) -> Result<Option<T>, Refusal> {
    |text| if text.is_empty() { Ok(None) } else { read(text).map(Some) }
}

/// A day, as the moment at which it begins (UTC).
pub(super) fn day(text: &str) -> Result<Timestamp, Refusal> {
    let refusal = |_| Refusal::new("date", "a day such as 2027-07-10");
    Timestamp::parse_text(&format!("{text}T00:00:00Z")).or_else(|_| Timestamp::parse_text(text)).map_err(refusal)
}

/// An amount with at most two digits of its smaller unit.
pub(super) fn money(text: &str) -> Result<MinorUnits, Refusal> {
    let refusal = || Refusal::new("amount", "an amount such as 19.90");
    hundredths(text).and_then(MinorUnits::new).ok_or_else(refusal)
}

/// A share in per cent.
pub(super) fn share(text: &str) -> Result<BasisPoints, Refusal> {
    let refusal = || Refusal::new("basis_points", "a share from 0 to 100 per cent, such as 12.5");
    hundredths(text).and_then(BasisPoints::new).ok_or_else(refusal)
}

/// A figure with at most two digits behind its point or comma, in hundredths.
fn hundredths(text: &str) -> Option<i64> {
    let (whole, rest) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let is_figure = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || rest.len() > 2 || !is_figure(whole) || !is_figure(rest) {
        return None;
    }
    let rest: i64 = format!("{rest:0<2}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_as_people_write_them() {
        for (text, number) in [
            ("19.90", Some(1990)),
            ("19,9", Some(1990)),
            ("19", Some(1900)),
            ("0", Some(0)),
            ("0.05", Some(5)),
            ("", None),
            (".5", None),
            ("-1", None),
            ("1.005", None),
            ("1e3", None),
            ("1 000", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(hundredths(text), number, "{text}");
        }
        assert!(share("100").is_ok() && share("100.01").is_err());
    }

    #[test]
    fn days_begin_at_midnight_and_moments_are_taken_too() {
        assert_eq!(day("2027-01-02").map(Timestamp::rfc3339), Ok("2027-01-02T00:00:00Z".to_owned()));
        assert_eq!(day("2027-01-02T03:04:05Z").map(Timestamp::rfc3339), Ok("2027-01-02T03:04:05Z".to_owned()));
        for wrong in ["", "tomorrow", "2027-02-30", "02/01/2027"] {
            assert!(day(wrong).is_err(), "{wrong}");
        }
    }
}
