//! The pages of licences, agreements and pools of seats in their states, for the tests of every page.

use bailiwick_app::overview::{LicencePowers, PoolPowers};
use bailiwick_domain::licence::agreement::AgreementStatus;
use bailiwick_domain::licence::change::ChangeKind;
use bailiwick_domain::licence::seats::MoveKind;
use bailiwick_domain::licence::standing::LicenceState;
use bailiwick_domain::time::Span;
use serde_json::json;

use super::agreements::{AgreementPage, AgreementRow, AgreementsAsk, AgreementsPage};
use super::choose::ChoosePage;
use super::flow::{Flow, FlowPool};
use super::form::{Entry, EntryKind, FormPage};
use super::layout::samples::{NOW, member};
use super::layout::{Active, Choice, Field, Moment};
use super::licence::{BoundRow, LicenceFacts, LicencePage};
use super::licences::{LicenceRow, LicencesAsk, LicencesPage};
use super::licensing::{change_words, move_words};
use super::list::Paging;
use super::organisation::HistoryRow;
use super::partner_samples::{ago, crumbs, id, picker};
use super::pools::{PoolPage, PoolRow, PoolsPage, ShownPools};
use super::system_licence::SystemLicencePage;

fn ahead(days: i64) -> Moment {
    Moment::new(NOW, NOW.plus(Span::days(days)))
}

fn choice(value: &str, plant: &str) -> Choice {
    Choice { value: format!("{value}{plant}"), label: format!("{value}{plant}"), selected: false }
}

fn row(number: u32, plant: &str) -> LicenceRow {
    LicenceRow {
        id: id(number),
        key: format!("5f2a4d5c-7d5e-4c1a-9b1e-3f2a4d5c{number:04x}{plant}"),
        agreement: format!("AI Manager License{plant}"),
        kind: format!("subscription{plant}"),
        holder: (id(number + 1), format!("Hotel Bellavista S.r.l. {number}{plant}")),
        state: LicenceState::ALL.into_iter().cycle().nth(number as usize).unwrap_or(LicenceState::None),
        begins: ago(i64::from(number) * 90 + 2),
        ends: (number % 4 != 3).then(|| ahead(i64::from(number) * 11 - 20)),
        bound: i64::from(number % 3),
        systems: 5,
    }
}

impl LicencesPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = |ask: LicencesAsk, rows: u32, found: i64| Self {
            layout: member("/licences", Active::Licences, plant),
            kinds: vec![choice("subscription", plant), choice("trial", plant)],
            agreements: vec![choice("AI Manager License", plant), choice("Backup", plant)],
            rows: (0..rows).map(|number| row(number, plant)).collect(),
            paging: Paging::new(ask.page, super::licences::ROWS, rows as usize, found, |page| ask.at_page(page)),
            total: 90,
            organisation: Some(format!("Alpine Networks{plant}")),
            may_issue: true,
            may_write: true,
            notice: None,
            ask,
        };
        let ask = LicencesAsk { page: 1, ..LicencesAsk::default() };
        let found =
            LicencesAsk { search: format!("manager{plant}"), organisation: format!("{}{plant}", id(1)), ..ask.clone() };
        let reader = |page: Self| Self { may_issue: false, may_write: false, ..page };
        vec![
            ("licences", page(ask.clone(), 20, 90)),
            ("licences-found", page(found.clone(), 3, 3)),
            ("licences-not-found", page(found, 0, 0)),
            ("licences-past-the-end", page(LicencesAsk { page: 9, ..ask.clone() }, 0, 90)),
            ("licences-empty", Self { total: 0, agreements: Vec::new(), ..page(ask.clone(), 0, 0) }),
            ("licences-empty-seller", Self { total: 0, may_write: false, ..page(ask.clone(), 0, 0) }),
            ("licences-empty-reader", Self { total: 0, ..reader(page(ask, 0, 0)) }),
        ]
    }
}

impl LicencePage {
    fn sample(plant: &str) -> Self {
        let changed = |hours: i64, kind: ChangeKind| HistoryRow {
            at: ago(hours),
            who: format!("Ada Verdi{plant}"),
            what: change_words(kind, &json!({ "Name": format!("Till{plant}"), "AmountPerMonth": 1990 })),
        };
        let system = |number: u32| BoundRow {
            id: id(number),
            name: format!("Production Server {number}{plant}"),
            system_type: "ns8".to_owned(),
            since: ago(40),
        };
        Self {
            layout: member("/licences/1", Active::Licences, plant),
            notice: None,
            alert: None,
            above: crumbs(plant),
            facts: LicenceFacts {
                id: id(7),
                key: format!("5f2a4d5c-7d5e-4c1a-9b1e-3f2a4d5c6b7a{plant}"),
                agreement: ("/agreements/1".to_owned(), format!("AI Manager License{plant}"), 2),
                kind: format!("subscription{plant}"),
                holder: (id(1), format!("Alpine Networks{plant}")),
                provider: Some((id(2), format!("Northwind Distribution{plant}"))),
                state: LicenceState::Active,
                why: "This licence is good until 2027-02-16.".to_owned(),
                next: "Nothing needs to be done.",
                price: "19.90".to_owned(),
                discount: "12.5".to_owned(),
                net: "17.41".to_owned(),
                begins: ago(900),
                ends: Some(ahead(88)),
                grace_ends: Some(ahead(102)),
                paid_until: Some(ahead(10)),
                signed: Some((ago(800), Some(format!("Ben Rossi{plant}")))),
                provides: format!("nx.streams, nx.backup{plant}"),
                catalogues: "all".to_owned(),
                bound: 22,
                systems: 50,
                pool: Some(id(9)),
                is_suspended: false,
                is_revoked: false,
            },
            powers: LicencePowers { may_decide: true, may_sign: false, may_bind: true },
            systems: (0..20).map(system).collect(),
            history: (0..10).map(|number| changed(number * 30, ChangeKind::Bound)).collect(),
            paging: Paging::new(1, 10, 10, 31, |page| format!("/licences/1?page={page}")),
        }
    }

    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = || Self::sample(plant);
        let empty = LicenceFacts {
            state: LicenceState::Suspended,
            signed: None,
            ends: None,
            grace_ends: None,
            paid_until: None,
            provider: None,
            pool: None,
            bound: 0,
            systems: 1,
            is_suspended: true,
            ..page().facts
        };
        vec![
            ("licence", page()),
            (
                "licence-new",
                Self {
                    facts: empty.clone(),
                    powers: LicencePowers { may_decide: true, may_sign: true, may_bind: true },
                    systems: Vec::new(),
                    notice: Some("The licence is issued."),
                    ..page()
                },
            ),
            (
                "licence-read",
                Self {
                    facts: LicenceFacts { state: LicenceState::Revoked, is_revoked: true, ..empty },
                    powers: LicencePowers::default(),
                    systems: Vec::new(),
                    history: Vec::new(),
                    alert: Some(format!("This licence was revoked{plant}.")),
                    ..page()
                },
            ),
        ]
    }
}

impl SystemLicencePage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = || Self {
            layout: member("/systems/1/licence", Active::Systems, plant),
            alert: None,
            id: id(5),
            name: format!("Production Server{plant}"),
            system_type: "ns8".to_owned(),
            organisation: (id(1), format!("Alpine Networks{plant}")),
            state: LicenceState::Active,
            why: "The licence of this system is good until 2027-02-16.".to_owned(),
            next: "Nothing needs to be done.",
            provides: vec![format!("nx.streams{plant}")],
            lease_until: Some(ahead(30)),
            licences: (0..20).map(|number| row(number, plant)).collect(),
            total: 22,
            is_suspended: false,
            may_manage: true,
            file_error: None,
            clock: None,
        };
        let nothing = || Self {
            state: LicenceState::None,
            provides: Vec::new(),
            lease_until: None,
            licences: Vec::new(),
            total: 0,
            ..page()
        };
        vec![
            ("system-licence", page()),
            ("system-licence-none", nothing()),
            ("system-licence-bad-file", Self { file_error: Some(format!("Must be the file{plant}.")), ..page() }),
            ("system-licence-clock", Self { clock: Some(format!("Its clock is 3 hours ahead{plant}.")), ..page() }),
            (
                "system-licence-suspended",
                Self { is_suspended: true, alert: Some(format!("It is suspended{plant}.")), ..page() },
            ),
            ("system-licence-read", Self { may_manage: false, ..nothing() }),
        ]
    }
}

fn version(number: u32, status: AgreementStatus, plant: &str) -> AgreementRow {
    AgreementRow {
        id: id(number),
        name: format!("AI Manager License{plant}"),
        kind: format!("subscription{plant}"),
        version: i64::from(number),
        status,
        price: "19.90".to_owned(),
        lasting: "365 days".to_owned(),
        systems: 1,
        changed: ago(i64::from(number) * 50),
    }
}

impl AgreementsPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        const STATES: [AgreementStatus; 3] =
            [AgreementStatus::Published, AgreementStatus::Withdrawn, AgreementStatus::Draft];
        let line = |number: u32| {
            let status = STATES.into_iter().cycle().nth(number as usize).unwrap_or(AgreementStatus::Draft);
            version(number, status, plant)
        };
        let page = |ask: AgreementsAsk, rows: u32, found: i64| Self {
            layout: member("/agreements", Active::Agreements, plant),
            rows: (0..rows).map(line).collect(),
            paging: Paging::new(ask.page, super::agreements::ROWS, rows as usize, found, |page| ask.at_page(page)),
            total: 25,
            may_write: true,
            notice: None,
            ask,
        };
        let ask = AgreementsAsk { page: 1, ..AgreementsAsk::default() };
        let found = AgreementsAsk { search: format!("backup{plant}"), ..ask.clone() };
        vec![
            ("agreements", page(ask.clone(), 20, 25)),
            ("agreements-not-found", page(found, 0, 0)),
            ("agreements-past-the-end", page(AgreementsAsk { page: 9, ..ask.clone() }, 0, 25)),
            ("agreements-empty", Self { total: 0, ..page(ask.clone(), 0, 0) }),
            ("agreements-empty-reader", Self { total: 0, may_write: false, ..page(ask, 0, 0) }),
        ]
    }
}

impl AgreementPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = |status| Self {
            layout: member("/agreements/1", Active::Agreements, plant),
            notice: None,
            alert: None,
            above: crumbs(plant),
            shown: version(2, status, plant),
            terms: vec![("Kind", format!("subscription{plant}")), ("Allows", format!("nx.streams{plant}"))],
            published: (status != AgreementStatus::Draft).then(|| ago(50)),
            withdrawn: (status == AgreementStatus::Withdrawn).then(|| ago(5)),
            licences: 12,
            versions: vec![version(2, status, plant), version(1, AgreementStatus::Withdrawn, plant)],
            may_write: true,
        };
        let alert = Some(format!("There is a draft already{plant}."));
        vec![
            ("agreement", page(AgreementStatus::Published)),
            ("agreement-draft", page(AgreementStatus::Draft)),
            ("agreement-refused", Self { alert, ..page(AgreementStatus::Withdrawn) }),
            ("agreement-read", Self { may_write: false, ..page(AgreementStatus::Published) }),
        ]
    }
}

fn pool(number: u32, plant: &str) -> PoolRow {
    PoolRow {
        id: id(number),
        holder: format!("Alpine Networks {number}{plant}"),
        kind: "Reseller",
        giver: (number > 0).then(|| format!("Northwind Distribution{plant}")),
        seats: 1000 - i64::from(number) * 50,
        given: 200,
        used: 5,
        free: 795 - i64::from(number) * 50,
        overdraft: 0,
        ends: (number % 2 == 1).then(|| ahead(90)),
    }
}

fn flow(plant: &str) -> Flow {
    let pool = |number: u32, parent: Option<u32>, seats: i64, given: i64, used: i64| FlowPool {
        id: id(number),
        parent: parent.map(id),
        name: format!("Alpine Networks {number}{plant}"),
        seats,
        given,
        used,
    };
    let mut pools = vec![pool(0, None, 1000, 700, 20), pool(1, Some(0), 500, 300, 12), pool(2, Some(0), 200, 4, 190)];
    pools.extend((3..15).map(|number| pool(number, Some(1), 25, 0, 5)));
    Flow::of(&pools)
}

impl PoolsPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let shown = |rows: u32, found: i64| ShownPools {
            name: format!("AI Manager License{plant}"),
            flow: flow(plant),
            rows: (0..rows).map(|number| pool(number, plant)).collect(),
            paging: Paging::new(1, super::pools::ROWS, rows as usize, found, |page| format!("/pools?page={page}")),
        };
        let page = |shown: Option<ShownPools>| Self {
            layout: member("/pools", Active::Pools, plant),
            agreements: vec![choice("AI Manager License", plant), choice("Backup", plant)],
            shown,
            may_make: true,
            notice: None,
        };
        vec![
            ("pools", page(Some(shown(super::pools::ROWS, 120)))),
            ("pools-past-the-end", page(Some(shown(0, 20)))),
            ("pools-empty", page(None)),
            ("pools-empty-reader", Self { may_make: false, ..page(None) }),
        ]
    }
}

impl PoolPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let moved = |number: i64| HistoryRow {
            at: ago(number * 9),
            who: if number == 1 { String::new() } else { format!("Ada Verdi{plant}") },
            what: move_words(MoveKind::Given, number + 1, Some(&format!("Alpine Networks{plant}"))),
        };
        let page = || Self {
            layout: member("/pools/1", Active::Pools, plant),
            notice: None,
            alert: None,
            above: crumbs(plant),
            row: pool(1, plant),
            agreement: ("/agreements/1".to_owned(), format!("AI Manager License{plant}")),
            holder_id: id(1),
            parent: Some(id(2)),
            powers: PoolPowers { may_give: true, may_decide: true },
            is_published: true,
            is_over: false,
            history: (0..10).map(moved).collect(),
            paging: Paging::new(1, 10, 10, 31, |page| format!("/pools/1?page={page}")),
        };
        let alert = Some(format!("These seats were given until a day that has passed{plant}."));
        vec![
            ("pool", page()),
            (
                "pool-over",
                Self {
                    is_over: true,
                    is_published: false,
                    powers: PoolPowers::default(),
                    parent: None,
                    alert,
                    ..page()
                },
            ),
        ]
    }
}

impl FormPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let choices = EntryKind::Choice(vec![choice("AI Manager License", plant)]);
        let figure = |is_decimal| EntryKind::Figure { is_decimal };
        let entries = || {
            vec![
                Entry::new("agreement", "Agreement", choices.clone(), ""),
                Entry::new("quantity", "Quantity", figure(false), format!("1{plant}")).helped("Each uses a seat."),
                Entry::new("discount", "Discount in per cent", figure(true), format!("5{plant}")).optional(),
                Entry::new("expires_at", "Runs out", EntryKind::Day, format!("2027-01-02{plant}")).optional(),
                Entry::new("provides", "Allows", EntryKind::Lines, format!("nx.streams{plant}")),
            ]
        };
        let page = |entries| Self {
            layout: member("/licences/issue", Active::Licences, plant),
            heading: format!("Issue licences to Alpine Networks{plant}"),
            above: crumbs(plant),
            says: vec![format!("It has to be accepted{plant}.")],
            facts: vec![("Held by", format!("Alpine Networks{plant}"))],
            again: Some(("/licences/issue".to_owned(), "Choose another organisation")),
            alert: None,
            entries,
            action: "/licences/issue".to_owned(),
            hidden: vec![("idempotency_key", format!("k3y{plant}"))],
            act: "Issue licences",
            instead: "/licences".to_owned(),
        };
        let mut wrong = entries();
        for entry in &mut wrong {
            entry.field = Field::refused(format!("x{plant}"), format!("Must be something else{plant}."));
        }
        vec![
            ("form", page(entries())),
            ("form-errors", Self { alert: Some(format!("Nor this{plant}.")), ..page(wrong) }),
            ("form-refused", Self { alert: Some(format!("Only 3 seats are free{plant}.")), ..page(entries()) }),
        ]
    }
}

impl ChoosePage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = |picker, alert| Self {
            layout: member("/licences/issue", Active::Licences, plant),
            heading: format!("Issue licences{plant}"),
            above: crumbs(plant),
            question: "Who shall hold them?",
            help: format!("An organisation below Alpine Networks{plant}."),
            picker,
            alert,
        };
        let alert = Some(format!("Must be another organisation{plant}."));
        vec![("choose", page(picker("", 4, plant), None)), ("choose-refused", page(picker("nothing", 0, plant), alert))]
    }
}
