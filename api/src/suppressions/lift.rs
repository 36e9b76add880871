//! `DELETE /suppressions/{id}`: takes an entry off the list, for a reason that is kept.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use operations::suppressions::{self, Lifted};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised, UnknownHeader};
use crate::done::done;
use crate::id::Id;
use crate::suppressions::answer::{SuppressionAnswer, answer};

/// Take an entry off the suppression list
///
/// What is claimed after the answer is sent again; what was suppressed before stays so until it is published with
/// `notify-again`. Who asked, when and why is kept. Needs the scope `operate`.
#[utoipa::path(
    delete, path = "/suppressions/{id}", operation_id = "lift_suppression", tag = "Suppressions",
    params(
        ("id" = String, Path, description = "The entry's id."),
        ("reason" = String, Query, max_length = 500, description = "Why, in one line, for whoever asks later."),
    ),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The entry as it was.", body = SuppressionAnswer),
        (status = 404, description = "There is none of this id on the list."),
        (status = 422, description = "The reason is missing or not valid."),
        UnknownHeader, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn lift(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
    mut query: Parameters,
) -> Result<Json<SuppressionAnswer>, Problem> {
    let rule = "must say why, in one line of at most 500 characters";
    let why = query.parsed("reason", rule, |text| suppressions::why(text).ok());
    query.finish(&["reason"])?;
    let why = why.ok_or_else(missing_reason)?;
    let clock = app.clock.as_ref();
    let which = Lifted::Entry(id);
    let lifted = suppressions::lift(&app.store, &caller, which, &why, &app.recipients, clock).await;
    let lifted = done(lifted)?.into_iter().next();
    lifted.map(|entry| Json(answer(entry))).ok_or_else(unknown)
}

fn missing_reason() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid-query",
        "The query is not valid",
        "Say why the entry is lifted, as ?reason=…, for whoever asks later. Nothing was done.",
    )
    .with_parameter("reason", "is missing")
}

fn unknown() -> Problem {
    Problem::not_found("unknown-suppression", "There is no such entry", "GET /suppressions lists those there are.")
}
