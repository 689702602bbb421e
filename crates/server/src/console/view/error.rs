//! What went wrong with a page: what happened, what to do, and a number to quote.

use askama::Template;

use super::layout::Layout;

/// The page for an address or a request that cannot be answered.
#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// What every page carries.
    pub layout: Layout,
    /// What went wrong.
    pub kind: ErrorKind,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The request's id, to quote.
    pub request_id: Option<String>,
}

/// What can go wrong with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The form or the query cannot be read (400).
    BadRequest,
    /// The right is missing (403).
    Forbidden,
    /// One's e-mail address has to be confirmed before (403).
    Unconfirmed,
    /// It is for the person alone as whom one acts (403).
    Impersonating,
    /// The person has not consented to somebody acting as them (403).
    NoConsent,
    /// The request came from another site, or its form is too old (403).
    ForeignOrigin,
    /// One cannot act for this organisation, or not now (422).
    NotYours,
    /// No such page (404).
    NotFound,
    /// The page does not answer to this method (405).
    MethodNotAllowed,
    /// More was sent than the page takes (413).
    TooLarge,
    /// Too many requests (429).
    TooMany {
        /// Seconds to wait.
        seconds: i64,
    },
    /// Our fault (500).
    Broken,
    /// Not right now (503).
    Unavailable,
}

impl ErrorKind {
    /// What happened, as a heading.
    const fn title(self) -> &'static str {
        match self {
            Self::BadRequest => "This request cannot be read",
            Self::Forbidden => "You do not have the right to see this",
            Self::Unconfirmed => "Confirm your address first",
            Self::Impersonating => "This is for the person alone",
            Self::NoConsent => "This person has not consented",
            Self::ForeignOrigin => "This form is out of date",
            Self::NotYours => "You cannot act for this organisation",
            Self::NotFound => "There is no page at this address",
            Self::MethodNotAllowed => "This page cannot be used like that",
            Self::TooLarge => "That is more than this page takes",
            Self::TooMany { .. } => "Too many requests",
            Self::Broken => "Something failed on this server",
            Self::Unavailable => "The server cannot answer right now",
        }
    }

    /// The next step: where it leads, and what it is called.
    const fn next_step(self) -> (&'static str, &'static str) {
        match self {
            Self::Unconfirmed => ("/account", "Go to your account"),
            _ => ("/", "Go to your systems"),
        }
    }

    /// What the person can do now.
    fn advice(self) -> String {
        match self {
            Self::BadRequest => "Go back, check what you entered, and send it again.".into(),
            Self::Forbidden => {
                "Ask an administrator of your organisation for access, or sign in with another account.".into()
            }
            Self::Unconfirmed => {
                "Open the link in the mail that we have sent you; look among unwanted mail too. Your account can send \
                 you another one."
                    .into()
            }
            Self::Impersonating => {
                "Nobody does this for somebody else while acting as them. Stop acting as them by the button at the top \
                 if you want to do it as yourself. Nothing was changed."
                    .into()
            }
            Self::NoConsent => {
                "Ask them to consent to support acting as them, on their account page, under Support access. Then try \
                 again."
                    .into()
            }
            Self::ForeignOrigin => {
                "It was sent from another site, or it was open for too long. Nothing was changed. Go back, reload the \
                 page, and send the form again."
                    .into()
            }
            Self::NotYours => {
                "It was suspended or deleted meanwhile, or you do not belong to it any more. Nothing was changed: you \
                 act for the same organisation as before."
                    .into()
            }
            Self::NotFound => {
                "Check the address for a typing error. The page may also have been removed, or belong to an \
                 organisation that you may not see."
                    .into()
            }
            Self::MethodNotAllowed => {
                "Open the page from the console instead of sending something to its address.".into()
            }
            Self::TooLarge => "Shorten what you entered and send it again. Nothing was changed.".into(),
            Self::TooMany { seconds } => format!("Wait {}, then try again.", super::login::wait(seconds)),
            Self::Broken => {
                "The fault is on our side and has been recorded. Try again; if it stays, send the request id below to \
                 whoever runs this server."
                    .into()
            }
            Self::Unavailable => {
                "It is busy or its database does not answer. Nothing was lost. Try again in a minute.".into()
            }
        }
    }
}

#[cfg(test)]
impl ErrorPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        use super::layout::Acting;

        let page = |kind, status| Self {
            layout: super::layout::samples::stranger("/nowhere", plant),
            kind,
            status,
            request_id: Some(format!("0198f3c27d5e7c1a9b1e3f2a4d5c6b7a{plant}")),
        };
        vec![
            ("error-400", page(ErrorKind::BadRequest, 400)),
            ("error-403", page(ErrorKind::Forbidden, 403)),
            ("error-403-unconfirmed", page(ErrorKind::Unconfirmed, 403)),
            (
                "error-403-impersonating",
                Self {
                    layout: Layout { acting: Some(Acting::default()), ..super::layout::samples::stranger("", plant) },
                    ..page(ErrorKind::Impersonating, 403)
                },
            ),
            ("error-403-no-consent", page(ErrorKind::NoConsent, 403)),
            ("error-403-origin", page(ErrorKind::ForeignOrigin, 403)),
            ("error-422-not-yours", page(ErrorKind::NotYours, 422)),
            ("error-404", page(ErrorKind::NotFound, 404)),
            ("error-405", page(ErrorKind::MethodNotAllowed, 405)),
            ("error-413", page(ErrorKind::TooLarge, 413)),
            ("error-429", page(ErrorKind::TooMany { seconds: 30 }, 429)),
            ("error-500", page(ErrorKind::Broken, 500)),
            ("error-503", Self { request_id: None, ..page(ErrorKind::Unavailable, 503) }),
        ]
    }
}
