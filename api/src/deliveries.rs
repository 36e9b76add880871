//! `GET /deliveries` and `GET /deliveries/{id}`: what became of each notification, and why.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::HeaderMap;
use domain::{Attempt, Defaults, Key, Notification, Order, State, Tenant, child_id, mask};
use serde::Serialize;
use store::{Cursor, DeliveryView, Filter, Job, JobKind, Target};
use utoipa::{IntoParams, ToSchema};

use crate::access;
use crate::problem::{Problem, Warning};
use crate::query::{Id, Parameters};
use crate::routes::Shared;
use crate::schema::{LedgerAway, Unauthorised};
use crate::service::App;
use crate::token::Scope;

/// More than the fallbacks that a notification may have.
const MAX_CHAIN: usize = 16;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct ListQuery {
    /// `sending`, `waiting`, `sent`, `captured`, `dead`, `held`, `expired`, `suppressed`, `cancelled`, `fell_back`,
    /// `delivered` or `bounced`.
    state: Option<String>,
    /// Only those with an attempt that may have been accepted without our knowing, or only those without.
    ambiguous: Option<bool>,
    /// Only those to this recipient, written exactly as it was published; `+` is `%2B` in a query.
    #[param(max_length = 4096)]
    recipient: Option<String>,
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
    /// When it is to be sent, or was to be sent before it was cancelled, if that was set for a later time.
    #[schema(format = DateTime)]
    due_at: Option<String>,
    /// What comes next: `retry.1` to `retry.3`, `scheduled at …`, or nothing.
    #[schema(example = "retry.2")]
    next: Option<String>,
    /// The delivery whose fallback this one is.
    parent: Option<String>,
    /// The fallbacks that it was handed on to, in their order.
    children: Vec<ChildAnswer>,
    /// Of one delivery: fields of its message that were not read. Absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<Warning>,
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
    mut query: Parameters,
) -> Result<Json<DeliveriesAnswer>, Problem> {
    let caller = access::require(&app, &headers, &[Scope::Read])?;
    let page = app.store.deliveries(filter(&app, &mut query, caller.tenant)?).await?;
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
    id: Result<Id, Problem>,
) -> Result<Json<DeliveryAnswer>, Problem> {
    let caller = access::require(&app, &headers, &[Scope::Read])?;
    let Id(id) = id?;
    let key = Key { tenant: caller.tenant, id };
    if let Some(view) = app.store.delivery(&key).await? {
        let children = children(&app, &view).await?;
        let warnings = app.store.warnings(&key).await?;
        let warnings = warnings.iter().map(Warning::from).collect();
        return Ok(Json(DeliveryAnswer { warnings, ..answer(&view, children) }));
    }
    let job = app.store.job(&key).await?.filter(|job| job.kind == JobKind::OneShot);
    job.map(|job| Json(scheduled(job, &app.defaults))).ok_or_else(|| not_known(&app))
}

fn filter(app: &App, query: &mut Parameters, tenant: Tenant) -> Result<Filter, Problem> {
    let state = query.one_of("state", &State::ALL, State::as_str);
    let ambiguous = query.flag("ambiguous");
    // A plus sign that was not escaped is a blank by now, and no recipient begins with one.
    let recipient =
        query.text("recipient").map(|text| text.strip_prefix(' ').map_or(text.clone(), |rest| format!("+{rest}")));
    let recipient = recipient.map(|text| app.recipients.every_hash(&text)).unwrap_or_default();
    let after = query.parsed("cursor", "must be `next` of the page before", Cursor::parse);
    let limit = query.limit();
    query.finish(&["state", "ambiguous", "recipient", "cursor", "limit"])?;
    Ok(Filter { tenant: Some(tenant), state, ambiguous, recipient, after, limit })
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
        due_at: view.due_at.map(|at| at.to_string()),
        next,
        parent: row.parent.clone(),
        children,
        warnings: Vec::new(),
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
        due_at: Some(job.due_at.to_string()),
        next: Some(format!("scheduled at {}", job.due_at)),
        parent: None,
        children: Vec::new(),
        warnings: Vec::new(),
    }
}

/// What a job's body says of its recipient, to be remembered when it is cancelled.
pub(crate) fn cancelled_target(app: &App, body: &[u8]) -> Option<Target> {
    let notification = Notification::decode(body, &app.defaults).ok()?;
    Some(Target {
        recipient_hash: app.recipients.hash(&notification.destination),
        recipient_mask: mask(&notification.destination),
        channel: notification.channel,
    })
}

/// A job's channel, and its recipient masked.
pub(crate) fn target(job: &Job, defaults: &Defaults) -> (String, String) {
    match Notification::decode(&job.body, defaults) {
        Ok(notification) => (notification.channel.to_string(), mask(&notification.destination)),
        Err(_) => ("unknown".into(), "***".into()),
    }
}

/// Nobody can tell an id that is still in its queue from one that never was, or that was forgotten.
fn not_known(app: &App) -> Problem {
    const EITHER: &str = "Either it was accepted and no worker has taken it yet: then it is still in its queue, ask again \
                          in a while. Or nothing was ever accepted under this id for your tenant: check how it is written";
    let problem = |detail: String| Problem::not_found("not-taken-yet", "No delivery of this id is known", detail);
    match app.settings.retention {
        None => problem(format!("{EITHER}. Ids are remembered for ever.")),
        Some(retention) => {
            let since = app.clock.now().minus(retention);
            let days = retention.as_secs() / 86_400;
            problem(format!(
                "{EITHER}. Or it ended long ago: what has ended is remembered for {days} days (RETENTION_DAYS), so that \
                 ids that were taken before {since} may be forgotten."
            ))
            .with("remembered_since", since.to_string())
        }
    }
}
