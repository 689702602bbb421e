//! The pages in a real Chromium: the whole flow with an outside application,
//! every refusal, the keyboard alone, no script at all, and every page's looks.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod console;
mod flow;
mod keyboard;
mod looks;
mod refusals;
mod shop;
mod visitor;
