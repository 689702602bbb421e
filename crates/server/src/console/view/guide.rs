//! `/docs/guides/…`: what a reader of the API needs to know beside the operations.

use askama::Template;

use super::docs::DocsIndex;
use super::layout::Layout;

/// A guide's page.
#[derive(Template)]
#[template(path = "guide.html")]
pub struct GuidePage {
    /// What every page carries.
    pub layout: Layout,
    /// The side index.
    pub index: DocsIndex,
    /// Which guide.
    pub guide: Guide,
    /// The origin of this server, for the examples.
    pub base_url: String,
}

/// The guides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guide {
    /// How an outside application gets a system created.
    SystemCreation,
    /// What the state token is made of, and how it is used up.
    StateToken,
    /// How to tell that a callback comes from this server.
    Signatures,
    /// What errors look like in both APIs.
    Errors,
    /// How often one may call, and what to do when it was too often.
    Limits,
}

impl Guide {
    /// Every guide, in the order of the index.
    pub const ALL: [Self; 5] = [Self::SystemCreation, Self::StateToken, Self::Signatures, Self::Errors, Self::Limits];

    /// Its name in the address.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::SystemCreation => "system-creation",
            Self::StateToken => "state-token",
            Self::Signatures => "callback-signatures",
            Self::Errors => "errors",
            Self::Limits => "limits",
        }
    }

    /// The guide with this name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|guide| guide.slug() == slug)
    }

    /// Its heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::SystemCreation => "Get a system created",
            Self::StateToken => "The state token",
            Self::Signatures => "Check a callback's signature",
            Self::Errors => "Errors",
            Self::Limits => "Limits and retries",
        }
    }

    /// What it is about, in a line.
    pub(crate) const fn summary(self) -> &'static str {
        match self {
            Self::SystemCreation => "Send a person to Bailiwick and receive the new system’s id.",
            Self::StateToken => "Make a token that works once, for an hour.",
            Self::Signatures => "Tell a callback of this server from a forged one.",
            Self::Errors => "Read the error forms of the two APIs.",
            Self::Limits => "Know the limits on calls, and what to do at one.",
        }
    }

    /// The address of its page.
    #[must_use]
    pub fn path(self) -> String {
        format!("/docs/guides/{}", self.slug())
    }
}
