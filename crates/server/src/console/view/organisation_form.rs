//! `/organizations/new` and `/organizations/{organization_id}/edit`: what is known of an organisation, to be filled in.

use askama::Template;

use super::layout::{Choice, Field, Layout, Problem, problems};
use super::organisation::Crumb;
use super::picker::Picker;

/// The page `/organizations/new`: first what it shall stand below, then what it is.
#[derive(Template)]
#[template(path = "organisation_new.html")]
pub struct NewOrganisationPage {
    /// What every page carries.
    pub layout: Layout,
    /// What it shall stand below: id, name, kind; nothing as long as nothing is chosen.
    pub parent: Option<(String, String, &'static str)>,
    /// The search for that.
    pub picker: Picker,
    /// The form.
    pub form: OrganisationForm,
    /// What may stand below that.
    pub kinds: Vec<Choice>,
    /// By what a second click is known.
    pub idempotency_key: String,
}

/// The page `/organizations/{organization_id}/edit`.
#[derive(Template)]
#[template(path = "organisation_edit.html")]
pub struct EditOrganisationPage {
    /// What every page carries.
    pub layout: Layout,
    /// The way to it.
    pub above: Vec<Crumb>,
    /// Where it is shown.
    pub address: String,
    /// The form.
    pub form: OrganisationForm,
}

/// What is known of an organisation, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct OrganisationForm {
    /// Its name.
    pub name: Field,
    /// Its VAT number; may be blank.
    pub vat_number: Field,
    /// What others attach to it, as JSON; not asked of a new one.
    pub custom_data: Field,
    /// What is wrong with its kind.
    pub kind_error: Option<String>,
    /// What went wrong with the whole of it.
    pub alert: Option<String>,
}

impl OrganisationForm {
    fn problems(&self) -> Vec<Problem> {
        problems([
            ("name", "Name", self.name.error.as_ref()),
            ("type", "Type", self.kind_error.as_ref()),
            ("vat_number", "VAT number", self.vat_number.error.as_ref()),
            ("custom_data", "Custom data", self.custom_data.error.as_ref()),
        ])
    }

    /// Whether anything is wrong.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        self.alert.is_some() || !self.problems().is_empty()
    }

    fn prefix(&self) -> &'static str {
        if self.is_wrong() { "Error: " } else { "" }
    }
}
