//! `PUT /topics/{topic}/members/{user}`: told with the others from now on.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use operations::topics;
use serde::Serialize;
use store::MemberPut;
use utoipa::ToSchema;
use web::problem::Problem;

use super::named;
use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised, UnknownHeader};
use crate::done::done;
use crate::id::IdAnd;

/// A member of a topic.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberAnswer {
    pub(super) topic: String,
    pub(super) user: String,
}

/// Put a member into a topic
///
/// What is for `topic:` and this name is told the user as well, from the next message on. Needs the scope `operate`.
#[utoipa::path(
    put, path = "/topics/{topic}/members/{user}", operation_id = "put_topic_member", tag = "Inbox",
    params(
        ("topic" = String, Path, description = "The topic, such as `analysts` or `role:ADMIN`."),
        ("user" = String, Path, description = "The id of the user."),
    ),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The user was a member before.", body = MemberAnswer),
        (status = 201, description = "The user is a member now.", body = MemberAnswer),
        (status = 422, description = "The topic or the user is not valid."),
        UnknownHeader, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn put(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    IdAnd { id: topic, name: user }: IdAnd,
) -> Result<(StatusCode, Json<MemberAnswer>), Problem> {
    named(&topic, Some(&user))?;
    let status = match done(topics::put(&app.store, &caller, &topic, &user, app.clock.now()).await)? {
        MemberPut::New => StatusCode::CREATED,
        MemberPut::Known => StatusCode::OK,
    };
    Ok((status, Json(MemberAnswer { topic, user })))
}
