//! `/webhook/{provider}`: what providers report. A call is believed, published as it came, and answered once the broker
//! has confirmed it; what it means is read later, by another role.
//!
//! The routes are in no document, because nobody calls them but providers. Which calls are believed says the gate.

use std::sync::LazyLock;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use runtime::{LogLimiter, failpoint};
use topology::{Inbound, Publication};
use uuid::Uuid;
use web::body::read_bytes;
use web::problem::Problem;

use crate::app::Shared;
use crate::gate::{Call, Verdict};
use crate::unavailable::{broker_confirmed, broker_failed, broker_problem};

pub(crate) const PATH: &str = "/webhook/{provider}";

/// The most bytes of a call, as many as a message may have.
const MAX_BYTES: usize = domain::MAX_BODY_BYTES;

/// What was logged of calls that were not believed.
static REFUSALS: LazyLock<LogLimiter> = LazyLock::new(LogLimiter::default);

/// `POST`: 200 once the broker has the call, so that a provider repeats what is not safe.
pub(crate) async fn receive(State(app): Shared, request: Request) -> Result<Response, Problem> {
    let (target, headers, at) = (target(&request), request.headers().clone(), app.clock.now());
    let body = read_bytes(request, MAX_BYTES).await?;
    let call = Call { name: name(&target), target: &target, headers: &headers, body: Some(&body), at };
    let (provider, content_type, text) = match (app.gate)(&call) {
        Verdict::Believed { provider, content_type, text } => (provider, content_type, text),
        other => return answer(other),
    };
    let inbound = Inbound::call(provider, target, at, body).marked(&app.secrets);
    let publication = Publication::of_inbound(Uuid::now_v7().to_string(), inbound);
    if let Err(error) = app.publisher.publish(publication).await {
        broker_failed(&error);
        return Err(broker_problem("Send the same request again."));
    }
    broker_confirmed();
    failpoint("api.callback_before_response");
    Ok(([(CONTENT_TYPE, HeaderValue::from_static(content_type))], text).into_response())
}

/// `GET`: the provider's question whether the webhook is ours. It changes nothing.
pub(crate) async fn question(State(app): Shared, request: Request) -> Result<Response, Problem> {
    let (target, at) = (target(&request), app.clock.now());
    let call = Call { name: name(&target), target: &target, headers: request.headers(), body: None, at };
    answer((app.gate)(&call))
}

fn target(request: &Request) -> String {
    request.uri().path_and_query().map(|target| target.as_str().to_owned()).unwrap_or_default()
}

fn name(target: &str) -> &str {
    let path = target.split('?').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

/// The answer to a call of which nothing is published.
fn answer(verdict: Verdict) -> Result<Response, Problem> {
    match verdict {
        Verdict::Answered(text) => {
            let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
            Ok(([(CONTENT_TYPE, content_type)], text).into_response())
        }
        Verdict::Refused { provider, why } => {
            if REFUSALS.is_due(&format!("{provider} {why}"), Instant::now()) {
                tracing::warn!(provider, why, "a call of a webhook was not believed; not told again for an hour");
            }
            Err(Problem::new(
                StatusCode::FORBIDDEN,
                "not-believed",
                "The call is not the provider's",
                "Its signature, or the word of its question, is missing or not that of this request. Nothing was done.",
            ))
        }
        Verdict::Believed { .. } => Err(nowhere(None)),
        Verdict::Unknown { meant } => Err(nowhere(meant)),
    }
}

/// Nobody reads what a provider is answered, so that a slip in its console is told in the log too.
fn nowhere(meant: Option<&'static str>) -> Problem {
    if let Some(meant) = meant.filter(|meant| REFUSALS.is_due(&format!("nearly {meant}"), Instant::now())) {
        let path = format!("/webhook/{meant}");
        tracing::warn!(path, "a webhook was called by nearly this path, and answered 404; not told again for an hour");
    }
    let hint = meant.map(|meant| format!(": did you mean /webhook/{meant}?")).unwrap_or_else(|| ".".to_owned());
    Problem::not_found(
        "no-webhook",
        "There is no such webhook",
        format!("No provider of this name calls here, or its keys are not set{hint} Nothing was done."),
    )
}
