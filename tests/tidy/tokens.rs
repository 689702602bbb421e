//! Rust code as a flat list of tokens, so that a rule can look for a few of
//! them in a row, inside macros too, and never into comments.

use std::iter::Peekable;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree, token_stream::IntoIter};

/// One token: an identifier, a mark (`::` is one), a literal as written, or a bracket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
    /// Whether it stands in code that is compiled for tests only.
    pub(crate) in_test: bool,
}

/// The tokens of a Rust file; none when it is no Rust.
pub(crate) fn flatten(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    if let Ok(stream) = text.parse::<TokenStream>() {
        walk(stream, false, &mut tokens);
    }
    tokens
}

/// Where the tokens of `pattern` stand in a row: the index of each first one.
pub(crate) fn find<'t>(tokens: &'t [Token], pattern: &'t [&str]) -> impl Iterator<Item = usize> + 't {
    tokens
        .windows(pattern.len())
        .enumerate()
        .filter(move |(_, window)| window.iter().zip(pattern).all(|(token, wanted)| token.text == *wanted))
        .map(|(index, _)| index)
}

/// The attributes, `#[…]` and `#![…]`: what stands between the brackets.
pub(crate) fn attributes(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    let starts = find(tokens, &["#", "["]).map(|index| index + 2);
    let inner_starts = find(tokens, &["#", "!", "["]).map(|index| index + 3);
    starts.chain(inner_starts).filter_map(|start| {
        let inside = tokens.get(start..)?;
        let mut depth = 1;
        let end = inside.iter().position(|token| {
            match token.text.as_str() {
                "[" => depth += 1,
                "]" => depth -= 1,
                _ => {}
            }
            depth == 0
        })?;
        inside.get(..end)
    })
}

fn walk(stream: TokenStream, in_test: bool, tokens: &mut Vec<Token>) {
    let mut trees = stream.into_iter().peekable();
    // Set by `#[cfg(test)]`, and until the end of the item that it stands before.
    let mut item_is_test = false;
    while let Some(tree) = trees.next() {
        let here = in_test || item_is_test;
        let mut push = |text: String, line: usize| tokens.push(Token { text, line, in_test: here });
        let line = tree.span().start().line;
        match tree {
            TokenTree::Punct(mark) if mark.as_char() == '#' => match attribute(&mut trees) {
                Some(Attribute::Doc) => {}
                Some(Attribute::Test) => item_is_test = true,
                None => push("#".to_owned(), line),
            },
            TokenTree::Punct(mark) => {
                let joined = mark.as_char() == ':' && mark.spacing() == Spacing::Joint;
                if joined && trees.next_if(|next| next.to_string() == ":").is_some() {
                    push("::".to_owned(), line);
                } else {
                    push(mark.to_string(), line);
                }
                item_is_test &= mark.as_char() != ';';
            }
            TokenTree::Ident(word) => push(word.to_string(), line),
            TokenTree::Literal(literal) => push(literal.to_string(), line),
            TokenTree::Group(group) => {
                let (open, close) = brackets(group.delimiter());
                push(open.to_owned(), line);
                walk(group.stream(), here, tokens);
                let end = group.span_close().start().line;
                tokens.push(Token { text: close.to_owned(), line: end, in_test: here });
                item_is_test &= group.delimiter() != Delimiter::Brace;
            }
        }
    }
}

/// An attribute that changes how what follows is read.
enum Attribute {
    /// A comment: no rule looks into it.
    Doc,
    /// `#[cfg(test)]` or `#[test]`: what follows is test code.
    Test,
}

/// Reads the attribute behind a `#`, and takes it away when it is one of those that count here.
fn attribute(trees: &mut Peekable<IntoIter>) -> Option<Attribute> {
    let mut ahead = trees.clone();
    ahead.next_if(|next| next.to_string() == "!");
    let TokenTree::Group(group) = ahead.next()? else { return None };
    let text: String = group.stream().into_iter().map(|tree| tree.to_string()).collect();
    let found = if text.starts_with("doc=") {
        Attribute::Doc
    } else if text == "cfg(test)" || text == "test" || text == "tokio::test" {
        Attribute::Test
    } else {
        return None;
    };
    *trees = ahead;
    Some(found)
}

const fn brackets(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::None => ("", ""),
    }
}
