//! What can be set, and where it comes from: flag, then environment, then
//! `bailiwick.toml`, then the default (contract, section 1). One table.

mod read;
mod table;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use bailiwick_app::settings::{BaseUrl, Registration, Settings, Unconfirmed};
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::field::Parse;
use bailiwick_domain::system::SystemTypes;
use bailiwick_domain::time::Span;
use bailiwick_outbound::AllowList;
use bailiwick_outbound::post::SmtpUrl;
use ipnet::IpNet;

pub(crate) use read::read;
pub(crate) use table::arguments;

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For machines: a JSON object a line.
    Json,
}

/// What is logged, and how.
#[derive(Clone, Debug)]
pub(crate) struct Logging {
    /// A tracing filter.
    pub(crate) filter: String,
    /// The form.
    pub(crate) format: LogFormat,
}

impl Logging {
    /// The same for a command, which speaks for itself: only warnings, unless asked for more.
    pub(crate) fn quiet(&self) -> Self {
        let is_default = self.filter == table::LOG_DEFAULT;
        Self { filter: if is_default { "warn".to_owned() } else { self.filter.clone() }, format: self.format }
    }
}

/// All settings, checked.
#[derive(Clone, Debug)]
pub(crate) struct Configuration {
    pub(crate) listen: SocketAddr,
    pub(crate) metrics_listen: Option<SocketAddr>,
    pub(crate) database_url: String,
    pub(crate) logging: Logging,
    base_url: Option<BaseUrl>,
    data_directory: PathBuf,
    registration: Registration,
    unconfirmed: Unconfirmed,
    system_types: SystemTypes,
    outbound_allow: AllowList,
    trusted_proxies: Vec<IpNet>,
    heartbeat_dead_after: Span,
    smtp_url: Option<SmtpUrl>,
    mail_from: Option<EmailAddress>,
}

impl Configuration {
    /// The settings for the rest of the program; `listening` is the address that the server really has.
    pub(crate) fn settings(&self, listening: SocketAddr) -> Result<Settings> {
        let base_url = match &self.base_url {
            Some(base_url) => base_url.clone(),
            None => BaseUrl::parse_text(&format!("http://{listening}"))
                .map_err(|refusal| anyhow::anyhow!("base_url must be {}", refusal.expected))?,
        };
        Ok(Settings {
            base_url,
            data_directory: self.data_directory.clone(),
            registration: self.registration,
            unconfirmed: self.unconfirmed,
            system_types: self.system_types.clone(),
            outbound_allow: self.outbound_allow.clone(),
            trusted_proxies: self.trusted_proxies.clone(),
            heartbeat_dead_after: self.heartbeat_dead_after,
            smtp_url: self.smtp_url.clone(),
            mail_from: self.mail_from.clone(),
        })
    }

    /// Makes the data directory, for its owner alone.
    pub(crate) fn create_data_directory(&self) -> Result<()> {
        use std::os::unix::fs::DirBuilderExt;
        let path = &self.data_directory;
        let created = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        created.with_context(|| format!("data_dir (BAILIWICK_DATA_DIR): cannot create {}", path.display()))
    }
}
