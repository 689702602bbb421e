//! `/register`: an account and an organisation of one's own.

use askama::Template;

use super::layout::{Field, Layout, Problem, problems};
use super::newcomer::NewcomerForm;

/// The page `/register`.
#[derive(Template)]
#[template(path = "register.html")]
pub struct RegisterPage {
    /// What every page carries.
    pub layout: Layout,
    /// The form, or why there is none.
    pub state: RegisterState,
}

/// What `/register` shows.
#[expect(clippy::large_enum_variant, reason = "there is one of it at a time, and it is the large one mostly")]
pub enum RegisterState {
    /// The form.
    Form(RegisterForm),
    /// Nobody, or only who was invited, may register here.
    Refused(RegisterRefusal),
}

/// Why there is no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterRefusal {
    /// The server was not set up yet.
    NotSetUp,
    /// Only who was invited may register.
    ByInvitation,
    /// Nobody may register.
    Closed,
}

/// The form; posts `name`, `company`, `email`, `password`, `newsletter`, `terms` and `next` to `/register`.
#[derive(Clone, Debug, Default)]
pub struct RegisterForm {
    /// Where to go afterwards: a path of this server. Sent along hidden.
    pub next: String,
    /// The organisation that one brings along.
    pub company: Field,
    /// How one will sign in.
    pub email: Field,
    /// What every newcomer fills in.
    pub newcomer: NewcomerForm,
}

impl RegisterForm {
    fn problems(&self) -> Vec<Problem> {
        problems([
            ("name", "Your name", self.newcomer.name.error.as_ref()),
            ("company", "Organisation", self.company.error.as_ref()),
            ("email", "E-mail address", self.email.error.as_ref()),
            ("password", "Password", self.newcomer.password.error.as_ref()),
            ("terms", "Terms", self.newcomer.terms_error.as_ref()),
        ])
    }

    /// The address of the sign-in that leads to the same place.
    fn login_address(&self) -> String {
        with_next("/login", &self.next)
    }
}

impl RegisterState {
    /// What the page is called in this state.
    fn title(&self) -> &'static str {
        match self {
            Self::Form(form) if form.newcomer.alert.is_some() || !form.problems().is_empty() => {
                "Error: Create an account"
            }
            Self::Form(_) => "Create an account",
            Self::Refused(RegisterRefusal::NotSetUp) => "Not set up yet",
            Self::Refused(RegisterRefusal::ByInvitation) => "Accounts are by invitation",
            Self::Refused(RegisterRefusal::Closed) => "No new accounts",
        }
    }
}

/// The address of a page that leads on to `next`, which is not said where it is home.
#[must_use]
pub fn with_next(page: &str, next: &str) -> String {
    if next == "/" {
        return page.to_owned();
    }
    let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    let joint = if page.contains('?') { '&' } else { '?' };
    format!("{page}{joint}next={next}")
}

#[cfg(test)]
impl RegisterPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        use super::layout::samples::stranger;

        let page = |state| Self { layout: stranger("/register", plant), state };
        let form = || RegisterForm { next: format!("/{plant}"), ..RegisterForm::default() };
        let company = || Field::new(format!("Hotel Bellavista{plant}"));
        let email = || format!("ada.verdi@northwind.example{plant}");
        let filled = |newcomer| RegisterForm { company: company(), email: Field::new(email()), newcomer, ..form() };
        let wrong = RegisterForm {
            email: Field::refused(format!("ada.verdi{plant}"), "Must be an e-mail address such as ann@example.org."),
            ..filled(NewcomerForm::wrong(plant))
        };
        let taken = RegisterForm {
            email: Field::refused(email(), "There is an account with it already."),
            ..filled(NewcomerForm { is_taken: true, ..NewcomerForm::filled(plant) })
        };
        vec![
            ("register", page(RegisterState::Form(form()))),
            ("register-errors", page(RegisterState::Form(wrong))),
            ("register-taken", page(RegisterState::Form(taken))),
            ("register-unavailable", page(RegisterState::Form(filled(NewcomerForm::unavailable(plant))))),
            ("register-not-set-up", page(RegisterState::Refused(RegisterRefusal::NotSetUp))),
            ("register-by-invitation", page(RegisterState::Refused(RegisterRefusal::ByInvitation))),
            ("register-closed", page(RegisterState::Refused(RegisterRefusal::Closed))),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::with_next;

    #[test]
    fn home_need_not_be_said() {
        assert_eq!(with_next("/login", "/"), "/login");
        assert_eq!(with_next("/login", "/?q=a&b"), "/login?next=%2F%3Fq%3Da%26b");
        assert_eq!(with_next("/login?notice=registered", "/docs"), "/login?notice=registered&next=%2Fdocs");
    }
}
