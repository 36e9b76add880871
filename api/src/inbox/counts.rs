//! `GET /inbox/counts`: where an inbox stands.

use axum::Json;
use axum::extract::State;
use utoipa::IntoParams;
use web::problem::Problem;
use web::query::Parameters;

use super::answer::{CountersAnswer, inboxes, refused};
use super::user_of;
use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct UserQuery {
    /// Whose inbox, for support. Default: the token's own.
    user: Option<String>,
}

/// Count an inbox
///
/// How many items are unread and unseen, and the cursor. Needs the scope `inbox`; for the inbox of another `user`, and instead
/// of it, the scope `read`.
#[utoipa::path(
    get, path = "/inbox/counts", operation_id = "count_inbox", tag = "Inbox",
    params(UserQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "Where the inbox stands; all is zero before the first item.", body = CountersAnswer),
        (status = 409, description = "The token is of no user."),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn counts(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::InboxOrRead>,
    mut query: Parameters,
) -> Result<Json<CountersAnswer>, Problem> {
    let user = user_of(&mut query);
    query.finish(&["user"])?;
    let counters = inboxes(&app).counters(&caller, user.as_deref()).await.map_err(refused)?;
    Ok(Json(counters.into()))
}
