//! `GET /inbox`: the newest items, or what has changed since a cursor.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::{InboxCursor, InboxFilter, MAX_PAGE, USUAL_PAGE};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use super::answer::{CountersAnswer, InboxItemAnswer, inboxes, item, refused};
use super::user_of;
use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct InboxQuery {
    /// `seq` of the counters that you know: everything that has come or changed since then. Together with `epoch`.
    since: Option<u64>,
    /// `epoch` of the counters that you know.
    epoch: Option<u64>,
    /// `current` (all but what is archived; the default), `unread`, `unseen`, `archived` or `all`. Not with `since`, which
    /// tells of every change.
    filter: Option<String>,
    /// Items before the one of this `seq`. Not with `since`.
    before: Option<u64>,
    /// 1 to 1,000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// Whose inbox, for support. Default: the token's own.
    user: Option<String>,
}

/// Items of an inbox, and where it stood before they were read.
#[derive(Serialize, ToSchema)]
pub(crate) struct InboxAnswer {
    /// The newest first; with `since` in the order of the changes.
    items: Vec<InboxItemAnswer>,
    counters: CountersAnswer,
    /// With `since`: these are all changes, and the counters are the next cursor. False where they cannot be told any more, or
    /// are more than the limit: then these are the newest items, and whatever you have of the inbox is to be forgotten. Without
    /// `since`: there are no older items.
    complete: bool,
}

/// Read an inbox
///
/// The inbox is that of the token's subject. With `since` and `epoch` it is everything that has come or changed after that
/// cursor, or `complete: false`. Needs the scope `inbox`; for the inbox of another `user`, and instead of it, the scope `read`.
#[utoipa::path(
    get, path = "/inbox", operation_id = "read_inbox", tag = "Inbox",
    params(InboxQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "Items, and where the inbox stands.", body = InboxAnswer),
        (status = 409, description = "The token is of no user."),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::InboxOrRead>,
    mut query: Parameters,
) -> Result<Json<InboxAnswer>, Problem> {
    let from = cursor_of(&mut query);
    let limit = query.limit(USUAL_PAGE, MAX_PAGE) as usize;
    let user = user_of(&mut query);
    query.finish(&["since", "epoch", "filter", "before", "limit", "user"])?;
    let page = inboxes(&app).page(&caller, user.as_deref(), from, limit).await.map_err(refused)?;
    let items = page.items.into_iter().map(item).collect();
    Ok(Json(InboxAnswer { items, counters: page.counters.into(), complete: page.complete }))
}

fn cursor_of(query: &mut Parameters) -> InboxCursor {
    let (since, epoch) = (query.number("since", 0..=i64::MAX), query.number("epoch", 0..=i64::MAX));
    let filter = query.one_of("filter", &InboxFilter::ALL, InboxFilter::as_str);
    let before = query.number("before", 0..=i64::MAX);
    let Some(seq) = since else {
        if epoch.is_some() {
            query.refuse("epoch", "has no effect without since");
        }
        return InboxCursor::Newest { filter: filter.unwrap_or_default(), before };
    };
    for name in [filter.map(|_| "filter"), before.map(|_| "before")].into_iter().flatten() {
        query.refuse(name, "must not be given together with since, which tells of every change");
    }
    if epoch.is_none() {
        query.refuse("epoch", "is missing: give the epoch of the counters beside since");
    }
    InboxCursor::Since { seq, epoch: epoch.unwrap_or_default() }
}
