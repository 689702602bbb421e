//! `/access`: why somebody may do something, or may not.

use askama::Template;

use super::layout::{Choice, Layout};
use super::picker::Picker;

/// The page `/access`.
#[derive(Template)]
#[template(path = "access.html")]
pub struct AccessPage {
    /// What every page carries.
    pub layout: Layout,
    /// Who.
    pub subject: Step,
    /// Over what.
    pub resource: Step,
    /// The rights that can be about that; the chosen one is selected.
    pub rights: Vec<Choice>,
    /// The members of the address that are known.
    pub kept: Vec<(&'static str, String)>,
    /// The answer, once the question is whole.
    pub answer: Option<Answer>,
}

/// A part of the question.
#[derive(Clone, Debug)]
pub struct Step {
    /// What was chosen: how it is called, what tells it from others, and the address that chooses anew.
    pub chosen: Option<Chosen>,
    /// The search for it.
    pub picker: Picker,
}

/// What was chosen.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// How it is called.
    pub name: String,
    /// What tells it from others of that name.
    pub beside: String,
    /// Where it is shown; nothing where it has no page.
    pub page: Option<String>,
    /// The address that chooses anew.
    pub again: String,
}

/// Whether somebody may, and why.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Yes or no.
    pub is_allowed: bool,
    /// Why, in a sentence.
    pub sentence: String,
    /// What each of their places does for it, those that grant it first.
    pub chains: Vec<ChainRow>,
}

/// What a place of somebody does for a right.
#[derive(Clone, Debug)]
pub struct ChainRow {
    /// What they are, and where.
    pub role: String,
    /// The organisations from there down: address and name.
    pub way: Vec<(String, String)>,
    /// What follows from it.
    pub outcome: &'static str,
    /// Whether it grants the right.
    pub grants: bool,
}

impl AccessPage {
    /// Whether the right can be asked for.
    fn is_ready(&self) -> bool {
        self.subject.chosen.is_some() && self.resource.chosen.is_some()
    }
}
