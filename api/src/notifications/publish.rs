//! `POST /notify` and `POST /notify-auth`: 202 after the broker has confirmed, and never before.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{Actor, Lane, RequestedBy, Tenant};
use operations::{Checked, Refused, Rules, Status, Unconfirmed, accept, accept_all};
use runtime::failpoint;
use serde::Serialize;
use topology::TraceHeaders;
use utoipa::ToSchema;
use web::body::read_json_text;
use web::idempotency::idempotency_key;
use web::problem::{Problem, Warning};

use crate::access::{Authorized, AuthorizedUnlessOpen, scopes};
use crate::app::{App, Shared};
use crate::docs::refusals::{InvalidFields, Unauthorised, Unreadable};
use crate::notifications::body::{self, Asked};
use crate::notifications::document::NotifyBody;
use crate::unavailable::{broker_confirmed, broker_problem, explain, not_confirmed};

/// The most bytes of a body that is read at once; a longer one, such as a batch with templates, is read where it makes
/// nobody wait.
const READ_AT_ONCE: usize = 16 * 1024;
/// The `notify-publisher` of a request without a token.
const ANONYMOUS_PUBLISHER: &str = "http";

/// The broker has it on disk: it will be delivered at least once, or end in the dead-letter queue with its reason.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Accepted {
    /// The delivery's id: `GET /deliveries/{id}` shows what becomes of it.
    #[schema(example = "01933f5e-7c1a-7cc3-9a52-0c2f4d1b8a10")]
    pub(crate) id: String,
    /// `scheduled` when its `send_at` is ahead.
    #[schema(example = "accepted")]
    pub(crate) status: AcceptedStatus,
    /// The queue that it went to, from its priority.
    #[schema(value_type = String, example = "normal")]
    #[serde(serialize_with = "lane_name")]
    pub(crate) lane: Lane,
    /// What of it was taken and not read, or will not have the effect that you may think. Absent when there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub(crate) warnings: Vec<Warning>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AcceptedStatus {
    Accepted,
    Scheduled,
}

/// One item, or the items of a batch in their order.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes an answer in the OpenAPI document")]
pub(crate) enum AcceptedAnswer {
    One(Accepted),
    Batch(Vec<Accepted>),
}

/// Publish a notification
///
/// One notification as an object, or up to a thousand as a list. The list is checked as a whole before anything is
/// published. 202 is answered only after the broker has confirmed every item. Needs a token with the scope `notify`,
/// except where the operator has opened it (`NOTIFY_OPEN`); a token that is sent must be valid even then. Without one
/// everything belongs to the tenant `default`.
#[utoipa::path(
    post, path = "/notify", tag = "Notifications",
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
        description = "Any text up to 255 bytes. The same key gives the same id, so that a repeated request is one \
                       delivery. Not together with an `id` in the body.",
    )),
    security((), ("bearer" = [])),
    request_body(content = NotifyBody, description = "One notification, or a list of them."),
    responses(
        (status = 202, description = "Confirmed: one answer, or one per item.", body = AcceptedAnswer),
        (status = 503, description = "The broker has not confirmed. `id` is the id to repeat with; of a batch, \
                                      `accepted` and `failed` list the items."),
        Unreadable, InvalidFields, Unauthorised,
    ),
)]
pub(crate) async fn notify(
    State(app): Shared,
    AuthorizedUnlessOpen { caller, .. }: AuthorizedUnlessOpen<scopes::Notify>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    publish(&app, caller, &headers, request).await
}

/// Publish a notification, always with a token
///
/// The same as `POST /notify`, but a token with the scope `notify` is needed wherever the API listens.
#[utoipa::path(
    post, path = "/notify-auth", tag = "Notifications",
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
        description = "As for `POST /notify`.",
    )),
    security(("bearer" = [])),
    request_body(content = NotifyBody, description = "One notification, or a list of them."),
    responses(
        (status = 202, description = "Confirmed: one answer, or one per item.", body = AcceptedAnswer),
        (status = 503, description = "As for `POST /notify`."),
        Unreadable, InvalidFields, Unauthorised,
    ),
)]
pub(crate) async fn notify_auth(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Notify>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    publish(&app, Some(caller), &headers, request).await
}

async fn publish(
    app: &Arc<App>,
    caller: Option<Actor>,
    headers: &HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let idempotency_key = idempotency_key(headers)?;
    let text = read_json_text(request, app.settings.body_limit).await?;
    let tenant = caller.as_ref().map(|caller| &caller.tenant);
    let asked = if text.len() <= READ_AT_ONCE {
        read(app, &text, tenant, idempotency_key)?
    } else {
        let (app, tenant, key) = (Arc::clone(app), tenant.cloned(), idempotency_key.map(str::to_owned));
        let reading = move || read(&app, &text, tenant.as_ref(), key.as_deref());
        let read = tokio::task::spawn_blocking(reading).await;
        read.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?
    };
    let publisher = caller.as_ref().map_or(ANONYMOUS_PUBLISHER, |caller| &caller.name);
    match asked {
        Asked::One(item) => {
            let answer = accepted(app, *item, publisher, headers).await?;
            Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
        }
        Asked::Batch(items) => publish_batch(app, items, publisher, headers).await,
    }
}

/// What a caller asks for in the body of a request, as `read` takes it. The same `Idempotency-Key` is the same id.
///
/// # Errors
/// As for a key, a body and what is read of it.
pub(crate) async fn wanted<T>(
    app: &App,
    caller: &Actor,
    headers: &HeaderMap,
    request: Request,
    read: impl FnOnce(&str, &str, &Rules<'_>) -> Result<T, Refused>,
) -> Result<T, Problem> {
    let idempotency_key = idempotency_key(headers)?;
    let text = read_json_text(request, app.settings.body_limit).await?;
    let rules = app.rules(&caller.tenant, RequestedBy::TokenHolder, idempotency_key);
    read(&text, &caller.name, &rules).map_err(body::refusal)
}

/// The trace that a caller is in, for its messages. A header that is none of the standard is as good as none: it may
/// come from a proxy, and the caller cannot help it.
pub(crate) fn trace_of(headers: &HeaderMap) -> Option<TraceHeaders> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    TraceHeaders::read(text("traceparent")?, text("tracestate"))
}

fn read(app: &App, text: &str, tenant: Option<&Tenant>, idempotency_key: Option<&str>) -> Result<Asked, Problem> {
    let nobodys = Tenant::default();
    let by = if tenant.is_some() { RequestedBy::TokenHolder } else { RequestedBy::Anonymous };
    let rules = app.rules(tenant.unwrap_or(&nobodys), by, idempotency_key);
    body::read(text, &rules, app.settings.batch_limit)
}

/// Publishes a notification, in the trace of its request.
///
/// # Errors
/// 503 while the broker does not confirm.
pub(crate) async fn accepted(
    app: &App,
    item: Checked,
    publisher: &str,
    headers: &HeaderMap,
) -> Result<Accepted, Problem> {
    let trace = trace_of(headers);
    let published = accept(&app.publisher, item, publisher, trace.as_ref(), app.clock.now()).await;
    let accepted = once_confirmed(published)?;
    failpoint("api.confirmed_before_response");
    Ok(Accepted::from(accepted))
}

/// What was published for one request, once the broker has confirmed it.
///
/// # Errors
/// 503 where it has not: with the id to repeat with.
pub(crate) fn once_confirmed<T>(published: Result<T, Unconfirmed>) -> Result<T, Problem> {
    const THEN: &str = "Send it again with this id in its body, or with the same Idempotency-Key.";
    let confirmed = published.map_err(|unconfirmed| not_confirmed(unconfirmed, THEN))?;
    broker_confirmed();
    Ok(confirmed)
}

async fn publish_batch(
    app: &App,
    items: Vec<Checked>,
    publisher: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let trace = trace_of(headers);
    let results = accept_all(&app.publisher, items, publisher, trace.as_ref(), app.clock.now()).await;
    if results.iter().all(Result::is_ok) {
        broker_confirmed();
        let answers: Vec<Accepted> = results.into_iter().flatten().map(Accepted::from).collect();
        return Ok((StatusCode::ACCEPTED, Json(answers)).into_response());
    }
    let (mut confirmed, mut failed) = (Vec::new(), Vec::new());
    for (index, result) in results.into_iter().enumerate() {
        match result {
            Ok(accepted) => confirmed.push(serde_json::json!({
                "index": index, "id": accepted.id, "status": AcceptedStatus::from(accepted.status),
                "lane": accepted.lane.as_str(),
            })),
            Err(unconfirmed) => failed.push(serde_json::json!({
                "index": index, "id": unconfirmed.id, "detail": explain(&unconfirmed),
            })),
        }
    }
    let detail = format!(
        "{} of {} items were confirmed. Send those in failed again, each with its id in its body; or the whole batch \
         with the same Idempotency-Key.",
        confirmed.len(),
        confirmed.len() + failed.len()
    );
    Err(broker_problem(detail).with("accepted", confirmed).with("failed", failed))
}

impl From<operations::Accepted> for Accepted {
    fn from(accepted: operations::Accepted) -> Self {
        let operations::Accepted { id, status, lane, warnings } = accepted;
        Self { id, status: status.into(), lane, warnings: warnings.iter().map(Warning::from).collect() }
    }
}

impl From<Status> for AcceptedStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Accepted => Self::Accepted,
            Status::Scheduled => Self::Scheduled,
        }
    }
}

fn lane_name<S: serde::Serializer>(lane: &Lane, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(lane.as_str())
}
