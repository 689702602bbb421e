//! What every page carries: theme, form token, navigation, moments in time.

use bailiwick_domain::account::Theme;
use bailiwick_domain::field::Parse as _;
use bailiwick_domain::time::Timestamp;

use crate::assets;

pub use super::nav::{Active, Nav};

/// The cookie that holds the choice of theme in this browser; scripts write it too, so it is not `HttpOnly`.
pub const THEME_COOKIE: &str = "bailiwick-theme";

/// The theme that a cookie or a form holds; anything unknown follows the operating system.
#[must_use]
pub fn theme_of(name: &str) -> Theme {
    Theme::parse_text(name).unwrap_or_default()
}

/// A button of the theme switch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThemeChoice {
    /// What the form sends, and the name of the icon.
    pub(crate) name: &'static str,
    /// The word on the button.
    pub(crate) label: &'static str,
    /// Whether it is the theme of this page.
    pub(crate) is_chosen: bool,
}

/// Every theme, in the order in which they are offered.
#[must_use]
pub(crate) fn themes(chosen: Theme) -> [ThemeChoice; 3] {
    Theme::ALL.map(|theme| ThemeChoice {
        name: theme.name(),
        label: match theme {
            Theme::System => "System",
            Theme::Light => "Light",
            Theme::Dark => "Dark",
        },
        is_chosen: theme == chosen,
    })
}

/// What every page carries.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Light or dark.
    pub theme: Theme,
    /// Path and query of this page, to come back to after the theme was changed
    /// without script. Empty where a second GET would not show the same page
    /// (an answer to a POST): the switch then appears only with script.
    pub path: String,
    /// The token that the forms of this page send along as `form_token`.
    pub form_token: String,
    /// The navigation; `None` when nobody is signed in.
    pub nav: Option<Nav>,
    /// As whom one acts, where one does not act as oneself.
    pub acting: Option<Acting>,
}

/// As whom somebody acts who does not act as themselves; every page says so.
#[derive(Clone, Debug, Default)]
pub struct Acting {
    /// The person's name; nothing where the page does not know.
    pub person: Option<String>,
}

impl Layout {
    /// The parts of the console that whoever is signed in may see.
    pub(crate) fn parts(&self) -> &[Active] {
        self.nav.as_ref().map_or(&[], |nav| &nav.parts)
    }

    /// What `aria-current` says of a part of the console: that it is this page, or that this page belongs to it.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they go through by reference")]
    pub(crate) fn current(&self, part: &Active) -> Option<&'static str> {
        let nav = self.nav.as_ref().filter(|nav| nav.active == *part)?;
        let path = self.path.split('?').next().unwrap_or_default();
        Some(if path == nav.active.address() { "page" } else { "true" })
    }

    /// Whether this page belongs to the API pages, the only ones with a side that a stranger may read.
    pub(crate) fn in_docs(&self) -> bool {
        self.nav.as_ref().is_none_or(|nav| nav.active == Active::Docs)
    }

    /// The organisation of whoever is signed in; blank for nobody.
    pub(crate) fn organisation_name(&self) -> &str {
        self.nav.as_ref().map_or("", |nav| &nav.organisation_name)
    }

    /// The address of an asset, with its version.
    #[expect(clippy::unused_self, reason = "templates reach functions through the layout they hold")]
    pub(crate) fn asset(&self, path: &str) -> String {
        assets::url(path)
    }

    /// The buttons of the theme switch, in their order.
    #[must_use]
    pub(crate) fn themes(&self) -> [ThemeChoice; 3] {
        themes(self.theme)
    }

    /// What the browser paints before the style sheets have come.
    #[must_use]
    pub(crate) const fn color_scheme(&self) -> &'static str {
        match self.theme {
            Theme::System => "light dark",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// What was typed into a field, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// The value to show again.
    pub value: String,
    /// A sentence that says what to change; `None` when nothing is wrong.
    pub error: Option<String>,
}

impl Field {
    /// A field with this value and nothing wrong with it.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), error: None }
    }

    /// A field whose value was refused.
    #[must_use]
    pub fn refused(value: impl Into<String>, error: impl Into<String>) -> Self {
        Self { value: value.into(), error: Some(error.into()) }
    }
}

/// What is wrong with a password that somebody chose. The password itself is never shown again.
#[derive(Clone, Debug, Default)]
pub struct PasswordProblem {
    /// A sentence that says what to change; `None` when nothing is wrong.
    pub error: Option<String>,
    /// How to make it harder to guess, one sentence each.
    pub advice: Vec<String>,
}

/// A line of the summary above a form: which field, and what is wrong.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The `id` of the field.
    pub anchor: &'static str,
    /// The field's label.
    pub label: &'static str,
    /// The sentence that also stands under the field.
    pub error: String,
}

/// The fields of a form that are wrong, in the form's order.
pub(crate) fn problems<const N: usize>(fields: [(&'static str, &'static str, Option<&String>); N]) -> Vec<Problem> {
    let wrong = fields.into_iter().filter_map(|(anchor, label, error)| Some((anchor, label, error?)));
    wrong.map(|(anchor, label, error)| Problem { anchor, label, error: error.clone() }).collect()
}

/// One of several values to choose from.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What the person reads.
    pub label: String,
    /// Whether it is chosen now.
    pub selected: bool,
}

/// A moment as pages show it: in relative words, exact on hover.
#[derive(Clone, Debug)]
pub struct Moment {
    /// RFC 3339 in UTC.
    pub exact: String,
    /// Such as `3 minutes ago`.
    pub relative: String,
}

impl Moment {
    /// The moment `then`, seen from `now`.
    #[must_use]
    pub fn new(now: Timestamp, then: Timestamp) -> Self {
        // Whole seconds: nobody reads the digits below.
        Self { exact: Timestamp::from_seconds(then.seconds()).rfc3339(), relative: ago(now, then) }
    }
}

/// How far `then` lies from `now`, in words: `just now`, `3 minutes ago`, `in 4 hours`.
///
/// The largest unit that fits, rounded towards now.
#[must_use]
pub fn ago(now: Timestamp, then: Timestamp) -> String {
    /// Seconds in each unit, the largest first.
    const UNITS: [(i64, &str); 6] = [
        (365 * 86_400, "year"),
        (30 * 86_400, "month"),
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    /// Below this many seconds in the past, a count would only be noise.
    const JUST_NOW: i64 = 10;

    let passed = now.since(then).as_seconds();
    if (0..JUST_NOW).contains(&passed) {
        return "just now".to_owned();
    }
    let far = passed.unsigned_abs();
    let fitting = UNITS.into_iter().find(|(length, _)| far >= length.unsigned_abs());
    let Some((length, unit)) = fitting else { return "now".to_owned() };
    let count = far / length.unsigned_abs();
    let plural = if count == 1 { "" } else { "s" };
    if passed >= 0 { format!("{count} {unit}{plural} ago") } else { format!("in {count} {unit}{plural}") }
}

#[cfg(test)]
pub(crate) mod samples {
    //! Layouts for the samples of every page.

    use super::*;

    /// The moment at which the samples are looked at: 2026-11-20T09:30:00Z.
    pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_795_167_000);

    /// A page that nobody is signed in to.
    pub(crate) fn stranger(path: &str, plant: &str) -> Layout {
        Layout {
            theme: Theme::System,
            path: format!("{path}{plant}"),
            form_token: format!("token-of-the-form{plant}"),
            nav: None,
            acting: None,
        }
    }

    /// A page of somebody who is signed in.
    pub(crate) fn member(path: &str, active: Active, plant: &str) -> Layout {
        let nav = Nav {
            user_name: format!("Ada Verdi{plant}"),
            user_email: format!("ada.verdi@northwind.example{plant}"),
            organisation_name: format!("Northwind Distribution{plant}"),
            organisations: ["Northwind Distribution", "Alpine Networks"].map(|name| sample_choice(name, plant)).into(),
            parts: Active::PARTS.map(|(part, _)| part).into(),
            active,
        };
        Layout { nav: Some(nav), ..stranger(path, plant) }
    }

    /// An organisation that one can act for.
    fn sample_choice(name: &str, plant: &str) -> Choice {
        let value = format!("0198f3c2-7d5e-7c1a-9b1e-{:012x}{plant}", name.len());
        Choice { value, label: format!("{name}{plant}"), selected: name.starts_with("Northwind") }
    }

    /// A password that is easy to guess.
    pub(crate) fn easy_password(plant: &str) -> PasswordProblem {
        PasswordProblem {
            error: Some(format!("This password is easy to guess{plant}.")),
            advice: vec![
                format!("Add another word or two. Uncommon words are better{plant}."),
                format!("Avoid the name of the organisation{plant}."),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use bailiwick_domain::time::Span;

    use super::*;

    #[test]
    fn says_how_long_ago_in_the_largest_unit_that_fits() {
        let now = samples::NOW;
        for (past, words) in [
            (Span::ZERO, "just now"),
            (Span::seconds(9), "just now"),
            (Span::seconds(10), "10 seconds ago"),
            (Span::seconds(60), "1 minute ago"),
            (Span::seconds(119), "1 minute ago"),
            (Span::minutes(3), "3 minutes ago"),
            (Span::minutes(60), "1 hour ago"),
            (Span::hours(47), "1 day ago"),
            (Span::days(29), "29 days ago"),
            (Span::days(30), "1 month ago"),
            (Span::days(364), "12 months ago"),
            (Span::days(800), "2 years ago"),
        ] {
            assert_eq!(ago(now, now.minus(past)), words);
        }
        assert_eq!(ago(now, now.plus(Span::seconds(1))), "in 1 second");
        assert_eq!(ago(now, now.plus(Span::minutes(4))), "in 4 minutes");
        assert_eq!(ago(now, now.plus(Span::milliseconds(1))), "just now");
    }

    #[test]
    fn an_unknown_theme_follows_the_operating_system() {
        for theme in Theme::ALL {
            assert_eq!(theme_of(theme.name()), theme);
        }
        assert_eq!(theme_of("sepia"), Theme::System);
    }

    #[test]
    fn moments_are_exact_to_the_second() {
        let moment = Moment::new(samples::NOW, samples::NOW.minus(Span::milliseconds(90_500)));
        assert_eq!(moment.exact, "2026-11-20T09:28:29Z");
        assert_eq!(moment.relative, "1 minute ago");
    }
}
