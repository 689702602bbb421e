//! `/reset-password`: where the link in the mail leads.

use askama::Template;

use super::layout::{Layout, PasswordProblem, Problem, problems};

/// The page `/reset-password`.
#[derive(Template)]
#[template(path = "reset_password.html")]
pub struct ResetPasswordPage {
    /// What every page carries; `path` is empty, for the address holds the token.
    pub layout: Layout,
    /// The form, or that the link does not work.
    pub state: ResetPasswordState,
}

/// What `/reset-password` shows.
pub enum ResetPasswordState {
    /// The form; posts `token` and `password` to `/reset-password`.
    Form {
        /// The token of the link, sent along hidden.
        token: String,
        /// What is wrong with the password.
        password: PasswordProblem,
        /// What went wrong with the whole of it.
        alert: Option<String>,
    },
    /// The link was used, is too old, or was not copied whole.
    LinkNotGood,
}

impl ResetPasswordState {
    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Form { password, .. } => problems([("password", "New password", password.error.as_ref())]),
            Self::LinkNotGood => Vec::new(),
        }
    }

    /// What the page is called in this state.
    fn title(&self) -> &'static str {
        match self {
            Self::Form { alert: Some(_), .. } => "Error: Set a new password",
            Self::Form { .. } if !self.problems().is_empty() => "Error: Set a new password",
            Self::Form { .. } => "Set a new password",
            Self::LinkNotGood => "This link does not work",
        }
    }
}

#[cfg(test)]
impl ResetPasswordPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = |state| Self { layout: super::layout::samples::stranger("", plant), state };
        let form = |password, alert| page(ResetPasswordState::Form { token: format!("t0k3n{plant}"), password, alert });
        let alert = Some(format!("The service is not available right now. Try again in a moment{plant}."));
        vec![
            ("reset-password", form(PasswordProblem::default(), None)),
            ("reset-password-errors", form(super::layout::samples::easy_password(plant), None)),
            ("reset-password-unavailable", form(PasswordProblem::default(), alert)),
            ("reset-password-dead-link", page(ResetPasswordState::LinkNotGood)),
        ]
    }
}
