//! A body: its members in a row, and one as it could be.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::shape::{Kind, Schemas, Shape, Text};
use crate::console::view::docs::{DocsBody, DocsField};

/// How deep an example goes; what is deeper holds itself.
const EXAMPLE_DEPTH_MAX: usize = 8;
/// Reads the bodies of one page, each component's members once.
pub(super) struct Bodies<'a> {
    schemas: Schemas<'a>,
    /// Under which heading the members of a component were listed.
    listed: HashMap<&'a str, &'a str>,
    /// How often they were referred to instead of being listed again.
    references: usize,
}

impl<'a> Bodies<'a> {
    pub(super) fn new(schemas: Schemas<'a>) -> Self {
        Self { schemas, listed: HashMap::new(), references: 0 }
    }

    /// What is sent, in the operation with this heading: the example has all members but the deprecated ones.
    pub(super) fn request(&mut self, schema: &'a Value, heading: &'a str) -> Option<DocsBody> {
        self.body(schema, heading, Extent::Current)
    }

    /// What is answered, in the operation with this heading: the example has what is always there.
    ///
    /// It is left out where it would only show again what the page has shown.
    pub(super) fn answer(&mut self, schema: &'a Value, heading: &'a str) -> Option<DocsBody> {
        let (listed, references) = (self.listed.len(), self.references);
        let body = self.body(schema, heading, Extent::Required)?;
        let only_repeats = self.listed.len() == listed && self.references > references;
        Some(if only_repeats { DocsBody { example: None, ..body } } else { body })
    }

    fn body(&mut self, schema: &'a Value, heading: &'a str, extent: Extent) -> Option<DocsBody> {
        let shape = self.schemas.shape(schema);
        if matches!(shape.kind, Kind::Anything) {
            return None;
        }
        let mut fields = Vec::new();
        self.list(&shape, "", heading, &mut fields);
        let value = Examples { schemas: self.schemas, extent }.value(&shape, "", 0);
        Some(DocsBody { fields, example: serde_json::to_string_pretty(&value).ok() })
    }

    /// Lists the members of an object, each followed by its own.
    fn list(&mut self, object: &Shape<'a>, prefix: &str, heading: &'a str, fields: &mut Vec<DocsField>) {
        let Kind::Object(members, required) = &object.kind else { return };
        for (name, schema) in *members {
            let member = self.schemas.shape(schema);
            let type_text = self.schemas.words(&member);
            let description = member.description.to_owned();
            let (inner, suffix) = self.inside(member);
            let before = inner.component.and_then(|component| self.listed.get(component).copied());
            let type_text = match before {
                Some(before) => format!("{type_text}, as under “{before}”"),
                None => type_text,
            };
            let is_required = required.contains(&name.as_str());
            let path = format!("{prefix}{name}");
            fields.push(DocsField { name: path.clone(), required: is_required, type_text, description });
            if before.is_some() {
                self.references += 1;
            } else if matches!(inner.kind, Kind::Object(..)) {
                // Before its members are listed: one of them may be the same component.
                self.listed.extend(inner.component.map(|component| (component, heading)));
                self.list(&inner, &format!("{path}{suffix}."), heading, fields);
            }
        }
    }

    /// What a list or a map holds, however deep, and how to write that.
    fn inside(&self, mut shape: Shape<'a>) -> (Shape<'a>, String) {
        let mut suffix = String::new();
        loop {
            let (step, schema) = match shape.kind {
                Kind::List(items) => ("[]", items),
                Kind::Map(values) => (".*", values),
                _ => return (shape, suffix),
            };
            suffix.push_str(step);
            shape = self.schemas.shape(schema);
        }
    }
}

/// Which members of its objects an example has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// All that are not deprecated.
    Current,
    /// Those that are always there; where none is, all.
    Required,
}

/// Makes examples.
#[derive(Clone, Copy)]
struct Examples<'a> {
    schemas: Schemas<'a>,
    extent: Extent,
}

impl Examples<'_> {
    /// A value of this shape, for a member of this name.
    fn value(self, shape: &Shape<'_>, name: &str, depth: usize) -> Value {
        if let Some(example) = shape.example.or(shape.default) {
            return example.clone();
        }
        if depth > EXAMPLE_DEPTH_MAX {
            return Value::Null;
        }
        let inner = |schema, name: &str| self.value(&self.schemas.shape(schema), name, depth + 1);
        match &shape.kind {
            Kind::Choice(values) => values.first().copied().cloned().unwrap_or_default(),
            Kind::Text(text) => text_example(text, name).into(),
            Kind::Integer(min, max) => min.unwrap_or(1).max(1).min(max.unwrap_or(i64::MAX)).into(),
            Kind::Boolean => true.into(),
            Kind::List(items) => vec![inner(items, name)].into(),
            Kind::Map(values) => Map::from_iter([("name".to_owned(), inner(values, "value"))]).into(),
            Kind::Object(members, required) => {
                let shown = members.iter().filter(|(name, schema)| self.shows(required, name, schema));
                shown.map(|(name, schema)| (name.clone(), inner(schema, name))).collect::<Map<_, _>>().into()
            }
            Kind::Anything => Value::Null,
        }
    }

    fn shows(self, required: &[&str], name: &str, schema: &Value) -> bool {
        match self.extent {
            Extent::Current => !self.schemas.shape(schema).is_deprecated,
            Extent::Required => required.is_empty() || required.contains(&name),
        }
    }
}

/// Text of this form; where the form says nothing, the member's own name.
fn text_example(text: &Text<'_>, name: &str) -> String {
    let formed = match text.format {
        Some("uuid") => "0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7a",
        Some("date-time") => "2026-11-20T09:30:00Z",
        Some("email") => "ada.verdi@northwind.example",
        Some("uri") => "https://shop.example/callback",
        Some("password") => "correct horse battery staple",
        _ => name,
    };
    let length = |limit: Option<u64>| limit.and_then(|limit| usize::try_from(limit).ok());
    let shortest = length(text.length_min).unwrap_or(0);
    let longest = length(text.length_max).unwrap_or(usize::MAX);
    let wanted = formed.chars().count().clamp(shortest, longest.max(shortest));
    formed.chars().chain(std::iter::repeat('x')).take(wanted).collect()
}
