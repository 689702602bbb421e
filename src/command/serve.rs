//! `bailiwick serve`: the server.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bailiwick_app::clock::SystemClock;
use bailiwick_app::context::Context;
use bailiwick_app::random::SystemRandom;
use bailiwick_store::Database;
use clap::Command;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{logging, runtime};
use crate::settings::Configuration;

/// How long background work has to finish once requests are done: together with
/// the draining of requests it stays within 10 s (contract, section 1).
const BACKGROUND_DRAIN: Duration = Duration::from_millis(1500);

pub(super) fn line() -> Command {
    Command::new("serve").about("Run the server until SIGTERM or SIGINT (what happens without a command, too)")
}

pub(super) fn run(configuration: &Configuration) -> Result<()> {
    logging::start(&configuration.logging)?;
    let runtime = runtime()?;
    let outcome = runtime.block_on(serve(configuration));
    // A hash or a look-up of a name that nobody waits for must not hold up the end.
    runtime.shutdown_timeout(Duration::from_millis(200));
    outcome
}

async fn serve(configuration: &Configuration) -> Result<()> {
    let listen = configuration.listen;
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("listen (BAILIWICK_LISTEN): cannot listen on {listen}"))?;
    let settings = configuration.settings(listener.local_addr()?)?;
    // Before the first request: figures are looked up once and kept.
    if let Some(address) = configuration.metrics_listen {
        bailiwick_server::metrics::start(address)
            .with_context(|| format!("metrics_listen (BAILIWICK_METRICS_LISTEN): cannot listen on {address}"))?;
    }
    configuration.create_data_directory()?;
    let database = Database::open(&configuration.database_url)
        .await
        .context("database_url (BAILIWICK_DATABASE_URL): the database cannot be used")?;
    let base_url = settings.base_url.origin();
    let context = Arc::new(Context::open(settings, database, Arc::new(SystemClock), Arc::new(SystemRandom)).await?);
    let registry = Arc::new(bailiwick_server::registry()?);
    let routes = bailiwick_server::routes(registry, Arc::clone(&context));

    let (stop, stopping) = watch::channel(false);
    let signals = tokio::spawn(wait_for_signal(stop));
    let mut background = context.start_background(&stopping);
    announce(&context, &base_url).await?;
    bailiwick_server::listener::serve(listener, routes, stopping).await;

    let finished = async { while background.join_next().await.is_some() {} };
    if tokio::time::timeout(BACKGROUND_DRAIN, finished).await.is_err() {
        tracing::info!("attempts in flight were cut off; the outbox keeps them");
    }
    // What the last requests did, too.
    if let Err(fault) = context.checkpoint_audit_log().await {
        tracing::warn!(%fault, "no last checkpoint of the audit log could be written");
    }
    signals.abort();
    tracing::info!("stopped");
    Ok(())
}

/// Says where the server is, and how to set it up when it is new.
async fn announce(context: &Context, base_url: &str) -> Result<()> {
    let engine = context.database.engine();
    tracing::info!(version = env!("CARGO_PKG_VERSION"), engine, "ready at {base_url}");
    let link = context.setup_link().await?;
    let mut out = std::io::stdout();
    match link {
        Some(link) => writeln!(
            out,
            "Bailiwick is ready at {base_url} and not set up yet.\nOpen this link within an hour to create its owner \
             organisation and first administrator:\n\n  {}\n",
            link.expose()
        )?,
        None => writeln!(out, "Bailiwick is ready at {base_url}")?,
    }
    Ok(out.flush()?)
}

/// Turns the first SIGTERM or SIGINT into the word to stop.
async fn wait_for_signal(stop: watch::Sender<bool>) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be received; stop the server with SIGKILL");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: requests in flight finish first");
    stop.send_replace(true);
    // The word stays given for whoever listens later.
    std::future::pending::<()>().await;
}
