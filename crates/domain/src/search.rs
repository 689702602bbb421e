//! Text as a search sees it.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The text without regard to case, accents and width, so that "Zürich" and
/// "ZURICH" are found by either.
#[must_use]
pub fn fold(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// The words of the text, folded, with one space between each two: what stands between letters and digits does not
/// matter to a search.
#[must_use]
pub fn words(text: &str) -> String {
    let folded = fold(text);
    folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// From where on a search finds these words: from the begin of each of them on.
pub fn starts(words: &str) -> impl Iterator<Item = &str> {
    let at = |(space, _)| words.get(space + 1..);
    std::iter::once(words).chain(words.match_indices(' ').filter_map(at)).filter(|start| !start.is_empty())
}

/// What a search asks for: words that follow one another, the last of which may be the beginning of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase(String);

impl Phrase {
    /// The most code points that are compared; whatever has them in common is found.
    pub const LENGTH_MAX: usize = 48;

    /// What somebody typed.
    #[must_use]
    pub fn new(typed: &str) -> Self {
        Self(shortened(&words(typed)).to_owned())
    }

    /// Whether nothing can be looked for, because it has neither letters nor digits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first text that begins with it, and the first one after all of those.
    #[must_use]
    pub fn range(&self) -> [String; 2] {
        [self.0.clone(), format!("{}{}", self.0, char::MAX)]
    }
}

/// A text as far as a [`Phrase`] is compared with it.
#[must_use]
pub fn shortened(text: &str) -> &str {
    text.char_indices().nth(Phrase::LENGTH_MAX).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::{Phrase, fold, starts, words};

    #[test]
    fn words_are_what_stands_between_all_else() {
        assert_eq!(
            words("  Müller-Lüdenscheidt & Söhne <info@Example.org>"),
            "muller ludenscheidt sohne info example org"
        );
        assert_eq!(words("&?!"), "");
    }

    #[test]
    fn a_search_begins_at_any_word() {
        assert_eq!(starts("ada maria verdi").collect::<Vec<_>>(), ["ada maria verdi", "maria verdi", "verdi"]);
        assert_eq!(starts("").count(), 0);
    }

    #[test]
    fn a_phrase_finds_what_begins_with_it() {
        let phrase = Phrase::new("Maria  VER");
        let [from, to] = phrase.range();
        let found = |text: &str| *text >= *from && *text < *to;
        assert!(found("maria ver") && found("maria verdi") && found("maria ver zz"));
        assert!(!found("maria ve") && !found("maria ves"));
        assert!(Phrase::new("%").is_empty());
    }

    #[test]
    fn of_a_long_phrase_as_much_is_compared_as_is_kept() {
        let long = "wörter ".repeat(20);
        let [from, _] = Phrase::new(&long).range();
        assert_eq!(from.chars().count(), Phrase::LENGTH_MAX);
        assert_eq!(super::shortened(&words(&long)), from);
    }

    #[test]
    fn case_accents_and_width_do_not_matter() {
        assert_eq!(fold("ZÜRICH"), fold("zurich"));
        assert_eq!(fold("ｗｉｄｅ"), "wide");
    }
}
