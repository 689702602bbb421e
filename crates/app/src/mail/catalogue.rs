//! What mails say, in each language: files that a translator edits without any Rust.
//!
//! The files are `crates/app/catalogues/mail/<language>.toml`.

use bailiwick_domain::account::Language;
use serde::Deserialize;

/// A catalogue is not whole.
#[derive(Debug, thiserror::Error)]
#[error("the catalogue of mails in {language}: {problem}")]
pub struct CatalogueError {
    language: Language,
    problem: String,
}

/// What all mails say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Frame {
    /// How a mail begins.
    pub(super) greeting: String,
    /// What to do where the button cannot be used.
    pub(super) link_hint: String,
    /// Who wrote it.
    pub(super) footer: String,
}

/// What the mails of one kind say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    /// The subject.
    pub(super) subject: String,
    /// What has happened and what to do.
    pub(super) lead: String,
    /// What the button does.
    pub(super) action: String,
    /// What is to be known about it.
    pub(super) note: String,
    /// Why this mail comes, and what to do when it should not have.
    pub(super) reason: String,
}

/// How a mail lists licences.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LicenceLines {
    /// A licence that runs out.
    pub(super) licence: String,
    /// The same of one that is there to try what it provides.
    pub(super) trial: String,
    /// Either, and the systems that have it.
    pub(super) on_systems: String,
    /// How many more there are than are listed.
    pub(super) more: String,
}

/// One language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Catalogue {
    pub(super) frame: Frame,
    pub(super) welcome: Words,
    pub(super) password_reset: Words,
    pub(super) invitation: Words,
    pub(super) password_changed: Words,
    pub(super) licences_run_out: Words,
    pub(super) licence_lines: LicenceLines,
}

/// Every language.
#[derive(Clone, Debug)]
pub(crate) struct Catalogues {
    english: Catalogue,
    german: Catalogue,
    italian: Catalogue,
}

impl Catalogues {
    /// Reads the catalogues that the program carries.
    pub(crate) fn load() -> Result<Self, CatalogueError> {
        let load = |language| {
            toml::from_str(source(language))
                .map_err(|error| CatalogueError { language, problem: error.message().to_owned() })
        };
        Ok(Self {
            english: load(Language::English)?,
            german: load(Language::German)?,
            italian: load(Language::Italian)?,
        })
    }

    pub(super) const fn of(&self, language: Language) -> &Catalogue {
        match language {
            Language::English => &self.english,
            Language::German => &self.german,
            Language::Italian => &self.italian,
        }
    }
}

const fn source(language: Language) -> &'static str {
    match language {
        Language::English => include_str!("../../catalogues/mail/en.toml"),
        Language::German => include_str!("../../catalogues/mail/de.toml"),
        Language::Italian => include_str!("../../catalogues/mail/it.toml"),
    }
}

/// Fills the words in braces in, once: what is filled in is not looked at again.
pub(super) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('{') {
        filled.push_str(before);
        let known = from.split_once('}').and_then(|(name, after)| {
            let value = values.iter().find(|(its, _)| *its == name)?.1;
            Some((value, after))
        });
        if let Some((value, after)) = known {
            filled.push_str(value);
            rest = after;
        } else {
            filled.push('{');
            rest = from;
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Every text of a language by its key, with the words in braces in it.
    fn placeholders(language: Language) -> BTreeMap<String, BTreeSet<String>> {
        let sections: toml::Table = source(language).parse().unwrap();
        let mut found = BTreeMap::new();
        for (section, texts) in &sections {
            for (key, text) in texts.as_table().unwrap() {
                let text = text.as_str().unwrap();
                assert!(!text.trim().is_empty(), "{language}: {section}.{key} says nothing");
                let words = text.split('{').skip(1).map(|rest| rest.split_once('}').unwrap().0.to_owned());
                found.insert(format!("{section}.{key}"), words.collect());
            }
        }
        found
    }

    #[test]
    fn every_language_has_the_same_keys_and_fills_in_the_same_words() {
        Catalogues::load().unwrap();
        let english = placeholders(Language::English);
        for language in Language::ALL {
            assert_eq!(placeholders(language), english, "{language}");
        }
    }

    #[test]
    fn languages_say_different_things() {
        let catalogues = Catalogues::load().unwrap();
        let subjects = Language::ALL.map(|language| catalogues.of(language).welcome.subject.clone());
        assert_eq!(subjects.iter().collect::<BTreeSet<_>>().len(), subjects.len(), "{subjects:?}");
    }

    #[test]
    fn what_is_filled_in_is_not_filled_in_again() {
        let values = [("host", "{address}"), ("address", "ann")];
        assert_eq!(fill("{host} and {address}, {else} and { or }", &values), "{address} and ann, {else} and { or }");
    }
}
