//! Probes of the API, and what the OpenAPI document says of them.

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use runtime::Readiness;
use web::probes::{self, Health};
use web::problem::Problem;

use crate::app::Shared;

/// The process answers
#[utoipa::path(
    get, path = "/health", tag = "Health",
    responses((status = 200, description = "It answers.", body = Health)),
)]
pub(crate) async fn health() -> Json<Health> {
    probes::alive()
}

/// The process answers; restart it when it does not
#[utoipa::path(
    get, path = "/health/live", tag = "Health",
    responses((status = 200, description = "It answers.", body = Health)),
)]
pub(crate) async fn live() -> Json<Health> {
    probes::alive()
}

/// The API can publish: the broker is connected, not blocked, and confirms
///
/// The ledger is left out: publishing does not need it. Where a worker runs in the same process, as under `chasqui up`,
/// `paused` says what is paused, a line each; the API is as ready as without.
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
    let paused = app.settings.worker.as_ref().map(Readiness::paused).unwrap_or_default();
    probes::readiness_of(missing.map(str::to_owned).into_iter().collect(), paused)
}

/// Metrics in the text format of Prometheus
#[utoipa::path(
    get, path = "/metrics", tag = "Health",
    responses((status = 200, description = "The metrics of this process.", body = String, content_type = "text/plain")),
)]
pub(crate) async fn metrics(State(app): Shared) -> impl IntoResponse {
    probes::rendered(&app.metrics)
}
