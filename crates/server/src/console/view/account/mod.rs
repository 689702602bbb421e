//! `/account`: what one says of oneself, one's password, one's API keys, who may act as one, and where one is signed in.

pub mod api_keys;
pub mod notice;
pub mod support;

use askama::Template;
use bailiwick_domain::account::{Language, Theme};

use self::api_keys::KeysSection;
pub use self::notice::AccountNotice;
use self::support::SupportSection;
use super::layout::{Choice, Field, Layout, Moment, PasswordProblem, Problem, ThemeChoice, problems, themes};

/// The page `/account`. Each of its forms posts to `/account` and says in `act` which it is.
#[derive(Template)]
#[template(path = "account.html")]
pub struct AccountPage {
    /// What every page carries.
    pub layout: Layout,
    /// The e-mail address.
    pub email: String,
    /// Whether the address was confirmed.
    pub is_confirmed: bool,
    /// Why no further link to confirm it was sent.
    pub confirmation_alert: Option<String>,
    /// The form about oneself.
    pub profile: ProfileForm,
    /// The form about mails and looks.
    pub preferences: PreferencesForm,
    /// The form by which one changes one's password.
    pub password: PasswordForm,
    /// One's API keys.
    pub keys: KeysSection,
    /// Whom one lets act as one, and who did.
    pub support: SupportSection,
    /// The sessions that were used last, this one included.
    pub sessions: Vec<SessionRow>,
    /// How many sessions there are, as far as they were counted.
    pub session_count: usize,
    /// Whether all were counted.
    pub are_all_counted: bool,
    /// What one did just before.
    pub notice: Option<AccountNotice>,
}

/// `act=profile`: `name`, `phone_number`, `job_title`.
#[derive(Clone, Debug, Default)]
pub struct ProfileForm {
    /// How one is called.
    pub name: Field,
    /// Where one can be called; may be blank.
    pub phone_number: Field,
    /// What one does; may be blank.
    pub job_title: Field,
    /// What went wrong with the whole of it.
    pub alert: Option<String>,
}

/// `act=preferences`: `language`, `theme`, `newsletter`.
#[derive(Clone, Debug, Default)]
pub struct PreferencesForm {
    /// The language of mails; nothing when the browser is to decide.
    pub language: Option<Language>,
    /// The theme that was chosen here and is not kept yet; nothing for that of the page.
    pub theme: Option<Theme>,
    /// Whether one wants news by mail.
    pub newsletter: bool,
    /// What went wrong with the whole of it.
    pub alert: Option<String>,
}

/// `act=password`: `current_password`, `new_password`.
#[derive(Clone, Debug, Default)]
pub struct PasswordForm {
    /// What is wrong with the password of today.
    pub current_error: Option<String>,
    /// What is wrong with the password from now on.
    pub new: PasswordProblem,
    /// What went wrong with the whole of it.
    pub alert: Option<String>,
}

/// One of one's sessions. `act=sessions` ends the one whose id `session` gives, or all `others`.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Its UUID.
    pub id: String,
    /// Whether it is the one that looks at this page.
    pub is_current: bool,
    /// With what it began, in a few words.
    pub device: String,
    /// The same as the device says of itself.
    pub user_agent: String,
    /// From where it was used last.
    pub address: String,
    /// When it was used last.
    pub last_seen: Moment,
    /// Since when.
    pub first_seen: Moment,
    /// Until when.
    pub expires: Moment,
}

impl AccountPage {
    /// The words of the notice that belongs into this section.
    fn notice_in(&self, section: &str) -> Option<&'static str> {
        self.notice.filter(|notice| notice.section() == section).map(AccountNotice::words)
    }

    /// The choices of the language of mails.
    fn languages(&self) -> Vec<Choice> {
        let choice = |language: Language| Choice {
            value: language.tag().to_owned(),
            label: language.own_name().to_owned(),
            selected: self.preferences.language == Some(language),
        };
        Language::ALL.into_iter().map(choice).collect()
    }

    /// The choices of the theme.
    fn themes(&self) -> [ThemeChoice; 3] {
        themes(self.preferences.theme.unwrap_or(self.layout.theme))
    }

    /// How many sessions there are besides those that are listed.
    fn unlisted(&self) -> Option<String> {
        let count = self.session_count.checked_sub(self.sessions.len()).filter(|count| *count > 0)?;
        let at_least = if self.are_all_counted { "" } else { "At least " };
        Some(format!("{at_least}{count} more are not listed."))
    }

    /// What the page is called in this state.
    fn title(&self) -> &'static str {
        let alerts = [
            &self.profile.alert,
            &self.preferences.alert,
            &self.password.alert,
            &self.confirmation_alert,
            &self.keys.form.alert,
            &self.support.alert,
        ];
        let are_wrong = [self.profile.problems(), self.password.problems(), self.keys.form.problems()];
        let is_wrong = are_wrong.iter().any(|problems| !problems.is_empty());
        if is_wrong || alerts.iter().any(|alert| alert.is_some()) { "Error: Account" } else { "Account" }
    }
}

impl ProfileForm {
    fn problems(&self) -> Vec<Problem> {
        problems([
            ("name", "Name", self.name.error.as_ref()),
            ("phone_number", "Telephone", self.phone_number.error.as_ref()),
            ("job_title", "Job title", self.job_title.error.as_ref()),
        ])
    }

    /// Whether any field was refused.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        !self.problems().is_empty()
    }
}

impl PasswordForm {
    fn problems(&self) -> Vec<Problem> {
        problems([
            ("current_password", "Current password", self.current_error.as_ref()),
            ("new_password", "New password", self.new.error.as_ref()),
        ])
    }
}

#[cfg(test)]
impl AccountPage {
    fn sample(plant: &str) -> Self {
        use bailiwick_domain::time::Span;

        use super::layout::Active;
        use super::layout::samples::{NOW, member};

        let row = |number: i64, is_current: bool, device: &str, address: &str| SessionRow {
            id: format!("0198f3c2-7d5e-7c1a-9b1e-3f2a4d5c6b7{number}{plant}"),
            is_current,
            device: format!("{device}{plant}"),
            user_agent: format!("Mozilla/5.0 ({device}){plant}"),
            address: format!("{address}{plant}"),
            last_seen: Moment::new(NOW, NOW.minus(Span::minutes(number * 47))),
            first_seen: Moment::new(NOW, NOW.minus(Span::hours(number * 9 + 1))),
            expires: Moment::new(NOW, NOW.plus(Span::hours(11 - number))),
        };
        Self {
            layout: member("/account", Active::Account, plant),
            email: format!("ada.verdi@northwind.example{plant}"),
            is_confirmed: true,
            confirmation_alert: None,
            profile: ProfileForm { name: Field::new(format!("Ada Verdi{plant}")), ..ProfileForm::default() },
            preferences: PreferencesForm::default(),
            password: PasswordForm::default(),
            keys: KeysSection::default(),
            support: SupportSection::default(),
            sessions: vec![
                row(0, true, "Firefox on Linux", "203.0.113.7"),
                row(1, false, "Safari on iPhone", "2001:db8:85a3:8d3:1319:8a2e:370:7348"),
                row(2, false, "python-requests", "198.51.100.23"),
            ],
            session_count: 3,
            are_all_counted: true,
            notice: None,
        }
    }

    /// Every state of the page; `plant` ends every text that comes from outside.
    pub(crate) fn samples(plant: &str) -> Vec<(&'static str, Self)> {
        let page = || Self::sample(plant);
        let alert = || Some(format!("The service is not available right now. Try again in a moment{plant}."));
        let alone = || page().sessions.into_iter().take(1).collect();
        vec![
            ("account", page()),
            ("account-unconfirmed", Self { is_confirmed: false, sessions: alone(), session_count: 1, ..page() }),
            ("account-registered", Self { is_confirmed: false, notice: Some(AccountNotice::Registered), ..page() }),
            ("account-no-link", Self { is_confirmed: false, confirmation_alert: alert(), ..page() }),
            (
                "account-profile-errors",
                Self {
                    profile: ProfileForm {
                        name: Field::refused(plant, "Must be a name that is not blank."),
                        phone_number: Field::refused(format!("1{plant}"), "Must be a telephone number."),
                        job_title: Field::new(format!("Head of servers{plant}")),
                        alert: None,
                    },
                    ..page()
                },
            ),
            (
                "account-password-errors",
                Self {
                    password: PasswordForm {
                        current_error: Some(format!("Must be the password that you have now{plant}.")),
                        new: super::layout::samples::easy_password(plant),
                        alert: None,
                    },
                    ..page()
                },
            ),
            (
                "account-throttled",
                Self { password: PasswordForm { alert: alert(), ..PasswordForm::default() }, ..page() },
            ),
            ("account-preferences-saved", Self { notice: Some(AccountNotice::Preferences), ..page() }),
            (
                "account-preferences-unavailable",
                Self {
                    preferences: PreferencesForm {
                        language: Some(Language::German),
                        theme: Some(Theme::Dark),
                        newsletter: true,
                        alert: alert(),
                    },
                    ..page()
                },
            ),
            ("account-keys", Self { keys: KeysSection::sample(plant), ..page() }),
            ("account-key-made", Self { keys: KeysSection::sample_made(plant), ..page() }),
            ("account-key-errors", Self { keys: KeysSection::sample_wrong(plant), ..page() }),
            ("account-support", Self { support: SupportSection::sample(plant), ..page() }),
            (
                "account-consented",
                Self { notice: Some(AccountNotice::Consented), support: SupportSection::sample(plant), ..page() },
            ),
            (
                "account-many-sessions",
                Self { session_count: 500, are_all_counted: false, notice: Some(AccountNotice::Session), ..page() },
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use super::*;

    fn sample(name: &str) -> String {
        let (_, page) = AccountPage::samples("").into_iter().find(|(found, _)| *found == name).unwrap();
        page.render().unwrap()
    }

    #[test]
    fn preferences_that_could_not_be_kept_stay_chosen() {
        let page = sample("account-preferences-unavailable");
        for chosen in ["value=\"dark\" selected", "value=\"de\" lang=\"de\" selected", "value=\"true\" checked"] {
            assert!(page.contains(chosen), "{chosen}: {page}");
        }
        // The page itself looks as before.
        assert!(page.contains("data-theme=\"system\""), "{page}");
        assert!(sample("account").contains("value=\"system\" selected"));
    }

    #[test]
    fn sessions_that_were_not_counted_are_not_said_to_be_none() {
        assert!(sample("account-many-sessions").contains(">At least 497 more are not listed.<"));
        let page = AccountPage { session_count: 23, ..AccountPage::sample("") };
        assert_eq!(page.unlisted().as_deref(), Some("20 more are not listed."));
        assert_eq!(AccountPage::sample("").unlisted(), None);
    }
}
