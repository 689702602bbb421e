//! The pages of organisations in their states, for the tests of every page.

use bailiwick_app::overview::OrganisationPowers;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::Role;
use bailiwick_domain::system::SystemStatus;
use bailiwick_domain::time::Span;

use super::decision::DecisionPage;
use super::layout::samples::{NOW, member};
use super::layout::{Active, Choice, Field, Moment};
use super::list::Paging;
use super::move_organisation::MoveOrganisationPage;
use super::organisation::{Crumb, Facts, HistoryRow, MemberRow, OrganisationPage, Part, Stat, SystemLine};
use super::organisation_form::{EditOrganisationPage, NewOrganisationPage, OrganisationForm};
use super::organisations::{
    Branch, More, OrganisationRow, OrganisationsAsk, OrganisationsPage, Shown, State, Table, TreeItem, TreeLine,
};
use super::picker::{Found, Picker};

pub(super) fn id(number: u32) -> String {
    format!("0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c{number:04x}")
}

pub(super) fn ago(hours: i64) -> Moment {
    Moment::new(NOW, NOW.minus(Span::hours(hours)))
}

pub(super) fn crumbs(plant: &str) -> Vec<Crumb> {
    let crumb = |name: &str| Crumb { address: format!("/organizations/{}", id(1)), name: format!("{name}{plant}") };
    vec![crumb("Organisations"), crumb("Northwind Distribution")]
}

fn row(number: u32, plant: &str) -> OrganisationRow {
    const STATES: [State; 4] = [State::Active, State::Suspended, State::SuspendedAbove, State::Deleted];
    let state = STATES.into_iter().cycle().nth(number as usize).unwrap_or(State::Active);
    OrganisationRow {
        id: id(number),
        name: format!("Hotel Bellavista {number}{plant}"),
        kind: OrganisationKind::ALL.into_iter().cycle().nth(number as usize).unwrap_or(OrganisationKind::Customer),
        parent: (!number.is_multiple_of(3)).then(|| (id(1), format!("Alpine Networks{plant}"))),
        state,
        below: i64::from(number) * 3,
        people: i64::from(number),
        systems: i64::from(number * 7),
        created: ago(i64::from(number) * 90 + 2),
    }
}

impl OrganisationsPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let table = |rows: u32, found: i64| Table {
            rows: (0..rows).map(|number| row(number, plant)).collect(),
            paging: Paging::new(1, super::organisations::ROWS, rows as usize, found, |page| format!("/?page={page}")),
            total: 120,
            parent: Some(format!("Alpine Networks{plant}")),
        };
        let page = |ask: OrganisationsAsk, shown: Shown| Self {
            layout: member("/organizations", Active::Organisations, plant),
            ask,
            shown,
            may_create: true,
            notice: None,
        };
        let ask = OrganisationsAsk { page: 1, ..OrganisationsAsk::default() };
        let found =
            OrganisationsAsk { search: format!("bella{plant}"), parent: format!("{}{plant}", id(1)), ..ask.clone() };
        let branch = |number: u32, is_open: bool| {
            TreeLine::Branch(Branch {
                row: row(number, plant),
                is_open,
                fold: Some(format!("/organizations?view=tree&open={}", id(number))),
            })
        };
        let more = More { address: "/organizations?parent_id=1".to_owned(), words: format!("Show all 90{plant}") };
        let tree = [(branch(0, true), 0), (branch(1, true), 0), (branch(4, false), 0), (TreeLine::More(more), 2)];
        let tree = tree.into_iter().map(|(line, closes)| TreeItem { line, closes });
        let empty = Table { total: 0, ..table(0, 0) };
        vec![
            ("organisations", page(ask.clone(), Shown::Table(table(20, 120)))),
            ("organisations-found", page(found.clone(), Shown::Table(table(3, 3)))),
            ("organisations-not-found", page(found, Shown::Table(table(0, 0)))),
            (
                "organisations-past-the-end",
                page(OrganisationsAsk { page: 9, ..ask.clone() }, Shown::Table(table(0, 120))),
            ),
            ("organisations-empty", page(ask.clone(), Shown::Table(empty))),
            ("organisations-tree", page(ask.clone(), Shown::Tree(tree.collect()))),
            ("organisations-tree-empty", Self { may_create: false, ..page(ask, Shown::Tree(Vec::new())) }),
        ]
    }
}

impl OrganisationPage {
    fn sample(plant: &str) -> Self {
        let member_row = |number: u32, role| MemberRow {
            id: id(number),
            name: format!("Ada Verdi {number}{plant}"),
            email: format!("ada{number}@northwind.example{plant}"),
            role: Some(role),
            is_suspended: number == 2,
        };
        let line = |number: u32| SystemLine {
            name: format!("Production Server {number}{plant}"),
            system_type: "ns8".to_owned(),
            status: SystemStatus::Online,
            last_heartbeat: (number != 1).then(|| ago(1)),
        };
        let happened = HistoryRow { at: ago(3), who: format!("Ada{plant}"), what: format!("suspended Ben{plant}") };
        Self {
            layout: member("/organizations/1", Active::Organisations, plant),
            notice: None,
            alert: None,
            facts: Facts {
                id: id(7),
                name: format!("Alpine Networks{plant}"),
                kind: OrganisationKind::Reseller,
                state: State::Active,
                vat_number: Some(format!("IT01234567890{plant}")),
                custom_data: vec![(format!("site{plant}"), format!("Pesaro{plant}"))],
                created: ago(900),
                changed: ago(5),
                suspended: None,
                deleted: None,
            },
            above: crumbs(plant),
            stats: vec![Stat {
                label: "People",
                own: "3".to_owned(),
                beside: format!("40 with all below{plant}"),
                address: Some("/users".to_owned()),
            }],
            powers: OrganisationPowers {
                may_change: true,
                may_decide: true,
                may_manage_people: true,
                ..OrganisationPowers::default()
            },
            people: Part { rows: vec![member_row(1, Role::Admin), member_row(2, Role::Reader)], total: 3 },
            children: Part { rows: (0..8).map(|number| row(number, plant)).collect(), total: 31 },
            systems: Part { rows: vec![line(0), line(1)], total: 2 },
            history: Some(vec![happened]),
        }
    }

    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = || Self::sample(plant);
        let facts = |state| Facts { state, ..page().facts };
        let suspended = Facts { suspended: Some(ago(2)), ..facts(State::Suspended) };
        let deleted = Facts { deleted: Some(ago(2)), ..facts(State::Deleted) };
        vec![
            ("organisation", page()),
            (
                "organisation-empty",
                Self {
                    people: Part { rows: Vec::new(), total: 0 },
                    children: Part { rows: Vec::new(), total: 0 },
                    systems: Part { rows: Vec::new(), total: 0 },
                    history: Some(Vec::new()),
                    notice: Some("The organisation is created. Invite its people next."),
                    ..page()
                },
            ),
            (
                "organisation-suspended",
                Self {
                    facts: suspended,
                    powers: OrganisationPowers { may_reactivate: true, ..page().powers },
                    ..page()
                },
            ),
            (
                "organisation-deleted",
                Self {
                    facts: deleted,
                    powers: OrganisationPowers {
                        may_restore: true,
                        may_destroy: true,
                        ..OrganisationPowers::default()
                    },
                    alert: Some(format!("The organisation above it is deleted too{plant}.")),
                    ..page()
                },
            ),
            ("organisation-read", Self { powers: OrganisationPowers::default(), history: None, ..page() }),
        ]
    }
}

pub(super) fn picker(search: &str, found: usize, plant: &str) -> Picker {
    let choice = |number: u32| Found {
        address: format!("/organizations/new?parent_id={}", id(number)),
        name: format!("Alpine Networks{plant}"),
        beside: format!("Reseller, below Northwind{plant}"),
    };
    Picker {
        action: "/organizations/new".to_owned(),
        field: "q",
        label: "Name or VAT number of the organisation above",
        kept: vec![("subject", format!("{}{plant}", id(3)))],
        search: format!("{search}{plant}"),
        found: (0..found).filter_map(|number| u32::try_from(number).ok()).map(choice).collect(),
        nothing: "No organisation of this name.",
    }
}

impl NewOrganisationPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let kind = |value: &str| Choice { value: value.to_owned(), label: value.to_owned(), selected: false };
        let page = |parent, picker, form| Self {
            layout: member("/organizations/new", Active::Organisations, plant),
            parent,
            picker,
            form,
            kinds: vec![kind("reseller"), kind("customer")],
            idempotency_key: format!("k3y{plant}"),
        };
        let parent = || Some((id(1), format!("Alpine Networks{plant}"), "Distributor"));
        let wrong = OrganisationForm {
            name: Field::refused(plant, "Must be a name that is not blank."),
            vat_number: Field::refused(format!("x{plant}"), "Must be a VAT number."),
            kind_error: Some("Choose one of the types.".to_owned()),
            ..OrganisationForm::default()
        };
        let plain = OrganisationForm::default;
        vec![
            ("organisation-new", page(parent(), picker("", 0, plant), plain())),
            ("organisation-new-errors", page(parent(), picker("", 0, plant), wrong)),
            ("organisation-new-choose", page(None, picker("alpine", 3, plant), plain())),
            ("organisation-new-nothing", page(None, picker("nothing", 0, plant), plain())),
        ]
    }
}

impl EditOrganisationPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = |form| Self {
            layout: member("/organizations/1/edit", Active::Organisations, plant),
            above: crumbs(plant),
            address: format!("/organizations/{}", id(1)),
            form,
        };
        let form = OrganisationForm {
            name: Field::new(format!("Alpine Networks{plant}")),
            custom_data: Field::new(format!("{{\n  \"site\": \"Pesaro\"\n}}{plant}")),
            ..OrganisationForm::default()
        };
        let wrong = OrganisationForm {
            custom_data: Field::refused(format!("{{{plant}"), "Must be a JSON object of texts."),
            ..OrganisationForm::default()
        };
        vec![("organisation-edit", page(form)), ("organisation-edit-errors", page(wrong))]
    }
}

impl DecisionPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = || Self {
            layout: member("/organizations/1/destroy", Active::Organisations, plant),
            question: format!("Destroy Alpine Networks{plant}?"),
            above: crumbs(plant),
            alert: None,
            says: vec!["This cannot be taken back.".to_owned()],
            touched: vec![("12".to_owned(), "Organisations, this one included".to_owned())],
            touched_title: "What is gone for good",
            to_type: Some((format!("Alpine Networks{plant}"), Field::default())),
            action: "/organizations/1/destroy".to_owned(),
            hidden: vec![("parent_id", format!("{}{plant}", id(2)))],
            act: "Destroy".to_owned(),
            is_harm: true,
            instead: "/organizations/1".to_owned(),
        };
        let typed = Field::refused(format!("Alpine{plant}"), format!("Must be the name{plant}."));
        vec![
            ("decision", page()),
            ("decision-mistyped", Self { to_type: Some((format!("Alpine Networks{plant}"), typed)), ..page() }),
            (
                "decision-refused",
                Self { to_type: None, alert: Some(format!("Nobody would be left{plant}.")), ..page() },
            ),
        ]
    }
}

impl MoveOrganisationPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = |picker, alert| Self {
            layout: member("/organizations/1/move", Active::Organisations, plant),
            above: crumbs(plant),
            name: format!("Alpine Networks{plant}"),
            parent: format!("Northwind Distribution{plant}"),
            picker,
            alert,
        };
        let alert = Some(format!("Another organisation there has the same VAT number{plant}."));
        vec![
            ("organisation-move", page(picker("", 4, plant), None)),
            ("organisation-move-refused", page(picker("nothing", 0, plant), alert)),
        ]
    }
}
