//! `POST /inbox/{id}/{act}`: a user has seen an item, read it, or put it away.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{InboxAct, nearest};
use runtime::failpoint;
use web::problem::Problem;
use web::query::Parameters;

use super::answer::{InboxChangedAnswer, inboxes, refused};
use super::counts::UserQuery;
use super::user_of;
use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised, UnknownHeader};
use crate::id::IdAnd;

/// The acts that need nothing beside them.
const ACTS: [(&str, InboxAct); 5] = [
    ("seen", InboxAct::Seen),
    ("read", InboxAct::Read),
    ("unread", InboxAct::Unread),
    ("archive", InboxAct::Archive),
    ("unarchive", InboxAct::Unarchive),
];

/// Change an item of an inbox
///
/// Seen: it was shown. Read: it was read, and so seen. Unread: it is to be read again. Archive: it is put away, and so read.
/// Unarchive: it is taken back. What was so before stays as it is. A fallback that waits for that (`when: unread`) is not sent
/// any more once this has answered, unless it was being sent already. Needs the scope `inbox`; for the inbox of another `user`,
/// and instead of it, the scope `operate`.
#[utoipa::path(
    post, path = "/inbox/{id}/{act}", operation_id = "change_inbox_item", tag = "Inbox",
    params(
        ("id" = String, Path, description = "The item's id, which is that of its delivery."),
        ("act" = String, Path, description = "`seen`, `read`, `unread`, `archive` or `unarchive`."),
        UserQuery,
    ),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "Done; where the inbox stands now.", body = InboxChangedAnswer),
        (status = 404, description = "The inbox has no such item."),
        (status = 409, description = "The token is of no user."),
        (status = 422, description = "The act or a parameter of the query is not valid."),
        UnknownHeader, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn act(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::InboxOrOperate>,
    IdAnd { id, name }: IdAnd,
    mut query: Parameters,
) -> Result<Json<InboxChangedAnswer>, Problem> {
    let act = ACTS.iter().find(|(word, _)| *word == name).map(|(_, act)| *act).ok_or_else(|| no_act(&name))?;
    let user = user_of(&mut query);
    query.finish(&["user"])?;
    let counters = inboxes(&app).change(&caller, user.as_deref(), &id, act).await.map_err(refused)?;
    failpoint("api.inbox_changed_before_response");
    Ok(Json(counters.into()))
}

fn no_act(given: &str) -> Problem {
    let words = ACTS.map(|(word, _)| word);
    let meant = nearest(given, words).map(|near| format!(": did you mean {near}?")).unwrap_or_default();
    let rule = format!("must be one of {}, snooze{meant}", words.join(", "));
    let detail = "Nothing was done: correct the path as errors says.";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-act", "There is no such act", detail)
        .with_parameter("act", rule)
}
