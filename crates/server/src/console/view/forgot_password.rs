//! `/forgot-password`: asking for a link by which to set a new one.

use askama::Template;

use super::layout::{Field, Layout, Problem, problems};

/// The page `/forgot-password`.
#[derive(Template)]
#[template(path = "forgot_password.html")]
pub struct ForgotPasswordPage {
    /// What every page carries.
    pub layout: Layout,
    /// The form, or that it was sent.
    pub state: ForgotPasswordState,
}

/// What `/forgot-password` shows.
pub enum ForgotPasswordState {
    /// The form; posts `email` to `/forgot-password`.
    Form {
        /// The address of the account.
        email: Field,
        /// What went wrong with the whole of it.
        alert: Option<String>,
    },
    /// It was sent; whether there is such an account is not said.
    Sent,
}

impl ForgotPasswordState {
    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Form { email, .. } => problems([("email", "E-mail address", email.error.as_ref())]),
            Self::Sent => Vec::new(),
        }
    }

    /// What the page is called in this state.
    fn title(&self) -> &'static str {
        match self {
            Self::Form { alert: Some(_), .. } => "Error: Forgot your password?",
            Self::Form { .. } if !self.problems().is_empty() => "Error: Forgot your password?",
            Self::Form { .. } => "Forgot your password?",
            Self::Sent => "Look into your mail",
        }
    }
}

#[cfg(test)]
impl ForgotPasswordPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = |state| Self { layout: super::layout::samples::stranger("/forgot-password", plant), state };
        let form = |email, alert| page(ForgotPasswordState::Form { email, alert });
        let typed = format!("ada.verdi{plant}");
        let alert = Some(format!("Too many attempts. Wait 2 minutes{plant}."));
        vec![
            ("forgot-password", form(Field::default(), None)),
            (
                "forgot-password-errors",
                form(Field::refused(&typed, "Must be an e-mail address such as ann@example.org."), None),
            ),
            ("forgot-password-throttled", form(Field::new(&typed), alert)),
            ("forgot-password-sent", page(ForgotPasswordState::Sent)),
        ]
    }
}
