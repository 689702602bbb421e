//! The audit log: who did what, for those who may read it.

use std::sync::Arc;

use bailiwick_app::audit::{AuditFilter, AuditRecord};
use bailiwick_app::caller::Caller;
use bailiwick_app::context::Context;
use bailiwick_contract::answer::{Ok200, Reply};
use bailiwick_contract::call::Call;
use bailiwick_contract::endpoint::Endpoint;
use bailiwick_contract::input::NoPath;
use bailiwick_contract::json_lines::JsonLines;
use bailiwick_contract::query;
use bailiwick_domain::audit::Digest;
use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::{Parse, Refusal};
use bailiwick_domain::id::{AnyId, AuditId, OrganisationId};
use bailiwick_domain::page::{Direction, Page, PageNumber, PageSize};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use futures_util::stream::{self, Stream};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::pagination::PaginationView;

/// Entries that an export reads at once.
const EXPORT_PAGE: i64 = 500;

/// The endpoints of this section.
pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/api/audit", "list-audit", "List the audit log")
            .tag("Audit")
            .describe(
                "What was done in the organisations that you administer and in all below them, the newest first. What \
                 concerns no organisation, such as new keys of the server, only super admins see. Of more than 10000 \
                 entries `total_count` counts no more than it takes to tell whether there is another page.",
            )
            .needs(Right::ReadAudit)
            .while_impersonating()
            .takes_api_keys()
            .handle(list),
        Endpoint::get("/api/audit/export", "export-audit", "Export the audit log")
            .tag("Audit")
            .describe(
                "All entries of the list as JSON Lines, the oldest first, sent while they are read. `lane`, `number` \
                 and `digest` are an entry's place in the chain that `bailiwick audit verify` checks.",
            )
            .needs(Right::ReadAudit)
            .while_impersonating()
            .handle(export),
    ]
}

/// A word of the log, such as `system.created` or `user`.
#[derive(Clone, Debug)]
pub struct LogWord(String);

impl LogWord {
    const LENGTH_MAX: usize = 64;
}

impl Parse for LogWord {
    fn parse_text(text: &str) -> Result<Self, Refusal> {
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase());
        if text.len() <= Self::LENGTH_MAX && text.split('.').all(is_word) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::new("word", "small letters, with dots or underscores between words, such as system.created"))
    }
}

bailiwick_domain::inline_schema!(LogWord, {
    "type": "string", "minLength": 1, "maxLength": Self::LENGTH_MAX, "pattern": "^[a-z_]+(\\.[a-z_]+)*$",
});

/// A query of these members, and of those that choose entries of the log.
macro_rules! log_query {
    ($(#[doc = $doc:literal])* $vis:vis struct $name:ident { $($members:tt)* }) => {
        query! {
            $(#[doc = $doc])*
            $vis struct $name {
                $($members)*
                /// Only what was done at this moment or later.
                from: Timestamp => optional "from",
                /// Only what was done before this moment.
                to: Timestamp => optional "to",
                /// Only this action, such as `system.created`.
                action: LogWord => optional "action",
                /// Only what this person did.
                actor_id: AnyId => optional "actor_id",
                /// Only what was done in this very organisation.
                organization_id: OrganisationId => optional "organization_id",
                /// Only what was done to things of this kind, such as `system`.
                subject_kind: LogWord => optional "subject_kind",
                /// Only what was done to this very thing.
                subject_id: AnyId => optional "subject_id",
            }
        }

        impl $name {
            fn filter(self) -> AuditFilter {
                AuditFilter {
                    from: self.from,
                    to: self.to,
                    action: self.action.map(|action| action.0),
                    actor: self.actor_id.map(AnyId::uuid),
                    organisation: self.organization_id,
                    subject_kind: self.subject_kind.map(|kind| kind.0),
                    subject: self.subject_id.map(AnyId::uuid),
                }
            }
        }
    };
}

log_query! {
    /// Which entries, and which page of them.
    pub struct AuditQuery {
        /// Which page.
        page: PageNumber => defaulted "page",
        /// How many on a page.
        page_size: PageSize => defaulted "page_size",
    }
}

log_query! {
    /// Which entries.
    pub struct ExportQuery {}
}

/// An entry of the audit log.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AuditEntry")]
struct AuditEntryView {
    /// Its id.
    id: AuditId,
    /// When.
    at: Timestamp,
    /// What kind of actor: `user`, `visitor` (nobody who was signed in) or `operator` (the command line).
    #[schemars(example = &"user")]
    actor_kind: String,
    /// Which person, where it was one.
    actor_id: Option<Uuid>,
    /// By what right, where one was needed.
    #[schemars(example = &"manage:systems")]
    right: Option<String>,
    /// In which organisation, where it concerns one.
    organization_id: Option<OrganisationId>,
    /// What was done.
    #[schemars(example = &"system.created")]
    action: String,
    /// To what kind of thing.
    #[schemars(example = &"system")]
    subject_kind: String,
    /// To which one.
    subject_id: Option<Uuid>,
    /// From which address.
    #[schemars(example = &"203.0.113.7")]
    address: Option<String>,
    /// In which request, where it was one: the `x-request-id` of its answer.
    request_id: Option<Uuid>,
    /// What else is worth knowing.
    details: Value,
    /// In which lane of the chain.
    lane: Option<i64>,
    /// At which place of the lane, from 1 on.
    number: Option<i64>,
    /// SHA-256 over the entry and all before it in its lane.
    digest: Option<Digest>,
}

impl AuditEntryView {
    fn new(entry: AuditRecord) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            actor_kind: entry.actor_kind,
            actor_id: entry.actor,
            right: entry.right,
            organization_id: entry.organisation,
            action: entry.action,
            subject_kind: entry.subject_kind,
            subject_id: entry.subject,
            address: entry.address,
            request_id: Uuid::try_parse(&entry.request_id).ok(),
            // What is no JSON was not written by us; it is shown as the text that it is.
            details: serde_json::from_str(&entry.details).unwrap_or(Value::String(entry.details)),
            lane: entry.lane,
            number: entry.number,
            digest: entry.digest.and_then(|digest| Digest::from_bytes(&digest)),
        }
    }
}

/// A page of the audit log.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AuditPage")]
struct AuditPageView {
    /// The entries, the newest first.
    entries: Vec<AuditEntryView>,
    /// Where in the whole list this page is.
    pagination: PaginationView,
}

async fn list(call: Call<Caller, NoPath, AuditQuery>) -> Reply<Ok200<AuditPageView>> {
    let page = Page { number: call.query.page, size: call.query.page_size };
    let found = call.context.list_audit_entries(&call.caller, &call.query.filter(), page).await?;
    let pagination = PaginationView::new(page, found.total, "at", Direction::Descending);
    let entries = found.entries.into_iter().map(AuditEntryView::new).collect();
    Ok(Ok200::new(AuditPageView { entries, pagination }).saying("audit log retrieved successfully"))
}

async fn export(call: Call<Caller, NoPath, ExportQuery>) -> Reply<JsonLines<AuditEntryView>> {
    let pages = pages(call.context, call.caller, call.query.filter());
    JsonLines::new("audit.jsonl", call.origin.request_id, pages).await
}

/// Where an export stands.
struct Export {
    context: Arc<Context>,
    caller: Caller,
    filter: AuditFilter,
    after: Option<AuditId>,
}

/// All entries, a page at a time; between two pages nothing of the database is held.
fn pages(
    context: Arc<Context>,
    caller: Caller,
    filter: AuditFilter,
) -> impl Stream<Item = Result<Vec<AuditEntryView>, Fault>> + Send {
    let export = Export { context, caller, filter, after: None };
    stream::try_unfold(export, |mut export| async {
        let Export { context, caller, filter, after } = &export;
        let page = context.audit_entries_after(caller, filter, *after, EXPORT_PAGE).await?;
        let Some(last) = page.last() else { return Ok(None) };
        export.after = Some(last.id);
        Ok(Some((page.into_iter().map(AuditEntryView::new).collect(), export)))
    })
}
