//! What is printed steers no terminal: some of it was sent by strangers.

/// What stands where something was that a terminal would not show but follow.
const INSTEAD: char = '\u{fffd}';

/// The text in one line that shows all there is in it, for a cell of a table.
pub(super) fn one_line(text: &str) -> String {
    text.replace(steers, &INSTEAD.to_string())
}

/// The same of a text of several lines.
pub(crate) fn plain(text: &str) -> String {
    text.replace(|character| steers(character) && character != '\n', &INSTEAD.to_string())
}

/// A JSON document of the same meaning, in which whatever steers is spelled out.
pub(super) fn plain_json(document: &str) -> String {
    let mut plain = String::with_capacity(document.len());
    for character in document.chars() {
        if !steers(character) {
            plain.push(character);
            continue;
        }
        // JSON spells what lies beyond the first plane as two units of UTF-16 (RFC 8259, 7).
        plain.extend(character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
    }
    plain
}

/// Whether a terminal would follow a character rather than show it: control characters, what changes
/// the direction of the text around it, and what is not to be seen at all.
fn steers(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                // Between these two stand what joins letters and what parts them: names are written with those.
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An escape, its one-byte form, the end of a line, and a text that is read backwards.
    const HOSTILE: &str = "\u{1b}[2J\u{9b}2J\n\u{202e}nna\u{2066}\u{200b}\u{e0041}";

    #[test]
    fn nothing_that_is_printed_steers_the_terminal() {
        let shown = "\u{fffd}[2J\u{fffd}2J\n\u{fffd}nna\u{fffd}\u{fffd}\u{fffd}";
        assert_eq!(plain(HOSTILE), shown);
        assert_eq!(one_line(HOSTILE), shown.replace('\n', "\u{fffd}"));
        for kept in ["Jörg Müller-Lüdenscheidt", "عبد الله", "علی\u{200c}رضا", "山田 太郎", "👩🏽", "👩\u{200d}🔧"]
        {
            assert_eq!((plain(kept), one_line(kept)), (kept.to_owned(), kept.to_owned()));
        }
    }

    #[test]
    fn a_document_means_the_same_and_steers_nothing() {
        let document = serde_json::json!({ "name": HOSTILE }).to_string();
        let plain = plain_json(&document);
        assert!(!plain.contains(steers), "{plain}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&plain).ok(), serde_json::from_str(&document).ok());
    }
}
