//! Inviting everybody in a file.

use bailiwick_app::caller::Caller;
use bailiwick_app::context::Context;
use bailiwick_app::invitation::{Import, ImportRow, RowOutcome};
use bailiwick_contract::answer::{Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::input::{BodyInput, Media, NoPath};
use bailiwick_contract::query;
use bailiwick_domain::fault::{Code, Fault};
use bailiwick_domain::field::FieldFault;
use bailiwick_domain::invitation_file::{FILE_LENGTH_MAX, InvitationFile};
use bailiwick_domain::name::Name;
use bailiwick_domain::role::{Right, Role};
use bailiwick_domain::time::Span;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::invitation::InvitingView;

/// How long a file may take: its mails are all written in one transaction.
const DEADLINE: Span = Span::seconds(15);

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::post("/api/invitations/import", "import-invitations", "Invite everybody in a CSV file")
            .tag("Invitations")
            .describe(
                "The body is the file itself, as `text/csv` in UTF-8, with commas, semicolons or tabs between the cells. \
                 Its first line has the headings: `email` and `role` have to be there; `organization` is the name or the \
                 id of the organisation, where it is not the one that you act for; `language` is that of the mail; `name` \
                 is for whoever reads the outcome, and is not kept. At most 1000 rows.\n\nEverybody in it is invited, or \
                 nobody: one row that is wrong, or that you may not do, refuses all of them, and the errors name the \
                 lines. Whoever belongs to the organisation already or has an open invitation into it is passed over, \
                 so that the same file twice invites nobody twice. With `dry_run` nothing happens, and the answer says \
                 what each row would do.",
            )
            .needs(Right::ManageUsers)
            .body_limit(FILE_LENGTH_MAX)
            .within(DEADLINE)
            .faults(&[Code::TooManyInvitations])
            .handle(import),
    ]
}

/// A file of invitations.
struct InvitationCsv(InvitationFile);

impl BodyInput for InvitationCsv {
    const MEDIA: Media = Media::Csv;

    fn read(bytes: &[u8], _: &Context) -> Result<Self, Fault> {
        InvitationFile::parse(bytes).map(Self).map_err(|refusal| Fault::field("file", refusal, None))
    }

    fn describe(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "The file.",
            "examples": ["email,organization,role,language\r\nann@example.org,Northwind,reader,en\r\n"],
        })
    }
}

query! {
    /// Whether anything happens.
    pub struct ImportQuery {
        /// Whether to say what each row would do, and do nothing.
        dry_run: bool => defaulted "dry_run",
    }
}

/// What came of a file, or would.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "InvitationImport")]
struct ImportView {
    /// Whether this says what would happen, and nothing has.
    dry_run: bool,
    /// Whether every row is good, so that the file can be carried out.
    can_be_carried_out: bool,
    /// How many rows have each outcome.
    counts: CountsView,
    /// The rows, in their order.
    rows: Vec<RowView>,
}

/// How many rows have each outcome.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "InvitationImportCounts")]
struct CountsView {
    /// Who is invited, or would be.
    invite: usize,
    /// Who belongs to the organisation already.
    already_member: usize,
    /// Who has an open invitation into it.
    already_invited: usize,
    /// Rows that say again what one before them says.
    duplicate: usize,
    /// Rows that cannot be read.
    invalid: usize,
    /// Rows that a rule forbids.
    not_allowed: usize,
}

/// A row of the file.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "InvitationImportRow")]
struct RowView {
    /// The number of its line.
    #[schemars(example = 2)]
    line: usize,
    /// What stands in the column of the addresses, shortened.
    email: String,
    /// How the person is called, where the file says so.
    name: Option<Name>,
    /// The organisation, where it is known.
    organization: Option<InvitingView>,
    /// The role, where it could be read.
    role: Option<Role>,
    /// What it does, or would do.
    outcome: OutcomeView,
    /// The line that says the same, where it is a duplicate.
    duplicate_of: Option<usize>,
    /// What is wrong, where it is invalid or not allowed.
    errors: Vec<RowErrorView>,
}

/// What a row does, or would do.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "InvitationImportOutcome")]
enum OutcomeView {
    /// The person is invited.
    Invite,
    /// Nothing, as they belong to the organisation.
    AlreadyMember,
    /// Nothing, as they have an open invitation into it.
    AlreadyInvited,
    /// Nothing, as a row before it says the same.
    Duplicate,
    /// It cannot be read.
    Invalid,
    /// A rule forbids it.
    NotAllowed,
}

/// What is wrong with a row.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "InvitationImportError")]
struct RowErrorView {
    /// The column, or `row`.
    #[schemars(example = &"email")]
    key: String,
    /// The rule that failed.
    #[schemars(example = &"email")]
    message: &'static str,
    /// What would have been right, in a sentence.
    expected: String,
}

impl From<FieldFault> for RowErrorView {
    fn from(fault: FieldFault) -> Self {
        let expected = fault.sentence();
        Self { key: fault.key.into_owned(), message: fault.refusal.rule, expected }
    }
}

impl From<ImportRow> for RowView {
    fn from(row: ImportRow) -> Self {
        let outcome = match &row.outcome {
            RowOutcome::Invite => OutcomeView::Invite,
            RowOutcome::AlreadyMember => OutcomeView::AlreadyMember,
            RowOutcome::AlreadyInvited => OutcomeView::AlreadyInvited,
            RowOutcome::Duplicate { .. } => OutcomeView::Duplicate,
            RowOutcome::Invalid(_) => OutcomeView::Invalid,
            RowOutcome::NotAllowed(_) | RowOutcome::TooMany { .. } => OutcomeView::NotAllowed,
        };
        Self {
            line: row.line,
            email: row.address,
            name: row.name,
            organization: row.organisation.map(|place| InvitingView {
                id: place.id,
                name: place.name,
                r#type: place.kind,
            }),
            role: row.role,
            outcome,
            duplicate_of: if let RowOutcome::Duplicate { line } = row.outcome { Some(line) } else { None },
            errors: row.outcome.faults().into_iter().map(RowErrorView::from).collect(),
        }
    }
}

impl ImportView {
    fn new(dry_run: bool, import: Import) -> Self {
        let count = |outcome| import.count(outcome);
        Self {
            dry_run,
            can_be_carried_out: import.is_good(),
            counts: CountsView {
                invite: count("invite"),
                already_member: count("already_member"),
                already_invited: count("already_invited"),
                duplicate: count("duplicate"),
                invalid: count("invalid"),
                not_allowed: count("not_allowed"),
            },
            rows: import.rows.into_iter().map(RowView::from).collect(),
        }
    }
}

async fn import(call: Call<Caller, NoPath, ImportQuery, InvitationCsv>) -> Reply<Ok200<ImportView>> {
    let (context, InvitationCsv(file)) = (&call.context, &call.body);
    if call.query.dry_run {
        let import = context.preview_import(&call.caller, file).await?;
        return Ok(Ok200::new(ImportView::new(true, import)).saying("invitations checked successfully"));
    }
    let import = context.import_invitations(&call.caller, file).await?;
    Ok(Ok200::new(ImportView::new(false, import)).saying("invitations sent successfully"))
}
