//! The edge that every request passes on its way to its route, and its answer on the way back. The request is counted
//! and timed; its host, its query and the names of its headers are looked at; a panic is contained; and the answer gets
//! the headers that every answer has.
//!
//! The edge is one layer, because a layer costs every request several allocations, whatever it does.

use std::any::Any;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use metrics::{Counter, Histogram, counter, histogram};

use crate::headers::Headers;
use crate::hosts::{self, Hosts};
use crate::problem::Problem;
use crate::unread::Readings;

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// Of answers that are no page: a browser that shows one loads nothing for it.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// Methods that are counted by name; a client may invent others.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "DELETE", "PUT", "OPTIONS"];
/// Stands for the route of a request for which there is none.
const NO_ROUTE: &str = "unknown";

/// The layer around every route of a router.
struct Edge {
    /// What is asked of a request. None where only probes are served.
    admission: Option<Admission>,
    meters: Meters,
}

/// What a request must bring to be let in.
pub struct Admission {
    /// The names and addresses by which a request may come.
    pub hosts: Hosts,
    /// The routes that a request may ask with parameters.
    pub readings: Readings,
    /// The headers that are refused, and the routes that refuse them.
    pub headers: Headers,
}

/// Puts the edge around a router. Without an admission whoever asks is let in, as probes are.
pub fn around(router: Router, admission: Option<Admission>) -> Router {
    let edge = Edge { admission, meters: Meters::default() };
    router.layer(from_fn_with_state(Arc::new(edge), pass))
}

async fn pass(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    let method = METHODS.into_iter().find(|name| *name == request.method().as_str()).unwrap_or("other");
    let answering = AssertUnwindSafe(edge.answer(route, request, next)).catch_unwind();
    let mut response = answering.await.unwrap_or_else(panicked);
    set_headers(response.headers_mut());
    edge.meters.record(route, method, response.status(), begun.elapsed());
    response
}

impl Edge {
    async fn answer(&self, route: &str, mut request: Request, next: Next) -> Response {
        if let Some(Admission { hosts, readings, headers }) = &self.admission
            && let Err(problem) = hosts::admit(&mut request, hosts)
                .and_then(|()| readings.check(route, &request))
                .and_then(|()| headers.check(route, &request))
        {
            return problem.into_response();
        }
        next.run(request).await
    }
}

/// Answers in place of a handler that panicked. The panic hook of the process logs the panic; its payload is not told
/// here, because it may hold a recipient.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request made a handler panic");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal-error",
        "The API failed",
        "This is a mistake of ours. Nobody knows whether the request had an effect: repeat it with the same \
         Idempotency-Key, and tell the operator the time.",
    )
    .into_response()
}

fn set_headers(headers: &mut HeaderMap) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // No page of another origin may load an answer as a picture, a script or a style.
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    // Also of what the edge answers itself, and of a method that a route does not know: no route has seen these.
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NOTHING));
    if headers.get(ALLOW).is_some_and(HeaderValue::is_empty) {
        headers.remove(ALLOW);
    }
}

/// Handles of the metrics of requests, looked up once in the registry for each route, method and status.
#[derive(Default)]
struct Meters(RwLock<HashMap<String, OfRoute>>);

/// The meters of one route by method and status.
type OfRoute = HashMap<(&'static str, StatusCode), Meter>;

struct Meter {
    requests: Counter,
    seconds: Histogram,
}

impl Meters {
    fn record(&self, route: &str, method: &'static str, status: StatusCode, took: Duration) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(meter) = known.get(route).and_then(|meters| meters.get(&(method, status))) {
            return meter.record(took);
        }
        drop(known);
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let of_route = all.entry(route.to_owned()).or_default();
        of_route.entry((method, status)).or_insert_with(|| Meter::of(route, method, status)).record(took);
    }
}

impl Meter {
    fn of(route: &str, method: &'static str, status: StatusCode) -> Self {
        let labels =
            [("route", route.to_owned()), ("method", method.to_owned()), ("status", status.as_u16().to_string())];
        Self {
            requests: counter!("chasqui_http_requests_total", &labels),
            seconds: histogram!("chasqui_http_request_duration_seconds", &labels),
        }
    }

    fn record(&self, took: Duration) {
        self.requests.increment(1);
        self.seconds.record(took);
    }
}
