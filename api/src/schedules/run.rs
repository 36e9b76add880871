//! `POST /schedules/{id}/run`: what it sends is sent now, beside its own times.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::{FieldError, Lane, RequestedBy};
use operations::schedules::{self, Ran};
use serde::Serialize;
use utoipa::ToSchema;
use web::idempotency::idempotency_key;
use web::problem::{Problem, Warning};

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{Unauthorised, UnknownHeader};
use crate::done::done;
use crate::id::Id;
use crate::schedules::show::unknown;
use crate::unavailable::{broker_confirmed, not_confirmed};

/// It is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RanAnswer {
    /// The delivery's id: `GET /deliveries/{id}` shows what becomes of it. Of a schedule that fires once it is its own.
    id: String,
    /// `accepted` by the broker; `due` where the schedule fires once: a scheduler sends it at once, and that was all of it.
    #[schema(example = "accepted")]
    status: &'static str,
    /// The queue that it went to. Null where it is due.
    #[schema(example = "normal")]
    lane: Option<&'static str>,
    /// What of it was taken and not read, or will not have the effect that you may think. Absent when there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<Warning>,
}

/// Run a schedule now
///
/// One that repeats sends one more firing, whether it is paused or not, and goes on at its own times; that firing has no
/// `send_at`, and cannot be too late. One that fires once becomes due. Needs the scope `operate`.
#[utoipa::path(
    post, path = "/schedules/{id}/run", operation_id = "run_schedule", tag = "Schedules",
    params(
        ("id" = String, Path, description = "The schedule's id."),
        (
            "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
            description = "The same key is the same firing, so that a repeated request is one delivery.",
        ),
    ),
    security(("bearer" = [])),
    responses(
        (status = 202, description = "It is on its way.", body = RanAnswer),
        (status = 404, description = "There is none of this id."),
        (status = 409, description = "What it sends would not be taken today; `errors` names every field."),
        (status = 503, description = "The ledger cannot be reached, or the broker has not confirmed. `id` is the id of \
                                      what may have gone out."),
        UnknownHeader, Unauthorised,
    ),
)]
pub(crate) async fn run(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<RanAnswer>), Problem> {
    let rules = app.rules(&caller.tenant, RequestedBy::TokenHolder, idempotency_key(&headers)?);
    let now = app.clock.now();
    match done(schedules::run_now(&app.store, &app.publisher, &caller, &id, now, &rules).await)? {
        Ran::Accepted(accepted) => {
            broker_confirmed();
            let warnings = accepted.warnings.iter().map(Warning::from).collect();
            Ok(on_its_way(accepted.id, "accepted", Some(accepted.lane), warnings))
        }
        Ran::Due => Ok(on_its_way(id, "due", None, Vec::new())),
        Ran::Unknown => Err(unknown()),
        Ran::Refused(errors) => Err(refused(errors)),
        Ran::Unconfirmed(unconfirmed) => {
            let then = "Ask again with the same Idempotency-Key, so that it is one delivery.";
            Err(not_confirmed(unconfirmed, then))
        }
    }
}

fn on_its_way(
    id: String,
    status: &'static str,
    lane: Option<Lane>,
    warnings: Vec<Warning>,
) -> (StatusCode, Json<RanAnswer>) {
    let lane = lane.map(Lane::as_str);
    (StatusCode::ACCEPTED, Json(RanAnswer { id, status, lane, warnings }))
}

fn refused(errors: Vec<FieldError>) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "schedule-outdated",
        "It is not sent",
        "What it sends would not be taken today. DELETE the schedule, and make it anew.",
    )
    .with_fields(errors)
}
