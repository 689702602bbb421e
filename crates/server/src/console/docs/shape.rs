//! What a JSON schema of the document says: read, and put into words.

use serde_json::{Map, Value};

/// How many references and alternatives to null are taken off a schema; declarations have two at most.
const WRAPPINGS_MAX: usize = 8;
/// The longest pattern that says more than it takes to read; the document has the others.
const PATTERN_LENGTH_MAX: usize = 24;

/// The schemas of a document.
#[derive(Clone, Copy)]
pub(super) struct Schemas<'a>(pub(super) &'a Value);

/// A schema without its wrappings.
pub(super) struct Shape<'a> {
    /// What it admits.
    pub(super) kind: Kind<'a>,
    /// The name under which the document keeps it.
    pub(super) component: Option<&'a str>,
    /// What the outermost wrapping says that it means.
    pub(super) description: &'a str,
    /// The value that stands for an absent one.
    pub(super) default: Option<&'a Value>,
    /// A value of this shape.
    pub(super) example: Option<&'a Value>,
    /// Whether new programs should do without it.
    pub(super) is_deprecated: bool,
    is_nullable: bool,
}

/// What a schema admits, null aside.
pub(super) enum Kind<'a> {
    /// One of these values.
    Choice(Vec<&'a Value>),
    /// A string.
    Text(Text<'a>),
    /// A whole number between these.
    Integer(Option<i64>, Option<i64>),
    /// True or false.
    Boolean,
    /// Any number of these.
    List(&'a Value),
    /// Members of any name, each like this.
    Map(&'a Value),
    /// These members, and the names of those that are always there.
    Object(&'a Map<String, Value>, Vec<&'a str>),
    /// Anything.
    Anything,
}

/// What a string looks like.
pub(super) struct Text<'a> {
    /// Its form by name.
    pub(super) format: Option<&'a str>,
    /// The fewest characters.
    pub(super) length_min: Option<u64>,
    /// The most characters.
    pub(super) length_max: Option<u64>,
    pattern: Option<&'a str>,
}

impl<'a> Schemas<'a> {
    /// Takes the wrappings off a schema.
    pub(super) fn shape(self, schema: &'a Value) -> Shape<'a> {
        let mut shape = Shape {
            kind: Kind::Anything,
            component: None,
            description: "",
            default: None,
            example: None,
            is_deprecated: false,
            is_nullable: false,
        };
        let mut inner = schema;
        for _ in 0..WRAPPINGS_MAX {
            shape.annotate(inner);
            if let Some(reference) = text(inner, "$ref") {
                shape.component = reference.rsplit('/').next();
                inner = reference.strip_prefix('#').and_then(|path| self.0.pointer(path)).unwrap_or(&Value::Null);
            } else if let Some(branch) = branch_beside_null(inner) {
                shape.is_nullable = true;
                inner = branch;
            } else {
                break;
            }
        }
        shape.is_nullable |= types(inner).any(|name| name == "null");
        shape.kind = kind(inner);
        shape
    }

    /// What values of this shape are, such as `string, 1 to 255 characters`.
    pub(super) fn words(self, shape: &Shape<'_>) -> String {
        let mut words = match &shape.kind {
            Kind::Choice(values) => match values.as_slice() {
                [only] => printed(only),
                several => format!("one of {}", several.iter().copied().map(printed).collect::<Vec<_>>().join(", ")),
            },
            Kind::Text(text) => text.words(),
            Kind::Integer(min, max) => match range(*min, *max) {
                Some(range) => format!("integer, {range}"),
                None => "integer".to_owned(),
            },
            Kind::Boolean => "boolean".to_owned(),
            Kind::List(items) => format!("array, each item: {}", self.words(&self.shape(items))),
            Kind::Map(values) => format!("object, each member: {}", self.words(&self.shape(values))),
            Kind::Object(..) => "object".to_owned(),
            Kind::Anything => "any JSON".to_owned(),
        };
        if shape.is_nullable {
            words.push_str(", or null");
        }
        if let Some(default) = shape.default {
            words = format!("{words}; {} when left out", printed(default));
        }
        if shape.is_deprecated {
            words.push_str("; deprecated");
        }
        words
    }
}

impl<'a> Shape<'a> {
    /// Takes over what is said beside the wrapping; what stands further out wins.
    fn annotate(&mut self, schema: &'a Value) {
        if self.description.is_empty() {
            self.description = text(schema, "description").unwrap_or_default();
        }
        self.default = self.default.or(schema.get("default"));
        self.example = self.example.or_else(|| schema.get("examples")?.get(0));
        self.is_deprecated |= schema.get("deprecated") == Some(&Value::Bool(true));
    }
}

impl Text<'_> {
    fn words(&self) -> String {
        let form = self.format.map(|format| match format {
            "uuid" => "UUID".to_owned(),
            "uri" => "URL".to_owned(),
            "email" => "e-mail address".to_owned(),
            "date-time" => "RFC 3339 date and time".to_owned(),
            other => other.to_owned(),
        });
        let length = range(self.length_min, self.length_max).map(|range| format!("{range} characters"));
        let short = self.pattern.filter(|pattern| pattern.len() <= PATTERN_LENGTH_MAX);
        let pattern = short.map(|pattern| format!("matching {pattern}"));
        let parts = [Some("string".to_owned()), form, length, pattern];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// `1 to 100`, `at least 1`, `at most 100`.
fn range<N: std::fmt::Display>(min: Option<N>, max: Option<N>) -> Option<String> {
    match (min, max) {
        (Some(min), Some(max)) => Some(format!("{min} to {max}")),
        (Some(min), None) => Some(format!("at least {min}")),
        (None, Some(max)) => Some(format!("at most {max}")),
        (None, None) => None,
    }
}

/// A value as prose has it: text without its quotes, where there is any.
fn printed(value: &Value) -> String {
    match value {
        Value::String(text) if !text.is_empty() => text.clone(),
        other => other.to_string(),
    }
}

/// A member that is text.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

/// A member that is an array; none where there is no such.
fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The names of the types that a schema admits.
fn types(schema: &Value) -> impl Iterator<Item = &str> {
    text(schema, "type").into_iter().chain(items(schema, "type").iter().filter_map(Value::as_str))
}

/// What a schema admits when it is that or null.
fn branch_beside_null(schema: &Value) -> Option<&Value> {
    let is_null = |branch: &Value| text(branch, "type") == Some("null");
    match items(schema, "anyOf") {
        [branch, null] if is_null(null) => Some(branch),
        [null, branch] if is_null(null) => Some(branch),
        _ => None,
    }
}

fn kind(schema: &Value) -> Kind<'_> {
    if let Some(values) = choices(schema) {
        return Kind::Choice(values);
    }
    let number = |name: &str| schema.get(name).and_then(Value::as_i64);
    let length = |name: &str| schema.get(name).and_then(Value::as_u64);
    match types(schema).find(|name| *name != "null") {
        Some("string") => Kind::Text(Text {
            format: text(schema, "format"),
            length_min: length("minLength"),
            length_max: length("maxLength"),
            pattern: text(schema, "pattern"),
        }),
        Some("integer") => Kind::Integer(number("minimum"), number("maximum")),
        Some("boolean") => Kind::Boolean,
        Some("array") => schema.get("items").map_or(Kind::Anything, Kind::List),
        Some("object") => match (schema.get("properties"), schema.get("additionalProperties")) {
            (Some(Value::Object(members)), _) => {
                Kind::Object(members, items(schema, "required").iter().filter_map(Value::as_str).collect())
            }
            (_, Some(values @ Value::Object(_))) => Kind::Map(values),
            _ => Kind::Anything,
        },
        _ => Kind::Anything,
    }
}

/// The values that a schema names one by one.
fn choices(schema: &Value) -> Option<Vec<&Value>> {
    if let Some(only) = schema.get("const") {
        return Some(vec![only]);
    }
    let named = items(schema, "enum");
    if !named.is_empty() {
        return Some(named.iter().filter(|value| !value.is_null()).collect());
    }
    let branches = items(schema, "oneOf");
    if branches.is_empty() {
        return None;
    }
    let values: Option<Vec<_>> = branches.iter().map(choices).collect();
    values.map(|values| values.concat())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_are_put_into_words() {
        let document = json!({ "components": { "schemas": {
            "Kind": { "oneOf": [{ "const": "a", "description": "An a." }, { "enum": ["b", "c"] }] },
            "Thing": { "type": "object", "properties": { "name": { "type": "string" } } },
        } } });
        let schemas = Schemas(&document);
        for (schema, expected) in [
            (json!({ "type": "string" }), "string"),
            (json!({ "type": "string", "format": "uuid" }), "string, UUID"),
            (json!({ "type": "string", "minLength": 1, "maxLength": 255 }), "string, 1 to 255 characters"),
            (json!({ "type": ["string", "null"], "maxLength": 9 }), "string, at most 9 characters, or null"),
            (json!({ "type": "string", "pattern": "^[a-z]+$" }), "string, matching ^[a-z]+$"),
            (json!({ "type": "string", "pattern": "x".repeat(80) }), "string"),
            (
                json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 50 }),
                "integer, 1 to 100; 50 when left out",
            ),
            (json!({ "type": "integer", "minimum": 0 }), "integer, at least 0"),
            (json!({ "anyOf": [{ "type": "boolean" }, { "type": "null" }] }), "boolean, or null"),
            (json!({ "enum": ["asc", ""] }), "one of asc, \"\""),
            (json!({ "const": 200, "type": "integer" }), "200"),
            (json!({ "$ref": "#/components/schemas/Kind" }), "one of a, b, c"),
            (json!({ "type": "array", "items": { "$ref": "#/components/schemas/Thing" } }), "array, each item: object"),
            (json!({ "type": "object", "additionalProperties": { "type": "string" } }), "object, each member: string"),
            (json!({ "type": "string", "deprecated": true }), "string; deprecated"),
            (json!(true), "any JSON"),
            (json!({ "$ref": "#/components/schemas/Missing" }), "any JSON"),
        ] {
            assert_eq!(schemas.words(&schemas.shape(&schema)), expected, "{schema}");
        }
    }

    #[test]
    fn what_stands_further_out_wins() {
        let document = json!({ "components": { "schemas": {
            "Thing": { "type": "object", "properties": {}, "description": "A thing.", "examples": [{}] },
        } } });
        let schema = json!({ "description": "This thing.", "anyOf": [
            { "$ref": "#/components/schemas/Thing" }, { "type": "null" },
        ] });
        let shape = Schemas(&document).shape(&schema);
        assert_eq!((shape.description, shape.component), ("This thing.", Some("Thing")));
        assert_eq!(shape.example, Some(&json!({})));
    }
}
