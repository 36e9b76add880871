//! Counts and times every request by route, method and status.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use metrics::{counter, histogram};

/// Methods that are counted by name; a client may invent others.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "DELETE", "PUT", "OPTIONS"];

pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str).to_owned();
    let method = METHODS.into_iter().find(|name| *name == request.method().as_str()).unwrap_or("other");
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    let labels = [("route", route), ("method", method.to_owned()), ("status", status)];
    counter!("chasqui_http_requests_total", &labels).increment(1);
    histogram!("chasqui_http_request_duration_seconds", &labels).record(started.elapsed());
    response
}
