//! Mails: queued in the transaction of the change that they tell of, sent afterwards.
//!
//! Whatever is in a mail may let somebody in, so a queued mail is sealed, and
//! neither links nor addresses are ever logged. Nothing that a stranger could
//! choose, such as a name, is in a mail to an address that nobody has confirmed:
//! who registers the address of somebody else must not be able to write to them
//! through us. The one mail with names in it, about licences, is for those alone
//! who have confirmed their address, and names what is theirs or below them.

mod catalogue;
mod content;
mod ending;
mod worker;

use bailiwick_domain::account::Language;
use bailiwick_domain::email::EmailAddress;
use bailiwick_domain::id::{MailId, UserId};
use bailiwick_domain::secret::SecretText;
use bailiwick_domain::time::Timestamp;
use bailiwick_outbound::post::{Post, PostError};
use bailiwick_store::query::mail::{self, NewMail};
use bailiwick_store::{Result as StoreResult, WriteTransaction};

use crate::context::Context;
use crate::settings::Settings;

pub use catalogue::CatalogueError;
pub(crate) use catalogue::Catalogues;
pub use ending::RunningOut;
pub(crate) use worker::Mails;

/// A mail to somebody.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Whose account it is about; nobody's where there is none yet.
    pub user: Option<UserId>,
    /// To whom.
    pub to: EmailAddress,
    /// The language it is written in.
    pub language: Language,
    /// What it is about.
    pub kind: MailKind,
}

/// What a mail is about, with what it takes to say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailKind {
    /// An account was created: its address is to be confirmed. The words promise 24 hours.
    Welcome {
        /// The single-use link, whole.
        link: SecretText,
        /// Until when the link is good; the mail is not sent after it.
        expires_at: Timestamp,
    },
    /// Somebody asked for a new password. The words promise 20 minutes.
    PasswordReset {
        /// The single-use link, whole.
        link: SecretText,
        /// Until when the link is good; the mail is not sent after it.
        expires_at: Timestamp,
    },
    /// Somebody is invited to this server. The words promise 7 days. They name neither the organisation nor who
    /// invites: those are names that a stranger chose; the page behind the link shows them.
    Invitation {
        /// The single-use link, whole.
        link: SecretText,
        /// Until when the link is good; the mail is not sent after it.
        expires_at: Timestamp,
    },
    /// The password was changed, in whatever way.
    PasswordChanged {
        /// When.
        at: Timestamp,
    },
    /// Licences run out soon. Only for an address that was confirmed, as names that others chose are in it.
    LicencesRunOut {
        /// Those that are listed, the first end first.
        licences: Vec<RunningOut>,
        /// How many more there are.
        more: usize,
    },
}

impl MailKind {
    /// The name in the store and in the log.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Welcome { .. } => "welcome",
            Self::PasswordReset { .. } => "password_reset",
            Self::Invitation { .. } => "invitation",
            Self::PasswordChanged { .. } => "password_changed",
            Self::LicencesRunOut { .. } => "licences_run_out",
        }
    }

    /// The link that the mail takes to the person, where it is one that opens something.
    const fn link(&self) -> Option<&SecretText> {
        match self {
            Self::Welcome { link, .. } | Self::PasswordReset { link, .. } | Self::Invitation { link, .. } => Some(link),
            Self::PasswordChanged { .. } | Self::LicencesRunOut { .. } => None,
        }
    }

    /// After this moment the mail is of no use to anybody.
    const fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Welcome { expires_at, .. }
            | Self::PasswordReset { expires_at, .. }
            | Self::Invitation { expires_at, .. } => Some(*expires_at),
            Self::PasswordChanged { .. } | Self::LicencesRunOut { .. } => None,
        }
    }
}

impl Context {
    /// Queues a mail in the transaction of the change that it tells of: it is sent, within about a second, when the
    /// transaction was committed, and never otherwise.
    pub async fn queue_mail(&self, transaction: &mut WriteTransaction, mail: &Mail, now: Timestamp) -> StoreResult<()> {
        let id = MailId::new(now, self.entropy());
        let kind = mail.kind.name();
        let sealed_content = content::seal(&self.vault, self.random.as_ref(), id, mail);
        mail::insert(transaction, NewMail { id, user: mail.user, kind, sealed_content: &sealed_content }, now).await
    }
}

/// The way of mails that the settings choose.
pub(crate) fn post(settings: &Settings) -> Result<Post, PostError> {
    let host = host(settings);
    let from = settings.mail_from.as_ref();
    match &settings.smtp_url {
        Some(url) => Post::to_server(url, from, host),
        None => Post::to_folder(settings.data_directory.join("mail"), from, host),
    }
}

/// How mails call this server.
fn host(settings: &Settings) -> &str {
    settings.base_url.url().host_str().unwrap_or_default()
}
