//! `DELETE /notify/{id}`: after 200 or 202 nothing is sent any more.

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use domain::State;
use operations::Cancellation;
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::done::done;
use crate::id::Id;

/// Nothing is sent from now on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cancelled {
    /// The id that was asked for.
    id: String,
    /// Always `cancelled`.
    #[schema(example = "cancelled")]
    status: &'static str,
    /// False when nothing was known of it when it was cancelled: what came of it since or comes is dropped.
    known: bool,
    /// True when an attempt before the cancel may have gone out: its answer was lost, and nobody can know.
    maybe_sent: bool,
    /// The fallback that was stopped, when the delivery itself had already been handed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    fallback: Option<String>,
    /// That the id may be a wrong one, where nothing was known of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<CancelWarning>,
}

/// What was taken and may not be what its client meant.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CancelWarning {
    /// Which parameter of the path.
    #[schema(example = "id")]
    parameter: &'static str,
    /// What is known, and what happens now.
    detail: &'static str,
}

const NOT_KNOWN: CancelWarning = CancelWarning {
    parameter: "id",
    // A message that is dropped leaves nothing behind, so nobody knows whether one has come since.
    detail: "nothing was known of this id when it was cancelled: a message with it that came since or comes is dropped \
             and never sent. If it was to be known, check how the id is written",
};

/// Cancel a notification
///
/// Follows the chain of fallbacks. What is being sent, has been sent or is in the dead-letter queue cannot be
/// cancelled. Needs the scope `operate` or `notify`.
#[utoipa::path(
    delete, path = "/notify/{id}", operation_id = "cancel_notification", tag = "Notifications",
    params(("id" = String, Path, description = "The delivery's id.")),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "Cancelled: nothing is sent from now on. `maybe_sent` says whether an attempt before it may have gone out.", body = Cancelled),
        (status = 202, description = "It had not arrived when it was cancelled: what came of it since or comes is dropped. Where nothing was known of the id, `warnings` says so.", body = Cancelled),
        (status = 409, description = "It is being sent or has ended; `state` says how. `maybe_sent` is there, and true, where an attempt before may have gone out: nobody can know."),
        (status = 422, description = "No delivery can have this id."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn cancel(
    Extract(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::OperateOrNotify>,
    Id(id): Id,
) -> Result<(StatusCode, Json<Cancelled>), Problem> {
    let now = app.clock.now();
    let cancelled = operations::cancel(&app.store, &caller, id.clone(), &app.defaults, &app.recipients, now).await;
    match done(cancelled)? {
        Cancellation::Stopped { id: stopped, maybe_sent } => Ok(answer(StatusCode::OK, id, true, maybe_sent, stopped)),
        Cancellation::Awaited { id: stopped } => {
            // Of a fallback that has not arrived yet, at least its parent is known.
            let known = stopped != id;
            Ok(answer(StatusCode::ACCEPTED, id, known, false, stopped))
        }
        Cancellation::TooLate { id, state, maybe_sent } => Err(too_late(state, maybe_sent, &id)),
    }
}

fn answer(
    status: StatusCode,
    id: String,
    known: bool,
    maybe_sent: bool,
    stopped: String,
) -> (StatusCode, Json<Cancelled>) {
    let fallback = (stopped != id).then_some(stopped);
    let warnings = if known { Vec::new() } else { vec![NOT_KNOWN] };
    (status, Json(Cancelled { id, status: "cancelled", known, maybe_sent, fallback, warnings }))
}

fn too_late(state: State, maybe_sent: bool, id: &str) -> Problem {
    let detail = match state {
        State::Sending => {
            "It is being sent right now. Ask again in a while: if that attempt fails, it can be cancelled."
        }
        state if state.is_dead_lettered() && maybe_sent => {
            "It is in the dead-letter queue. An attempt before may have gone out: its answer was lost, and nobody can know. \
             It will not be sent again unless an operator moves it: remove it there."
        }
        state if state.is_dead_lettered() => {
            "It is in the dead-letter queue and will not be sent unless an operator moves it: remove it there."
        }
        _ => "It has ended; GET /deliveries/{id} says how.",
    };
    let problem = Problem::new(StatusCode::CONFLICT, "too-late", "It can no longer be cancelled", detail)
        .with("id", id)
        .with("state", state.as_str());
    if maybe_sent { problem.with("maybe_sent", true) } else { problem }
}
