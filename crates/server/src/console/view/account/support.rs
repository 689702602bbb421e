//! Whom one lets act as one, who did, and what they did.

use askama::Template;

use super::super::layout::{Layout, Moment};

/// For how many hours one can consent, and the words for it.
pub const HOURS: [(i64, &str); 6] =
    [(1, "1 hour"), (4, "4 hours"), (8, "8 hours"), (24, "1 day"), (72, "3 days"), (168, "7 days")];

/// The consent, and who acted as one.
#[derive(Clone, Debug, Default)]
pub struct SupportSection {
    /// Until when one has consented; nothing where one has not.
    pub consented_until: Option<Moment>,
    /// What went wrong.
    pub alert: Option<String>,
    /// Those who acted as one, the newest first.
    pub rows: Vec<ImpersonationRow>,
    /// How many more there are.
    pub unlisted: usize,
}

/// Somebody who acted as one, or does.
#[derive(Clone, Debug)]
pub struct ImpersonationRow {
    /// Where it is said what they did.
    pub address: String,
    /// Who it was.
    pub actor: String,
    /// Since when.
    pub started: Moment,
    /// When it ended; nothing while it goes on, or where it ended by itself.
    pub ended: Option<Moment>,
    /// Whether it goes on.
    pub is_running: bool,
    /// How many requests and changes there were.
    pub acts: i64,
}

impl SupportSection {
    /// For how long one can consent: hours, words, and whether it is chosen.
    #[expect(clippy::unused_self, reason = "templates reach functions through what they hold")]
    pub(crate) fn hours(&self) -> [(i64, &'static str); 6] {
        HOURS
    }
}

/// `/account/impersonations/{impersonation_id}`: what somebody did as one.
#[derive(Template)]
#[template(path = "impersonation.html")]
pub struct ImpersonationPage {
    /// What every page carries.
    pub layout: Layout,
    /// Who it was, and when.
    pub row: ImpersonationRow,
    /// What they did on this page of the list, the newest first.
    pub acts: Vec<ActRow>,
    /// Where what was done before stands; nothing where nothing was.
    pub earlier: Option<String>,
    /// Where what was done after it stands.
    pub later: Option<String>,
}

/// Something that was done.
#[derive(Clone, Debug)]
pub struct ActRow {
    /// When.
    pub at: Moment,
    /// What, in words.
    pub words: String,
    /// The method and path, or what was changed.
    pub target: String,
    /// Whether something was changed by it.
    pub is_change: bool,
}

#[cfg(test)]
fn sample_row(plant: &str, number: i64) -> ImpersonationRow {
    use bailiwick_domain::time::Span;

    use super::super::layout::samples::NOW;

    let started = NOW.minus(Span::hours(number * 30 + 1));
    ImpersonationRow {
        address: format!("/account/impersonations/0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b9{number}{plant}"),
        actor: format!("Sue Helper{plant}"),
        started: Moment::new(NOW, started),
        ended: (number > 0).then(|| Moment::new(NOW, started.plus(Span::minutes(20)))),
        is_running: number == 0,
        acts: number * 17 + 1,
    }
}

#[cfg(test)]
impl SupportSection {
    pub(super) fn sample(plant: &str) -> Self {
        use bailiwick_domain::time::Span;

        use super::super::layout::samples::NOW;

        let rows = (0..3).map(|number| sample_row(plant, number)).collect();
        Self { consented_until: Some(Moment::new(NOW, NOW.plus(Span::hours(7)))), alert: None, rows, unlisted: 4 }
    }
}

#[cfg(test)]
impl ImpersonationPage {
    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        use bailiwick_domain::time::Span;

        use super::super::layout::Active;
        use super::super::layout::samples::{NOW, member};

        let act = |number: i64| ActRow {
            at: Moment::new(NOW, NOW.minus(Span::minutes(number))),
            words: format!("{}{plant}", if number % 2 == 0 { "system.changed" } else { "Change a system" }),
            target: format!("PUT /api/systems/0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7a{plant}"),
            is_change: number % 2 == 0,
        };
        let layout = || member("/account/impersonations/0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b90", Active::Account, plant);
        let address = |page: u32| Some(format!("/account/impersonations/0198f3c2?page={page}{plant}"));
        vec![
            (
                "impersonation",
                Self {
                    layout: layout(),
                    row: sample_row(plant, 1),
                    acts: (0..12).map(act).collect(),
                    earlier: address(3),
                    later: address(1),
                },
            ),
            (
                "impersonation-empty",
                Self { layout: layout(), row: sample_row(plant, 0), acts: Vec::new(), earlier: None, later: None },
            ),
        ]
    }
}
