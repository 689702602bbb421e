//! Choosing one of many: a search, and what it found as links. It works without script.

use bailiwick_app::overview::Place;

use super::list::address;
use super::organisations::kind_label;

/// A search for something to choose.
#[derive(Clone, Debug)]
pub struct Picker {
    /// The page that searches.
    pub action: String,
    /// The name of the field, and its `id`.
    pub field: &'static str,
    /// What the field is for.
    pub label: &'static str,
    /// What else the address keeps.
    pub kept: Vec<(&'static str, String)>,
    /// What is searched for.
    pub search: String,
    /// What was found.
    pub found: Vec<Found>,
    /// What is said where nothing was found.
    pub nothing: &'static str,
}

/// Something that can be chosen.
#[derive(Clone, Debug)]
pub struct Found {
    /// The address that chooses it.
    pub address: String,
    /// How it is called.
    pub name: String,
    /// What tells it from others of that name.
    pub beside: String,
}

impl Found {
    /// An organisation that this member of the address chooses, beside others that are kept.
    pub(crate) fn place(path: &str, member: &str, kept: &[(&'static str, String)], place: &Place) -> Self {
        let id = place.id.to_string();
        let mut members: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (*name, value.as_str())).collect();
        members.push((member, &id));
        let below = place.parent.as_ref().map(|parent| format!(", below {parent}")).unwrap_or_default();
        let beside = format!("{}{below}", kind_label(place.kind));
        Self { address: address(path, &members), name: place.name.to_string(), beside }
    }
}
