//! `GET /topics/{topic}/members`: a page of those who were put there.

use axum::Json;
use axum::extract::State;
use operations::deliveries::written::NO_CURSOR;
use operations::topics;
use serde::Serialize;
use store::{MAX_PAGE, PageCursor, USUAL_PAGE};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use super::named;
use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::id::Id;
use crate::unavailable::page_read;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct MembersQuery {
    /// `next` of the page before, of the same topic.
    cursor: Option<String>,
    /// 1 to 1,000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// One page, in the order of their ids.
#[derive(Serialize, ToSchema)]
pub(crate) struct MembersAnswer {
    /// The ids of users.
    members: Vec<String>,
    /// The `cursor` of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List the members of a topic
///
/// Those who were put there. The contacts of a group of that name are told as well, and are not listed here. Needs the scope
/// `read`.
#[utoipa::path(
    get, path = "/topics/{topic}/members", operation_id = "list_topic_members", tag = "Inbox",
    params(("topic" = String, Path, description = "The topic, such as `analysts` or `role:ADMIN`."), MembersQuery),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "One page.", body = MembersAnswer),
        (status = 422, description = "The topic or a parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    Id(topic): Id,
    mut query: Parameters,
) -> Result<Json<MembersAnswer>, Problem> {
    let after = query.parsed("cursor", NO_CURSOR, PageCursor::parse);
    let limit = query.limit(USUAL_PAGE, MAX_PAGE) as usize;
    query.finish(&["cursor", "limit"])?;
    named(&topic, None)?;
    let page = page_read(topics::list(&app.store, &caller, &topic, after.as_ref(), limit).await)?;
    Ok(Json(MembersAnswer { members: page.users, next: page.next.map(|cursor| cursor.to_string()) }))
}
