//! `/register`: an account and an organisation of one's own.

use askama::Template;

use super::layout::{Field, Layout, PasswordProblem, Problem, problems};

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
    /// How one is called.
    pub name: Field,
    /// The organisation that one brings along.
    pub company: Field,
    /// How one will sign in.
    pub email: Field,
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

impl RegisterForm {
    fn problems(&self) -> Vec<Problem> {
        problems([
            ("name", "Your name", self.name.error.as_ref()),
            ("company", "Organisation", self.company.error.as_ref()),
            ("email", "E-mail address", self.email.error.as_ref()),
            ("password", "Password", self.password.error.as_ref()),
            ("terms", "Terms", self.terms_error.as_ref()),
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
            Self::Form(form) if form.alert.is_some() || !form.problems().is_empty() => "Error: Create an account",
            Self::Form(_) => "Create an account",
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
        use super::layout::samples::{easy_password, stranger};

        let page = |state| Self { layout: stranger("/register", plant), state };
        let form = || RegisterForm { next: format!("/{plant}"), ..RegisterForm::default() };
        let filled = || RegisterForm {
            name: Field::new(format!("Ada Verdi{plant}")),
            company: Field::new(format!("Hotel Bellavista{plant}")),
            email: Field::new(format!("ada.verdi@northwind.example{plant}")),
            newsletter: true,
            terms: true,
            ..form()
        };
        let wrong = RegisterForm {
            name: Field::refused(plant, "Must be a name that is not blank."),
            email: Field::refused(format!("ada.verdi{plant}"), "Must be an e-mail address such as ann@example.org."),
            password: easy_password(plant),
            terms_error: Some("Without the terms there is no account.".to_owned()),
            ..filled()
        };
        let taken = RegisterForm {
            email: Field::refused(
                format!("ada.verdi@northwind.example{plant}"),
                "There is an account with it already.",
            ),
            is_taken: true,
            ..filled()
        };
        let alert = Some(format!("The service is not available right now. Try again in a moment{plant}."));
        vec![
            ("register", page(RegisterState::Form(form()))),
            ("register-errors", page(RegisterState::Form(wrong))),
            ("register-taken", page(RegisterState::Form(taken))),
            ("register-unavailable", page(RegisterState::Form(RegisterForm { alert, ..filled() }))),
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
