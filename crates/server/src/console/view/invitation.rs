//! `/invitation`: where the link in the mail of an invitation leads.

use askama::Template;
use bailiwick_domain::role::Role;

use super::layout::{Layout, Moment, Problem, problems};
use super::newcomer::NewcomerForm;
use super::register::with_next;

/// The page `/invitation`.
#[derive(Template)]
#[template(path = "invitation.html")]
pub struct InvitationPage {
    /// What every page carries; `path` is empty, for the address holds the token.
    pub layout: Layout,
    /// The invitation, or that the link does not work.
    pub state: InvitationState,
}

/// What `/invitation` shows. Opening the link changes nothing, because programs that look through mails open
/// links too.
#[expect(clippy::large_enum_variant, reason = "there is one of it at a time, and it is the large one mostly")]
pub enum InvitationState {
    /// Who invites whereto, and what one can do about it.
    Open {
        /// The invitation.
        offer: Offer,
        /// What one can do.
        way: Way,
    },
    /// The link was used, was taken back, is too old, or was not copied whole.
    LinkNotGood,
}

/// An invitation.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The token of the link, sent along hidden.
    pub token: String,
    /// To whom it was mailed.
    pub email: String,
    /// The organisation.
    pub organisation: String,
    /// What one will be there.
    pub role: Role,
    /// Who invites; nobody where it is the operator of the server.
    pub inviter: Option<String>,
    /// Until when it is good.
    pub until: Moment,
}

/// What one can do about an invitation.
pub enum Way {
    /// Join, as the person who is signed in.
    Join {
        /// What went wrong.
        alert: Option<String>,
    },
    /// Sign out, as somebody else is signed in.
    SignOut {
        /// Who is.
        user_email: String,
    },
    /// Register with the address of the invitation, or sign in.
    Register(NewcomerForm),
    /// Sign in, as nobody may register.
    SignIn,
}

impl NewcomerForm {
    fn problems(&self) -> Vec<Problem> {
        problems([
            ("name", "Your name", self.name.error.as_ref()),
            ("password", "Password", self.password.error.as_ref()),
            ("terms", "Terms", self.terms_error.as_ref()),
        ])
    }

    const fn is_refused(&self) -> bool {
        let fields = self.name.error.is_some() || self.password.error.is_some() || self.terms_error.is_some();
        fields || self.is_taken || self.alert.is_some()
    }
}

impl Offer {
    /// Who invites, as a sentence begins with them.
    fn from(&self) -> &str {
        self.inviter.as_deref().unwrap_or("The operator of this server")
    }

    /// What one may do in the role.
    const fn duties(&self) -> &'static str {
        match self.role {
            Role::Admin => "Administrator: runs the organisation, its people, its systems and what is below it",
            Role::Support => "Support: looks after the systems",
            Role::Reader => "Reader: sees everything, and changes nothing",
        }
    }

    /// The address of the sign-in that leads back to the invitation.
    fn login_address(&self) -> String {
        with_next("/login", &self.address())
    }

    /// The address of the invitation.
    fn address(&self) -> String {
        format!("/invitation?token={}", self.token)
    }
}

impl InvitationState {
    /// What the page is called in this state.
    fn title(&self) -> &'static str {
        match self {
            Self::Open { way: Way::Join { alert: Some(_) }, .. } => "Error: You are invited",
            Self::Open { way: Way::Register(form), .. } if form.is_refused() => "Error: You are invited",
            Self::Open { .. } => "You are invited",
            Self::LinkNotGood => "This link does not work",
        }
    }
}

#[cfg(test)]
impl InvitationPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        use bailiwick_domain::time::Span;

        use super::layout::samples::{NOW, stranger};

        let offer = |role, inviter: Option<&str>| Offer {
            token: format!("t0k3n{plant}"),
            email: format!("ada.verdi@northwind.example{plant}"),
            organisation: format!("Northwind Distribution{plant}"),
            role,
            inviter: inviter.map(|name| format!("{name}{plant}")),
            until: Moment::new(NOW, NOW.plus(Span::days(7))),
        };
        let page = |state| Self { layout: stranger("", plant), state };
        let open = |role, way| page(InvitationState::Open { offer: offer(role, Some("Carla Neri")), way });
        let alert = || Some(format!("The service is not available right now. Try again in a moment{plant}."));
        let operator = offer(Role::Reader, None);
        vec![
            ("invitation-join", open(Role::Admin, Way::Join { alert: None })),
            ("invitation-join-unavailable", open(Role::Admin, Way::Join { alert: alert() })),
            (
                "invitation-another",
                open(Role::Support, Way::SignOut { user_email: format!("bob@northwind.example{plant}") }),
            ),
            ("invitation-register", open(Role::Reader, Way::Register(NewcomerForm::default()))),
            ("invitation-register-errors", open(Role::Reader, Way::Register(NewcomerForm::wrong(plant)))),
            (
                "invitation-register-taken",
                open(Role::Reader, Way::Register(NewcomerForm { is_taken: true, ..NewcomerForm::filled(plant) })),
            ),
            ("invitation-register-unavailable", open(Role::Reader, Way::Register(NewcomerForm::unavailable(plant)))),
            ("invitation-sign-in", page(InvitationState::Open { offer: operator, way: Way::SignIn })),
            ("invitation-dead-link", page(InvitationState::LinkNotGood)),
        ]
    }
}
