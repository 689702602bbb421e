//! A form as a page of its own: what it is about, what is filled in, and what is wrong with it.

use askama::Template;

use super::layout::{Choice, Field, Layout, Problem};
use super::organisation::Crumb;

/// A page with one form.
#[derive(Template)]
#[template(path = "form.html")]
pub struct FormPage {
    /// What every page carries.
    pub layout: Layout,
    /// What it is for.
    pub heading: String,
    /// The way to it.
    pub above: Vec<Crumb>,
    /// What is to be known before it is filled in.
    pub says: Vec<String>,
    /// What it is about: a name, and what it is.
    pub facts: Vec<(&'static str, String)>,
    /// Where what it is about is chosen again: the address, and the words.
    pub again: Option<(String, &'static str)>,
    /// What went wrong with the whole of it.
    pub alert: Option<String>,
    /// What is filled in.
    pub entries: Vec<Entry>,
    /// Where it goes.
    pub action: String,
    /// What it carries besides.
    pub hidden: Vec<(&'static str, String)>,
    /// What the button says.
    pub act: &'static str,
    /// Where one goes instead.
    pub instead: String,
}

/// A field of a form.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name, and its `id`.
    pub id: &'static str,
    /// Its label.
    pub label: &'static str,
    /// The help under the label; blank for none.
    pub help: String,
    /// How it is filled in.
    pub kind: EntryKind,
    /// What was filled in.
    pub field: Field,
    /// Whether it must be filled in.
    pub is_required: bool,
}

/// How a field is filled in.
#[derive(Clone, Debug)]
pub enum EntryKind {
    /// By a line of text.
    Text,
    /// By a figure; whether it may have digits behind a point.
    Figure {
        /// Whether it may.
        is_decimal: bool,
    },
    /// By a day.
    Day,
    /// By lines of text.
    Lines,
    /// By choosing one of these.
    Choice(Vec<Choice>),
}

impl Entry {
    /// A field that must be filled in.
    pub(crate) fn new(id: &'static str, label: &'static str, kind: EntryKind, value: impl Into<String>) -> Self {
        Self { id, label, help: String::new(), kind, field: Field::new(value), is_required: true }
    }

    /// The same with help.
    pub(crate) fn helped(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// The same, and it may be left out.
    pub(crate) fn optional(mut self) -> Self {
        self.is_required = false;
        self
    }

    /// The `type` of the field.
    const fn input_type(&self) -> &'static str {
        match self.kind {
            EntryKind::Day => "date",
            _ => "text",
        }
    }

    /// Which keys a phone shows.
    const fn input_mode(&self) -> Option<&'static str> {
        match self.kind {
            EntryKind::Figure { is_decimal: true } => Some("decimal"),
            EntryKind::Figure { is_decimal: false } => Some("numeric"),
            _ => None,
        }
    }
}

impl FormPage {
    /// What is wrong, for the summary.
    fn problems(&self) -> Vec<Problem> {
        let problem = |entry: &Entry| {
            let error = entry.field.error.clone()?;
            Some(Problem { anchor: entry.id, label: entry.label, error })
        };
        self.entries.iter().filter_map(problem).collect()
    }

    /// What the page is called in this state.
    fn title(&self) -> String {
        let is_wrong = self.alert.is_some() || !self.problems().is_empty();
        format!("{}{}", if is_wrong { "Error: " } else { "" }, self.heading)
    }
}
