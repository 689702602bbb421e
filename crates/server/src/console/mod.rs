//! The console: pages made on the server, which work without script.

mod account;
mod asset;
mod confirm;
mod docs;
pub mod fault;
mod forgot_password;
mod frame;
mod home;
mod impersonation;
mod invitation;
mod inviting;
mod licensing;
mod login;
mod newcomer;
mod organisation;
mod people;
mod register;
mod reset_password;
mod setup;
mod switch;
mod system_creation;
mod theme;
pub mod view;

use bailiwick_contract::page::Page;

/// Every page.
#[must_use]
pub fn pages() -> Vec<Page> {
    [
        account::pages(),
        asset::pages(),
        confirm::pages(),
        docs::pages(),
        forgot_password::pages(),
        home::pages(),
        impersonation::pages(),
        invitation::pages(),
        inviting::pages(),
        licensing::pages(),
        login::pages(),
        organisation::pages(),
        people::pages(),
        register::pages(),
        reset_password::pages(),
        setup::pages(),
        switch::pages(),
        system_creation::pages(),
        theme::pages(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
