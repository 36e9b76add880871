//! Accepts connections: a bounded number, with bounded headers, until the stop signal, then drains.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::settings::Settings;

/// Time for a request's header, and for the pause between two requests of one connection.
const HEADER_TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of a request's header: a token of a megabyte is answered with 401 like every other bad token.
const HEADER_LIMIT: usize = 1280 * 1024;
/// Pause after a failed accept: the process has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    connections: usize,
    drain: Duration,
}

impl Limits {
    /// For the health and metrics of a role without an API.
    pub(crate) const PROBES: Self = Self { connections: 64, drain: Duration::from_secs(1) };

    pub(crate) fn of(settings: &Settings) -> Self {
        Self { connections: settings.connection_limit.max(1), drain: settings.drain }
    }
}

/// Serves until `stop`; requests in flight may then take as long as the limits say.
pub(crate) async fn serve(router: Router, listener: TcpListener, stop: CancellationToken, limits: Limits) {
    let connections = TaskTracker::new();
    let permits = Arc::new(Semaphore::new(limits.connections));
    while let Some((stream, peer, permit)) = accept(&listener, &permits, &stop).await {
        connections.spawn(converse(stream, peer, permit, router.clone(), stop.clone()));
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(limits.drain, connections.wait()).await.is_err() {
        tracing::warn!(connections = connections.len(), "requests were cut off: they took longer than the drain");
    }
}

/// The next connection, once there is a permit for it; None when stopped.
async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let next = async {
        let permit = Arc::clone(permits).acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return Some((stream, peer, permit)),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => None,
        accepted = next => accepted,
    }
}

async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    permit: OwnedSemaphorePermit,
    router: Router,
    stop: CancellationToken,
) {
    let _permit = permit;
    // Answers are small and waited for.
    let _ = stream.set_nodelay(true);
    let service = router.map_request(move |mut request: axum::http::Request<_>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    });
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(HEADER_LIMIT);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
