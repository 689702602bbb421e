//! `/docs`: the API, for reading.
//!
//! One page per operation, so that each stays small; the content comes from the
//! declarations of the endpoints and the types of their bodies.

use askama::Template;

use super::guide::Guide;
use super::layout::Layout;
use super::prose::{Stretch, paragraphs, stretches};

/// The page `/docs`: what there is.
#[derive(Template)]
#[template(path = "docs.html")]
pub struct DocsPage {
    /// What every page carries.
    pub layout: Layout,
    /// The side index.
    pub index: DocsIndex,
    /// The sections with the first lines of their operations.
    pub sections: Vec<DocsSection>,
    /// The origin of this server.
    pub base_url: String,
    /// The version of the program.
    pub version: String,
}

/// The page `/docs/<section>`: which operations there are in one section.
#[derive(Template)]
#[template(path = "docs_section.html")]
pub struct DocsSectionPage {
    /// What every page carries.
    pub layout: Layout,
    /// The side index.
    pub index: DocsIndex,
    /// The section.
    pub section: DocsSection,
}

/// The page `/docs/<section>/<operation>`: everything about one operation.
#[derive(Template)]
#[template(path = "docs_operation.html")]
pub struct DocsOperationPage {
    /// What every page carries.
    pub layout: Layout,
    /// The side index.
    pub index: DocsIndex,
    /// The section that it belongs to.
    pub section: DocsSection,
    /// The operation.
    pub operation: DocsOperation,
}

/// The side index of all API pages.
#[derive(Clone, Debug)]
pub struct DocsIndex {
    /// Slug and title of every section, in order.
    pub sections: Vec<(String, String)>,
    /// The path of the page that is open.
    pub current: String,
}

impl DocsIndex {
    /// The addresses and titles of the sections.
    pub(crate) fn section_links(&self) -> Vec<(String, &str)> {
        self.sections.iter().map(|(slug, title)| (section_path(slug), title.as_str())).collect()
    }

    /// The guides.
    #[expect(clippy::unused_self, reason = "templates reach functions through the index they hold")]
    pub(crate) fn guides(&self) -> [Guide; 5] {
        Guide::ALL
    }

    /// Whether the page at `path` is open, or one below it.
    pub(crate) fn is_within(&self, path: &str) -> bool {
        self.current.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether the page at `path` is open.
    pub(crate) fn is(&self, path: impl AsRef<str>) -> bool {
        self.current == path.as_ref()
    }
}

/// The path of a section's page.
#[must_use]
pub fn section_path(slug: &str) -> String {
    format!("/docs/{slug}")
}

/// A group of operations.
#[derive(Clone, Debug)]
pub struct DocsSection {
    /// Its name in the address: `systems`.
    pub slug: String,
    /// Its heading.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// Its operations, in the order of their declaration.
    pub operations: Vec<DocsOperation>,
}

/// One method on one path.
#[derive(Clone, Debug)]
pub struct DocsOperation {
    /// Its name, unique among all, and in the address.
    pub id: String,
    /// `GET`, `POST` and so on.
    pub method: String,
    /// The path, with `{names}` for what varies.
    pub path: String,
    /// What it does, in a few words.
    pub summary: String,
    /// What it does, in full.
    pub description: String,
    /// Who may call it, such as `Anyone`, `A signed-in user`.
    pub callers: String,
    /// The right that it needs, such as `manage:systems`.
    pub right: Option<String>,
    /// How long it may take, such as `15 s`.
    pub deadline: String,
    /// The rate class, such as `password`.
    pub rate: String,
    /// What is read from path, query and headers.
    pub parameters: Vec<DocsParameter>,
    /// The request's body.
    pub body: Option<DocsBody>,
    /// The answers, by status.
    pub answers: Vec<DocsAnswer>,
}

/// Something read from path, query or headers.
#[derive(Clone, Debug)]
pub struct DocsParameter {
    /// Its name.
    pub name: String,
    /// `path`, `query`, `header` or `cookie`.
    pub place: String,
    /// Whether it has to be there.
    pub required: bool,
    /// Its type and limits in words, such as `integer, 1 to 100`.
    pub type_text: String,
    /// What it means.
    pub description: String,
}

/// A JSON body.
#[derive(Clone, Debug)]
pub struct DocsBody {
    /// Its members.
    pub fields: Vec<DocsField>,
    /// An example, indented.
    pub example: Option<String>,
}

/// A member of a JSON body.
#[derive(Clone, Debug)]
pub struct DocsField {
    /// Its name; members of members with a dot, `system.id`.
    pub name: String,
    /// Whether it has to be there (in an answer: whether it always is).
    pub required: bool,
    /// Its type and limits in words, such as `string, 1 to 255 characters`.
    pub type_text: String,
    /// What it means.
    pub description: String,
}

/// One answer.
#[derive(Clone, Debug)]
pub struct DocsAnswer {
    /// The HTTP status.
    pub status: u16,
    /// When it is given.
    pub description: String,
    /// Its body; `None` where it is the usual error or empty.
    pub body: Option<DocsBody>,
}

impl DocsSection {
    /// The address of this section's page.
    fn path(&self) -> String {
        section_path(&self.slug)
    }

    /// The address of the page of one of its operations.
    pub(crate) fn operation_path(&self, operation: &DocsOperation) -> String {
        format!("{}/{}", self.path(), operation.id)
    }

    /// The description's paragraphs.
    fn prose(&self) -> Vec<Vec<Stretch<'_>>> {
        paragraphs(&self.description)
    }
}

impl DocsOperation {
    /// The description's paragraphs.
    fn prose(&self) -> Vec<Vec<Stretch<'_>>> {
        paragraphs(&self.description)
    }

    /// The method in small letters, for the style.
    fn method_style(&self) -> String {
        self.method.to_ascii_lowercase()
    }
}

impl DocsParameter {
    /// The description's stretches.
    fn prose(&self) -> Vec<Stretch<'_>> {
        stretches(&self.description)
    }
}

impl DocsField {
    /// The description's stretches.
    fn prose(&self) -> Vec<Stretch<'_>> {
        stretches(&self.description)
    }
}

impl DocsAnswer {
    /// The description's stretches.
    fn prose(&self) -> Vec<Stretch<'_>> {
        stretches(&self.description)
    }

    /// What its body is called.
    fn caption(&self) -> String {
        format!("Answer {}", self.status)
    }

    /// Whether it reports success.
    fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
