//! `GET /keys`: a page of the keys that the caller manages.

use axum::Json;
use axum::extract::State;
use operations::accounts::keys;
use serde::Serialize;
use store::{KeyCursor, MAX_PAGE, USUAL_PAGE};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::accounts::keys::answer::{KeyAnswer, answer};
use crate::accounts::refused::{answered, unknown_key};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct KeysQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    /// 1 to 1,000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// One page, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeysAnswer {
    /// The keys that the caller manages, those that are over as well.
    keys: Vec<KeyAnswer>,
    /// The `cursor` of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List keys
///
/// The keys of the token's tenant, without their secrets; with the scope `tenants` besides, those of all tenants. Needs the
/// scope `admin`.
#[utoipa::path(
    get, path = "/keys", operation_id = "list_keys", tag = "Users",
    params(KeysQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "One page.", body = KeysAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Admin>,
    mut query: Parameters,
) -> Result<Json<KeysAnswer>, Problem> {
    let after = query.parsed("cursor", "must be `next` of the page before", KeyCursor::parse);
    let limit = query.limit(USUAL_PAGE, MAX_PAGE);
    query.finish(&["cursor", "limit"])?;
    let page = keys::list(&app.store, &caller, None, after.as_ref(), limit as usize, app.clock.as_ref()).await;
    let page = answered(page, unknown_key)?;
    let next = page.next.map(|cursor| cursor.to_string());
    Ok(Json(KeysAnswer { keys: page.keys.into_iter().map(answer).collect(), next }))
}
