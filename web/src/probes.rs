//! Answers the probes of orchestrators and Prometheus: one by one for a listener that has other routes, or on a
//! listener of its own for a role that serves nothing else.

use std::sync::Arc;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use runtime::Readiness;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use crate::fallbacks::{Known, with_fallbacks};
use crate::problem::Problem;
use crate::{edge, server};

const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Renders the metrics of this process in the text format of Prometheus.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// The answer to a probe when all is well.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    #[schema(example = "ok")]
    status: &'static str,
    /// The version of this program.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// What is paused, one line each. Absent when nothing is, and where nobody in the process knows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    paused: Vec<String>,
}

impl Health {
    fn of(status: &'static str, paused: Vec<String>) -> Json<Self> {
        Json(Self { status, version: env!("CARGO_PKG_VERSION"), paused })
    }
}

/// What a role without an API shows on `METRICS_LISTEN`.
#[derive(Clone)]
pub struct Probes {
    /// Whether the role can do its work right now.
    pub readiness: Readiness,
    /// Renders the metrics of the role's process.
    pub metrics: RenderMetrics,
}

impl Probes {
    /// Serves until `stop`.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) {
        server::serve(self.router(), listener, stop, server::Limits::PROBES).await;
    }

    fn router(self) -> Router {
        let Self { readiness, metrics } = self;
        let router = Router::new()
            .route("/health", get(async || alive()))
            .route("/health/live", get(async || alive()))
            .route("/health/ready", get(|| async move { readiness_of(readiness.missing(), readiness.paused()) }))
            .route("/metrics", get(|| async move { rendered(&metrics) }));
        let known = Known::pages(&["/health", "/health/live", "/health/ready", "/metrics"]);
        edge::around(with_fallbacks(router, known), None)
    }
}

/// Answers that the process does.
pub fn alive() -> Json<Health> {
    Health::of("ok", Vec::new())
}

/// Answers whether a role is ready, which it is when nothing is missing, and with what is paused, which changes nothing of
/// that.
///
/// # Errors
/// 503 that names what is missing, a reason each.
pub fn readiness_of(missing: Vec<String>, paused: Vec<String>) -> Result<Json<Health>, Problem> {
    if missing.is_empty() {
        return Ok(Health::of("ready", paused));
    }
    let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "Not ready", missing.join("; "));
    let problem = problem.with("reasons", missing);
    Err(if paused.is_empty() { problem } else { problem.with("paused", paused) })
}

/// Answers with the metrics, in the content type by which Prometheus knows its format.
pub fn rendered(metrics: &RenderMetrics) -> ([(HeaderName, &'static str); 1], String) {
    ([(CONTENT_TYPE, METRICS_TYPE)], metrics())
}

#[cfg(test)]
mod tests;
