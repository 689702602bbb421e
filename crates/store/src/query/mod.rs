//! Every query, by the noun that it is about.

pub mod account;
pub mod agreement;
pub mod api_key;
pub mod appliance;
pub mod audit;
pub mod audit_chain;
pub mod audit_list;
pub mod counted;
pub mod delivery;
pub mod destruction;
pub mod explanation;
pub mod idempotency;
pub mod impersonation;
pub mod invalidation;
pub mod invitation;
pub mod invitation_list;
pub mod known_device;
pub mod licence;
pub mod licence_change;
mod licence_destruction;
pub mod licence_list;
mod licence_order;
mod licence_part;
pub mod licence_place;
mod licence_plan;
pub mod licence_reminder;
mod licence_search;
pub mod licence_system;
pub mod mail;
pub mod mailed_link;
pub mod membership;
pub mod organisation;
pub mod organisation_details;
pub mod organisation_list;
pub mod organisation_page;
mod organisations_passing;
pub(crate) mod partner_people;
mod pattern;
pub mod people;
mod people_matches;
pub mod people_page;
mod people_passing;
mod people_rows;
pub mod principal;
pub mod property;
pub mod reach;
pub mod reset_request;
pub mod retention;
pub(crate) mod searchable;
pub mod seat_family;
pub mod seat_move;
pub mod seat_pool;
pub mod session;
pub mod setup_link;
pub mod signing_key;
pub mod suspension;
pub mod system;
pub mod system_list;
pub mod system_standing;
pub mod throttle;
pub mod tree;
pub mod tree_count;
pub mod trial;
pub mod used_state;
pub mod user;
pub mod user_list;
mod way;

use crate::statement::Statement;

/// Every statement of the program, so that a test can prepare each on both engines.
pub fn statements() -> impl Iterator<Item = &'static Statement> {
    let modules: [&[&'static Statement]; 59] = [
        account::STATEMENTS,
        agreement::STATEMENTS,
        api_key::STATEMENTS,
        appliance::STATEMENTS,
        audit_chain::STATEMENTS,
        audit_list::STATEMENTS,
        delivery::STATEMENTS,
        destruction::STATEMENTS,
        explanation::STATEMENTS,
        idempotency::STATEMENTS,
        impersonation::STATEMENTS,
        invalidation::STATEMENTS,
        invitation::STATEMENTS,
        invitation_list::STATEMENTS,
        known_device::STATEMENTS,
        licence::STATEMENTS,
        licence_change::STATEMENTS,
        licence_destruction::STATEMENTS,
        licence_list::STATEMENTS,
        licence_part::STATEMENTS,
        licence_place::STATEMENTS,
        licence_search::STATEMENTS,
        licence_reminder::STATEMENTS,
        licence_system::STATEMENTS,
        mail::STATEMENTS,
        mailed_link::STATEMENTS,
        membership::STATEMENTS,
        organisation::STATEMENTS,
        organisation_details::STATEMENTS,
        organisation_list::STATEMENTS,
        organisation_page::STATEMENTS,
        partner_people::STATEMENTS,
        people::STATEMENTS,
        people_matches::STATEMENTS,
        people_page::STATEMENTS,
        principal::STATEMENTS,
        property::STATEMENTS,
        reset_request::STATEMENTS,
        retention::STATEMENTS,
        searchable::STATEMENTS,
        seat_family::STATEMENTS,
        seat_move::STATEMENTS,
        seat_pool::STATEMENTS,
        session::STATEMENTS,
        setup_link::STATEMENTS,
        signing_key::STATEMENTS,
        suspension::STATEMENTS,
        system::STATEMENTS,
        system_list::STATEMENTS,
        system_standing::STATEMENTS,
        throttle::STATEMENTS,
        tree::STATEMENTS,
        tree_count::STATEMENTS,
        trial::STATEMENTS,
        crate::migrate::STATEMENTS,
        used_state::STATEMENTS,
        user::STATEMENTS,
        user_list::STATEMENTS,
        way::STATEMENTS,
    ];
    modules.into_iter().flatten().copied().chain(crate::transfer::statements())
}
