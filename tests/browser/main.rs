//! The pages in a real Chromium: the whole flow with an outside application,
//! every refusal, newcomers and accounts, the keyboard alone, and every page's looks,
//! with what axe-core has to say of them.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod account;
mod console;
mod explain;
mod flow;
mod invitations;
mod invited;
mod keyboard;
mod licences;
mod looks;
mod mailbox;
mod newcomer;
mod organisations;
mod partners;
mod people;
mod refusals;
mod shop;
mod support;
mod switcher;
mod visitor;
