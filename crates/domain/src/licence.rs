//! Licences: what agreements allow, for how long, and what they cost.

pub mod agreement;
pub mod capability;
pub mod change;
pub mod entitlement;
pub mod key;
pub mod order;
pub mod price;
pub mod reminder;
pub mod seats;
pub mod standing;
pub mod term;
