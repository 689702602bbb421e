//! Descriptions in plain text: blank lines part paragraphs, back-ticks mark code.
//!
//! The API's types are described by their doc comments, which are written that
//! way; anything richer would need to be trusted not to be HTML.

/// A stretch of a paragraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stretch<'a> {
    /// Words.
    Words(&'a str),
    /// A name or a value, to be set in monospace.
    Code(&'a str),
}

/// The paragraphs of a text, each cut into its stretches.
pub(crate) fn paragraphs(text: &str) -> Vec<Vec<Stretch<'_>>> {
    text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()).map(stretches).collect()
}

/// One paragraph, cut at its back-ticks. A back-tick without its fellow is a character like any other.
pub(crate) fn stretches(paragraph: &str) -> Vec<Stretch<'_>> {
    let mut found = Vec::new();
    let mut rest = paragraph;
    while let Some((words, code, after)) = cut(rest) {
        if !words.is_empty() {
            found.push(Stretch::Words(words));
        }
        found.push(Stretch::Code(code));
        rest = after;
    }
    if !rest.is_empty() {
        found.push(Stretch::Words(rest));
    }
    found
}

/// What stands before, between and after the first two back-ticks.
fn cut(text: &str) -> Option<(&str, &str, &str)> {
    let (words, after) = text.split_once('`')?;
    let (code, rest) = after.split_once('`')?;
    Some((words, code, rest))
}

#[cfg(test)]
mod tests {
    use super::Stretch::{Code, Words};
    use super::*;

    #[test]
    fn blank_lines_part_paragraphs_and_back_ticks_mark_code() {
        assert_eq!(
            paragraphs("The `state` is\nconsumed.\n\n`400`\n\n"),
            [vec![Words("The "), Code("state"), Words(" is\nconsumed.")], vec![Code("400")]]
        );
    }

    #[test]
    fn a_lonely_back_tick_is_a_character() {
        assert_eq!(stretches("a ` b"), [Words("a ` b")]);
        assert_eq!(stretches(""), []);
    }
}
