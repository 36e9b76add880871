//! `GET /deliveries/{id}`: one of them with all that is known of it.

use axum::Json;
use axum::extract::State as Extract;
use domain::{Key, State, child_id};
use store::{DeliveryView, JobKind, JobSummary};

use crate::access::{Authorized, scopes};
use crate::app::{App, Shared};
use crate::deliveries::answer::{ChildAnswer, DeliveryAnswer, answer, scheduled};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::http::problem::{Problem, Warning};
use crate::http::query::Id;

/// More than the fallbacks that a notification may have.
const MAX_CHAIN: usize = 16;

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
        shown.warnings = warnings(&app, &key).await?;
        return Ok(Json(shown));
    }
    let job = app.store.job(&key).await?.filter(|job| job.kind == JobKind::OneShot);
    let mut shown = scheduled(JobSummary::from(&job.ok_or_else(|| not_known(&app))?));
    shown.warnings = warnings(&app, &key).await?;
    Ok(Json(shown))
}

async fn warnings(app: &App, key: &Key) -> Result<Vec<Warning>, Problem> {
    Ok(app.store.warnings(key).await?.iter().map(Warning::from).collect())
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
                          in a while. Or its body could not be read: then it is in the dead-letter queue and has no row. \
                          Or nothing was ever accepted under this id for your tenant: check how it is written";
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
