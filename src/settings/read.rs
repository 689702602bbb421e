//! Reading settings from where they are, the nearest first.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use bailiwick_app::settings::{BaseUrl, Registration, Unconfirmed};
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::field::Parse;
use bailiwick_domain::system::SystemTypes;
use bailiwick_domain::time::Span;
use bailiwick_outbound::AllowList;
use bailiwick_outbound::post::SmtpUrl;
use clap::ArgMatches;
use ipnet::IpNet;

use super::table::{FILE_DEFAULT, LOG_DEFAULT, SETTINGS};
use super::{Configuration, LogFormat, Logging};

/// The prefix of our environment variables.
const PREFIX: &str = "BAILIWICK_";

/// Reads and checks all settings.
pub(crate) fn read(matches: &ArgMatches) -> Result<Configuration> {
    let file = read_file(matches.get_one::<String>("config").map(String::as_str))?;
    let environment = read_environment(std::env::vars_os())?;
    let flag = |key: &str| matches.get_one::<String>(key).cloned();
    let given = SETTINGS.iter().filter_map(|setting| {
        let from_environment = || environment.get(setting.environment).map(|text| (text.clone(), setting.environment));
        let from_file = || file.get(setting.key).map(|text| (text.clone(), setting.key));
        let found = flag(setting.key).map(|text| (text, setting.flag)).or_else(from_environment).or_else(from_file);
        found.map(|(text, called)| (setting.key, Given { text, called }))
    });
    check(&given.collect())
}

/// A value, and how its source calls the setting.
#[derive(Clone, Debug)]
struct Given {
    text: String,
    called: &'static str,
}

type Givens = BTreeMap<&'static str, Given>;

/// The settings of the file, as text.
fn read_file(named: Option<&str>) -> Result<BTreeMap<String, String>> {
    let path = Path::new(named.unwrap_or(FILE_DEFAULT));
    if named.is_none() && !path.exists() {
        return Ok(BTreeMap::new());
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse_file(&text).with_context(|| path.display().to_string())
}

fn parse_file(text: &str) -> Result<BTreeMap<String, String>> {
    let table: toml::Table = text.parse().map_err(|error| not_toml(text, &error))?;
    let mut settings = BTreeMap::new();
    for (key, value) in table {
        if !SETTINGS.iter().any(|setting| setting.key == key) {
            bail!("{key} is not a setting; see bailiwick --help");
        }
        let text = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Array(members) => {
                let texts: Option<Vec<_>> = members.iter().map(toml::Value::as_str).collect();
                texts.with_context(|| format!("{key} must be a text or a list of texts"))?.join(",")
            }
            _ => bail!("{key} must be a text or a list of texts"),
        };
        settings.insert(key, text);
    }
    Ok(settings)
}

/// What is wrong with the file, and in which line.
fn not_toml(text: &str, error: &toml::de::Error) -> anyhow::Error {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or_else(String::new, |before| format!("line {}: ", before.matches('\n').count() + 1));
    // One line, whatever the parser says.
    anyhow!("{line}{}", error.message().replace('\n', ", "))
}

/// Our environment variables; one that is no setting is a mistake that somebody would search for long.
fn read_environment(all: impl Iterator<Item = (OsString, OsString)>) -> Result<BTreeMap<String, String>> {
    let mut ours = BTreeMap::new();
    for (name, value) in all {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        if !SETTINGS.iter().any(|setting| setting.environment == name) {
            bail!("{name} is not a setting; see bailiwick --help");
        }
        let value = value.into_string().map_err(|_| anyhow!("{name} must be UTF-8"))?;
        // An empty variable is how many tools spell "not set".
        if !value.is_empty() {
            ours.insert(name.to_owned(), value);
        }
    }
    Ok(ours)
}

fn check(given: &Givens) -> Result<Configuration> {
    let data_directory = PathBuf::from(text(given, "data_dir").unwrap_or("./bailiwick-data"));
    let database_url = match text(given, "database_url") {
        Some(url) => check_database_url(given, url)?,
        None => format!("sqlite://{}", data_directory.join("bailiwick.db").display()),
    };
    let dead_after = minutes(given, "heartbeat_dead_after", 15)?;
    Ok(Configuration {
        listen: address(given, "listen")?.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
        metrics_listen: address(given, "metrics_listen")?,
        database_url,
        logging: Logging { filter: text(given, "log").unwrap_or(LOG_DEFAULT).to_owned(), format: log_format(given)? },
        base_url: parsed::<BaseUrl>(given, "base_url")?,
        data_directory,
        registration: parsed(given, "registration")?.unwrap_or(Registration::Open),
        unconfirmed: parsed(given, "unconfirmed")?.unwrap_or(Unconfirmed::All),
        system_types: system_types(given)?,
        outbound_allow: AllowList::parse(text(given, "outbound_allow").unwrap_or_default())
            .map_err(|error| wrong(given, "outbound_allow", &format!("a comma list of host:port; {error}")))?,
        trusted_proxies: networks(given)?,
        heartbeat_dead_after: Span::minutes(dead_after),
        smtp_url: smtp_url(given)?,
        mail_from: parsed::<EmailAddress>(given, "mail_from")?,
    })
}

fn text<'a>(given: &'a Givens, key: &str) -> Option<&'a str> {
    given.get(key).map(|given| given.text.as_str())
}

/// The one line that stops the start: it names the setting as its source calls it.
fn wrong(given: &Givens, key: &str, expected: &str) -> anyhow::Error {
    let called = given.get(key).map_or(key, |given| given.called);
    anyhow!("{called} must be {expected}")
}

fn parsed<T: Parse>(given: &Givens, key: &str) -> Result<Option<T>> {
    let parse = |text| T::parse_text(text).map_err(|refusal| wrong(given, key, &refusal.expected));
    text(given, key).map(parse).transpose()
}

fn address(given: &Givens, key: &str) -> Result<Option<SocketAddr>> {
    let expected = "an address with a port such as 127.0.0.1:8080";
    text(given, key).map(|text| text.parse().map_err(|_| wrong(given, key, expected))).transpose()
}

fn minutes(given: &Givens, key: &str, default: i64) -> Result<i64> {
    const MAX: i64 = 60 * 24 * 365;
    let expected = format!("a whole number of minutes from 1 to {MAX}");
    let Some(text) = text(given, key) else { return Ok(default) };
    let number = text.parse().ok().filter(|number| (1..=MAX).contains(number));
    number.ok_or_else(|| wrong(given, key, &expected))
}

fn check_database_url(given: &Givens, url: &str) -> Result<String> {
    let path = url.strip_prefix("sqlite://");
    let is_known = path.is_some_and(|path| !path.is_empty())
        || ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
    if is_known {
        Ok(url.to_owned())
    } else {
        Err(wrong(given, "database_url", "sqlite://PATH or postgres://USER@HOST/NAME"))
    }
}

fn system_types(given: &Givens) -> Result<SystemTypes> {
    let Some(list) = text(given, "system_types") else { return Ok(SystemTypes::default()) };
    SystemTypes::parse_list(list).map_err(|refusal| wrong(given, "system_types", &refusal.expected))
}

fn networks(given: &Givens) -> Result<Vec<IpNet>> {
    let list = text(given, "trusted_proxies").unwrap_or_default();
    let parse = |part: &str| {
        let network = part.parse::<IpNet>().ok().or_else(|| part.parse::<IpAddr>().ok().map(IpNet::from));
        network.ok_or_else(|| wrong(given, "trusted_proxies", &format!("a comma list of networks; {part} is none")))
    };
    list.split(',').map(str::trim).filter(|part| !part.is_empty()).map(parse).collect()
}

/// The mail server; with one, mails need a sender that can be answered for.
fn smtp_url(given: &Givens) -> Result<Option<SmtpUrl>> {
    let url = parsed::<SmtpUrl>(given, "smtp_url")?;
    if url.is_some() && text(given, "mail_from").is_none() {
        bail!("mail_from (BAILIWICK_MAIL_FROM) must be set where mails go to a mail server");
    }
    Ok(url)
}

fn log_format(given: &Givens) -> Result<LogFormat> {
    match text(given, "log_format").unwrap_or("text") {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(wrong(given, "log_format", "text or json")),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
    use super::*;

    fn checked(settings: &[(&'static str, &str)]) -> Result<Configuration> {
        let given = |(key, text): &(&'static str, &str)| (*key, Given { text: (*text).to_owned(), called: key });
        check(&settings.iter().map(given).collect())
    }

    #[test]
    fn without_settings_the_defaults_hold() {
        let configuration = checked(&[]).unwrap();
        assert_eq!(configuration.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(configuration.database_url, "sqlite://./bailiwick-data/bailiwick.db");
    }

    #[test]
    fn a_value_that_cannot_be_used_stops_the_start_and_names_its_key() {
        for (key, value) in [
            ("listen", "8080"),
            ("base_url", "id.example.org"),
            ("database_url", "mysql://x"),
            ("database_url", "sqlite://"),
            ("registration", "maybe"),
            ("unconfirmed", "some"),
            ("system_types", ""),
            ("outbound_allow", "no port"),
            ("trusted_proxies", "10.0.0.0/33"),
            ("heartbeat_dead_after", "0"),
            ("heartbeat_dead_after", "525601"),
            ("smtp_url", "http://mail"),
            ("smtp_url", "smtp://mail?tls=maybe"),
            ("mail_from", "nobody"),
            ("metrics_listen", "x"),
            ("log_format", "xml"),
        ] {
            let error = checked(&[(key, value)]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{key} must be")), "{key}={value}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn mails_to_a_server_need_a_sender() {
        let error = checked(&[("smtp_url", "smtp://mail")]).unwrap_err().to_string();
        assert!(error.starts_with("mail_from (BAILIWICK_MAIL_FROM) must be"), "{error}");
        assert!(checked(&[("smtp_url", "smtp://mail"), ("mail_from", "bailiwick@example.org")]).is_ok());
    }

    #[test]
    fn unknown_keys_are_named_wherever_they_come_from() {
        let error = parse_file("lisen = \"127.0.0.1:1\"").unwrap_err().to_string();
        assert!(error.contains("lisen"), "{error}");
        let variables = [(OsString::from("BAILIWICK_LISEN"), OsString::from("x"))];
        let error = read_environment(variables.into_iter()).unwrap_err().to_string();
        assert!(error.contains("BAILIWICK_LISEN"), "{error}");
    }

    #[test]
    fn a_file_that_is_no_toml_is_refused_with_the_line() {
        let error = parse_file("listen = \"127.0.0.1:1\"\nlog = info\n").unwrap_err().to_string();
        assert!(error.starts_with("line 2: ") && !error.contains('\n'), "{error}");
    }

    #[test]
    fn a_file_takes_lists_as_lists() {
        let file = parse_file("system_types = [\"ns8\", \"edge\"]\nheartbeat_dead_after = 30").unwrap();
        assert_eq!(file.get("system_types").map(String::as_str), Some("ns8,edge"));
        assert_eq!(file.get("heartbeat_dead_after").map(String::as_str), Some("30"));
    }
}
