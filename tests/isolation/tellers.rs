//! Every route of the registry: asked by chance, or the reason why it is not; and the words in what they say.

use std::collections::BTreeSet;

use crate::asking::Teller;
use crate::model::{Model, Owner};
use crate::sights::{pages, sights};
use crate::steps::{forms, steps};
use crate::tree_steps::tree_steps;
use crate::{console, licence_pages, licence_sights, licence_steps, seat_steps};

/// Routes that know of no organisation but through the session or the link that one brings along.
const ABOUT_ONESELF: [(&str, &str); 37] = [
    ("own-licence", "whoever holds the secret of a system"),
    ("own-licence-file", "whoever holds the secret of a system"),
    ("grant-consent", "one's own"),
    ("revoke-consent", "one's own"),
    ("sign-in", "whoever knows the password"),
    ("sign-in-by-get", "whoever knows the password"),
    ("sign-out", "ends the session that asks"),
    ("refresh-token", "whoever holds the token of a session"),
    ("password-strength", "judges a text"),
    ("update-password", "one's own, by the password of today"),
    ("forgot-password", "the same answer for every address"),
    ("reset-password", "whoever holds a mailed link"),
    ("confirm-address", "whoever holds a mailed link"),
    ("register", "makes an organisation of its own"),
    ("send-confirmation", "mails a link to oneself"),
    ("end-other-sessions", "one's own"),
    ("openapi", "the same for everybody"),
    ("asset", "the same for everybody"),
    ("docs-section", "the same for everybody"),
    ("docs-operation", "the same for everybody"),
    ("docs-guide", "the same for everybody"),
    ("account-submit", "one's own account"),
    ("confirm-address-form", "whoever holds a mailed link"),
    ("confirm-address-submit", "whoever holds a mailed link"),
    ("forgot-password-form", "the same for everybody"),
    ("forgot-password-submit", "the same answer for every address"),
    ("invitation-form", "whoever holds a mailed link"),
    ("invitation-submit", "whoever holds a mailed link"),
    ("login", "the same for everybody"),
    ("login-submit", "whoever knows the password"),
    ("logout", "ends the session that asks"),
    ("register-form", "the same for everybody"),
    ("register-submit", "makes an organisation of its own"),
    ("reset-password-form", "whoever holds a mailed link"),
    ("reset-password-submit", "whoever holds a mailed link"),
    ("setup", "closed as soon as there is somebody"),
    ("setup-submit", "closed as soon as there is somebody"),
];

/// Routes that are told of in stories of their own beside this one.
const ELSEWHERE: [(&str, &str); 7] = [
    ("invitations-import", "what_is_foreign_shows_up_in_no_answer_of_any_route"),
    ("invitation-new-submit", "what_is_foreign_shows_up_in_no_answer_of_any_route"),
    ("invitations-submit", "what_is_foreign_shows_up_in_no_answer_of_any_route"),
    ("impersonate-submit", "what_is_foreign_shows_up_in_no_answer_of_any_route"),
    ("stop-impersonating-submit", "what_is_foreign_shows_up_in_no_answer_of_any_route"),
    ("system-creation-consent", "what_is_foreign_shows_up_in_no_answer_of_any_route"),
    ("choose-theme", "what_is_foreign_shows_up_in_no_answer_of_any_route"),
];

/// Everything that only looks.
pub(crate) fn lookers() -> Vec<Teller> {
    let licensing = licence_sights::sights().into_iter().chain(licence_pages::views());
    sights().into_iter().chain(licensing).chain(pages()).chain(console::views()).collect()
}

/// Everything that changes something.
pub(crate) fn doers() -> Vec<Teller> {
    let licensing = licence_steps::steps().into_iter().chain(seat_steps::steps()).chain(licence_pages::forms());
    steps().into_iter().chain(tree_steps()).chain(licensing).chain(forms()).chain(console::forms()).collect()
}

#[test]
fn every_route_is_asked_by_chance_or_is_about_whoever_asks_alone() {
    let registry = bailiwick_server::registry().unwrap();
    let endpoints = registry.endpoints().map(|info| info.name);
    let served: BTreeSet<_> = endpoints.chain(registry.pages().map(|info| info.name)).collect();
    let asked: Vec<_> = lookers().into_iter().chain(doers()).map(|teller| teller.route).collect();
    let left_out = ABOUT_ONESELF.iter().chain(&ELSEWHERE).map(|(route, _)| *route);
    let known: Vec<_> = asked.into_iter().chain(left_out).collect();
    assert_eq!(known.len(), known.iter().collect::<BTreeSet<_>>().len(), "a route is named twice: {known:?}");
    let known: BTreeSet<_> = known.into_iter().collect();
    let forgotten: Vec<_> = served.difference(&known).collect();
    assert!(forgotten.is_empty(), "say in tests/isolation what may be told of {forgotten:?}, and to whom");
    let stale: Vec<_> = known.difference(&served).collect();
    assert!(stale.is_empty(), "these routes are not there any more: {stale:?}");
}

/// How planted words begin, and how planted telephone numbers do; all have one length.
const BEGINNINGS: [&str; 2] = ["cnry", "+990"];
const LENGTH: usize = 12;

/// The planted words in a text, each once.
pub(crate) fn words_in(text: &str) -> BTreeSet<String> {
    let text = text.to_lowercase();
    let places = BEGINNINGS.into_iter().flat_map(|beginning| text.match_indices(beginning).map(|(at, _)| at));
    places.filter_map(|at| text.get(at..at + LENGTH)).map(str::to_owned).collect()
}

/// How long the key of a licence is, and where its dashes are.
const KEY_LENGTH: usize = 36;
const DASHES: [usize; 4] = [8, 13, 18, 23];

/// Whatever in a text looks like the key of a licence, each once.
pub(crate) fn keys_in(text: &str) -> BTreeSet<String> {
    let starts = text.match_indices('-').filter_map(|(at, _)| at.checked_sub(DASHES[0]));
    let keys = starts.filter_map(|start| text.get(start..start + KEY_LENGTH));
    let is_key = |key: &&str| DASHES.iter().all(|at| key.as_bytes()[*at] == b'-');
    keys.filter(is_key).map(str::to_lowercase).collect()
}

/// The words in a text that somebody, or nobody in particular, must not be told and has not said.
pub(crate) fn leaks(model: &Model, caller: Option<usize>, text: &str, said: &str) -> Vec<String> {
    let may_know = |word: &String| {
        caller.is_some_and(|caller| owners(model, word).iter().any(|owner| model.may_know(caller, *owner)))
    };
    let is_planted = |word: &String| model.words.contains_key(word) || stands_alone(text, word);
    let keys = keys_in(text).into_iter().filter(|key| model.words.contains_key(key));
    let told = words_in(text).into_iter().filter(is_planted).chain(keys);
    told.filter(|word| !said.contains(word.as_str()) && !may_know(word)).collect()
}

/// Whom a word speaks of; one that a picture has cut short, everybody whose word begins like it.
fn owners(model: &Model, word: &str) -> Vec<Owner> {
    match word.split_once('…') {
        None => model.words.get(word).cloned().unwrap_or_default(),
        Some((beginning, _)) => {
            let meant = model.words.iter().filter(|(word, _)| word.starts_with(beginning));
            meant.flat_map(|(_, owners)| owners).copied().collect()
        }
    }
}

/// Whether a word is more than some letters of a token, which chance has put in this order.
fn stands_alone(text: &str, word: &str) -> bool {
    let text = text.to_lowercase();
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + word.len()..).unwrap_or_default());
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

#[test]
fn the_key_of_a_licence_is_found_wherever_it_stands() {
    let key = "7b1c9d52-5a0e-4f5b-9c1d-2f6f0c8a3e11";
    for text in [key.to_owned(), format!("--{key}-"), format!("\"LicenseKey\":\"{}\"", key.to_uppercase())] {
        assert!(keys_in(&text).contains(key), "{text}");
    }
    assert!(keys_in("7b1c9d52-5a0e-4f5b-9c1d").is_empty());
}

#[test]
fn a_planted_word_is_told_from_the_letters_of_a_token() {
    let token = "value=\"Xq0CNRYkiiqno0kPzz9-_a\"";
    assert_eq!(words_in(token).len(), 1);
    assert!(!stands_alone(token, "cnrykiiqno0k"));
    for text in ["<b>Cnrykiiqno0k</b>", "cnrykiiqno0k@example.org", "cnrykiiqno0k"] {
        assert!(stands_alone(text, "cnrykiiqno0k"), "{text}");
    }
}
