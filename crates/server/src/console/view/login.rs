//! `/login`: e-mail address and password.

use askama::Template;

use super::layout::{Field, Layout, Problem, problems};

/// The page `/login`; posts `email`, `password`, `keep` and `next` to `/login`.
#[derive(Template)]
#[template(path = "login.html")]
pub struct LoginPage {
    /// What every page carries.
    pub layout: Layout,
    /// Where to go afterwards: a path of this server. Sent along hidden.
    pub next: String,
    /// The host on whose behalf a system is to be created, when that is why one is here.
    pub for_host: Option<String>,
    /// The e-mail address.
    pub email: Field,
    /// What is wrong with the password field; the password itself is never shown again.
    pub password_error: Option<String>,
    /// Whether to stay signed in for 30 days instead of 12 hours.
    pub keep: bool,
    /// Why nobody was signed in.
    pub refusal: Option<LoginRefusal>,
    /// Where one creates an account, where everybody may.
    pub register_address: Option<String>,
    /// What happened just before.
    pub notice: Option<LoginNotice>,
}

/// Why nobody was signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginRefusal {
    /// The address and the password do not belong together, or the account is
    /// suspended: one answer for all.
    WrongCredentials,
    /// Too many attempts.
    Throttled {
        /// Seconds until the next one counts.
        seconds: i64,
    },
    /// The address has to be confirmed first; only said after the right password.
    Unconfirmed,
    /// The server is busy or its database is away.
    Unavailable,
}

/// What happened just before one came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginNotice {
    /// One signed out.
    SignedOut,
    /// The session ended by itself.
    SessionEnded,
    /// The server was just set up.
    SetUp,
    /// The server was not set up yet.
    NotSetUp,
    /// One set a new password by a mailed link.
    PasswordSet,
    /// One registered, and has to confirm one's address before one can sign in.
    Registered,
    /// One confirmed one's address by a mailed link.
    Confirmed,
}

impl LoginRefusal {
    /// What happened.
    fn title(self) -> &'static str {
        match self {
            Self::WrongCredentials => "Sign-in failed",
            Self::Throttled { .. } => "Too many attempts",
            Self::Unconfirmed => "Confirm your address first",
            Self::Unavailable => "Nobody can sign in right now",
        }
    }

    /// What the person can do now.
    fn advice(self) -> String {
        match self {
            Self::WrongCredentials => {
                "The e-mail address or the password is not right. Check both and try again.".into()
            }
            Self::Throttled { seconds } => {
                format!("Wait {} before the next one; what is sent until then does not count.", wait(seconds))
            }
            Self::Unconfirmed => {
                "We have mailed you a link that confirms it. Open it, then sign in; look among unwanted mail too."
                    .into()
            }
            Self::Unavailable => "The server is busy or its database does not answer. Try again in a minute.".into(),
        }
    }
}

impl LoginNotice {
    /// What happened, and what to do now.
    fn words(self) -> &'static str {
        match self {
            Self::SignedOut => "You have signed out.",
            Self::SessionEnded => "Your session has ended. Sign in again to go on.",
            Self::NotSetUp => {
                "This server is not set up yet. Whoever runs it opens the link that it printed when it started."
            }
            Self::SetUp => "This server is set up. Sign in with the account that you have just created.",
            Self::PasswordSet => "Your new password is set. Sign in with it.",
            Self::Registered => {
                "Your account is ready. Open the link that we have mailed you, which confirms your address; then sign in."
            }
            Self::Confirmed => "Your e-mail address is confirmed. Sign in to go on.",
        }
    }
}

impl LoginPage {
    fn problems(&self) -> Vec<Problem> {
        problems([
            ("email", "E-mail address", self.email.error.as_ref()),
            ("password", "Password", self.password_error.as_ref()),
        ])
    }

    /// How the page's title begins in this state.
    fn title(&self) -> &'static str {
        if self.refusal.is_some() || !self.problems().is_empty() { "Error: Sign in" } else { "Sign in" }
    }
}

/// A wait in words that a person plans by: seconds up to a minute, minutes up to two hours, then hours, rounded up.
pub(crate) fn wait(seconds: i64) -> String {
    match seconds {
        ..=1 => "1 second".to_owned(),
        2..=60 => format!("{seconds} seconds"),
        61..=7200 => format!("{} minutes", (seconds + 59) / 60),
        _ => format!("{} hours", seconds.saturating_add(3599) / 3600),
    }
}

#[cfg(test)]
impl LoginPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        use super::layout::samples::stranger;

        let page = || Self {
            layout: stranger("/login", plant),
            next: format!("/{plant}"),
            for_host: None,
            email: Field::default(),
            password_error: None,
            keep: false,
            refusal: None,
            register_address: None,
            notice: None,
        };
        let typed = || Field::new(format!("ada.verdi@northwind.example{plant}"));
        let refused = |refusal| Self { email: typed(), keep: true, refusal: Some(refusal), ..page() };
        let next = format!("/system-creation?callback_url=https%3A%2F%2Fshop.example%2Fdone&state=state_x{plant}");
        vec![
            ("login", page()),
            ("login-for-host", Self { next, for_host: Some(format!("shop.example{plant}")), ..page() }),
            ("login-wrong", refused(LoginRefusal::WrongCredentials)),
            ("login-throttled", refused(LoginRefusal::Throttled { seconds: 64 })),
            ("login-unconfirmed", refused(LoginRefusal::Unconfirmed)),
            ("login-unavailable", refused(LoginRefusal::Unavailable)),
            (
                "login-blank",
                Self {
                    email: Field::refused(plant, "Enter your e-mail address."),
                    password_error: Some(format!("Enter your password{plant}.")),
                    ..page()
                },
            ),
            ("login-open", Self { register_address: Some(format!("/register?next={plant}")), ..page() }),
            ("login-password-set", Self { notice: Some(LoginNotice::PasswordSet), ..page() }),
            ("login-registered", Self { notice: Some(LoginNotice::Registered), ..page() }),
            ("login-confirmed", Self { notice: Some(LoginNotice::Confirmed), ..page() }),
            ("login-signed-out", Self { notice: Some(LoginNotice::SignedOut), ..page() }),
            ("login-session-ended", Self { notice: Some(LoginNotice::SessionEnded), ..page() }),
            ("login-not-set-up", Self { notice: Some(LoginNotice::NotSetUp), ..page() }),
            ("login-set-up", Self { notice: Some(LoginNotice::SetUp), ..page() }),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::wait;

    #[test]
    fn a_wait_is_never_understated() {
        for (seconds, words) in [
            (0, "1 second"),
            (1, "1 second"),
            (60, "60 seconds"),
            (61, "2 minutes"),
            (121, "3 minutes"),
            (900, "15 minutes"),
            (7200, "120 minutes"),
            (7201, "3 hours"),
            (82_801, "24 hours"),
            (86_400, "24 hours"),
        ] {
            assert_eq!(wait(seconds), words);
        }
    }
}
