//! Probes for orchestrators and Prometheus: of the API, and of the roles that have no API.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use runtime::Readiness;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use crate::app::{RenderMetrics, Shared};
use crate::http::fallbacks::{Known, with_fallbacks};
use crate::http::problem::Problem;
use crate::http::{edge, server};

const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All is well.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    #[schema(example = "ok")]
    status: &'static str,
}

/// What a role without an API shows on `METRICS_LISTEN`.
#[derive(Clone)]
pub struct Probes {
    pub readiness: Readiness,
    pub metrics: RenderMetrics,
}

impl Probes {
    /// The routes without a socket.
    pub fn router(self) -> Router {
        let readiness = self.readiness;
        let metrics = self.metrics;
        let router = Router::new()
            .route("/health", get(health))
            .route("/health/live", get(live))
            .route("/health/ready", get(|| async move { answer(readiness.missing()) }))
            .route("/metrics", get(|| async move { ([(CONTENT_TYPE, METRICS_TYPE)], metrics()) }));
        let known = Known::pages(&["/health", "/health/live", "/health/ready", "/metrics"]);
        edge::around(with_fallbacks(router, known), None)
    }

    /// Serves until `stop`.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        server::serve(self.router(), listener, stop, server::Limits::PROBES).await;
    }
}

/// The process answers
#[utoipa::path(
    get, path = "/health", tag = "Health",
    responses((status = 200, description = "It answers.", body = Health)),
)]
pub(crate) async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The process answers; restart it when it does not
#[utoipa::path(
    get, path = "/health/live", tag = "Health",
    responses((status = 200, description = "It answers.", body = Health)),
)]
pub(crate) async fn live() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The API can publish: the broker is connected, not blocked, and confirms
///
/// The ledger is left out: publishing does not need it.
#[utoipa::path(
    get, path = "/health/ready", tag = "Health",
    responses(
        (status = 200, description = "Ready.", body = Health),
        (status = 503, description = "Not ready; `reasons` says what is missing."),
    ),
)]
pub(crate) async fn ready(State(app): Shared) -> Result<Json<Health>, Problem> {
    let watch = app.publisher.watch();
    // Why is in our log: it names the broker's address, and anybody may ask this.
    let missing = watch.borrow().missing();
    answer(missing.map(str::to_owned).into_iter().collect())
}

/// Metrics in the text format of Prometheus
#[utoipa::path(
    get, path = "/metrics", tag = "Health",
    responses((status = 200, description = "The metrics of this process.", body = String, content_type = "text/plain")),
)]
pub(crate) async fn metrics(State(app): Shared) -> impl IntoResponse {
    ([(CONTENT_TYPE, METRICS_TYPE)], (Arc::clone(&app.metrics))())
}

fn answer(missing: Vec<String>) -> Result<Json<Health>, Problem> {
    if missing.is_empty() {
        return Ok(Json(Health { status: "ready" }));
    }
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "Not ready", missing.join("; "));
    Err(problem.with("reasons", missing))
}
