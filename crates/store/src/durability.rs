//! What a commit outlasts.

/// What a commit outlasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Everything: the disk has it before anybody is answered.
    ThroughPowerFailures,
    /// The end of this process in whatever way; a power failure may take the last ones.
    ThroughCrashes,
}
