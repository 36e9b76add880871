//! `DELETE /topics/{topic}/members/{user}`: not told with the others any more.

use axum::Json;
use axum::extract::State;
use operations::topics;
use web::problem::Problem;

use super::named;
use super::put::MemberAnswer;
use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised, UnknownHeader};
use crate::done::done;
use crate::id::IdAnd;

/// Take a member out of a topic
///
/// What is for the topic is not told the user any more, from the next message on. Needs the scope `operate`.
#[utoipa::path(
    delete, path = "/topics/{topic}/members/{user}", operation_id = "delete_topic_member", tag = "Inbox",
    params(
        ("topic" = String, Path, description = "The topic, such as `analysts` or `role:ADMIN`."),
        ("user" = String, Path, description = "The id of the user."),
    ),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The user is a member no more.", body = MemberAnswer),
        (status = 404, description = "Nobody has put the user there."),
        (status = 422, description = "The topic or the user is not valid."),
        UnknownHeader, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn delete(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    IdAnd { id: topic, name: user }: IdAnd,
) -> Result<Json<MemberAnswer>, Problem> {
    named(&topic, Some(&user))?;
    match done(topics::delete(&app.store, &caller, &topic, &user, app.clock.now()).await)? {
        true => Ok(Json(MemberAnswer { topic, user })),
        false => Err(Problem::not_found(
            "unknown-member",
            "The user is no member",
            "GET /topics/{topic}/members lists those who were put there.",
        )),
    }
}
