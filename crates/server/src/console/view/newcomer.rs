//! What every newcomer fills in, whether they were invited or not.

use super::layout::{Field, PasswordProblem};

/// Why nobody gets an account without accepting the terms.
pub const TERMS_NEEDED: &str = "Without the terms there is no account.";

/// The form of a newcomer; posts `name`, `password`, `newsletter` and `terms`.
#[derive(Clone, Debug, Default)]
pub struct NewcomerForm {
    /// How one is called.
    pub name: Field,
    /// What is wrong with the password.
    pub password: PasswordProblem,
    /// Whether one wants news by mail.
    pub newsletter: bool,
    /// Whether one accepts the terms.
    pub terms: bool,
    /// What is wrong with the answer to that.
    pub terms_error: Option<String>,
    /// Whether there is an account with the address, so that the ways into it are shown.
    pub is_taken: bool,
    /// What went wrong with the whole of it.
    pub alert: Option<String>,
}

#[cfg(test)]
impl NewcomerForm {
    /// As somebody filled it in.
    pub(crate) fn filled(plant: &str) -> Self {
        Self { name: Field::new(format!("Ada Verdi{plant}")), newsletter: true, terms: true, ..Self::default() }
    }

    /// With something wrong everywhere.
    pub(crate) fn wrong(plant: &str) -> Self {
        Self {
            name: Field::refused(plant, "Must be a name that is not blank."),
            password: super::layout::samples::easy_password(plant),
            terms_error: Some(TERMS_NEEDED.to_owned()),
            ..Self::default()
        }
    }

    /// While the server cannot be reached.
    pub(crate) fn unavailable(plant: &str) -> Self {
        let alert = format!("The service is not available right now. Try again in a moment{plant}.");
        Self { alert: Some(alert), ..Self::filled(plant) }
    }
}
