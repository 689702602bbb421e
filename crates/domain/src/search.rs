//! Text as a search sees it.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The text without regard to case, accents and width, so that "Zürich" and
/// "ZURICH" are found by either.
#[must_use]
pub fn fold(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn case_accents_and_width_do_not_matter() {
        assert_eq!(fold("ZÜRICH"), fold("zurich"));
        assert_eq!(fold("ｗｉｄｅ"), "wide");
    }
}
