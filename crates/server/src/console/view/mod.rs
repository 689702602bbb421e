//! The pages: one typed context per page, each rendered by its own template.
//!
//! A context holds what the page says and nothing else: no request, no store.
//! Handlers fill it; a test renders every state of every page.

pub mod account;
pub mod confirm;
pub mod consent;
pub mod created;
pub mod device;
pub mod docs;
pub mod error;
pub mod forgot_password;
pub mod guide;
pub mod invitation;
pub mod layout;
pub mod login;
pub mod nav;
pub mod newcomer;
pub mod prose;
pub mod register;
pub mod reset_password;
pub mod setup;
pub mod systems;

#[cfg(test)]
mod contrast;
#[cfg(test)]
mod docs_samples;
#[cfg(test)]
pub(super) mod markup;
#[cfg(test)]
mod tests;
