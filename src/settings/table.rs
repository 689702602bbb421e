//! The table of settings: each is declared once, and flags, environment, file and help follow.

use clap::Arg;

/// The default of `log`.
pub(super) const LOG_DEFAULT: &str = "info";

/// One setting.
#[derive(Debug)]
pub(super) struct Setting {
    /// Its name in `bailiwick.toml`.
    pub(super) key: &'static str,
    /// Its flag, without the dashes.
    pub(super) flag: &'static str,
    /// Its environment variable.
    pub(super) environment: &'static str,
    /// What its value is called in the help.
    value_name: &'static str,
    /// Its default, as the help says it.
    default: &'static str,
    /// What it means.
    help: &'static str,
}

macro_rules! settings {
    ($($key:literal, $flag:literal, $environment:literal, $value_name:literal, $default:expr, $help:literal;)*) => {
        &[$(Setting {
            key: $key, flag: $flag, environment: $environment,
            value_name: $value_name, default: $default, help: $help,
        },)*]
    };
}

/// Every setting (contract, section 1).
pub(super) const SETTINGS: &[Setting] = settings! {
    "listen", "listen", "BAILIWICK_LISTEN", "ADDRESS", "127.0.0.1:8080",
        "The address of the one public listener";
    "base_url", "base-url", "BAILIWICK_BASE_URL", "ORIGIN", "http:// and the listen address",
        "The origin that the world sees, used in every link, token, cookie and mail; never taken from a request";
    "data_dir", "data-dir", "BAILIWICK_DATA_DIR", "PATH", "./bailiwick-data",
        "Where the database file, the keys (mode 0600) and, in development, the mail are";
    "database_url", "database-url", "BAILIWICK_DATABASE_URL", "URL", "sqlite://<data dir>/bailiwick.db",
        "sqlite://PATH, or postgres://USER@HOST/NAME for PostgreSQL 15 or newer";
    "registration", "registration", "BAILIWICK_REGISTRATION", "MODE", "open",
        "Who may register an account: open, invite or closed";
    "unconfirmed", "unconfirmed", "BAILIWICK_UNCONFIRMED", "WHAT", "all",
        "What an account may do before its e-mail address is confirmed: all, account (what concerns itself alone) or \
         nothing (not even sign in)";
    "system_types", "system-types", "BAILIWICK_SYSTEM_TYPES", "LIST", "ns8,nsec",
        "The system types that are accepted";
    "outbound_allow", "outbound-allow", "BAILIWICK_OUTBOUND_ALLOW", "LIST", "nothing",
        "host:port pairs (port may be *) that may be called although they are private or plain http";
    "trusted_proxies", "trusted-proxies", "BAILIWICK_TRUSTED_PROXIES", "LIST", "nobody",
        "Networks such as 10.0.0.0/8 of the proxies whose X-Forwarded-For counts";
    "heartbeat_dead_after", "heartbeat-dead-after", "BAILIWICK_HEARTBEAT_DEAD_AFTER", "MINUTES", "15",
        "Without a heartbeat for so many minutes a system counts as dead";
    "smtp_url", "smtp-url", "BAILIWICK_SMTP_URL", "URL", "mails are written as files",
        "The mail server: smtps://USER:PASSWORD@HOST (TLS, port 465) or smtp://USER:PASSWORD@HOST (STARTTLS is \
         demanded, port 587, unless HOST is this machine; ?tls=none or ?tls=required at the end says otherwise)";
    "mail_from", "mail-from", "BAILIWICK_MAIL_FROM", "ADDRESS", "none",
        "The sender of mails; needed with a mail server";
    "metrics_listen", "metrics-listen", "BAILIWICK_METRICS_LISTEN", "ADDRESS", "off",
        "The address that answers /metrics for Prometheus";
    "log", "log", "BAILIWICK_LOG", "FILTER", LOG_DEFAULT,
        "What is logged: a tracing filter such as debug or bailiwick_app=debug,info";
    "log_format", "log-format", "BAILIWICK_LOG_FORMAT", "FORMAT", "text",
        "How the log is written: text or json";
};

/// The file that is read when it is there, unless `--config` names another.
pub(super) const FILE_DEFAULT: &str = "bailiwick.toml";

/// A flag for each setting, and `--config`.
pub(crate) fn arguments() -> Vec<Arg> {
    let flags = SETTINGS.iter().map(|setting| {
        let help = format!("{} [env: {}] [default: {}]", setting.help, setting.environment, setting.default);
        Arg::new(setting.key)
            .long(setting.flag)
            .value_name(setting.value_name)
            .help(help)
            .global(true)
            .help_heading("Settings")
    });
    let config = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .help("The file with settings [default: bailiwick.toml, where there is one]")
        .global(true)
        .help_heading("Settings");
    flags.chain([config]).collect()
}
