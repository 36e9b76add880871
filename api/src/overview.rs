//! `GET /overview`: the whole fleet at one look.

mod answer;

use axum::Json;
use axum::extract::State;
use operations::overview::Overview;
use serde_json::Value;

use self::answer::OverviewAnswer;
use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::Unauthorised;
use domain::Scope;

/// An overview as `GET /overview` answers it, for whoever shows it elsewhere.
pub fn overview_as_json(seen: &Overview) -> Value {
    serde_json::to_value(OverviewAnswer::of(seen)).unwrap_or_default()
}

/// Look at the whole fleet
///
/// The queues as the broker has them, and what the ledger says of the last hour: of the token's tenant, or of all tenants
/// with the scope `tenants`. How deep the queues are is told to everybody, for all tenants together. The numbers are some
/// seconds old at most. Where the broker or the ledger does not answer, what is of it is as it was last known, and
/// `broker` or `ledger` says since when. Needs the scope `read`.
#[utoipa::path(
    get, path = "/overview", operation_id = "show_overview", tag = "Overview",
    security(("bearer" = [])),
    responses((status = 200, description = "What is known.", body = OverviewAnswer), Unauthorised),
)]
pub(crate) async fn overview(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
) -> Json<OverviewAnswer> {
    let whose = if caller.may(Scope::Tenants) { None } else { Some(caller.tenant.clone()) };
    let seen = app.overview.look(whose).await;
    Json(OverviewAnswer::of(&seen))
}
