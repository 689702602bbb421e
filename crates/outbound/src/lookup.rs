//! What a name stands for, with the check between the answer and its use.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use crate::destination::check_addresses;

/// The most look-ups that run at once. Each holds a blocking thread, and one
/// whose servers are silent holds it for many seconds.
const LOOKUPS_AT_ONCE: usize = 32;

/// The addresses of a name, some time.
pub type Answer = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses that a host name stands for.
pub trait Lookup: Send + Sync {
    /// All addresses of the name, IPv4 and IPv6.
    fn lookup(&self, name: &str) -> Answer;
}

/// The operating system's resolver.
#[derive(Debug)]
pub struct SystemLookup {
    turns: Arc<Semaphore>,
}

impl Default for SystemLookup {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(LOOKUPS_AT_ONCE)) }
    }
}

impl Lookup for SystemLookup {
    fn lookup(&self, name: &str) -> Answer {
        let (turns, name) = (Arc::clone(&self.turns), name.to_owned());
        Box::pin(async move {
            let turn = turns.acquire_owned().await.map_err(io::Error::other)?;
            // A task of its own, because the thread stays taken when the caller
            // gives up; the turn must stay taken with it.
            let looking = tokio::spawn(async move {
                let addresses = tokio::net::lookup_host((name, 0)).await;
                drop(turn);
                addresses.map(|found| found.map(|address| address.ip()).collect())
            });
            looking.await.map_err(io::Error::other)?
        })
    }
}

/// Looks names up for a client that connects to nothing else.
pub(crate) struct Resolver {
    lookup: Arc<dyn Lookup>,
    /// Whether every address has to be public.
    public_only: bool,
}

impl Resolver {
    pub(crate) fn new(lookup: Arc<dyn Lookup>, public_only: bool) -> Self {
        Self { lookup, public_only }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let looking = self.lookup.lookup(name.as_str());
        let public_only = self.public_only;
        Box::pin(async move {
            let addresses = looking.await?;
            if addresses.is_empty() {
                return Err(io::Error::from(io::ErrorKind::NotFound).into());
            }
            if public_only {
                check_addresses(&addresses)?;
            }
            // Port 0 stands for the port of the URL.
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
