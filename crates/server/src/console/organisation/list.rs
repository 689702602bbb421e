//! The list of organisations, filtered and ordered by the address; and the tree.

use axum::response::Response;
use bailiwick_app::caller::Caller;
use bailiwick_app::organisation::{OrganisationFilter, OrganisationOrder};
use bailiwick_app::overview;
use bailiwick_app::overview::CountedOrganisation;
use bailiwick_contract::page::{Page, Visit};
use bailiwick_domain::fault::Fault;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::OrganisationId;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::page::{Direction, Page as Slice, PageNumber, PageSize};
use bailiwick_domain::role::Right;
use bailiwick_domain::time::Timestamp;
use http::StatusCode;

use super::super::frame::Frame;
use super::super::view::layout::{Active, Moment};
use super::super::view::list::{Paging, address};
use super::super::view::organisation::OrganisationNotice;
use super::super::view::organisations::{
    Branch, Column, More, OrganisationRow, OrganisationsAsk, OrganisationsPage, ROWS, Shown, StateFilter, Table,
    TreeItem, TreeLine,
};
use super::state;

pub(super) fn pages() -> Vec<Page> {
    vec![Page::get("/organizations", "organizations").member().while_impersonating().handle(show)]
}

async fn show(visit: Visit<Caller>) -> Result<Response, Fault> {
    let ask = ask(|name| visit.query_member(name).unwrap_or_default());
    let is_tree = visit.query_member("view") == Some("tree");
    let shown = if is_tree { Shown::Tree(tree(&visit).await?) } else { Shown::Table(table(&visit, &ask).await?) };
    let notice = visit.query_member("notice").and_then(OrganisationNotice::from_key).map(OrganisationNotice::words);
    let (mut layout, cookies) = Frame::new(&visit, Some(&visit.caller), Some(Active::Organisations)).take();
    // What was just done is not for whoever comes back.
    if notice.is_some() {
        "/organizations".clone_into(&mut layout.path);
    }
    let may_create = visit.caller.principal.holds(Right::ManageOrganisations);
    cookies.page(StatusCode::OK, &OrganisationsPage { layout, ask, shown, may_create, notice })
}

/// What the address asks for; what it gets wrong counts as not asked for.
fn ask<'a>(member: impl Fn(&str) -> &'a str) -> OrganisationsAsk {
    let status = member("status");
    OrganisationsAsk {
        search: searched(member("q")),
        kind: OrganisationKind::parse_text(member("type")).ok(),
        state: StateFilter::ALL.into_iter().find(|state| state.key() == status).unwrap_or_default(),
        parent: OrganisationId::parse_text(member("parent_id")).map(|id| id.to_string()).unwrap_or_default(),
        column: Column::ALL.into_iter().find(|column| column.key() == member("sort_by")).unwrap_or_default(),
        descending: member("sort_direction") == Direction::Descending.name(),
        page: PageNumber::parse_text(member("page")).unwrap_or_default().get(),
    }
}

/// What is searched for, as far as it can be anywhere.
pub(in super::super) fn searched(text: &str) -> String {
    text.trim().chars().filter(|c| *c != '\0').take(255).collect()
}

/// A page of a list.
pub(in super::super) fn slice(page: u32, rows: u32) -> Slice {
    let number = PageNumber::parse_text(&page.to_string()).unwrap_or_default();
    Slice { number, size: PageSize::parse_text(&rows.to_string()).unwrap_or_default() }
}

async fn table(visit: &Visit<Caller>, ask: &OrganisationsAsk) -> Result<Table, Fault> {
    let filter = OrganisationFilter {
        search: Some(ask.search.clone()).filter(|search| !search.is_empty()),
        kind: ask.kind,
        parent: OrganisationId::parse_text(&ask.parent).ok(),
        is_suspended: match ask.state {
            StateFilter::Active => Some(false),
            StateFilter::Suspended => Some(true),
            StateFilter::Living | StateFilter::Deleted => None,
        },
        is_deleted: ask.state == StateFilter::Deleted,
    };
    let order = match ask.column {
        Column::Match => OrganisationOrder::Match,
        Column::Name => OrganisationOrder::Name,
        Column::Kind => OrganisationOrder::Kind,
        Column::Created => OrganisationOrder::CreatedAt,
    };
    let direction = if ask.descending { Direction::Descending } else { Direction::Ascending };
    let page = slice(ask.page, ROWS);
    let found = visit.context.organisation_listing(&visit.caller, &filter, (order, direction), page).await?;
    let now = visit.context.now();
    let rows: Vec<_> = found.rows.into_iter().map(|counted| row(now, counted)).collect();
    Ok(Table {
        paging: Paging::new(ask.page, ROWS, rows.len(), found.found, |page| ask.at_page(page)),
        rows,
        total: found.total.unsigned_abs(),
        parent: found.parent.map(|name| name.to_string()),
    })
}

/// An organisation as a row.
pub(super) fn row(now: Timestamp, counted: CountedOrganisation) -> OrganisationRow {
    let CountedOrganisation { organisation, counts } = counted;
    OrganisationRow {
        id: organisation.id.to_string(),
        name: organisation.name.to_string(),
        kind: organisation.kind,
        state: state(&organisation),
        parent: organisation.parent.zip(organisation.parent_name).map(|(id, name)| (id.to_string(), name.to_string())),
        below: counts.organisations,
        people: counts.people,
        systems: counts.systems,
        created: Moment::new(now, organisation.created_at),
    }
}

async fn tree(visit: &Visit<Caller>) -> Result<Vec<TreeItem>, Fault> {
    let open = visit.query_member("open").and_then(|id| OrganisationId::parse_text(id).ok());
    let tree = visit.context.organisation_tree(&visit.caller, open).await?;
    let now = visit.context.now();
    let mut items = Vec::new();
    let is_only = tree.roots.len() == 1 && tree.more == 0;
    for root in tree.roots {
        unfold(&mut items, now, root, None);
    }
    // Folded, the only root would unfold by itself.
    if is_only
        && let Some(TreeItem { line: TreeLine::Branch(root), .. }) = items.first_mut()
        && root.is_open
    {
        root.fold = None;
    }
    if tree.more > 0 {
        let words = format!("Show all organisations in the table, {} more of the topmost included", tree.more);
        let line = TreeLine::More(More { address: "/organizations".to_owned(), words });
        items.push(TreeItem { line, closes: 0 });
    }
    Ok(items)
}

/// Writes an organisation and what is shown below it, line by line.
fn unfold(items: &mut Vec<TreeItem>, now: Timestamp, branch: overview::Branch, above: Option<&str>) {
    let overview::Branch { of, is_open, branches } = branch;
    let row = row(now, of);
    let (id, below, name) = (row.id.clone(), row.below, row.name.clone());
    let is_open = is_open && !branches.is_empty();
    let to = if is_open { above.unwrap_or_default() } else { &id };
    let fold = (below > 0).then(|| address("/organizations", &[("view", "tree"), ("open", to)]));
    items.push(TreeItem { line: TreeLine::Branch(Branch { row, is_open, fold }), closes: 0 });
    let shown = i64::try_from(branches.len()).unwrap_or(i64::MAX);
    for branch in branches {
        unfold(items, now, branch, Some(&id));
    }
    if is_open && below > shown {
        let address = address("/organizations", &[("parent_id", &id)]);
        let words = format!("Show all {below} below {name} in the table");
        items.push(TreeItem { line: TreeLine::More(More { address, words }), closes: 0 });
    }
    if is_open && let Some(last) = items.last_mut() {
        last.closes += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_address_gets_wrong_counts_as_not_asked_for() {
        let wrong = ask(|name| if name == "q" { " \0" } else { "Neither This" });
        assert_eq!(wrong, OrganisationsAsk { page: 1, ..OrganisationsAsk::default() });
        assert!(!wrong.is_filtered());
        let right = ask(|name| if name == "status" { "deleted" } else { "" });
        assert_eq!(right.address(), "/organizations?status=deleted");
    }
}
