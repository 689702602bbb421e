//! `/confirm`: where the link in the welcome mail leads.

use askama::Template;

use super::layout::Layout;

/// The page `/confirm`.
#[derive(Template)]
#[template(path = "confirm.html")]
pub struct ConfirmPage {
    /// What every page carries; `path` is empty, for the address holds the token.
    pub layout: Layout,
    /// The question, or that the link does not work.
    pub state: ConfirmState,
}

/// What `/confirm` shows.
pub enum ConfirmState {
    /// The question; posts `token` to `/confirm`. Opening the link alone confirms nothing, because
    /// programs that look through mails open links too.
    Ask {
        /// The token of the link, sent along hidden.
        token: String,
        /// What went wrong.
        alert: Option<String>,
    },
    /// The address is confirmed, and somebody else is signed in here.
    Confirmed,
    /// The link was used, is too old, or was not copied whole.
    LinkNotGood,
}

impl ConfirmState {
    /// What the page is called in this state.
    fn title(&self) -> &'static str {
        match self {
            Self::Ask { alert: Some(_), .. } => "Error: Confirm your address",
            Self::Ask { alert: None, .. } => "Confirm your address",
            Self::Confirmed => "Address confirmed",
            Self::LinkNotGood => "This link does not work",
        }
    }
}

#[cfg(test)]
impl ConfirmPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = |state| Self { layout: super::layout::samples::stranger("", plant), state };
        let ask = |alert| page(ConfirmState::Ask { token: format!("t0k3n{plant}"), alert });
        let alert = Some(format!("The service is not available right now. Try again in a moment{plant}."));
        vec![
            ("confirm", ask(None)),
            ("confirm-unavailable", ask(alert)),
            ("confirm-done", page(ConfirmState::Confirmed)),
            ("confirm-dead-link", page(ConfirmState::LinkNotGood)),
        ]
    }
}
