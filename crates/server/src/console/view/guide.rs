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
            Self::Signatures => "Check a callback’s signature",
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

/// What the window that was opened posts to the one that opened it.
const MESSAGE_EXAMPLE: &str = r#"{
  "type": "system_created",
  "state": "state_eyJ0aW1lc3RhbXAiOjE3OTUxNjcwMDAwMDAsInJhbmRvbSI6IjhmMmMifQ",
  "system": {
    "id": "0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7a",
    "name": "Production Server",
    "type": "ns8"
  },
  "timestamp": "2026-11-20T09:30:00Z"
}"#;

/// How a state token is made.
const STATE_EXAMPLE: &str = r#"import base64, json, secrets, time

values = {"timestamp": int(time.time() * 1000), "random": secrets.token_urlsafe(16)}
state = "state_" + base64.urlsafe_b64encode(json.dumps(values).encode()).decode()"#;

/// What is signed, for a callback to `https://shop.example/callback?order=4711`.
const CANONICAL_EXAMPLE: &str = "\
v1
GET
https://shop.example/callback
order=4711&state=state_eyJ0…&system_id=0198f3c2-…&system_name=Production+Server&system_type=ns8&timestamp=2026-11-20T09%3A30%3A00Z
0198f3c2-7d5f-7b20-8c4e-5d6f7a8b9c0d
1795167001";

/// A receiver's check; the line before this text sets `BAILIWICK`.
const VERIFY_EXAMPLE: &str = include_str!("../../../templates/guides/verify.py");

/// A failed validation in the form of the Systems API.
const SYSTEMS_ERROR_EXAMPLE: &str = r#"{
  "code": 400,
  "message": "validation failed",
  "data": {
    "type": "validation_error",
    "errors": [
      {
        "key": "callback_url",
        "message": "url",
        "value": "ftp://shop.example",
        "expected": "callback_url must be an absolute https URL of at most 2048 bytes without user name, fragment or a query member of ours (state, system_id, system_name, system_type, timestamp, error)"
      }
    ]
  }
}"#;

/// A failed validation in the form of the Authorisation API.
const AUTHORISATION_ERROR_EXAMPLE: &str = r#"{
  "BackendMessage": "validation failed",
  "Field": {
    "Message": "Password must be given",
    "Name": "Password"
  },
  "Message": "Some of what was sent is not right."
}"#;

impl GuidePage {
    /// A link to `/system-creation`.
    fn link_example(&self) -> String {
        let query = "callback_url=https%3A%2F%2Fshop.example%2Fcallback%3Forder%3D4711\
                     &state=state_eyJ0aW1lc3RhbXAiOjE3OTUxNjcwMDAwMDAsInJhbmRvbSI6IjhmMmMifQ\
                     &type=ns8&name=Production+Server";
        format!("{}/system-creation?{query}", self.base_url)
    }

    /// The same by the API. Without continued lines: on a phone their backslashes would stand alone.
    fn request_example(&self) -> String {
        let command = format!("curl {}/api/systems/callback", self.base_url);
        let headers =
            r#"-H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -H "Idempotency-Key: $(uuidgen)""#;
        let body = r#"-d '{
  "name": "Production Server",
  "type": "ns8",
  "callback_url": "https://shop.example/callback?order=4711",
  "callback_state": "state_eyJ0aW1lc3RhbXAiOjE3OTUxNjcwMDAwMDAsInJhbmRvbSI6IjhmMmMifQ"
}'"#;
        format!("{command} {headers} {body}")
    }

    /// The receiver's check, for this server.
    fn verify_example(&self) -> String {
        format!("BAILIWICK = \"{}\"\n\n{VERIFY_EXAMPLE}", self.base_url)
    }
}

#[cfg(test)]
impl GuidePage {
    /// Every guide; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        use super::layout::{Active, samples::member};

        let page = |guide: Guide| Self {
            layout: member("/docs", Active::Docs, plant),
            index: DocsIndex::sample(&guide.path(), plant),
            guide,
            base_url: format!("https://bailiwick.example{plant}"),
        };
        vec![
            ("guide-system-creation", page(Guide::SystemCreation)),
            ("guide-state-token", page(Guide::StateToken)),
            ("guide-signatures", page(Guide::Signatures)),
            ("guide-errors", page(Guide::Errors)),
            ("guide-limits", page(Guide::Limits)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guides_are_found_by_their_names() {
        for guide in Guide::ALL {
            assert_eq!(Guide::from_slug(guide.slug()), Some(guide));
        }
        assert_eq!(Guide::from_slug("nothing"), None);
    }
}
