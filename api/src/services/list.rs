//! `GET /services`: which there are, and what they do.

use axum::Json;
use axum::extract::State;
use operations::services::{Shown, ShownAction};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::unavailable::ledger_read;

/// The services, by their names.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServicesAnswer {
    services: Vec<ServiceAnswer>,
}

/// One service.
#[derive(Serialize, ToSchema)]
pub(crate) struct ServiceAnswer {
    #[schema(example = "trading")]
    name: String,
    /// `always`, `never` or `by_action`.
    #[schema(example = "by_action")]
    confirm: &'static str,
    /// How long a command may take, its confirmation included.
    timeout_seconds: u64,
    /// Whether it has a key, so that `POST /v1/events` hears it.
    reports: bool,
    actions: Vec<ActionAnswer>,
}

/// One thing that it does.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActionAnswer {
    #[schema(example = "strategy.pause")]
    name: String,
    /// Somebody is asked first.
    confirm: bool,
    /// Whether this caller may have it done.
    allowed: bool,
    /// The JSON Schema of its arguments.
    #[schema(value_type = Object)]
    schema: Value,
}

/// List services
///
/// Those that take commands of the token's tenant, as far as the caller may have them do something; with the right to
/// administer, all of them. Where they are and what their keys are is not shown. Needs the scope `read`.
#[utoipa::path(
    get, path = "/services", operation_id = "list_services", tag = "Commands", security(("bearer" = [])),
    responses((status = 200, description = "All of them.", body = ServicesAnswer), Unauthorised, LedgerAway),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
) -> Result<Json<ServicesAnswer>, Problem> {
    let found = operations::services::list(&app.settings.services, &app.store, &caller).await;
    Ok(Json(ServicesAnswer { services: ledger_read(found)?.into_iter().map(answer).collect() }))
}

fn answer(service: Shown) -> ServiceAnswer {
    let action = |action: ShownAction| ActionAnswer {
        name: action.name,
        confirm: action.is_confirmed,
        allowed: action.is_allowed,
        schema: serde_json::from_str(&action.schema.text).unwrap_or_default(),
    };
    ServiceAnswer {
        name: service.name,
        confirm: service.confirm,
        timeout_seconds: service.timeout_seconds,
        reports: service.reports,
        actions: service.actions.into_iter().map(action).collect(),
    }
}
