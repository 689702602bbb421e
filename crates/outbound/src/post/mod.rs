//! Mail, on its way out: to the operator's mail server, or into a folder.
//!
//! The mail server is named by the operator in the settings and by nobody else,
//! so what [`crate::Guard`] refuses does not concern it. Neither addresses nor
//! texts of mails are ever logged or part of an error.

mod folder;
mod letter;
mod server;
mod url;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use bailiwick_domain::email::EmailAddress;

pub use letter::Letter;
pub use url::SmtpUrl;

use folder::Folder;
use letter::{Form, Sender};
use server::Server;

/// How long a mail server has for one mail, from the look-up of its name to the last answer.
pub const POST_BUDGET: Duration = Duration::from_secs(10);

/// The mail server cannot be used as it is set.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// TLS could not be set up.
    #[error("TLS for the mail server cannot be set up")]
    Tls,
    /// No mail can have this sender.
    #[error("the sender of mails (mail_from) must be an address such as bailiwick@example.org")]
    Sender,
}

/// Why a mail was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostFailure {
    /// There is no such recipient, as the server says, or no mail can be written to this address.
    Refused {
        /// The server's code, where it was asked.
        code: Option<u16>,
    },
    /// The server refuses for good (RFC 5321, 4.2.1: 5yz), but not because of the recipient: it may be that our
    /// sender is set wrong, or that we are on a list of those who send what nobody wants. The operator can mend that.
    NotTaken {
        /// The server's code.
        code: u16,
    },
    /// The server does not take this mail now (4yz).
    Deferred {
        /// The server's code.
        code: u16,
    },
    /// The server does not let us send (RFC 4954, 6): our user, password or kind of connection is wrong.
    NotLetIn {
        /// The server's code.
        code: u16,
    },
    /// The server was not done within [`POST_BUDGET`].
    TimedOut,
    /// The server's certificate, or its TLS, is not acceptable.
    Tls,
    /// No connection, a broken one, one that does not offer what is demanded, or what came was not SMTP.
    Broken,
    /// The file could not be written.
    File,
}

impl PostFailure {
    /// Whether another attempt may do better.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}

impl fmt::Display for PostFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { code: Some(code) } => write!(formatter, "refused {code}"),
            Self::Refused { code: None } => formatter.write_str("refused"),
            Self::NotTaken { code } => write!(formatter, "not_taken {code}"),
            Self::Deferred { code } => write!(formatter, "deferred {code}"),
            Self::NotLetIn { code } => write!(formatter, "not_let_in {code}"),
            Self::TimedOut => formatter.write_str("timed_out"),
            Self::Tls => formatter.write_str("tls"),
            Self::Broken => formatter.write_str("broken"),
            Self::File => formatter.write_str("file"),
        }
    }
}

/// Where a mail went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// The mail server took it.
    Server,
    /// It is this file.
    File(PathBuf),
}

/// The way of all mails.
#[derive(Debug)]
pub struct Post {
    sender: Sender,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Server(Server),
    Folder(Folder),
}

impl Post {
    /// Mails from this sender go to a mail server, to which we are `host`, a name or an address.
    pub fn to_server(url: &SmtpUrl, from: Option<&EmailAddress>, host: &str) -> Result<Self, PostError> {
        let from = from.ok_or(PostError::Sender)?;
        Ok(Self { sender: Sender::new(Some(from), host)?, way: Way::Server(Server::new(url, host)?) })
    }

    /// Mails become files in a folder, which is made with the first. They need no sender.
    pub fn to_folder(folder: PathBuf, from: Option<&EmailAddress>, host: &str) -> Result<Self, PostError> {
        Ok(Self { sender: Sender::new(from, host)?, way: Way::Folder(Folder::new(folder)) })
    }

    /// Sends a letter, once.
    ///
    /// A letter that is sent again has the same `Message-ID`, and is the same file.
    pub async fn send(&self, letter: &Letter) -> Result<Posted, PostFailure> {
        match &self.way {
            Way::Server(server) => {
                server.send(&self.sender.write(letter, Form::Carried)?).await.map(|()| Posted::Server)
            }
            Way::Folder(folder) => {
                let message = self.sender.write(letter, Form::Legible)?;
                folder.write(letter, message.formatted()).await.map(Posted::File)
            }
        }
    }
}
