//! Just enough of HTML to hold pages to their invariants: elements, attributes, text.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

/// A start tag with its attributes.
#[derive(Debug)]
pub(crate) struct Element {
    /// The name, in small letters.
    pub(crate) name: String,
    /// The attributes, as written.
    pub(crate) attributes: BTreeMap<String, String>,
    /// The text up to the next tag.
    pub(crate) text: String,
}

impl Element {
    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

/// Elements that have no end tag.
const VOID: [&str; 7] = ["input", "link", "meta", "br", "hr", "path", "col"];

/// The elements of a page in their order.
///
/// # Panics
/// When tags do not close in turn, an attribute is not quoted or comes twice,
/// or text holds a `<`: the page is broken, or something got out of its quotes.
pub(crate) fn elements(page: &str) -> Vec<Element> {
    let mut found: Vec<Element> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = page.strip_prefix("<!doctype html>").expect("a page begins with its doctype");
    while let Some((text, after)) = rest.split_once('<') {
        if let Some(element) = found.last_mut() {
            element.text.push_str(text);
        }
        if let Some(after) = after.strip_prefix('/') {
            let (name, after) = after.split_once('>').expect("an end tag ends");
            assert_eq!(open.pop().as_deref(), Some(name), "tags close in turn");
            rest = after;
        } else {
            let (element, after) = start_tag(after);
            if !VOID.contains(&element.name.as_str()) {
                open.push(element.name.clone());
            }
            found.push(element);
            rest = after;
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    found
}

/// Reads a start tag behind its `<`; returns what follows its `>`.
fn start_tag(tag: &str) -> (Element, &str) {
    let end = tag.find(|c: char| !c.is_ascii_alphanumeric()).expect("a tag ends");
    let (name, mut rest) = tag.split_at(end);
    assert!(!name.is_empty(), "a raw < before: {}", tag.chars().take(40).collect::<String>());
    let mut attributes = BTreeMap::new();
    loop {
        rest = rest.trim_start().trim_start_matches('/');
        if let Some(after) = rest.strip_prefix('>') {
            return (Element { name: name.to_ascii_lowercase(), attributes, text: String::new() }, after);
        }
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).expect("an attribute ends");
        let (attribute, after) = rest.split_at(end);
        assert!(!attribute.is_empty(), "no attribute: {}", rest.chars().take(40).collect::<String>());
        let (value, after) = match after.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').expect("a value ends"),
            None => ("", after),
        };
        let former = attributes.insert(attribute.to_owned(), value.to_owned());
        assert!(former.is_none(), "twice: {attribute}");
        rest = after;
    }
}

#[test]
fn attributes_and_text_are_read() {
    let page = elements("<!doctype html><p class=\"a b\" hidden>One<input value=\"1 &gt; 0\">two</p>");
    let names: Vec<&str> = page.iter().map(|element| element.name.as_str()).collect();
    assert_eq!(names, ["p", "input"]);
    assert_eq!(page[0].attribute("class"), Some("a b"));
    assert_eq!(page[0].attribute("hidden"), Some(""));
    assert_eq!(page[1].attribute("value"), Some("1 &gt; 0"));
    assert_eq!(page[0].text, "One");
}

#[test]
#[should_panic(expected = "tags close in turn")]
fn a_stray_end_tag_is_noticed() {
    elements("<!doctype html><p><b></p></b>");
}
