//! What licences cost.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::field::{Parse, Refusal, whole_number};

/// A hundred per cent.
const WHOLE: i64 = 10_000;
/// The largest amount: every program that reads JSON numbers as floating point reads this one exactly (RFC 8259, 6).
const AMOUNT_MAX: i64 = 9_007_199_254_740_991;

/// Money in the smallest unit of its currency, never less than nothing (contract, section 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct MinorUnits(i64);

impl MinorUnits {
    /// The amount that was stored; none outside of what can be one.
    #[must_use]
    pub const fn new(amount: i64) -> Option<Self> {
        if amount < 0 || amount > AMOUNT_MAX { None } else { Some(Self(amount)) }
    }

    /// The amount as a number.
    #[must_use]
    pub const fn amount(self) -> i64 {
        self.0
    }

    /// What is left of it after a discount: amount × (10000 − discount) / 10000, half to even.
    #[must_use]
    pub fn after(self, discount: BasisPoints) -> Self {
        let exact = i128::from(self.0) * i128::from(WHOLE - i64::from(discount.0));
        let (whole, rest) = (exact.div_euclid(WHOLE.into()), exact.rem_euclid(WHOLE.into()));
        let half = i128::from(WHOLE / 2);
        let rounded = whole + i128::from(rest > half || (rest == half && whole % 2 == 1));
        // Never more than what it was before, so it always fits.
        Self(i64::try_from(rounded).unwrap_or(self.0))
    }
}

impl fmt::Display for MinorUnits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Parse for MinorUnits {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        Self::of(text.parse().ok())
    }

    fn parse_json(value: &Value) -> Result<Self, Refusal> {
        Self::of(whole_number(value))
    }
}

impl MinorUnits {
    fn of(number: Option<i64>) -> Result<Self, Refusal> {
        let refusal = || Refusal::new("amount", "a whole number of minor units (cents) from 0 to 9007199254740991");
        number.and_then(Self::new).ok_or_else(refusal)
    }
}

crate::inline_schema!(MinorUnits, {
    "type": "integer", "minimum": 0, "maximum": AMOUNT_MAX, "description": "In the smallest unit of the currency.",
});

/// Hundredths of a per cent, from none to all (contract, section 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct BasisPoints(u16);

impl BasisPoints {
    /// The share that was stored; none outside of 0 to 10000.
    #[must_use]
    pub fn new(number: i64) -> Option<Self> {
        u16::try_from(number).ok().filter(|number| i64::from(*number) <= WHOLE).map(Self)
    }

    /// The share as a number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }

    fn of(number: Option<i64>) -> Result<Self, Refusal> {
        let refusal = || Refusal::new("basis_points", "a whole number of basis points from 0 to 10000 (100 %)");
        number.and_then(Self::new).ok_or_else(refusal)
    }
}

impl Parse for BasisPoints {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        Self::of(text.parse().ok())
    }

    fn parse_json(value: &Value) -> Result<Self, Refusal> {
        Self::of(whole_number(value))
    }
}

crate::inline_schema!(BasisPoints, {
    "type": "integer", "minimum": 0, "maximum": WHOLE, "description": "Hundredths of a per cent.",
});

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn net(amount: i64, discount: i64) -> i64 {
        MinorUnits::new(amount).unwrap().after(BasisPoints::new(discount).unwrap()).amount()
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        for (amount, discount, expected) in [
            (1990, 0, 1990),
            (1990, 10_000, 0),
            (1000, 1250, 875),
            // 0.5, 1.5, 2.5, 3.5 of a cent
            (1, 5000, 0),
            (3, 5000, 2),
            (5, 5000, 2),
            (7, 5000, 4),
            // 2.4999 and 2.5001
            (24_999, 9999, 2),
            (25_001, 9999, 3),
            (AMOUNT_MAX, 1, 9_006_298_534_815_517),
        ] {
            assert_eq!(net(amount, discount), expected, "{amount} less {discount}");
        }
    }

    #[test]
    fn what_is_no_amount_and_no_share_is_refused() {
        for value in
            [json!(-1), json!(AMOUNT_MAX + 1), json!(u64::MAX), json!(1.5), json!("1"), json!(null), json!(1e300)]
        {
            assert!(MinorUnits::parse_json(&value).is_err(), "{value}");
        }
        for value in [json!(-1), json!(10_001), json!(65_536), json!(0.5), json!("100"), json!(i64::MIN)] {
            assert!(BasisPoints::parse_json(&value).is_err(), "{value}");
        }
        assert_eq!(MinorUnits::parse_json(&json!(1990.0)).map(MinorUnits::amount), Ok(1990));
        assert_eq!(BasisPoints::parse_json(&json!(10_000)).map(BasisPoints::number), Ok(10_000));
    }

    proptest! {
        #[test]
        fn no_discount_raises_a_price_and_more_of_it_never_costs_more(
            amount in 0..=AMOUNT_MAX,
            one in 0..=WHOLE,
            other in 0..=WHOLE,
        ) {
            let (less, more) = (one.min(other), one.max(other));
            prop_assert!(net(amount, more) <= net(amount, less));
            prop_assert!(net(amount, less) <= amount);
            // Within half a unit of what it is exactly.
            let exact = i128::from(amount) * i128::from(WHOLE - less);
            prop_assert!((i128::from(net(amount, less)) * i128::from(WHOLE) - exact).abs() <= i128::from(WHOLE / 2));
        }
    }
}
