//! `POST /inbox/read`: everything up to an item was read.

use axum::Json;
use axum::extract::{Request, State};
use operations::inbox::read_up_to;
use runtime::failpoint;
use web::body::read_json_text;
use web::problem::Problem;
use web::query::Parameters;

use super::answer::{InboxChangedAnswer, inboxes, refused};
use super::body::ReadThroughBody;
use super::counts::UserQuery;
use super::user_of;
use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{InvalidFields, LedgerAway, Unauthorised, Unreadable};
use crate::notifications::body::refusal;

/// Read everything up to an item
///
/// All items whose `seq` is no higher are read, and so seen; the fallbacks that wait for that are not sent any more. Needs the
/// scope `inbox`; for the inbox of another `user`, and instead of it, the scope `operate`.
#[utoipa::path(
    post, path = "/inbox/read", operation_id = "read_inbox_through", tag = "Inbox",
    params(UserQuery), security(("bearer" = [])),
    request_body(content = ReadThroughBody, description = "Up to which item."),
    responses(
        (status = 200, description = "Done; where the inbox stands now.", body = InboxChangedAnswer),
        (status = 409, description = "The token is of no user."),
        Unreadable, InvalidFields, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn read(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::InboxOrOperate>,
    mut query: Parameters,
    request: Request,
) -> Result<Json<InboxChangedAnswer>, Problem> {
    let user = user_of(&mut query);
    query.finish(&["user"])?;
    let through = read_up_to(&read_json_text(request, app.settings.body_limit).await?).map_err(refusal)?;
    let counters = inboxes(&app).read_through(&caller, user.as_deref(), through).await.map_err(refused)?;
    failpoint("api.inbox_changed_before_response");
    Ok(Json(counters.into()))
}
