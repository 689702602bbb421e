//! A mail while it is queued, and the letter that becomes of it.

use askama::Template;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::field::Parse;
use bailiwick_domain::id::MailId;
use bailiwick_domain::secret::SecretText;
use bailiwick_domain::time::Timestamp;
use bailiwick_outbound::post::Letter;
use bailiwick_store::query::mail::MailRecord;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::catalogue::{Catalogues, Frame, fill};
use super::ending::{self, Sealed};
use super::{Mail, MailKind, RunningOut};
use crate::random::Random;
use crate::settings::Settings;
use crate::vault::Vault;

/// What is sealed. Moments are in microseconds.
#[derive(Serialize, Deserialize)]
struct Content {
    to: String,
    language: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    licences: Vec<Sealed>,
    #[serde(default)]
    more: usize,
}

/// What a mail is sealed for: no content opens under another id or as another kind.
fn place(id: MailId, kind: &str) -> String {
    format!("mails/{id}/{kind}")
}

pub(super) fn seal(vault: &Vault, random: &dyn Random, id: MailId, mail: &Mail) -> Vec<u8> {
    let at = if let MailKind::PasswordChanged { at } = &mail.kind { Some(at.microseconds()) } else { None };
    let (licences, more) = listed(&mail.kind);
    let content = Content {
        to: mail.to.as_str().to_owned(),
        language: mail.language.tag().to_owned(),
        link: mail.kind.link().map(|link| link.expose().to_owned()),
        expires_at: mail.kind.expires_at().map(Timestamp::microseconds),
        at,
        licences: licences.iter().map(Sealed::from).collect(),
        more,
    };
    // Texts and numbers always become JSON.
    let plain = Zeroizing::new(serde_json::to_vec(&content).unwrap_or_default());
    vault.seal(&place(id, mail.kind.name()), &plain, random)
}

/// The mail as it was queued; nothing where it does not open.
pub(super) fn unseal(vault: &Vault, record: &MailRecord) -> Option<Mail> {
    let plain = vault.open_sealed(&place(record.id, &record.kind), &record.sealed_content).ok()?;
    let content: Content = serde_json::from_slice(&plain).ok()?;
    let moment = |microseconds: Option<i64>| microseconds.map(Timestamp::from_microseconds);
    let (link, expires_at) = (content.link.map(SecretText::new), moment(content.expires_at));
    let kind = match record.kind.as_str() {
        "welcome" => MailKind::Welcome { link: link?, expires_at: expires_at? },
        "password_reset" => MailKind::PasswordReset { link: link?, expires_at: expires_at? },
        "invitation" => MailKind::Invitation { link: link?, expires_at: expires_at? },
        "password_changed" => MailKind::PasswordChanged { at: moment(content.at)? },
        "licences_run_out" => MailKind::LicencesRunOut {
            licences: content.licences.into_iter().map(RunningOut::from).collect(),
            more: content.more,
        },
        _ => return None,
    };
    let to = EmailAddress::parse_text(&content.to).ok()?;
    Some(Mail { user: record.user, to, language: Parse::parse_text(&content.language).ok()?, kind })
}

/// The licences that a mail lists, and how many more there are.
fn listed(kind: &MailKind) -> (&[RunningOut], usize) {
    match kind {
        MailKind::LicencesRunOut { licences, more } => (licences, *more),
        _ => (&[], 0),
    }
}

/// What both parts of a mail show.
struct Shown<'mail> {
    language: &'static str,
    frame: &'mail Frame,
    subject: String,
    lead: String,
    lines: Vec<String>,
    link: String,
    action: String,
    note: String,
    reason: String,
    footer: String,
}

macro_rules! parts {
    ($($name:ident $path:literal;)*) => { $(
        #[derive(Template)]
        #[template(path = $path)]
        struct $name<'part> {
            shown: &'part Shown<'part>,
        }
    )* };
}

parts! {
    Text "mail/mail.txt";
    Html "mail/mail.html";
}

/// Writes the letter; an error where a template cannot be filled in.
pub(super) fn write(
    catalogues: &Catalogues,
    settings: &Settings,
    id: MailId,
    created_at: Timestamp,
    mail: &Mail,
) -> Result<Letter, askama::Error> {
    let catalogue = catalogues.of(mail.language);
    let words = match mail.kind {
        MailKind::Welcome { .. } => &catalogue.welcome,
        MailKind::PasswordReset { .. } => &catalogue.password_reset,
        MailKind::Invitation { .. } => &catalogue.invitation,
        MailKind::PasswordChanged { .. } => &catalogue.password_changed,
        MailKind::LicencesRunOut { .. } => &catalogue.licences_run_out,
    };
    let page = if matches!(mail.kind, MailKind::LicencesRunOut { .. }) { "licences" } else { "login" };
    let link = mail.kind.link().map(|link| link.expose().to_owned());
    let link = link.unwrap_or_else(|| format!("{}/{page}", settings.base_url.origin()));
    let (licences, more) = listed(&mail.kind);
    let when = if let MailKind::PasswordChanged { at } = &mail.kind { to_the_minute(*at) } else { String::new() };
    let values = [("host", super::host(settings)), ("address", mail.to.as_str()), ("when", &when)];
    let say = |text: &str| fill(text, &values);
    let shown = Shown {
        language: mail.language.tag(),
        frame: &catalogue.frame,
        subject: say(&words.subject),
        lead: say(&words.lead),
        lines: ending::lines(&catalogue.licence_lines, licences, more, to_the_minute),
        link,
        action: say(&words.action),
        note: say(&words.note),
        reason: say(&words.reason),
        footer: say(&catalogue.frame.footer),
    };
    let (text, html) = (Text { shown: &shown }.render()?, Html { shown: &shown }.render()?);
    Ok(Letter { id, at: created_at, to: mail.to.clone(), subject: shown.subject, text, html })
}

/// A moment that all our languages can read, such as `2026-11-20 09:30 UTC`.
fn to_the_minute(at: Timestamp) -> String {
    let moment = at.rfc3339();
    let (date, time) = moment.split_once('T').unwrap_or((&moment, ""));
    let minutes: Vec<&str> = time.splitn(3, ':').take(2).collect();
    format!("{date} {} UTC", minutes.join(":"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

    use bailiwick_domain::account::Language;
    use bailiwick_domain::id::UserId;

    use super::*;
    use crate::random::SystemRandom;
    use crate::settings::BaseUrl;

    /// 2026-11-20T09:30:00Z.
    const NOW: Timestamp = Timestamp::from_seconds(1_795_167_000);
    const LINK: &str = "https://id.example.org/confirm?token=secret&x=1";

    fn mails() -> Vec<Mail> {
        let link = || SecretText::new(LINK);
        let kinds = [
            MailKind::Welcome { link: link(), expires_at: NOW },
            MailKind::PasswordReset { link: link(), expires_at: NOW },
            MailKind::Invitation { link: link(), expires_at: NOW },
            MailKind::PasswordChanged { at: NOW },
            MailKind::LicencesRunOut {
                licences: vec![running_out(true, &[]), running_out(false, &["<Box>", "{when}"])],
                more: 7,
            },
        ];
        let to = EmailAddress::parse_text("{link}o'neil&co@example.org").unwrap();
        let user = Some(UserId::new(NOW, [1; 10]));
        let mail = |language, kind: &MailKind| Mail { user, to: to.clone(), language, kind: kind.clone() };
        Language::ALL
            .into_iter()
            .flat_map(|language| kinds.iter().map(move |kind| (language, kind)))
            .map(|(language, kind)| mail(language, kind))
            .collect()
    }

    fn running_out(is_trial: bool, systems: &[&str]) -> RunningOut {
        RunningOut {
            agreement: "AI {host}".to_owned(),
            organisation: "Hotel & <b>".to_owned(),
            key: "KEY-1".to_owned(),
            systems: systems.iter().map(|&name| name.to_owned()).collect(),
            is_trial,
            at: NOW,
        }
    }

    fn settings() -> Settings {
        Settings::new(BaseUrl::parse_text("https://id.example.org").unwrap(), std::path::PathBuf::new())
    }

    #[test]
    fn every_mail_says_all_it_has_to_in_every_language_and_in_both_parts() {
        let (catalogues, settings) = (Catalogues::load().unwrap(), settings());
        for mail in mails() {
            let id = MailId::new(NOW, [2; 10]);
            let letter = write(&catalogues, &settings, id, NOW, &mail).unwrap();
            let what = format!("{} in {}", mail.kind.name(), mail.language);
            assert!(letter.subject.contains("id.example.org"), "{what}: {}", letter.subject);
            let link = match mail.kind {
                MailKind::PasswordChanged { .. } => "https://id.example.org/login",
                MailKind::LicencesRunOut { .. } => "https://id.example.org/licences",
                _ => LINK,
            };
            assert!(letter.text.lines().any(|line| line == link), "{what}: {}", letter.text);
            assert!(letter.text.contains("{link}o'neil&co@example.org"), "{what}: {}", letter.text);
            let escaped = link.replace('&', "&#38;");
            assert_eq!(letter.html.matches(&format!("href=\"{escaped}\"")).count(), 2, "{what}: {}", letter.html);
            assert!(letter.html.contains("{link}o&#39;neil&#38;co@example.org"), "{what}: {}", letter.html);
            assert!(letter.html.contains(&format!("<html lang=\"{}\">", mail.language)), "{what}");
            let lists = matches!(mail.kind, MailKind::LicencesRunOut { .. });
            let has_moment = lists || matches!(mail.kind, MailKind::PasswordChanged { .. });
            assert_eq!(letter.text.contains("2026-11-20 09:30 UTC"), has_moment, "{what}: {}", letter.text);
            for word in ["{host}", "{address}", "{when}", "<img", "http://"] {
                // What others called something stays as they called it.
                let is_theirs = lists && ["{host}", "{when}"].contains(&word);
                assert!(is_theirs || !letter.text.contains(word) && !letter.html.contains(word), "{what}: {word}");
            }
        }
    }

    #[test]
    fn a_mail_about_licences_lists_them_in_every_language_and_in_both_parts() {
        let (catalogues, settings) = (Catalogues::load().unwrap(), settings());
        let mut lines = Vec::new();
        for mail in mails().into_iter().filter(|mail| mail.kind.name() == "licences_run_out") {
            let letter = write(&catalogues, &settings, MailId::new(NOW, [2; 10]), NOW, &mail).unwrap();
            let listed: Vec<_> = letter.text.lines().filter_map(|line| line.strip_prefix("- ")).collect();
            let [trial, licence, more]: [&str; 3] = listed.try_into().unwrap();
            for line in [trial, licence] {
                assert!(line.contains("AI {host}") && line.contains("Hotel & <b>") && line.contains("KEY-1"), "{line}");
                assert!(line.contains("2026-11-20 09:30 UTC"), "{line}");
            }
            assert!(licence.ends_with("<Box>, {when}") && more.contains('7'), "{}", letter.text);
            assert_eq!(letter.html.matches("<li").count(), 3, "{}", letter.html);
            assert!(
                letter.html.contains("Hotel &#38; &#60;b&#62;") && !letter.html.contains("<Box>"),
                "{}",
                letter.html
            );
            lines.push(trial.to_owned());
        }
        let english = "AI {host} for Hotel & <b>: the trial ends on 2026-11-20 09:30 UTC (key KEY-1)";
        assert_eq!(lines.first().map(String::as_str), Some(english));
        assert_eq!(lines.iter().collect::<std::collections::BTreeSet<_>>().len(), Language::ALL.len(), "{lines:?}");
    }

    #[test]
    fn a_queued_mail_opens_as_it_was_and_nowhere_else() {
        let vault = Vault::from_key(&[1; 32]);
        for mail in mails() {
            let id = MailId::new(NOW, [2; 10]);
            let sealed_content = seal(&vault, &SystemRandom, id, &mail);
            let kind = mail.kind.name().to_owned();
            let record = MailRecord { id, user: mail.user, kind, sealed_content, attempts: 0, created_at: NOW };
            let opened = unseal(&vault, &record).unwrap();
            assert_eq!((opened.user, opened.to, opened.language), (mail.user, mail.to, mail.language));
            assert_eq!(opened.kind, mail.kind);
            assert!(unseal(&vault, &MailRecord { id: MailId::new(NOW, [3; 10]), ..record.clone() }).is_none());
            let other = if record.kind == "welcome" { "password_reset" } else { "welcome" };
            assert!(unseal(&vault, &MailRecord { kind: other.to_owned(), ..record.clone() }).is_none());
        }
    }
}
