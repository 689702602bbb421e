//! The page before a form or a question: choosing what it shall be about.

use askama::Template;

use super::layout::Layout;
use super::organisation::Crumb;
use super::picker::Picker;

/// A page with a search for one thing.
#[derive(Template)]
#[template(path = "choose.html")]
pub struct ChoosePage {
    /// What every page carries.
    pub layout: Layout,
    /// What is done next.
    pub heading: String,
    /// The way to it.
    pub above: Vec<Crumb>,
    /// What is asked.
    pub question: &'static str,
    /// What is to be known before.
    pub help: String,
    /// The search.
    pub picker: Picker,
    /// Why it was not done.
    pub alert: Option<String>,
}
