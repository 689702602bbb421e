//! The list of systems in its states, for the tests of every page.

use bailiwick_domain::account::Theme;
use bailiwick_domain::licence::standing::LicenceState;
use bailiwick_domain::system::SystemStatus;
use bailiwick_domain::time::Span;

use super::layout::samples::{NOW, member};
use super::layout::{Active, Choice, Moment};
use super::systems::{Ask, Column, ROWS, STATUSES, SystemRow, SystemsPage};

impl SystemsPage {
    /// A row; the number makes it differ from the others.
    pub(super) fn sample_row(number: u32, plant: &str) -> SystemRow {
        const NAMES: [&str; 5] = [
            "Production Server",
            "Branch office Turin",
            "Mail and groupware",
            "Firewall HQ",
            "Hotel Bellavista reception",
        ];
        const ORGANISATIONS: [&str; 3] = ["Northwind Distribution", "Alpine Networks", "Hotel Bellavista S.r.l."];
        let pick = |texts: &[&str]| {
            texts.iter().cycle().nth(number as usize).map_or(String::new(), |text| format!("{text}{plant}"))
        };
        let status = STATUSES.into_iter().cycle().nth(number as usize).unwrap_or(SystemStatus::Online);
        SystemRow {
            id: format!("0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c{:04x}{plant}", 0x6b7a + number * 977),
            name: format!("{} {number:02}", pick(&NAMES)),
            system_type: if number % 4 == 3 { "nsec".to_owned() } else { "ns8".to_owned() },
            organisation_name: pick(&ORGANISATIONS),
            status,
            licence: LicenceState::ALL.into_iter().cycle().nth(number as usize).unwrap_or(LicenceState::None),
            last_heartbeat: (number % 5 != 4)
                .then(|| Moment::new(NOW, NOW.minus(Span::minutes(i64::from(number) * 37)))),
            created: Moment::new(NOW, NOW.minus(Span::hours(i64::from(number * number) * 9 + 2))),
        }
    }

    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = |ask: Ask, rows: u32, found, total| {
            let choice = |value: &str| Choice {
                value: format!("{value}{plant}"),
                label: format!("{value}{plant}"),
                selected: !ask.system_type.is_empty() && ask.system_type.starts_with(value),
            };
            Self {
                layout: member("/", Active::Systems, plant),
                types: vec![choice("ns8"), choice("nsec")],
                rows: (0..rows).map(|number| Self::sample_row(number, plant)).collect(),
                shows_licences: true,
                found,
                total,
                organisation: Some(format!("Alpine Networks{plant}")),
                base_url: format!("https://bailiwick.example{plant}"),
                ask,
            }
        };
        let newest = Ask { column: Column::Created, descending: true, page: 1, ..Ask::default() };
        let searched = |search: &str| Ask {
            search: format!("{search}{plant}"),
            system_type: format!("ns8{plant}"),
            status: Some(SystemStatus::Online),
            organisation: format!("0198f3c2{plant}"),
            ..newest.clone()
        };
        let mut dark = page(newest.clone(), 7, 7, 7);
        dark.layout.theme = Theme::Dark;
        vec![
            ("systems", page(newest.clone(), 7, 7, 7)),
            ("systems-dark", dark),
            ("systems-full", page(Ask { page: 2, ..newest.clone() }, ROWS, 214, 214)),
            ("systems-found", page(searched("server"), 3, 3, 214)),
            ("systems-not-found", page(searched("bellavista"), 0, 0, 214)),
            ("systems-past-the-end", page(Ask { page: 99, ..newest.clone() }, 0, 214, 214)),
            ("systems-empty", page(newest.clone(), 0, 0, 0)),
            ("systems-one", page(newest, 1, 1, 1)),
        ]
    }
}
