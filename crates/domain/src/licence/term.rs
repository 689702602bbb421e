//! The figures of agreements and pools: how long, how many.

use std::fmt;

use serde_json::Value;

use crate::field::{Parse, Refusal, whole_number};
use crate::time::Span;

macro_rules! figures {
    ($($(#[$doc:meta])* $name:ident: $min:literal to $max:literal, else $default:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// The figure that was stored; none outside of what it can be.
            #[must_use]
            pub fn new(number: i64) -> Option<Self> {
                ($min..=$max).contains(&number).then_some(Self(number))
            }

            /// The figure as a number.
            #[must_use]
            pub const fn number(self) -> i64 {
                self.0
            }

            fn of(number: Option<i64>) -> Result<Self, Refusal> {
                let refusal = || Refusal::new("range", concat!("a whole number from ", $min, " to ", $max));
                number.and_then(Self::new).ok_or_else(refusal)
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self($default)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl Parse for $name {
            fn parse_text(text: &str) -> Result<Self, Refusal> {
                Self::of(text.parse().ok())
            }

            fn parse_json(value: &Value) -> Result<Self, Refusal> {
                Self::of(whole_number(value))
            }
        }

        crate::inline_schema!($name, { "type": "integer", "minimum": $min, "maximum": $max, "default": $default });
    )* };
}

figures! {
    /// How many days a licence lasts unless it is issued for others: at most a hundred years.
    DurationDays: 1 to 36_525, else 365;
    /// How many days what a licence provides may be used after it has run out.
    GraceDays: 0 to 365, else 14;
    /// How many days an appliance may go on without hearing from its server.
    LeaseDays: 1 to 365, else 30;
    /// How many systems one licence is for.
    SystemsPerLicence: 1 to 100_000, else 1;
    /// How many of its systems are given a licence to try, each as it is created.
    TrialsPerOrganisation: 0 to 100_000, else 0;
    /// How many seats are made, given or taken back: as many licences can be issued.
    Seats: 1 to 1_000_000_000, else 1;
    /// How many seats more than it has a pool may give and use.
    Overdraft: 0 to 1_000_000_000, else 0;
    /// How many licences are issued at once.
    Quantity: 1 to 100, else 1;
}

impl DurationDays {
    /// The same as a span.
    #[must_use]
    pub const fn span(self) -> Span {
        Span::days(self.0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_stay_within_their_bounds() {
        for (value, is_one) in
            [(json!(1), true), (json!(365.0), true), (json!(0), false), (json!(36_526), false), (json!("7"), false)]
        {
            assert_eq!(DurationDays::parse_json(&value).is_ok(), is_one, "{value}");
        }
        assert_eq!(
            GraceDays::parse_json(&json!(-1)).map_err(|refusal| refusal.expected.into_owned()),
            Err("a whole number from 0 to 365".to_owned())
        );
        assert!([DurationDays::new(365), None].contains(&Some(DurationDays::default())));
        assert_eq!(TrialsPerOrganisation::default().number(), 0, "nothing is tried unless somebody says so");
    }
}
