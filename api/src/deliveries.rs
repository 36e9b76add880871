//! `GET /deliveries` and `GET /deliveries/{id}`: what became of each notification, and why.

use axum::Json;
use axum::extract::State as Extract;
use domain::{Key, State, Tenant, child_id};
use serde::Serialize;
use store::{Cursor, DeliveryView, Filter, JobKind, JobSummary};
use utoipa::{IntoParams, ToSchema};

use crate::access::{Authorized, scopes};
use crate::app::{App, Shared};
use crate::delivery::{ChildAnswer, DeliveryAnswer, answer, scheduled};
use crate::problem::{Problem, Warning};
use crate::query::{Id, Parameters};
use crate::schema::{LedgerAway, Unauthorised};

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
    Authorized { caller, .. }: Authorized<scopes::Read>,
    mut query: Parameters,
) -> Result<Json<DeliveriesAnswer>, Problem> {
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
    Authorized { caller, .. }: Authorized<scopes::Read>,
    Id(id): Id,
) -> Result<Json<DeliveryAnswer>, Problem> {
    let key = Key { tenant: caller.tenant, id };
    if let Some(view) = app.store.delivery(&key).await? {
        let children = children(&app, &view).await?;
        let mut shown = answer(&view, children);
        shown.warnings = app.store.warnings(&key).await?.iter().map(Warning::from).collect();
        return Ok(Json(shown));
    }
    let job = app.store.job(&key).await?.filter(|job| job.kind == JobKind::OneShot);
    job.map(|job| Json(scheduled(JobSummary::from(&job)))).ok_or_else(|| not_known(&app))
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
