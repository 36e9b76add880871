//! `GET /deliveries` and `GET /deliveries/{id}`: what became of each notification, and why.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State as Extract};
use axum::http::HeaderMap;
use domain::{Attempt, Defaults, Key, Notification, Order, State, Tenant, child_id, mask};
use serde::{Deserialize, Serialize};
use store::{Cursor, DeliveryView, Filter, Job, JobKind};
use utoipa::{IntoParams, ToSchema};

use crate::access;
use crate::problem::Problem;
use crate::routes::Shared;
use crate::schema::{LedgerAway, Unauthorised};
use crate::service::App;
use crate::token::Scope;

const MAX_LIMIT: u32 = 1000;
const USUAL_LIMIT: u32 = 100;
/// More than the fallbacks that a notification may have.
const MAX_CHAIN: usize = 16;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// `sending`, `waiting`, `sent`, `captured`, `dead`, `held`, `expired`, `suppressed`, `cancelled`, `fell_back`,
    /// `delivered` or `bounced`.
    state: Option<String>,
    /// Only those with an attempt that may have been accepted without our knowing, or only those without.
    ambiguous: Option<bool>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// 1 to 1,000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// One page, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveriesAnswer {
    /// The deliveries of the token's tenant.
    deliveries: Vec<DeliveryAnswer>,
    /// The `cursor` of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// One recipient on one channel, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryAnswer {
    /// The delivery's id.
    id: String,
    /// Whose it is.
    tenant: String,
    /// The channel that it goes through.
    #[schema(example = "email")]
    channel: String,
    /// `scheduled` (due later), or one of the states of `GET /deliveries`.
    #[schema(example = "sent")]
    state: String,
    /// Retry budgets used before this one: one for each move out of the dead-letter queue.
    epoch: u32,
    /// Every try, the first to the last.
    attempts: Vec<AttemptAnswer>,
    /// Some attempt may have been accepted without our knowing. Stays for ever.
    ambiguous: bool,
    /// Answers that came after another worker had taken over.
    late_answers: u32,
    /// The recipient, masked.
    #[schema(example = "***@example.com")]
    recipient: String,
    /// When it was first seen.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    updated_at: String,
    /// After this it is not sent any more.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// Why it is in the dead-letter queue, from the closed list that operators see there.
    #[schema(example = "exhausted")]
    reason: Option<String>,
    /// The same in words.
    detail: Option<String>,
    /// What comes next: `retry.1` to `retry.3`, `scheduled at …`, or nothing.
    #[schema(example = "retry.2")]
    next: Option<String>,
    /// The delivery whose fallback this one is.
    parent: Option<String>,
    /// The fallbacks that it was handed on to, in their order.
    children: Vec<ChildAnswer>,
}

/// One try to send.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptAnswer {
    /// The retry budget that it belongs to.
    epoch: u32,
    /// 1 for the first try of its epoch.
    n: u32,
    /// `sent`, `captured`, `throttled`, `retriable`, `maybe_sent`, `permanent`, `ambiguous` or `late`.
    #[schema(example = "sent")]
    outcome: &'static str,
    /// Who answered.
    #[schema(example = "smtp")]
    provider: String,
    /// The provider's own code.
    code: Option<String>,
    /// What happened, in words.
    detail: String,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

/// A fallback.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChildAnswer {
    /// Its own id.
    id: String,
    /// Its own state; `not-taken-yet` while it is on its way.
    #[schema(example = "sent")]
    state: String,
}

/// List deliveries
///
/// The deliveries of the token's tenant, the newest first. Needs the scope `read`. A filter for a rare state reads
/// many pages' worth of rows: the ledger keeps no index on what changes.
#[utoipa::path(
    get, path = "/deliveries", operation_id = "list_deliveries", tag = "Deliveries",
    params(ListQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "One page.", body = DeliveriesAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn list(
    Extract(app): Shared,
    headers: HeaderMap,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<DeliveriesAnswer>, Problem> {
    let caller = access::require(&app, &headers, &[Scope::Read])?;
    let Query(query) = query.map_err(|rejection| Problem::invalid_parameter("", rejection.body_text()))?;
    let page = app.store.deliveries(filter(query, caller.tenant)?).await?;
    let deliveries = page.deliveries.iter().map(|view| answer(view, Vec::new())).collect();
    Ok(Json(DeliveriesAnswer { deliveries, next: page.next.map(|cursor| cursor.to_string()) }))
}

/// See one delivery
///
/// With every attempt, the reason of its end, and its fallbacks. Needs the scope `read`.
#[utoipa::path(
    get, path = "/deliveries/{id}", operation_id = "show_delivery", tag = "Deliveries",
    params(("id" = String, Path, description = "The delivery's id.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "The delivery.", body = DeliveryAnswer),
        (status = 404, description = "No worker has taken it yet (`not-taken-yet`), or there is none of this id."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn show(
    Extract(app): Shared,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<DeliveryAnswer>, Problem> {
    let caller = access::require(&app, &headers, &[Scope::Read])?;
    let key = Key { tenant: caller.tenant, id };
    if key.id.contains('\0') {
        return Err(not_taken_yet());
    }
    if let Some(view) = app.store.delivery(&key).await? {
        let children = children(&app, &view).await?;
        return Ok(Json(answer(&view, children)));
    }
    let job = app.store.job(&key).await?.filter(|job| job.kind == JobKind::OneShot);
    job.map(|job| Json(scheduled(job, &app.defaults))).ok_or_else(not_taken_yet)
}

fn filter(query: ListQuery, tenant: Tenant) -> Result<Filter, Problem> {
    let state = query.state.map(|text| State::parse(&text).ok_or_else(unknown_state)).transpose()?;
    let foreign = || Problem::invalid_parameter("cursor", "must be `next` of the page before");
    let after = query.cursor.map(|text| Cursor::parse(&text).ok_or_else(foreign)).transpose()?;
    let limit = limit(query.limit)?;
    Ok(Filter { tenant: Some(tenant), state, ambiguous: query.ambiguous, after, limit })
}

/// # Errors
/// 422 for anything but 1 to 1,000.
pub(crate) fn limit(given: Option<u32>) -> Result<u32, Problem> {
    let limit = given.unwrap_or(USUAL_LIMIT);
    let refused = || Problem::invalid_parameter("limit", format!("must be a number from 1 to {MAX_LIMIT}"));
    if (1..=MAX_LIMIT).contains(&limit) { Ok(limit) } else { Err(refused()) }
}

fn unknown_state() -> Problem {
    let names: Vec<_> = State::ALL.iter().map(|state| state.as_str()).collect();
    Problem::invalid_parameter("state", format!("must be one of {}", names.join(", ")))
}

/// Follows the chain: each delivery hands on to one other.
async fn children(app: &App, parent: &DeliveryView) -> Result<Vec<ChildAnswer>, Problem> {
    let mut children = Vec::new();
    let (mut key, mut state) = (parent.row.key.clone(), Some(parent.row.state));
    while state == Some(State::FellBack) && children.len() < MAX_CHAIN {
        key.id = child_id(&key, 1);
        state = app.store.delivery(&key).await?.map(|child| child.row.state);
        let shown = state.map_or("not-taken-yet", State::as_str);
        children.push(ChildAnswer { id: key.id.clone(), state: shown.to_owned() });
    }
    Ok(children)
}

fn answer(view: &DeliveryView, children: Vec<ChildAnswer>) -> DeliveryAnswer {
    let row = &view.row;
    let (reason, detail) = match &row.order {
        Order::DeadLetter { reason, error } if row.state.is_dead_lettered() => {
            (Some(reason.to_string()), Some(error.clone()))
        }
        _ => (None, None),
    };
    let next = match &row.order {
        Order::Retry { tier } if row.state == State::Waiting => Some(format!("retry.{tier}")),
        Order::Schedule { due } if row.state == State::Waiting => Some(format!("scheduled at {due}")),
        _ => None,
    };
    DeliveryAnswer {
        id: row.key.id.clone(),
        tenant: row.key.tenant.to_string(),
        channel: row.channel.to_string(),
        state: row.state.to_string(),
        epoch: row.epoch,
        attempts: view.attempts.iter().map(attempt).collect(),
        ambiguous: row.ambiguous,
        late_answers: view.late_answers,
        recipient: row.recipient_mask.clone(),
        created_at: row.created_at.to_string(),
        updated_at: row.updated_at.to_string(),
        expires_at: row.expires_at.map(|at| at.to_string()),
        reason,
        detail,
        next,
        parent: row.parent.clone(),
        children,
    }
}

fn attempt(attempt: &Attempt) -> AttemptAnswer {
    AttemptAnswer {
        epoch: attempt.epoch,
        n: attempt.n,
        outcome: attempt.outcome.as_str(),
        provider: attempt.provider.clone(),
        code: attempt.code.clone(),
        detail: attempt.detail.clone(),
        at: attempt.at.to_string(),
    }
}

/// A job that the scheduler has not released yet *is* its delivery.
fn scheduled(job: Job, defaults: &Defaults) -> DeliveryAnswer {
    let (channel, recipient) = target(&job, defaults);
    DeliveryAnswer {
        id: job.key.id,
        tenant: job.key.tenant.to_string(),
        channel,
        state: "scheduled".into(),
        epoch: job.epoch,
        attempts: Vec::new(),
        ambiguous: false,
        late_answers: 0,
        recipient,
        created_at: job.created_at.to_string(),
        updated_at: job.created_at.to_string(),
        expires_at: job.expires_at.map(|at| at.to_string()),
        reason: None,
        detail: None,
        next: Some(format!("scheduled at {}", job.due_at)),
        parent: None,
        children: Vec::new(),
    }
}

/// A job's channel, and its recipient masked.
pub(crate) fn target(job: &Job, defaults: &Defaults) -> (String, String) {
    match Notification::decode(&job.body, defaults) {
        Ok(notification) => (notification.channel.to_string(), mask(&notification.destination)),
        Err(_) => ("unknown".into(), "***".into()),
    }
}

fn not_taken_yet() -> Problem {
    Problem::not_found(
        "not-taken-yet",
        "No such delivery yet",
        "No worker has taken a delivery of this id. If it was accepted it is still in its queue: ask again in a while.",
    )
}
