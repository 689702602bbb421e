//! The client behind which all calls out happen.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_domain::callback::CallbackUrl;
use reqwest::{Client, redirect, retry};
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;
use url::Url;

use crate::allow::AllowList;
use crate::attempt::{Attempt, FailureReason};
use crate::destination::{Destination, Refused, check_addresses};
use crate::lookup::{Lookup, Resolver, SystemLookup};
use crate::turns::Turns;

/// How long a connection may take to come about, the look-up of its name included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long [`Guard::admit`] waits for a name.
const ADMIT_TIMEOUT: Duration = Duration::from_secs(2);
/// How much of an answer's body is read and thrown away, in bytes.
const BODY_MAX: usize = 64 * 1024;

/// The guard could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// TLS could not be set up.
    #[error("TLS for calls out cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The client could not be set up, for instance because of the user agent.
    #[error("the client for calls out cannot be set up: {0}")]
    Client(#[from] reqwest::Error),
}

/// Calls URLs that somebody else named; cheap to clone.
///
/// Public destinations are called by one client and allowed ones by another, so
/// that an allowance, which is for a host and a port, never reaches a call to
/// another port of that host. Both follow no redirect, use no proxy, repeat
/// nothing by themselves and keep no connection: each call checks its address
/// anew.
#[derive(Clone)]
pub struct Guard {
    allow: Arc<AllowList>,
    lookup: Arc<dyn Lookup>,
    public: Client,
    allowed: Client,
    turns: Turns,
}

impl Guard {
    /// A guard that asks the operating system for names and trusted certificates.
    pub fn new(allow: AllowList, user_agent: &str) -> Result<Self, GuardError> {
        Self::with_lookup(allow, user_agent, Arc::new(SystemLookup::default()))
    }

    /// A guard that looks names up in another way.
    pub fn with_lookup(allow: AllowList, user_agent: &str, lookup: Arc<dyn Lookup>) -> Result<Self, GuardError> {
        Self::with_roots(allow, user_agent, lookup, system_roots())
    }

    /// A guard with everything of its surroundings given.
    pub(crate) fn with_roots(
        allow: AllowList,
        user_agent: &str,
        lookup: Arc<dyn Lookup>,
        roots: RootCertStore,
    ) -> Result<Self, GuardError> {
        // Named here, because a process-wide default depends on who sets it first.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = |public_only| {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .https_only(public_only)
                .dns_resolver(Resolver::new(Arc::clone(&lookup), public_only))
                .user_agent(user_agent)
                .connect_timeout(CONNECT_TIMEOUT)
                .redirect(redirect::Policy::none())
                .retry(retry::never())
                .referer(false)
                .no_proxy()
                .http1_only()
                .pool_max_idle_per_host(0)
                .build()
        };
        let (public, allowed) = (client(true)?, client(false)?);
        Ok(Self { allow: Arc::new(allow), lookup, public, allowed, turns: Turns::default() })
    }

    /// Whether the URL may be called, as far as can be told now.
    ///
    /// A name that does not resolve right now is admitted: the call itself
    /// checks again. A name any of whose addresses is not public is refused.
    pub async fn admit(&self, url: &CallbackUrl) -> Result<(), Refused> {
        let admitted = self.judge(url.as_str()).await;
        if let Err(reason) = admitted {
            tracing::debug!(host = url.host_display(), %reason, "refused to call {}", url.host_display());
        }
        admitted
    }

    async fn judge(&self, url: &str) -> Result<(), Refused> {
        let url = Url::parse(url).map_err(|_| Refused::NotAUrl)?;
        let Destination::Name(name) = Destination::of(&url, &self.allow)? else { return Ok(()) };
        match timeout(ADMIT_TIMEOUT, self.lookup.lookup(&name)).await {
            Ok(Ok(addresses)) => check_addresses(&addresses),
            Ok(Err(_)) | Err(_) => Ok(()),
        }
    }

    /// Calls the URL with GET, once, and is back when `budget` has passed.
    ///
    /// The budget covers everything: waiting for a turn, the name, the
    /// connection, the answer and its body. A status that arrived in time
    /// counts, however long the body would have taken; the body is read, up to
    /// 64 KiB, only so that the other side can finish sending it.
    pub async fn get(&self, url: &str, headers: &[(&'static str, String)], budget: Duration) -> Attempt {
        let Ok(url) = Url::parse(url) else { return Attempt::failed(FailureReason::Refused) };
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut answered = None;
        let finished = timeout(budget, self.call(url, &host, headers, &mut answered)).await;
        let attempt = match (answered, finished) {
            (Some(attempt), _) => attempt,
            (None, Ok(Err(reason))) => Attempt::failed(reason),
            (None, Ok(Ok(())) | Err(_)) => Attempt::failed(FailureReason::TimedOut),
        };
        tracing::debug!(host, outcome = ?attempt.outcome, "called {host}");
        attempt
    }

    /// Makes the call; what came of it is known as soon as `answered` is set.
    async fn call(
        &self,
        url: Url,
        host: &str,
        headers: &[(&'static str, String)],
        answered: &mut Option<Attempt>,
    ) -> Result<(), FailureReason> {
        let client = match Destination::of(&url, &self.allow) {
            Ok(Destination::Allowed) => &self.allowed,
            Ok(Destination::PublicAddress | Destination::Name(_)) => &self.public,
            Err(reason) => {
                tracing::debug!(host, %reason, "refused to call {host}");
                return Err(FailureReason::Refused);
            }
        };
        let _turn = self.turns.wait(host).await;
        let request = headers.iter().fold(client.get(url), |request, (name, value)| request.header(*name, value));
        let mut answer = request.send().await.map_err(|error| FailureReason::of(&error))?;
        *answered = Some(Attempt::answered(answer.status(), answer.headers()));
        let mut bytes_read = 0;
        while let Ok(Some(chunk)) = answer.chunk().await {
            bytes_read += chunk.len();
            if bytes_read >= BODY_MAX {
                break;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Guard").field("allow", &self.allow).finish_non_exhaustive()
    }
}

/// The certificates that the operating system trusts.
///
/// Where there are none the server still starts: allowed plain http works, and
/// every https call fails and says why.
fn system_roots() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (usable, _) = roots.add_parsable_certificates(found.certs);
    if usable == 0 {
        tracing::warn!("the operating system trusts no certificates: https callbacks will fail");
    }
    roots
}
