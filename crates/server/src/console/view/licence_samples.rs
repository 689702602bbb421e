//! The pages of licences, agreements and pools of seats in their states, for the tests of every page.

use bailiwick_app::overview::LicencePowers;
use bailiwick_domain::licence::change::ChangeKind;
use bailiwick_domain::licence::standing::LicenceState;
use bailiwick_domain::time::Span;
use serde_json::json;

use super::choose::ChoosePage;
use super::form::{Entry, EntryKind, FormPage};
use super::layout::samples::{NOW, member};
use super::layout::{Active, Choice, Field, Moment};
use super::licence::{BoundRow, LicenceFacts, LicencePage};
use super::licences::{LicenceRow, LicencesAsk, LicencesPage};
use super::licensing::change_words;
use super::list::Paging;
use super::organisation::HistoryRow;
use super::partner_samples::{ago, crumbs, id, picker};
use super::system_licence::SystemLicencePage;

pub(super) fn ahead(days: i64) -> Moment {
    Moment::new(NOW, NOW.plus(Span::days(days)))
}

pub(super) fn choice(value: &str, plant: &str) -> Choice {
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
