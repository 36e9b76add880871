//! Accepts connections until the stop signal, then drains. Connections are bounded in number, in the size of their
//! headers, and in the time for these and for their answers.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::CONNECTION;
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::awaited::Awaited;
use crate::client_socket::ClientSocket;
use crate::connections::{Activity, Admitted, Connections, Room};
use crate::hosts::{LocalAddress, is_probe};
use crate::problem::Problem;

/// How long the header of a request may take, and the pause between two requests of one connection.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long both may take where only probes are served.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a peer may take nothing of its answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// The most bytes of a request's header, its first line among them.
const HEADER_LIMIT: usize = 64 * 1024;
/// How long a connection may take for its first request before it makes room sooner than those that have been answered.
const SILENCE: Duration = Duration::from_secs(1);
/// How long the stop waits for a request that has not come whole yet, and for an answer that its peer does not take.
const STOP_PATIENCE: Duration = Duration::from_secs(5);
/// How long an answer may still take that is on its way when its connection must make room.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// The pause after a failed accept, because the process has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// What a listener bounds: its connections, and how long it waits for each of them.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    room: Room,
    header_timeout: Duration,
    write_timeout: Duration,
    drain: Duration,
    stop_patience: Duration,
}

impl Limits {
    /// The limits for the health and metrics of a role without an API.
    pub(crate) const PROBES: Self = Self {
        room: Room { all: 64, of_a_peer: 32, reserve: 16, silence: SILENCE },
        header_timeout: HEADER_TIMEOUT,
        write_timeout: WRITE_TIMEOUT,
        drain: Duration::from_secs(1),
        stop_patience: Duration::from_secs(1),
    };

    /// The limits of a listener that serves at most so many connections at once, half of them of one peer, and answers
    /// probes beyond these. `drain` is how long requests in flight may take after the stop signal.
    pub fn of(connections: usize, drain: Duration) -> Self {
        let room =
            Room { all: connections, of_a_peer: connections / 2, reserve: connections.div_ceil(16), silence: SILENCE };
        Self { room, header_timeout: HEADER_TIMEOUT, write_timeout: WRITE_TIMEOUT, drain, stop_patience: STOP_PATIENCE }
    }
}

/// Serves until `stop`; requests in flight may then take as long as the limits say.
pub async fn serve(router: Router, listener: TcpListener, stop: CancellationToken, limits: Limits) {
    let tasks = TaskTracker::new();
    let connections = Connections::new(limits.room);
    while let Some((stream, peer)) = accept(&listener, &connections, &stop).await {
        let admitted = connections.admit(peer.ip());
        tasks.spawn(converse(stream, peer, admitted, router.clone(), stop.clone(), limits));
    }
    drop(listener);
    tasks.close();
    if tokio::time::timeout(limits.drain, tasks.wait()).await.is_err() {
        tracing::warn!(connections = tasks.len(), "requests were cut off: they took longer than the drain");
    }
}

/// Accepts the next connection. None after the stop.
async fn accept(
    listener: &TcpListener,
    connections: &Connections,
    stop: &CancellationToken,
) -> Option<(TcpStream, SocketAddr)> {
    let next = async {
        loop {
            match listener.accept().await {
                Ok(accepted) => return accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    connections.make_room();
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => None,
        accepted = next => Some(accepted),
    }
}

async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    admitted: Admitted,
    router: Router,
    stop: CancellationToken,
    limits: Limits,
) {
    // An answer is small and somebody waits for it, so it is not held back.
    let _ = stream.set_nodelay(true);
    let local = stream.local_addr().ok();
    let activity = admitted.activity();
    let probes_only = admitted.probes_only;
    let service = tower::service_fn({
        let (activity, close) = (activity.clone(), admitted.close.clone());
        move |mut request: Request<_>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            local.map(|local| request.extensions_mut().insert(LocalAddress(local)));
            let request = request.map(|body| Awaited::body(body, &activity, &close));
            answer(router.clone(), request, probes_only, activity.clone())
        }
    });
    let mut http1 = Builder::new();
    let timeout = if probes_only { PROBE_TIMEOUT.min(limits.header_timeout) } else { limits.header_timeout };
    http1.timer(TokioTimer::new()).header_read_timeout(timeout).max_buf_size(HEADER_LIMIT).keep_alive(!probes_only);
    // A client that has closed its half of the connection still gets its answer.
    http1.half_close(true);
    let stream = ClientSocket::new(stream, limits.write_timeout, activity.clone());
    // What a handler has made a WebSocket of is the handler's: it is no connection of ours any more, and still has to be read.
    let connection = http1.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).with_upgrades();
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(limits.stop_patience, connection.as_mut()).await {
                Ok(ended) => ended,
                Err(_) if activity.is_busy() => connection.await,
                // A stranger who keeps us waiting does not keep the process from its end.
                Err(_) => return,
            }
        }
        () = admitted.close.cancelled() => {
            if activity.is_fresh() {
                return;
            }
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(LAST_WORDS, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

async fn answer(
    router: Router,
    request: Request<Body>,
    probes_only: bool,
    activity: Activity,
) -> Result<Response<Body>, Infallible> {
    if !activity.begins() {
        // The requests of this connection come without a pause: all other connections have their turn before the next
        // one.
        tokio::task::yield_now().await;
    }
    let path = request.uri().path();
    let response = if header_bytes(&request) > HEADER_LIMIT {
        Ok((StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, [(CONNECTION, "close")]).into_response())
    } else if probes_only && !is_probe(path) && path != "/metrics" {
        Ok(too_many_connections().into_response())
    } else {
        router.oneshot(request).await
    };
    activity.ends();
    response
}

/// Counts the bytes that a request's header took on its way. The reader may have up to twice its own limit in hand when
/// it looks, and then refuses only a header that is not whole yet.
fn header_bytes(request: &Request<Body>) -> usize {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    let fields = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    request.method().as_str().len() + target + "  HTTP/1.1\r\n\r\n".len() + fields.sum::<usize>()
}

fn too_many_connections() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too-many-connections",
        "Too many connections are busy",
        "Nothing was done. Wait as long as Retry-After says, then send the request again; use fewer connections at once.",
    )
    .with_retry_after(1)
}

#[cfg(test)]
mod tests;
