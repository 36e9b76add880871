//! `POST /dead-letters/jobs/{id}/start`: a plan becomes a job.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use operations::dead_letters::{self, Started};
use store::JobState;
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::dead_letters::answer::{PlanAnswer, not_now, plan, unknown};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::done::done;
use crate::id::Id;

/// Start a plan over dead letters
///
/// A scheduler works on it from now on, whoever goes away. Needs the scope `operate`.
#[utoipa::path(
    post, path = "/dead-letters/jobs/{id}/start", operation_id = "start_dead_letter_job", tag = "Dead letters",
    params(
        ("id" = String, Path, description = "The id of the plan."),
        ("letters" = u32, Query, description = "`letters` of the plan: another number starts nothing."),
    ),
    security(("bearer" = [])),
    responses(
        (status = 202, description = "The job runs.", body = PlanAnswer),
        (status = 404, description = "There is none of this id."),
        (status = 409, description = "It is no plan any more, an hour old, or has another number of letters."),
        (status = 422, description = "The number of letters is missing or not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn start(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
    mut query: Parameters,
) -> Result<(StatusCode, Json<PlanAnswer>), Problem> {
    let letters = query.number("letters", 0..=u32::MAX);
    query.finish(&["letters"])?;
    let letters = letters.ok_or_else(missing)?;
    let now = app.clock.now();
    let started = dead_letters::start(&app.store, &caller, &id, letters, now).await;
    match done(started)? {
        Started::Started(shown) => Ok((StatusCode::ACCEPTED, Json(plan(*shown)))),
        Started::Unknown => Err(unknown()),
        Started::Has(0) => Err(not_now("The plan has no letter to begin: there is nothing to do.")),
        Started::Has(1) => Err(not_now(format!("The plan has 1 letter to begin, not {letters}."))),
        Started::Has(has) => Err(not_now(format!("The plan has {has} letters to begin, not {letters}."))),
        Started::NoPlan(JobState::Planned) => Err(not_now("The plan is older than an hour: make another.")),
        Started::NoPlan(state) => Err(not_now(format!("It is no plan any more: it is {}.", state.as_str()))),
    }
}

fn missing() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid-query",
        "The query is not valid",
        "Say how many letters the plan has, as ?letters=…: it is started only with that number. Nothing was done.",
    )
    .with_parameter("letters", "is missing")
}
