//! Accepting connections, and ending well.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;

/// How long requests in flight have to finish once the server stops (contract, section 1).
pub const DRAIN: Duration = Duration::from_secs(8);
/// How long a client may take to send the head of a request: slow ones hold a connection, not the server.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// Connections at the most; more wait in the system's queue.
const CONNECTIONS_MAX: usize = 8192;
/// How long accepting pauses when the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` turns true, then lets requests in flight finish.
pub async fn serve(listener: TcpListener, routes: Router, stop: watch::Receiver<bool>) {
    serve_seated(listener, routes, stop, CONNECTIONS_MAX).await;
}

async fn serve_seated(listener: TcpListener, routes: Router, mut stop: watch::Receiver<bool>, seats: usize) {
    let builder = Arc::new(connection_builder());
    let graceful = GracefulShutdown::new();
    let seats = Arc::new(Semaphore::new(seats));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &seats) => accepted,
            () = told(&mut stop) => break,
        };
        if let Some((stream, peer, seat)) = accepted {
            converse(&builder, &graceful, stream, peer, routes.clone(), seat);
        }
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(DRAIN) => tracing::warn!("requests in flight were cut off"),
    }
}

/// The next connection, once there is a seat for it; nothing where the system had no room for one.
async fn accept(
    listener: &TcpListener,
    seats: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    // Nobody closes the semaphore.
    let seat = Arc::clone(seats).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, seat)),
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// Returns once the word to stop was given.
async fn told(stop: &mut watch::Receiver<bool>) {
    // Whoever could give it being gone is as good as the word itself.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn connection_builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Some(HEAD_PATIENCE));
    builder
}

/// Answers all requests of one connection, in a task of its own.
fn converse(
    builder: &Arc<Builder<TokioExecutor>>,
    graceful: &GracefulShutdown,
    stream: TcpStream,
    peer: SocketAddr,
    routes: Router,
    seat: OwnedSemaphorePermit,
) {
    // Small answers must not wait for more to come.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let routes = routes.clone();
        async move { Ok::<_, Infallible>(routes.oneshot(request).await.unwrap_or_else(|never| match never {})) }
    });
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        // A client that breaks off is no fault of ours.
        if let Err(error) = connection.await {
            tracing::debug!(error, "a connection ended early");
        }
        drop(seat);
    });
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at what it did not expect")]
    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn the_word_to_stop_is_heard_while_every_seat_is_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = watch::channel(false);
        let server = tokio::spawn(serve_seated(listener, Router::new(), stopping, 1));
        // It says nothing and keeps its seat; the next one is waited for.
        let seated = TcpStream::connect(address).await.unwrap();
        let waiting = TcpStream::connect(address).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        stop.send_replace(true);
        timeout(DRAIN / 2, server).await.expect("the server ends").unwrap();
        drop((seated, waiting));
    }
}
