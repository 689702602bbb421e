//! How value types look on the wire, and in the API description.

/// Describes a type by a JSON Schema that stands wherever the type is used, instead of under a name of its own.
///
/// The crate that uses it depends on `schemars`.
#[macro_export]
macro_rules! inline_schema {
    ($type:ty, $($schema:tt)+) => {
        impl ::schemars::JsonSchema for $type {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!($($schema)+)
            }
        }
    };
}

/// Makes a type text on the wire: written as this text, read back by its own rules.
macro_rules! wire_text {
    ($type:ty, |$value:ident| $text:expr, $($schema:tt)+) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $value = self;
                serializer.serialize_str($text)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                let refused = |refusal: $crate::field::Refusal| serde::de::Error::custom(refusal.expected);
                <Self as $crate::field::Parse>::parse_text(&text).map_err(refused)
            }
        }

        $crate::inline_schema!($type, $($schema)+);
    };
}
pub(crate) use wire_text;

/// An enum whose values are words: named, listed, printed, parsed and described from one table.
macro_rules! named {
    ($(#[$doc:meta])* pub enum $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type { $($(#[$variant_doc])* $variant,)+ }

        impl $type {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in the APIs and in the store.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.name())
            }
        }

        impl $crate::field::Parse for $type {
            fn parse_text(text: &str) -> Result<Self, $crate::field::Refusal> {
                let found = Self::ALL.iter().copied().find(|value| value.name() == text);
                found.ok_or_else(|| $crate::field::Refusal::new("oneof", format!("one of {}", [$($name),+].join(", "))))
            }
        }

        $crate::schema::wire_text!($type, |value| value.name(), { "type": "string", "enum": [$($name),+] });
    };
}
pub(crate) use named;
