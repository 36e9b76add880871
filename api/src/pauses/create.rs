//! `POST /pauses`: within seconds the workers park what it concerns.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use domain::FieldError;
use operations::pauses::{self, Asked, Outcome};
use store::MAX_PAUSES;
use web::body::read_json_text;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{InvalidFields, LedgerAway, Unauthorised, Unreadable};
use crate::notifications::body::refusal;
use crate::pauses::answer::{PauseAnswer, done_within_reach, with_doubts};
use crate::pauses::body::PauseBody;

/// Pause a channel, a provider, a template or a tenant
///
/// Its deliveries are accepted and wait, without an attempt, until it is resumed or `until` is past; those that expire
/// meanwhile end so. Workers know of it within 3 seconds, and what they have in hand by then still goes out. What is paused
/// already stays so since then, with everything else as it is given now. Needs the scope `operate`, and for the deliveries
/// of other tenants `tenants` as well.
#[utoipa::path(
    post, path = "/pauses", operation_id = "pause", tag = "Pauses",
    security(("bearer" = [])),
    request_body(content = PauseBody, description = "What is to wait, and why."),
    responses(
        (status = 200, description = "It is paused.", body = PauseAnswer),
        (status = 409, description = "There are as many pauses as there may be."),
        Unreadable, InvalidFields, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn create(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    request: Request,
) -> Result<Json<PauseAnswer>, Problem> {
    let text = read_json_text(request, app.settings.body_limit).await?;
    let clock = app.clock.as_ref();
    let asked = Asked::read(&text, Some(&caller.tenant), &app.settings.providers, clock.now()).map_err(refusal)?;
    let doubts = pauses::doubts(&app.store, &asked, &caller.tenant, Some(app.checker.templates())).await;
    match done_within_reach(pauses::pause(&app.store, &caller, asked, clock).await)? {
        Outcome::Paused(pause) => Ok(Json(with_doubts(pause, &doubts))),
        Outcome::Foreign(error) => Err(foreign(error)),
        Outcome::TooMany => Err(too_many()),
    }
}

fn foreign(error: FieldError) -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "foreign-tenant",
        "The tenant is another's",
        "Only a token with the scope tenants pauses for other tenants than its own, or for all. Nothing was paused.",
    )
    .with_fields(vec![error])
}

fn too_many() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "too-many-pauses",
        "It is not paused",
        format!(
            "There are at most {MAX_PAUSES} pauses of a tenant, and as many for all: resume one, or pause the tenant."
        ),
    )
}
