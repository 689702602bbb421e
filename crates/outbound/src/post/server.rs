//! Handing a message in at the mail server (RFC 5321, RFC 6409).

use std::error::Error as _;
use std::time::Duration;

use lettre::message::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use tokio::time::timeout;

use super::url::Protection;
use super::{POST_BUDGET, PostError, PostFailure, SmtpUrl};

/// How long a server may take to say goodbye, when what became of the mail is settled.
const GOODBYE_BUDGET: Duration = Duration::from_secs(1);
/// Codes that speak of us and not of the mail: no authentication, too little of it, a wrong password, no encryption
/// (RFC 4954, 6; RFC 3207, 4).
const NOT_LET_IN: [u16; 4] = [530, 534, 535, 538];
/// Codes of a recipient that there is not: no such mailbox, not here, no such name, takes no mail (RFC 5321, 4.2.3;
/// RFC 7504).
const NO_SUCH_RECIPIENT: [u16; 4] = [550, 551, 553, 556];
/// The same in the enhanced codes, without their class: of the addresses those of the destination, and a mailbox that
/// is switched off (RFC 3463, 3.2 and 3.3; RFC 7505).
const NO_SUCH_RECIPIENT_ENHANCED: [&str; 7] = ["1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.1"];

/// The mail server.
pub(super) struct Server {
    host: String,
    port: u16,
    protection: Protection,
    parameters: TlsParameters,
    credentials: Option<Credentials>,
    /// How we call ourselves.
    client: ClientId,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Server")
    }
}

impl Server {
    /// The server at this address, to which we are `host`.
    pub(super) fn new(url: &SmtpUrl, host: &str) -> Result<Self, PostError> {
        let credentials = url.credentials.as_ref();
        Ok(Self {
            host: url.host.clone(),
            port: url.port,
            protection: url.protection,
            // Trusts what the operating system trusts, as calls out do.
            parameters: TlsParameters::new(url.host.clone()).map_err(|_| PostError::Tls)?,
            credentials: credentials.map(|(user, secret)| Credentials::new(user.clone(), secret.expose().to_owned())),
            client: client_id(host),
        })
    }

    /// Hands the message in, on a connection of its own.
    pub(super) async fn send(&self, message: &Message) -> Result<(), PostFailure> {
        let work = async {
            let mut connection = self.connect().await.map_err(|error| failure_of(&error))?;
            let handed = hand_in(&mut connection, message).await;
            Ok((connection, handed))
        };
        let (mut connection, handed) = timeout(POST_BUDGET, work).await.map_err(|_| PostFailure::TimedOut)??;
        // A mail that was taken stays taken, whatever is answered to this.
        let _ = timeout(GOODBYE_BUDGET, connection.abort()).await;
        handed
    }

    /// A connection that is protected as demanded, on which we are signed in.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let parameters = || self.parameters.clone();
        let from_first_byte = (self.protection == Protection::Implicit).then(parameters);
        let server = (self.host.as_str(), self.port);
        let connected =
            AsyncSmtpConnection::connect_tokio1(server, Some(POST_BUDGET), &self.client, from_first_byte, None);
        let mut connection = connected.await?;
        if self.protection == Protection::StartTls {
            connection.starttls(parameters(), &self.client).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

/// Hands the message in, step by step: what a refusal means depends on what was refused.
async fn hand_in(connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), PostFailure> {
    let (envelope, text) = (message.envelope(), message.formatted());
    let mut addresses = envelope.from().into_iter().chain(envelope.to());
    let is_foreign = addresses.any(|address| !AsRef::<str>::as_ref(address).is_ascii());
    let mut parameters = Vec::new();
    for (is_needed, extension, parameter) in [
        (is_foreign, Extension::SmtpUtfEight, MailParameter::SmtpUtfEight),
        (!text.is_ascii(), Extension::EightBitMime, MailParameter::Body(MailBodyParameter::EightBitMime)),
    ] {
        if is_needed && !connection.server_info().supports_feature(extension) {
            return Err(PostFailure::Broken);
        }
        parameters.extend(is_needed.then_some(parameter));
    }
    let failed = |error| failure_of(&error);
    connection.command(Mail::new(envelope.from().cloned(), parameters)).await.map_err(failed)?;
    for recipient in envelope.to() {
        let answer = connection.command(Rcpt::new(recipient.clone(), Vec::new())).await;
        answer.map_err(|error| failure_of_recipient(&error))?;
    }
    connection.command(Data).await.map_err(failed)?;
    connection.message(&text).await.map_err(failed)?;
    Ok(())
}

/// How we call ourselves (RFC 5321, 4.1.3: an address stands in brackets).
fn client_id(host: &str) -> ClientId {
    if let Ok(address) = host.parse() {
        return ClientId::Ipv4(address);
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse().map_or_else(|_| ClientId::Domain(host.to_owned()), ClientId::Ipv6)
}

fn failure_of(error: &Error) -> PostFailure {
    match error.status().map(u16::from) {
        Some(code) if NOT_LET_IN.contains(&code) => PostFailure::NotLetIn { code },
        Some(code) if error.is_permanent() => PostFailure::NotTaken { code },
        Some(code) => PostFailure::Deferred { code },
        None if error.is_timeout() => PostFailure::TimedOut,
        None if error.is_tls() => PostFailure::Tls,
        None => PostFailure::Broken,
    }
}

/// The same where a recipient was refused: then it may be that there is no such recipient.
fn failure_of_recipient(error: &Error) -> PostFailure {
    let said = error.source().map(ToString::to_string);
    match failure_of(error) {
        PostFailure::NotTaken { code } if is_about_recipient(code, said.as_deref().unwrap_or_default()) => {
            PostFailure::Refused { code: Some(code) }
        }
        failure => failure,
    }
}

/// Whether a refusal of a recipient says that there is none, and not something against us or against the sender.
///
/// Many servers keep what they have against those back until a recipient is named, under the very same codes. Most
/// of them then say more in an enhanced code, at the beginning of the text, which is believed before the other.
fn is_about_recipient(code: u16, said: &str) -> bool {
    let first = said.split_whitespace().next().unwrap_or_default();
    match first.strip_prefix("5.") {
        Some(subject) if subject.chars().all(|one| one.is_ascii_digit() || one == '.') => {
            NO_SUCH_RECIPIENT_ENHANCED.contains(&subject)
        }
        _ => NO_SUCH_RECIPIENT.contains(&code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_recipient_that_there_is_not_is_a_refusal_for_good() {
        for (code, said) in [
            (550, "no such user"),
            (550, "5.1.1 <ann@example.org>: Recipient address rejected: User unknown"),
            (554, "5.1.1 no such user"),
            (551, "user not local"),
            (553, "mailbox name not allowed"),
            (556, "5.1.10 Recipient address has null MX"),
            (550, "5.2.1 The account is disabled"),
            (550, ""),
            (550, "5.b lives here no more"),
        ] {
            assert!(is_about_recipient(code, said), "{code} {said}");
        }
        for (code, said) in [
            (550, "5.7.1 relaying denied"),
            (550, "5.1.8 <bailiwick@example.org>: Sender address rejected: Domain not found"),
            (553, "5.7.1 Sender address rejected: not owned by user"),
            (550, "5.1.7 bad sender"),
            (554, "Service unavailable; client is on a list"),
            (554, "5.7.1 blocked"),
            (552, "5.2.2 mailbox full"),
            (552, "mailbox full"),
            (550, "5.1.1.1 is no enhanced code"),
            (503, "bad sequence of commands"),
        ] {
            assert!(!is_about_recipient(code, said), "{code} {said}");
        }
    }
}
