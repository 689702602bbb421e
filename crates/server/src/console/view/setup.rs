//! `/setup`: the owner organisation and the first super admin.

use askama::Template;

use super::layout::{Field, Layout, PasswordProblem, Problem, problems};

/// The page `/setup`.
#[derive(Template)]
#[template(path = "setup.html")]
pub struct SetupPage {
    /// What every page carries.
    pub layout: Layout,
    /// The form, or why there is none.
    pub state: SetupState,
}

/// What `/setup` shows.
#[expect(clippy::large_enum_variant, reason = "there is one of it at a time, and it is the large one mostly")]
pub enum SetupState {
    /// The form; posts `token`, `organisation`, `name`, `email`, `password` to `/setup`.
    Form(SetupForm),
    /// The link cannot be used.
    Refused(SetupRefusal),
}

/// Why a setup link cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupRefusal {
    /// Its token is missing, not one that this server printed, older than an hour, or used.
    Invalid,
    /// The server has its owner already.
    AlreadySetUp,
}

/// The form of `/setup`.
#[derive(Clone, Debug, Default)]
pub struct SetupForm {
    /// The token of the setup link, sent along hidden.
    pub token: String,
    /// The name of the owner organisation.
    pub organisation: Field,
    /// The name of the first super admin.
    pub name: Field,
    /// The e-mail address of the first super admin.
    pub email: Field,
    /// What is wrong with the password.
    pub password: PasswordProblem,
    /// What went wrong with the whole of it, such as a database that does not answer.
    pub alert: Option<String>,
}

impl SetupForm {
    fn problems(&self) -> Vec<Problem> {
        problems([
            ("organisation", "Organisation", self.organisation.error.as_ref()),
            ("name", "Your name", self.name.error.as_ref()),
            ("email", "E-mail address", self.email.error.as_ref()),
            ("password", "Password", self.password.error.as_ref()),
        ])
    }
}

impl SetupState {
    /// What the page is called in this state.
    fn title(&self) -> &'static str {
        match self {
            Self::Form(form) if form.alert.is_some() || !form.problems().is_empty() => "Error: Set up",
            Self::Form(_) => "Set up",
            Self::Refused(SetupRefusal::Invalid) => "This setup link does not work",
            Self::Refused(SetupRefusal::AlreadySetUp) => "Already set up",
        }
    }
}

#[cfg(test)]
impl SetupPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        use super::layout::samples::stranger;

        let page = |state| Self { layout: stranger("/setup?token=5up3r", plant), state };
        let token = format!("5up3r{plant}");
        let wrong = SetupForm {
            token: token.clone(),
            organisation: Field::new(format!("Northwind Distribution{plant}")),
            name: Field::refused(plant, "Enter your name."),
            email: Field::refused(
                format!("ada.verdi{plant}"),
                format!("“ada.verdi{plant}” is not an e-mail address. It needs an @ and a domain."),
            ),
            password: super::layout::samples::easy_password(plant),
            alert: None,
        };
        let alert = format!("The database does not answer right now. Nothing was saved; try again{plant}.");
        let unavailable = SetupForm {
            token: token.clone(),
            organisation: Field::new(format!("Northwind Distribution{plant}")),
            alert: Some(alert),
            ..SetupForm::default()
        };
        vec![
            ("setup", page(SetupState::Form(SetupForm { token, ..SetupForm::default() }))),
            ("setup-errors", page(SetupState::Form(wrong))),
            ("setup-unavailable", page(SetupState::Form(unavailable))),
            ("setup-invalid", page(SetupState::Refused(SetupRefusal::Invalid))),
            ("setup-done", page(SetupState::Refused(SetupRefusal::AlreadySetUp))),
        ]
    }
}
