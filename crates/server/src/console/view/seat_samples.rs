//! The pages of agreements and pools of seats in their states, for the tests of every page.

use bailiwick_app::overview::PoolPowers;
use bailiwick_domain::licence::agreement::AgreementStatus;
use bailiwick_domain::licence::seats::MoveKind;

use super::agreements::{AgreementPage, AgreementRow, AgreementsAsk, AgreementsPage};
use super::flow::{Flow, FlowPool};
use super::layout::Active;
use super::layout::samples::member;
use super::licence_samples::{ahead, choice};
use super::licensing::move_words;
use super::list::Paging;
use super::organisation::HistoryRow;
use super::partner_samples::{ago, crumbs, id};
use super::pools::{PoolPage, PoolRow, PoolsPage, ShownPools};

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
