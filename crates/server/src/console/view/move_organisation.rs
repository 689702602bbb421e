//! `/organizations/{organization_id}/move`: choosing what an organisation shall stand below.

use askama::Template;

use super::layout::Layout;
use super::organisation::Crumb;
use super::picker::Picker;

/// The page before something is chosen; after that it is a [`super::decision::DecisionPage`].
#[derive(Template)]
#[template(path = "organisation_move.html")]
pub struct MoveOrganisationPage {
    /// What every page carries.
    pub layout: Layout,
    /// The way to it.
    pub above: Vec<Crumb>,
    /// The organisation's name.
    pub name: String,
    /// What it stands below now.
    pub parent: String,
    /// The search for another one.
    pub picker: Picker,
    /// Why it was not moved.
    pub alert: Option<String>,
}
