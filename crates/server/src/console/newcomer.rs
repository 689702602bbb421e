//! What every newcomer fills in, whether they were invited or not.

use bailiwick_contract::page::{Guest, Visit};
use bailiwick_domain::account::TermsAccepted;
use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::Parse;
use bailiwick_domain::name::Name;
use bailiwick_domain::password::Password;

use super::frame::{password_problem, typed_field};
use super::view::newcomer::{NewcomerForm, TERMS_NEEDED};

/// What a newcomer filled in, as far as it can be used.
pub(super) struct Newcomer {
    pub(super) name: Name,
    pub(super) password: Password,
    pub(super) terms: TermsAccepted,
}

/// Reads what a newcomer filled in; nothing where part of it cannot be used, which the form then says.
pub(super) fn read(visit: &Visit<Guest>) -> (NewcomerForm, Option<Newcomer>) {
    let typed = |name: &str| visit.field(name).unwrap_or_default();
    let name = Name::parse_text(typed("name"));
    let password = Password::parse_text(typed("password"));
    let terms = TermsAccepted::parse_text(typed("terms"));
    let form = NewcomerForm {
        name: typed_field(typed("name"), name.as_ref().err()),
        password: password_problem(password.as_ref().err()),
        newsletter: visit.field("newsletter").is_some(),
        terms: terms.is_ok(),
        terms_error: terms.as_ref().err().map(|_| TERMS_NEEDED.to_owned()),
        ..NewcomerForm::default()
    };
    let (Ok(name), Ok(password), Ok(terms)) = (name, password, terms) else { return (form, None) };
    (form, Some(Newcomer { name, password, terms }))
}

/// Says of the password, too, whether it will do for somebody of whom this is known: a form that is refused for
/// something else tells all that is wrong with it at once.
pub(super) async fn judge_password(visit: &Visit<Guest>, form: &mut NewcomerForm, known: &[&str]) -> Result<(), Fault> {
    let Ok(password) = Password::parse_text(visit.field("password").unwrap_or_default()) else { return Ok(()) };
    let known = known.iter().map(|&text| text.to_owned()).collect();
    let judged = visit.context.password_strength(password, known).await?;
    form.password = password_problem(judged.refusal.as_ref());
    Ok(())
}
