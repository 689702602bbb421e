//! Samples of the API pages.

use super::docs::{
    DocsAnswer, DocsBody, DocsField, DocsIndex, DocsOperation, DocsOperationPage, DocsPage, DocsParameter, DocsSection,
    DocsSectionPage,
};
use super::layout::samples::{member, stranger};
use super::layout::{Active, Layout};

impl DocsIndex {
    /// An index in which the page at `current` is open.
    pub(crate) fn sample(current: &str, plant: &str) -> Self {
        let section = |slug: &str, title: &str| (slug.to_owned(), format!("{title}{plant}"));
        Self {
            sections: vec![
                section("authenticate", "Signing in"),
                section("status", "Status"),
                section("systems", "Systems"),
            ],
            current: current.to_owned(),
        }
    }
}

impl DocsPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = |layout: Layout| Self {
            layout,
            index: DocsIndex::sample("/docs", plant),
            sections: vec![systems(plant), DocsSection { slug: "status".into(), ..systems(plant) }],
            base_url: format!("https://bailiwick.example{plant}"),
            version: format!("0.1.0{plant}"),
        };
        vec![("docs", page(member("/docs", Active::Docs, plant))), ("docs-stranger", page(stranger("/docs", plant)))]
    }
}

impl DocsSectionPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = Self {
            layout: member("/docs/systems", Active::Docs, plant),
            index: DocsIndex::sample("/docs/systems", plant),
            section: systems(plant),
        };
        vec![("docs-section", page)]
    }
}

impl DocsOperationPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = |operation: DocsOperation| {
            let path = format!("/docs/systems/{}", operation.id);
            let layout = member(&path, Active::Docs, plant);
            Self { layout, index: DocsIndex::sample(&path, plant), section: systems(plant), operation }
        };
        vec![("docs-operation", page(create(plant))), ("docs-operation-read", page(list(plant)))]
    }
}

/// A section with an operation of each shape.
fn systems(plant: &str) -> DocsSection {
    DocsSection {
        slug: "systems".into(),
        title: format!("Systems{plant}"),
        description: format!("Appliances in the field.\n\nAnswers are envelopes: `{{code, message, data}}`{plant}."),
        operations: vec![create(plant), list(plant)],
    }
}

fn create(plant: &str) -> DocsOperation {
    let field = |name: &str, required, type_text: &str, description: &str| DocsField {
        name: name.into(),
        required,
        type_text: format!("{type_text}{plant}"),
        description: format!("{description}{plant}"),
    };
    let answer =
        |status, description: &str, body| DocsAnswer { status, description: format!("{description}{plant}"), body };
    DocsOperation {
        id: "create-system-with-callback".into(),
        method: "POST".into(),
        path: format!("/api/systems/callback{plant}"),
        summary: format!("Create a system and tell the caller{plant}"),
        description: format!("Consumes the `state` in the same transaction.\n\nThen calls `callback_url` once{plant}."),
        callers: format!("A signed-in user{plant}"),
        right: Some(format!("manage:systems{plant}")),
        deadline: "15 s".into(),
        rate: format!("write{plant}"),
        parameters: vec![DocsParameter {
            name: "Idempotency-Key".into(),
            place: "header".into(),
            required: false,
            type_text: format!("string, at most 255 characters{plant}"),
            description: format!("Sent again with the same body, it brings the first answer again{plant}."),
        }],
        body: Some(DocsBody {
            fields: vec![
                field("name", true, "string, 1 to 255 characters", "What the system is called."),
                field("type", true, "one of ns8, nsec", "What kind of system it is."),
                field("callback_url", true, "string, absolute https URL", "Who is told."),
                field("callback_state", true, "string, at most 1,024 bytes", "The state token."),
                field("custom_data", false, "object of strings, at most 50 keys", "Kept with the system, as it is."),
            ],
            example: Some(format!("{{\n  \"name\": \"Production Server\",\n  \"type\": \"ns8{plant}\"\n}}")),
        }),
        answers: vec![
            answer(
                201,
                "The system was created.",
                Some(DocsBody {
                    fields: vec![
                        field("system.id", true, "string, UUID", "The id."),
                        field("system.secret", true, "string", "Shown this once."),
                        field("callback_executed", true, "boolean", "Whether the first call arrived."),
                    ],
                    example: Some(format!("{{\n  \"code\": 201,\n  \"message\": \"created{plant}\"\n}}")),
                }),
            ),
            answer(400, "A field is wrong, or `state token expired`.", None),
            answer(401, "`invalid token`", None),
            answer(403, "`insufficient permissions`", None),
        ],
    }
}

fn list(plant: &str) -> DocsOperation {
    let parameter = |name: &str, type_text: &str, description: &str| DocsParameter {
        name: name.into(),
        place: "query".into(),
        required: false,
        type_text: format!("{type_text}{plant}"),
        description: format!("{description}{plant}"),
    };
    DocsOperation {
        id: "list-systems".into(),
        method: "GET".into(),
        path: format!("/api/systems{plant}"),
        summary: format!("List systems{plant}"),
        description: String::new(),
        right: None,
        deadline: "5 s".into(),
        rate: format!("read{plant}"),
        parameters: vec![
            parameter("page", "integer, from 1 on", "Which page."),
            parameter("page_size", "integer, 1 to 100", "Rows on a page; 50 when left out."),
            parameter("search", "string", "Words in name, id or organisation."),
        ],
        body: None,
        answers: vec![DocsAnswer { status: 200, description: format!("The systems{plant}."), body: None }],
        ..create(plant)
    }
}
