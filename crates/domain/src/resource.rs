//! What a right can be about, as text names it.

use std::fmt;

use crate::field::{Parse, Refusal};
use crate::id::{OrganisationId, SystemId, UserId};
use crate::role::Right;

/// Something that a right can be about, such as `system:019a9f00-0000-7000-8000-00000000aaaa`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// A system.
    System(SystemId),
    /// An organisation, and whatever is in it.
    Organisation(OrganisationId),
    /// A person's account.
    User(UserId),
}

impl Resource {
    /// The word before the colon.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::System(_) => "system",
            Self::Organisation(_) => "organization",
            Self::User(_) => "user",
        }
    }

    /// Whether a right can be about this: in an organisation there may be anything, a system is about systems.
    #[must_use]
    pub const fn is_matter_of(&self, right: Right) -> bool {
        match self {
            Self::Organisation(_) => true,
            Self::System(_) => matches!(right, Right::ReadSystems | Right::ManageSystems | Right::DestroySystems),
            Self::User(_) => matches!(right, Right::ReadUsers | Right::ManageUsers | Right::DestroyUsers),
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = match self {
            Self::System(id) => id.uuid(),
            Self::Organisation(id) => id.uuid(),
            Self::User(id) => id.uuid(),
        };
        write!(formatter, "{}:{id}", self.kind())
    }
}

impl Parse for Resource {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let refuse = || Refusal::new("resource", "system:, organization: or user: followed by an id");
        let (kind, id) = text.split_once(':').ok_or_else(refuse)?;
        match kind {
            "system" => SystemId::parse_text(id).map(Self::System),
            "organization" => OrganisationId::parse_text(id).map(Self::Organisation),
            "user" => UserId::parse_text(id).map(Self::User),
            _ => return Err(refuse()),
        }
        .map_err(|_| refuse())
    }
}

crate::inline_schema!(Resource, {
    "type": "string",
    "pattern": "^(system|organization|user):[0-9a-fA-F-]{36}$",
    "examples": ["system:019a9f00-0000-7000-8000-00000000aaaa"],
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_read_as_it_is_written() {
        for kind in ["system", "organization", "user"] {
            let text = format!("{kind}:019a9f00-0000-7000-8000-00000000aaaa");
            assert_eq!(Resource::parse_text(&text).map(|resource| resource.to_string()), Ok(text));
        }
    }

    #[test]
    fn what_names_no_resource_is_refused() {
        for text in
            ["", "system", "system:", "system:1", "licence:019a9f00-0000-7000-8000-00000000aaaa", ":", "user:user:"]
        {
            assert!(Resource::parse_text(text).is_err(), "{text:?}");
        }
    }
}
