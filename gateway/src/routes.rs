//! The routes of a gateway.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use web::edge;
use web::fallbacks::{Known, with_fallbacks};
use web::probes::{alive, readiness_of};
use web::problem::Problem;

use crate::door::{self, SOCKETS, token_of};
use crate::room::is_name;
use crate::shared::Shared;
use crate::streams;

const EVENTS: &str = "/realtime/events";
const PRESENCE: &str = "/realtime/presence/{user}";
const PROBES: [&str; 3] = ["/health", "/health/live", "/health/ready"];

/// Whether somebody is connected. It may be as old as a ping and its time-out: nothing is decided by it.
#[derive(Serialize)]
struct Shown {
    user: String,
    online: bool,
    /// With how many gateways.
    gateways: u32,
    /// Since when, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
}

/// All routes, with what every request passes. `sockets` are those of Socket.IO.
pub(crate) fn router(shared: &Arc<Shared>, sockets: Router) -> Router {
    let clients = Router::new()
        .route(EVENTS, get(streams::events))
        .route(PRESENCE, get(presence))
        .with_state(Arc::clone(shared))
        .merge(sockets)
        .layer(from_fn_with_state(Arc::clone(shared), door::pass));
    let readiness = shared.readiness.clone();
    let probes = Router::new()
        .route(PROBES[0], get(async || alive()))
        .route(PROBES[1], get(async || alive()))
        .route(PROBES[2], get(move || async move { readiness_of(readiness.missing(), readiness.paused()) }));
    let known = Known::pages(&[EVENTS, PRESENCE, SOCKETS, PROBES[0], PROBES[1], PROBES[2]]);
    edge::around(with_fallbacks(clients.merge(probes), known), None)
}

/// `GET /realtime/presence/{user}`: for whoever has a role with a room, such as support.
async fn presence(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    uri: Uri,
    user: Result<Path<String>, PathRejection>,
) -> Result<Json<Shown>, Problem> {
    let token = token_of(&shared, &headers, &uri).ok_or_else(streams::unauthenticated)?;
    let identity = shared.tokens.identity(&token, shared.mapping.claims()).await;
    let identity = identity.ok_or_else(streams::unauthenticated)?;
    let role_room = identity.role.as_ref().and_then(|role| shared.mapping.role_room(&identity.tenant, role));
    if role_room.is_none() {
        return Err(forbidden());
    }
    let user = user.ok().map(|Path(user)| user).filter(|user| is_name(user)).ok_or_else(nobody)?;
    let present = shared.store.present(&identity.tenant, &user).await.map_err(|error| {
        tracing::debug!(%error, "the ledger does not say who is connected");
        unavailable()
    })?;
    Ok(Json(Shown {
        online: present.is_some(),
        gateways: present.map_or(0, |present| present.gateways),
        since: present.map(|present| present.since.to_string()),
        user,
    }))
}

fn forbidden() -> Problem {
    let detail = "The role of the token must be one that has a room, such as that of administrators.";
    Problem::new(StatusCode::FORBIDDEN, "missing-role", "This token does not let you look", detail)
}

fn nobody() -> Problem {
    let detail = "Name a user as destinations do, without `user:`.";
    Problem::new(StatusCode::NOT_FOUND, "unknown-user", "Nobody is called so", detail)
}

fn unavailable() -> Problem {
    let detail = "The ledger does not answer now. Ask again in a moment.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "ledger-unavailable", "Nobody knows now", detail).with_retry_after(1)
}
