//! Which slice of a list is asked for, and in which order.

use crate::field::{Parse, Refusal};

/// Rows on a page unless the caller asks for fewer or more (contract, section 4).
pub const PAGE_SIZE_DEFAULT: u32 = 50;
/// The most rows on one page (contract, section 4).
pub const PAGE_SIZE_MAX: u32 = 100;

/// The number of a page, from 1 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageNumber(u32);

impl PageNumber {
    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl Default for PageNumber {
    fn default() -> Self {
        Self(1)
    }
}

impl Parse for PageNumber {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let number = text.parse::<u32>().ok().filter(|number| *number >= 1);
        number.map(Self).ok_or_else(|| Refusal::new("min", "a whole number from 1 on"))
    }
}

/// How many rows a page has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u32);

impl PageSize {
    /// The number of rows.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(PAGE_SIZE_DEFAULT)
    }
}

impl Parse for PageSize {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let number = text.parse::<u32>().ok().filter(|number| (1..=PAGE_SIZE_MAX).contains(number));
        number.map(Self).ok_or_else(|| Refusal::new("range", "a whole number from 1 to 100"))
    }
}

crate::inline_schema!(PageNumber, { "type": "integer", "minimum": 1, "maximum": u32::MAX, "default": 1 });
crate::inline_schema!(PageSize, {
    "type": "integer", "minimum": 1, "maximum": PAGE_SIZE_MAX, "default": PAGE_SIZE_DEFAULT,
});
crate::inline_schema!(Direction, { "type": "string", "enum": ["asc", "desc"] });

/// How many rows of a list are passed over (contract, section 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offset(u32);

impl Offset {
    /// The number of rows.
    #[must_use]
    pub fn get(self) -> i64 {
        self.0.into()
    }
}

impl Parse for Offset {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        text.parse().map(Self).map_err(|_| Refusal::new("min", "a whole number from 0 on"))
    }
}

/// How many rows of a list are wanted (contract, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u32);

/// The most rows that are given at once where lists are sliced by offset and limit (contract, section 3).
pub const LIMIT_MAX: u32 = 500;

impl Limit {
    /// The number of rows.
    #[must_use]
    pub fn get(self) -> i64 {
        self.0.into()
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(PAGE_SIZE_DEFAULT)
    }
}

impl Parse for Limit {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let number = text.parse::<u32>().ok().filter(|number| (1..=LIMIT_MAX).contains(number));
        number.map(Self).ok_or_else(|| Refusal::new("range", "a whole number from 1 to 500"))
    }
}

crate::inline_schema!(Offset, { "type": "integer", "minimum": 0, "maximum": u32::MAX, "default": 0 });
crate::inline_schema!(Limit, { "type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": PAGE_SIZE_DEFAULT });

/// A slice of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Which page, from 1 on.
    pub number: PageNumber,
    /// How many rows each page has.
    pub size: PageSize,
}

impl Page {
    /// How many rows come before this page.
    #[must_use]
    pub fn offset(self) -> i64 {
        i64::from(self.number.0 - 1) * i64::from(self.size.0)
    }

    /// The most rows on this page.
    #[must_use]
    pub fn limit(self) -> i64 {
        i64::from(self.size.0)
    }
}

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

impl Direction {
    /// The name in the APIs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }

    /// The one of a pair that goes this way, up before down.
    #[must_use]
    pub const fn of<T: Copy>(self, [up, down]: [T; 2]) -> T {
        match self {
            Self::Ascending => up,
            Self::Descending => down,
        }
    }
}

impl Parse for Direction {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        match text {
            "asc" => Ok(Self::Ascending),
            "desc" => Ok(Self::Descending),
            _ => Err(Refusal::new("oneof", "one of asc, desc")),
        }
    }
}
