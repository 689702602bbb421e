//! The pages of people, and of what they may do, in their states, for the tests of every page.

use bailiwick_app::overview::PersonPowers;
use bailiwick_domain::organisation::OrganisationKind;
use bailiwick_domain::role::{Right, Role};
use bailiwick_domain::time::Span;

use super::access::{AccessPage, Answer, ChainRow, Chosen, Step};
use super::layout::samples::{NOW, member};
use super::layout::{Active, Choice, Moment};
use super::list::Paging;
use super::partner_samples::{ago, crumbs, id, picker};
use super::people::{PeopleAsk, PeoplePage, PersonRow};
use super::person::{JoinPage, MembershipRow, Person, PersonPage};
use super::picker::Picker;

impl PeoplePage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let row = |number: u32| PersonRow {
            id: id(number),
            name: format!("Ada Verdi {number}{plant}"),
            email: format!("ada.verdi{number}@northwind.example{plant}"),
            organisation: (number % 4 != 3).then(|| (id(1), format!("Northwind Distribution{plant}"))),
            role: Role::ALL.into_iter().cycle().nth(number as usize),
            is_super_admin: number == 0,
            is_suspended: number % 5 == 4,
            created: ago(i64::from(number) * 30 + 1),
        };
        let page = |ask: PeopleAsk, rows: u32, found: i64| Self {
            layout: member("/users", Active::People, plant),
            rows: (0..rows).map(row).collect(),
            paging: Paging::new(ask.page, super::people::ROWS, rows as usize, found, |page| ask.at_page(page)),
            total: 90,
            organisation: Some(format!("Alpine Networks{plant}")),
            may_manage: true,
            ask,
        };
        let ask = PeopleAsk { page: 1, ..PeopleAsk::default() };
        let found =
            PeopleAsk { search: format!("ada{plant}"), organisation: format!("{}{plant}", id(1)), ..ask.clone() };
        vec![
            ("people", page(ask.clone(), 20, 90)),
            ("people-found", page(found.clone(), 2, 2)),
            ("people-not-found", page(found, 0, 0)),
            ("people-past-the-end", page(PeopleAsk { page: 9, ..ask.clone() }, 0, 90)),
            ("people-empty", page(ask, 0, 0)),
        ]
    }
}

impl PersonPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let membership = |number: u32, may_change| MembershipRow {
            id: id(number),
            name: format!("Alpine Networks{plant}"),
            kind: OrganisationKind::Reseller,
            is_suspended: number == 2,
            role: Role::Support,
            since: ago(500),
            may_change,
        };
        let person = |suspended| Person {
            id: id(9),
            name: format!("Ben Bianchi{plant}"),
            email: format!("ben@alpine.example{plant}"),
            is_confirmed: suspended,
            phone_number: Some(format!("+39 0721 12345{plant}")),
            job_title: Some(format!("Technician{plant}")),
            is_super_admin: suspended,
            suspended: suspended.then(|| ago(2)),
            created: ago(600),
        };
        let powers = PersonPowers { may_manage: true, may_suspend: true, ..PersonPowers::default() };
        let page = || Self {
            layout: member("/users/1", Active::People, plant),
            notice: None,
            alert: None,
            person: person(false),
            memberships: vec![membership(1, true), membership(2, false)],
            powers,
            consents_until: None,
        };
        let elsewhere = PersonPowers { may_suspend: false, belongs_elsewhere: true, ..powers };
        vec![
            ("person", page()),
            (
                "person-consents",
                Self {
                    powers: PersonPowers { may_impersonate: true, ..powers },
                    consents_until: Some(Moment::new(NOW, NOW.plus(Span::hours(5)))),
                    ..page()
                },
            ),
            (
                "person-does-not-consent",
                Self { powers: PersonPowers { may_impersonate: true, ..PersonPowers::default() }, ..page() },
            ),
            ("person-suspended", Self { person: person(true), notice: Some("The account is suspended."), ..page() }),
            (
                "person-refused",
                Self { alert: Some(format!("Nobody would be left{plant}.")), powers: elsewhere, ..page() },
            ),
            ("person-alone", Self { memberships: Vec::new(), ..page() }),
            (
                "person-read",
                Self {
                    memberships: vec![membership(1, false)],
                    powers: PersonPowers { is_oneself: true, ..PersonPowers::default() },
                    ..page()
                },
            ),
        ]
    }
}

impl JoinPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = |place, alert| Self {
            layout: member("/users/1/memberships", Active::People, plant),
            above: crumbs(plant),
            id: id(9),
            name: format!("Ben Bianchi{plant}"),
            place,
            picker: picker("", 3, plant),
            role: None,
            alert,
        };
        let place = Some((id(1), format!("Alpine Networks{plant}"), "Reseller"));
        vec![
            ("person-join", page(None, None)),
            (
                "person-join-role",
                page(place, Some(format!("Must be a role that grants no more than you hold{plant}."))),
            ),
        ]
    }
}

impl AccessPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let step = |field, name: Option<&str>| Step {
            chosen: name.map(|name| Chosen {
                name: format!("{name}{plant}"),
                beside: format!("ben@alpine.example{plant}"),
                page: Some("/users/1".to_owned()),
                again: "/access".to_owned(),
            }),
            picker: Picker { field, ..picker("", 0, plant) },
        };
        let page = |is_chosen: bool, answer| Self {
            layout: member("/access", Active::People, plant),
            subject: step("person", is_chosen.then_some("Ben Bianchi")),
            resource: step("thing", is_chosen.then_some("Hotel Bellavista")),
            rights: Right::ALL
                .map(|right| Choice {
                    value: right.name().to_owned(),
                    label: right.name().to_owned(),
                    selected: right == Right::ManageSystems,
                })
                .into(),
            kept: vec![("subject", format!("{}{plant}", id(1)))],
            answer,
        };
        let chain = |grants, steps: usize| ChainRow {
            role: format!("Support in Alpine Networks{plant}"),
            way: vec![("/organizations/1".to_owned(), format!("Alpine Networks{plant}")); steps],
            outcome: if grants { "Grants the right" } else { "It is elsewhere in the tree" },
            grants,
        };
        let answer = |is_allowed, chains| Answer { is_allowed, sentence: format!("Ben is support{plant}."), chains };
        vec![
            ("access", page(false, None)),
            ("access-asked", page(true, None)),
            ("access-yes", page(true, Some(answer(true, vec![chain(true, 2), chain(false, 0)])))),
            ("access-no", page(true, Some(answer(false, Vec::new())))),
        ]
    }
}
