//! The console: pages made on the server, which work without script.

mod asset;
mod docs;
pub mod fault;
mod frame;
mod home;
mod login;
mod setup;
mod system_creation;
mod theme;
pub mod view;

use bailiwick_contract::page::Page;

/// Every page.
#[must_use]
pub fn pages() -> Vec<Page> {
    [
        asset::pages(),
        docs::pages(),
        home::pages(),
        login::pages(),
        setup::pages(),
        system_creation::pages(),
        theme::pages(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
