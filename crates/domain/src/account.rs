//! What a person says of themselves.

use std::fmt;

use crate::field::{Parse, Refusal};
use crate::schema::wire_text;

/// A telephone number as people write one: digits with spaces, `+ - ( ) / .` between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// The fewest digits: the shortest numbers that are called from abroad.
    const DIGITS_MIN: usize = 4;
    /// The most digits (ITU-T E.164, 6.2.1, with room for an extension).
    const DIGITS_MAX: usize = 20;
    /// The longest number with everything between its digits, in characters.
    const LENGTH_MAX: usize = 40;

    /// The number as the person wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Parse for PhoneNumber {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let number = text.trim();
        let rest = number.strip_prefix('+').unwrap_or(number);
        let digits = rest.bytes().filter(u8::is_ascii_digit).count();
        let good = text.chars().count() <= Self::LENGTH_MAX
            && (Self::DIGITS_MIN..=Self::DIGITS_MAX).contains(&digits)
            && rest.chars().all(|c| c.is_ascii_digit() || " -()/.".contains(c));
        if good {
            Ok(Self(number.to_owned()))
        } else {
            Err(Refusal::new("phone", "a telephone number such as +39 0721 12345"))
        }
    }
}

wire_text!(PhoneNumber, |value| &value.0, {
    "type": "string", "minLength": 4, "maxLength": 40, "pattern": "^\\+?[ ()/.-]*([0-9][ ()/.-]*){4,20}$", "examples": ["+39 0721 12345"],
});

/// A language that Bailiwick speaks with people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
    /// Italian.
    Italian,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 3] = [Self::English, Self::German, Self::Italian];

    /// The language's tag (RFC 5646).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::Italian => "it",
        }
    }

    /// The language's name in itself.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::Italian => "Italiano",
        }
    }

    /// The best of our languages for an `Accept-Language` header (RFC 9110, 12.5.4): the first of
    /// ours among those that the header likes best.
    #[must_use]
    pub fn accepted(header: &str) -> Option<Self> {
        let wishes = header.split(',').filter_map(|wish| {
            let mut parts = wish.split(';').map(str::trim);
            let tag = parts.next()?.split('-').next()?.to_ascii_lowercase();
            let language = Self::ALL.into_iter().find(|language| language.tag() == tag)?;
            let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
            (weight > 0.0).then_some((language, weight))
        });
        wishes
            .fold(None, |best: Option<(Self, f32)>, wish| match best {
                Some(best) if best.1 >= wish.1 => Some(best),
                _ => Some(wish),
            })
            .map(|(language, _)| language)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.tag())
    }
}

impl Parse for Language {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let found = Self::ALL.into_iter().find(|language| language.tag() == text);
        found.ok_or_else(|| Refusal::new("oneof", "one of en, de, it"))
    }
}

wire_text!(Language, |value| value.tag(), { "type": "string", "enum": ["en", "de", "it"] });

/// How the pages look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// As the person's system says.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Every theme.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The name in the APIs and in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Parse for Theme {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let found = Self::ALL.into_iter().find(|theme| theme.name() == text);
        found.ok_or_else(|| Refusal::new("oneof", "one of system, light, dark"))
    }
}

wire_text!(Theme, |value| value.name(), { "type": "string", "enum": ["system", "light", "dark"] });

/// That somebody agreed to the terms: nothing but `true` will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermsAccepted(());

impl Parse for TermsAccepted {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        Self::parse_json(&serde_json::Value::Bool(text == "true"))
    }

    fn parse_json(value: &serde_json::Value) -> Result<Self, Refusal> {
        let accepted = *value == serde_json::Value::Bool(true);
        accepted
            .then_some(Self(()))
            .ok_or_else(|| Refusal::new("accepted", "true: without the terms there is no account"))
    }
}

crate::inline_schema!(TermsAccepted, { "type": "boolean", "const": true });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_numbers_are_what_people_write() {
        for good in ["+39 0721 12345", "0049 (0)30 / 123-456", "1234", "030.123456"] {
            assert!(PhoneNumber::parse_text(good).is_ok(), "{good}");
        }
        for bad in
            ["", "123", "phone", "12345x", "+1+2345", "12+345", &"1".repeat(21), &format!("1{}234", " ".repeat(40))]
        {
            assert!(PhoneNumber::parse_text(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_best_liked_of_our_languages_is_spoken() {
        for (header, expected) in [
            ("de", Some(Language::German)),
            ("de-AT, en;q=0.9", Some(Language::German)),
            ("fr, it;q=0.4, en;q=0.8", Some(Language::English)),
            ("fr;q=1, IT-ch;q=0.1", Some(Language::Italian)),
            ("en;q=0, it;q=0.1", Some(Language::Italian)),
            ("fr", None),
            ("", None),
            (";;,,q=", None),
            ("de;q=nonsense", Some(Language::German)),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
    }

    #[test]
    fn only_true_accepts_the_terms() {
        assert!(TermsAccepted::parse_json(&serde_json::json!(true)).is_ok());
        for other in
            [serde_json::json!(false), serde_json::json!("true"), serde_json::json!(1), serde_json::json!(null)]
        {
            assert!(TermsAccepted::parse_json(&other).is_err(), "{other}");
        }
    }
}
