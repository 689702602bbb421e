//! Where a line of a file may have quotes.

/// Whether quotes are where they may be (RFC 4180, 2): a reader that is lenient about it would put together as one cell
/// what nobody wrote as one.
pub(super) fn stand_well(line: &str, delimiter: char) -> bool {
    enum At {
        Begin,
        Plain,
        Quoted,
        Closed,
        After,
    }
    let mut at = At::Begin;
    for character in line.chars() {
        let is_quote = character == '"';
        at = match at {
            At::Quoted if is_quote => At::Closed,
            At::Quoted => At::Quoted,
            At::Begin | At::Closed if is_quote => At::Quoted,
            _ if character == delimiter => At::Begin,
            At::Begin | At::Plain if !is_quote => At::Plain,
            At::Closed | At::After if character.is_whitespace() => At::After,
            _ => return false,
        };
    }
    !matches!(at, At::Quoted)
}
