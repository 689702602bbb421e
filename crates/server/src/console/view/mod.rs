//! The pages: one typed context per page, each rendered by its own template.
//!
//! A context holds what the page says and nothing else: no request, no store.
//! Handlers fill it; a test renders every state of every page.

pub mod access;
pub mod account;
pub mod agreements;
pub mod choose;
pub mod confirm;
pub mod consent;
pub mod created;
pub mod decision;
pub mod device;
pub mod docs;
pub mod error;
pub mod flow;
pub mod forgot_password;
pub mod form;
pub mod guide;
pub mod history;
pub mod import;
pub mod invitation;
pub mod invitations;
pub mod inviting;
pub mod layout;
pub mod licence;
pub mod licences;
pub mod licensing;
pub mod list;
pub mod login;
pub mod move_organisation;
pub mod nav;
pub mod newcomer;
pub mod organisation;
pub mod organisation_form;
pub mod organisations;
pub mod people;
pub mod person;
pub mod picker;
pub mod pools;
pub mod prose;
pub mod register;
pub mod reset_password;
pub mod setup;
pub mod system_licence;
pub mod systems;

#[cfg(test)]
mod contrast;
#[cfg(test)]
mod docs_samples;
#[cfg(test)]
mod licence_samples;
#[cfg(test)]
pub(super) mod markup;
#[cfg(test)]
mod partner_samples;
#[cfg(test)]
mod people_samples;
#[cfg(test)]
mod seat_samples;
#[cfg(test)]
mod system_samples;
#[cfg(test)]
mod tests;
