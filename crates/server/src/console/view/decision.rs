//! The question before something is taken away: what it touches, with numbers, and the button that does it.

use askama::Template;

use super::layout::{Field, Layout, Problem, problems};
use super::organisation::Crumb;

/// A page that asks before something is done.
#[derive(Template)]
#[template(path = "decision.html")]
pub struct DecisionPage {
    /// What every page carries.
    pub layout: Layout,
    /// The question.
    pub question: String,
    /// What it is about, with everything above it.
    pub above: Vec<Crumb>,
    /// Why it was not done.
    pub alert: Option<String>,
    /// What it does.
    pub says: Vec<String>,
    /// What it touches: a number, and of what.
    pub touched: Vec<(String, String)>,
    /// What stands above the numbers.
    pub touched_title: &'static str,
    /// The name that has to be typed in, where it cannot be taken back, and what was typed.
    pub to_type: Option<(String, Field)>,
    /// Where the form goes.
    pub action: String,
    /// What the form carries.
    pub hidden: Vec<(&'static str, String)>,
    /// What the button says.
    pub act: String,
    /// Whether the act takes something away.
    pub is_harm: bool,
    /// Where one goes instead.
    pub instead: String,
}

impl DecisionPage {
    /// What is wrong, for the summary.
    fn problems(&self) -> Vec<Problem> {
        let error = self.to_type.as_ref().and_then(|(_, field)| field.error.as_ref());
        problems([("typed_name", "Name", error)])
    }

    /// The field of the name.
    fn typed(&self) -> Field {
        self.to_type.as_ref().map(|(_, field)| field.clone()).unwrap_or_default()
    }

    /// What is to be typed.
    fn wanted(&self) -> &str {
        self.to_type.as_ref().map_or("", |(name, _)| name)
    }

    /// The help of the field.
    fn help(&self) -> String {
        format!("Type “{}” to say that you mean it.", self.wanted())
    }

    /// What the page is called in this state.
    fn title(&self) -> String {
        let is_wrong = self.alert.is_some() || !self.problems().is_empty();
        format!("{}{}", if is_wrong { "Error: " } else { "" }, self.question)
    }
}
