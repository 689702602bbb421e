//! Handing a message in at the mail server (RFC 5321, RFC 6409).

use lettre::message::Message;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{AsyncSmtpTransport, Error};
use lettre::{AsyncTransport, Tokio1Executor};
use tokio::time::timeout;

use super::url::Protection;
use super::{POST_BUDGET, PostError, PostFailure, SmtpUrl};

/// Codes that speak of us and not of the mail: no authentication, too little of it, a wrong password, no encryption
/// (RFC 4954, 6; RFC 3207, 4).
const NOT_LET_IN: [u16; 4] = [530, 534, 535, 538];

/// The mail server.
pub(super) struct Server(AsyncSmtpTransport<Tokio1Executor>);

impl std::fmt::Debug for Server {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Server")
    }
}

impl Server {
    /// The server at this address, to which we are `host`.
    pub(super) fn new(url: &SmtpUrl, host: &str) -> Result<Self, PostError> {
        // Trusts what the operating system trusts, as calls out do.
        let parameters = || TlsParameters::new(url.host.clone()).map_err(|_| PostError::Tls);
        let tls = match url.protection {
            Protection::Implicit => Tls::Wrapper(parameters()?),
            Protection::StartTls => Tls::Required(parameters()?),
            Protection::Plain => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(url.host.as_str())
            .port(url.port)
            .hello_name(client_id(host))
            .timeout(Some(POST_BUDGET))
            .tls(tls);
        if let Some((user, password)) = &url.credentials {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(Self(builder.build()))
    }

    /// Hands the message in, on a connection of its own.
    pub(super) async fn send(&self, message: &Message) -> Result<(), PostFailure> {
        let formatted = message.formatted();
        match timeout(POST_BUDGET, self.0.send_raw(message.envelope(), &formatted)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(failure_of(&error)),
            Err(_) => Err(PostFailure::TimedOut),
        }
    }
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
        Some(code) if error.is_permanent() => PostFailure::Refused { code: Some(code) },
        Some(code) => PostFailure::Deferred { code },
        None if error.is_timeout() => PostFailure::TimedOut,
        None if error.is_tls() => PostFailure::Tls,
        None => PostFailure::Broken,
    }
}
