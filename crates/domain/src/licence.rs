//! Licences: what agreements allow, for how long, and what they cost.

pub mod agreement;
pub mod capability;
pub mod price;
pub mod standing;
pub mod term;
