//! `POST /dead-letters/plans`: what would become of which letters. Nothing is moved by it.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use domain::RequestedBy;
use operations::dead_letters::{self, Asked, Planned};
use store::MAX_PLANS;
use uuid::Uuid;
use web::body::read_json_text;
use web::idempotency::idempotency_key;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::dead_letters::answer::{PlanAnswer, plan as answer, unknown};
use crate::dead_letters::body::PlanBody;
use crate::docs::refusals::{InvalidFields, LedgerAway, Unauthorised, Unreadable};
use crate::done::done;
use crate::notifications::body::refusal;

/// Plan what becomes of dead letters
///
/// The plan is frozen by the names of its letters, as the queue was read last, and says which are left out and why.
/// Letters that die later are not in it. It may be started within an hour, and is forgotten after a day if
/// nobody has. Needs the scope `operate`.
#[utoipa::path(
    post, path = "/dead-letters/plans", operation_id = "plan_dead_letters", tag = "Dead letters",
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
        description = "The same key gives the plan that was made with it.",
    )),
    security(("bearer" = [])),
    request_body(content = PlanBody, description = "Which letters, and what is to become of them."),
    responses(
        (status = 201, description = "The plan.", body = PlanAnswer),
        (status = 409, description = "There are as many plans that nobody has started as there may be; `oldest` names \
                                      some."),
        Unreadable, InvalidFields, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn plan(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    headers: HeaderMap,
    request: Request,
) -> Result<(StatusCode, Json<PlanAnswer>), Problem> {
    let id =
        idempotency_key(&headers)?.map(|key| app.request_ids.id(&caller.tenant, RequestedBy::TokenHolder, key, None));
    let id = id.unwrap_or_else(|| Uuid::now_v7().to_string());
    let text = read_json_text(request, app.settings.body_limit).await?;
    let asked = Asked::read(&text, app.checker.providers(), &app.recipients).map_err(refusal)?;
    let clock = app.clock.as_ref();
    match done(dead_letters::plan(&app.store, &caller, id, asked, clock).await)? {
        Planned::Planned(planned) => Ok((StatusCode::CREATED, Json(answer(*planned)))),
        Planned::Unknown => Err(unknown()),
        Planned::TooMany { oldest } => Err(too_many(oldest)),
    }
}

fn too_many(oldest: Vec<String>) -> Problem {
    let detail = format!(
        "The tenant has {MAX_PLANS} plans of the last hour that nobody has started: start or cancel some of them."
    );
    Problem::new(StatusCode::CONFLICT, "too-many-plans", "The plan is not made", detail).with("oldest", oldest)
}
