//! `GET /schedules`: a page of them with their next runs.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::{MAX_PAGE, USUAL_PAGE};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::id::{cursor_behind, read_cursor};
use crate::schedules::answer::{ScheduleAnswer, answer};
use crate::unavailable::ledger_read;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct SchedulesQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    /// 1 to 1,000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// One page, in the order of ids.
#[derive(Serialize, ToSchema)]
pub(crate) struct SchedulesAnswer {
    /// The schedules of the token's tenant.
    schedules: Vec<ScheduleAnswer>,
    /// The `cursor` of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List schedules
///
/// The schedules of the token's tenant with their next runs. Needs the scope `read`.
#[utoipa::path(
    get, path = "/schedules", operation_id = "list_schedules", tag = "Schedules",
    params(SchedulesQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "One page.", body = SchedulesAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    mut query: Parameters,
) -> Result<Json<SchedulesAnswer>, Problem> {
    let after = query.parsed("cursor", "must be `next` of the page before", read_cursor);
    let limit = query.limit(USUAL_PAGE, MAX_PAGE);
    query.finish(&["cursor", "limit"])?;
    let page = ledger_read(operations::schedules::list(&app.store, caller.tenant, after, limit).await)?;
    let schedules: Vec<_> = page.jobs.into_iter().map(|job| answer(&app, job)).collect();
    let next = schedules.last().filter(|_| page.more).map(|last| cursor_behind(&last.id));
    Ok(Json(SchedulesAnswer { schedules, next }))
}
