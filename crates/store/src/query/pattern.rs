//! Patterns of `LIKE`.

/// The pattern that matches every text which contains this one; its statement says `ESCAPE '!'`.
pub(super) fn contains(text: &str) -> String {
    let escaped = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}
