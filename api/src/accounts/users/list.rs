//! `GET /users`: a page of those whom the caller manages.

use axum::Json;
use axum::extract::State;
use operations::accounts::{is_user_name, users};
use serde::Serialize;
use store::{MAX_PAGE, USUAL_PAGE};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::accounts::refused::{answered, unknown_user};
use crate::accounts::users::answer::{UserView, answer};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct UsersQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    /// 1 to 1,000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// One page, in the order of names.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsersAnswer {
    /// The users whom the caller manages.
    users: Vec<UserView>,
    /// The `cursor` of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List users
///
/// The users of the token's tenant; with the scope `tenants` besides, those of all tenants. Needs the scope `admin`.
#[utoipa::path(
    get, path = "/users", operation_id = "list_users", tag = "Users",
    params(UsersQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "One page.", body = UsersAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Admin>,
    mut query: Parameters,
) -> Result<Json<UsersAnswer>, Problem> {
    let is_name = |text: &str| is_user_name(text).then(|| text.to_owned());
    let after = query.parsed("cursor", "must be `next` of the page before", is_name);
    let limit = query.limit(USUAL_PAGE, MAX_PAGE);
    query.finish(&["cursor", "limit"])?;
    let page = users::list(&app.store, &caller, None, after.as_deref(), limit as usize, app.clock.as_ref()).await;
    let page = answered(page, unknown_user)?;
    Ok(Json(UsersAnswer { users: page.users.into_iter().map(answer).collect(), next: page.next }))
}
