//! Parsing what came from outside, field by field.
//!
//! A value type says with [`Parse`] how it is read and what would be right. A
//! [`Check`] collects the refusals of a whole request, so that one answer lists
//! every field that is wrong (contract, section 4).

use std::borrow::Cow;

use serde_json::Value;

use crate::fault::{Code, Fault};

/// The longest value that is echoed in an error, in characters.
const ECHO_LIMIT: usize = 256;

/// Why one value was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The rule that failed, in one word, as a program reads it: `required`, `url`.
    pub rule: &'static str,
    /// What would have been right, to be read after "must be".
    pub expected: Cow<'static, str>,
}

impl Refusal {
    /// A refusal by this rule.
    #[must_use]
    pub fn new(rule: &'static str, expected: impl Into<Cow<'static, str>>) -> Self {
        Self { rule, expected: expected.into() }
    }
}

/// One field of a request that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// The field's name as the request spells it.
    pub key: Cow<'static, str>,
    /// Why.
    pub refusal: Refusal,
    /// What was sent, shortened; nothing for a secret or a missing field.
    pub value: Option<String>,
}

impl FieldFault {
    /// A sentence for a person: "`callback_url` must be an absolute https URL".
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("{} must be {}", self.key, self.refusal.expected)
    }
}

/// A value that can be read from what a client sent.
pub trait Parse: Sized {
    /// Whether the value must never be echoed, not even in an error.
    const SECRET: bool = false;

    /// What an error may repeat of a text that was refused: all of it, unless the value is a secret.
    #[must_use]
    fn echo(text: &str) -> Option<&str> {
        (!Self::SECRET).then_some(text)
    }

    /// Reads the value from text: a path segment, a query member, a form field.
    fn parse_text(text: &str) -> Result<Self, Refusal>;

    /// Reads the value from JSON; by default only a string will do.
    fn parse_json(value: &Value) -> Result<Self, Refusal> {
        match value {
            Value::String(text) => Self::parse_text(text),
            _ => Err(Refusal::new("string", "a string")),
        }
    }
}

impl Parse for bool {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Refusal::new("boolean", "true or false")),
        }
    }

    fn parse_json(value: &Value) -> Result<Self, Refusal> {
        value.as_bool().ok_or_else(|| Refusal::new("boolean", "true or false"))
    }
}

/// A member that may be left alone, cleared or set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patch<T> {
    /// It was not sent: leave it alone.
    Keep,
    /// It was sent as null: clear it.
    Clear,
    /// Set it.
    Set(T),
}

impl<T: Parse> Patch<T> {
    /// Reads the member; nothing when it was refused.
    pub fn read(check: &mut Check, key: &'static str, value: Option<&Value>) -> Option<Self> {
        match value {
            None => Some(Self::Keep),
            Some(Value::Null) => Some(Self::Clear),
            Some(value) => check.json(key, Some(value)).map(Self::Set),
        }
    }
}

impl<T> Patch<T> {
    /// What it is to be set to, if anything.
    pub const fn as_set(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }
}

impl<T: PartialEq> Patch<T> {
    /// Applies it; false when that changed nothing.
    pub fn apply(self, target: &mut Option<T>) -> bool {
        let wanted = match self {
            Self::Keep => return false,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        };
        let differs = *target != wanted;
        *target = wanted;
        differs
    }
}

/// Collects the faults of one request's fields.
#[derive(Debug, Default)]
pub struct Check {
    faults: Vec<FieldFault>,
}

impl Check {
    /// Nothing refused so far.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that a field was refused; `value` is echoed, so pass none for a secret.
    pub fn refuse(&mut self, key: impl Into<Cow<'static, str>>, refusal: Refusal, value: Option<&str>) {
        let value = value.filter(|text| !text.is_empty()).map(|text| text.chars().take(ECHO_LIMIT).collect());
        self.faults.push(FieldFault { key: key.into(), refusal, value });
    }

    /// Parses text that must be there.
    pub fn text<T: Parse>(&mut self, key: &'static str, text: &str) -> Option<T> {
        match T::parse_text(text) {
            Ok(value) => Some(value),
            Err(refusal) => {
                self.refuse(key, refusal, T::echo(text));
                None
            }
        }
    }

    /// Parses JSON that must be there.
    pub fn json<T: Parse>(&mut self, key: &'static str, value: Option<&Value>) -> Option<T> {
        match value {
            None | Some(Value::Null) => {
                self.refuse(key, Refusal::new("required", "given"), None);
                None
            }
            Some(value) => self.present(key, value),
        }
    }

    /// Parses JSON that may be absent or null.
    pub fn optional_json<T: Parse>(&mut self, key: &'static str, value: Option<&Value>) -> Option<T> {
        value.filter(|value| !value.is_null()).and_then(|value| self.present(key, value))
    }

    fn present<T: Parse>(&mut self, key: &'static str, value: &Value) -> Option<T> {
        match T::parse_json(value) {
            Ok(parsed) => Some(parsed),
            Err(refusal) => {
                self.refuse_json::<T>(key, refusal, Some(value));
                None
            }
        }
    }

    /// Notes that a field which came as JSON was refused; its value is echoed unless its type is a secret.
    pub fn refuse_json<T: Parse>(&mut self, key: &'static str, refusal: Refusal, value: Option<&Value>) {
        let echo = value.map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        self.refuse(key, refusal, echo.as_deref().and_then(T::echo));
    }

    /// The fault that lists everything refused, where anything was.
    #[must_use]
    pub fn fault(self) -> Option<Fault> {
        (!self.faults.is_empty()).then(|| Fault::new(Code::ValidationFailed).with_fields(self.faults))
    }

    /// Ends the check: an error when anything was refused.
    pub fn finish(self) -> Result<(), Fault> {
        self.fault().map_or(Ok(()), Err)
    }
}

/// Below this each integer is a floating-point number of its own.
const INTEGERS_BELOW: f64 = 9_007_199_254_740_992.0;

/// The integer that a JSON value is: also 168.0 is one, to a schema.
#[must_use]
pub fn whole_number(value: &Value) -> Option<i64> {
    let whole = |number: &f64| number.fract() == 0.0 && number.abs() < INTEGERS_BELOW;
    #[expect(clippy::cast_possible_truncation, reason = "it has no fraction, and every such integer fits")]
    let integer = |number: f64| number as i64;
    value.as_i64().or_else(|| value.as_f64().filter(whole).map(integer))
}

#[cfg(test)]
mod tests {
    use super::whole_number;

    #[test]
    fn a_number_without_a_fraction_is_an_integer_however_it_is_written() {
        for (number, expected) in
            [("168", Some(168)), ("168.0", Some(168)), ("-1.68e2", Some(-168)), ("168.5", None), ("1e300", None)]
        {
            assert_eq!(serde_json::from_str(number).ok().and_then(|value| whole_number(&value)), expected, "{number}");
        }
    }
}
