//! Serves HTTP/1.1 and HTTP/2 without TLS on one listener, the providers and the fake's own part side by side.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use crate::control;
use crate::exchange::{Call, Reply};
use crate::providers::{self, PROVIDERS};
use crate::world::World;

/// The largest body: no provider takes a larger one.
const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;

/// How long nobody is let in after somebody could not be.
const PAUSE: Duration = Duration::from_millis(100);

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut")]
struct Cut;

pub(crate) async fn serve(listener: TcpListener, world: Arc<World>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(converse(stream, Arc::clone(&world)));
            }
            // As when there are too many open files: others end meanwhile.
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn converse(stream: TcpStream, world: Arc<World>) {
    let _ = stream.set_nodelay(true);
    let service = tower::service_fn(move |request: Request<_>| answer(Arc::clone(&world), request.map(Body::new)));
    let builder = Builder::new(TokioExecutor::new());
    // It ends with an error when a rule has it cut, or when the other side goes away: both are as they should be.
    let _ = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).await;
}

async fn answer(world: Arc<World>, request: Request<Body>) -> Result<Response<Body>, Cut> {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY_BYTES).await else {
        return Ok(Reply::json(413, &json!({ "error": "the body is too large, or broke off" })).into_response());
    };
    let call = Call {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        is_http2: head.version == Version::HTTP_2,
        headers: head.headers,
        body,
    };
    let reply = if call.path.starts_with("/_fake/") {
        Some(control::answer(&world, &call).await)
    } else {
        provider(&world, &call).await
    };
    reply.map(Reply::into_response).ok_or(Cut)
}

/// The answer of the provider that knows the path; none where the connection is to be cut.
async fn provider(world: &World, call: &Call) -> Option<Reply> {
    if let Some(reply) = providers::awaited(&world.site, call).await {
        return Some(reply);
    }
    if let Some(reply) = PROVIDERS.iter().find_map(|provider| (provider.beside)(&world.site, call)) {
        return Some(reply);
    }
    let Some(provider) = PROVIDERS.iter().copied().find(|provider| (provider.takes)(call)) else {
        return Some(Reply::json(404, &json!({ "error": "no provider has this path" })));
    };
    world.carry(provider, (provider.read)(&world.site, call)).await
}
