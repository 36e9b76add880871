//! `POST /suppressions`: what is claimed after the answer is not sent.

use axum::Json;
use axum::extract::{Request, State};
use operations::suppressions::{self, Entry};
use web::body::read_json_text;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{InvalidFields, LedgerAway, Unauthorised, Unreadable};
use crate::done::done;
use crate::notifications::body::refusal;
use crate::suppressions::answer::{SuppressionAnswer, answer};
use crate::suppressions::body::SuppressionBody;

/// Put somebody on the suppression list
///
/// What a worker claims after the answer is not sent to them; what it has in hand by then may still go out. Who is on the
/// list for the same reason stays there since then, with everything else as it is given now. Needs the scope `operate`.
#[utoipa::path(
    post, path = "/suppressions", operation_id = "suppress", tag = "Suppressions",
    security(("bearer" = [])),
    request_body(content = SuppressionBody, description = "Whom not to write to, and why."),
    responses(
        (status = 200, description = "It is on the list.", body = SuppressionAnswer),
        Unreadable, InvalidFields, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn create(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    request: Request,
) -> Result<Json<SuppressionAnswer>, Problem> {
    let text = read_json_text(request, app.settings.body_limit).await?;
    let entry = Entry::read(&text, app.clock.now()).map_err(refusal)?;
    let clock = app.clock.as_ref();
    let listed = suppressions::suppress(&app.store, &caller, entry, &app.recipients, clock).await;
    Ok(Json(answer(done(listed)?)))
}
