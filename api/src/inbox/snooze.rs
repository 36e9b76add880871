//! `POST /inbox/{id}/snooze`: a user wants to see an item later.

use axum::Json;
use axum::extract::{Request, State};
use domain::InboxAct;
use operations::inbox::snoozed_until;
use web::body::read_json_text;
use web::problem::Problem;
use web::query::Parameters;

use super::answer::{InboxChangedAnswer, inboxes, refused};
use super::body::SnoozeBody;
use super::counts::UserQuery;
use super::user_of;
use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{InvalidFields, LedgerAway, Unauthorised, Unreadable};
use crate::id::Id;
use crate::notifications::body::refusal;

/// Snooze an item of an inbox
///
/// It is seen, and not to be shown until then. It counts as unread meanwhile, if it was. Needs the scope `inbox`; for the inbox
/// of another `user`, and instead of it, the scope `operate`.
#[utoipa::path(
    post, path = "/inbox/{id}/snooze", operation_id = "snooze_inbox_item", tag = "Inbox",
    params(("id" = String, Path, description = "The item's id, which is that of its delivery."), UserQuery),
    security(("bearer" = [])),
    request_body(content = SnoozeBody, description = "Until when."),
    responses(
        (status = 200, description = "Done; where the inbox stands now.", body = InboxChangedAnswer),
        (status = 404, description = "The inbox has no such item."),
        (status = 409, description = "The token is of no user."),
        Unreadable, InvalidFields, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn snooze(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::InboxOrOperate>,
    Id(id): Id,
    mut query: Parameters,
    request: Request,
) -> Result<Json<InboxChangedAnswer>, Problem> {
    let user = user_of(&mut query);
    query.finish(&["user"])?;
    let text = read_json_text(request, app.settings.body_limit).await?;
    let act = InboxAct::Snooze(snoozed_until(&text, app.clock.now()).map_err(refusal)?);
    let counters = inboxes(&app).change(&caller, user.as_deref(), &id, act).await.map_err(refused)?;
    Ok(Json(counters.into()))
}
