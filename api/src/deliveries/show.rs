//! `GET /deliveries/{id}`: one of them with all that is known of it.

use axum::Json;
use axum::extract::State as Extract;
use domain::{Key, State};
use operations::deliveries::{Fallback, NotKnown, Shown, Taken};
use web::problem::{Problem, Warning};

use crate::access::{Authorized, scopes};
use crate::app::{App, Shared};
use crate::deliveries::answer::{ChildAnswer, DeliveryAnswer, answer, receipt, scheduled};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::id::Id;
use crate::unavailable::ledger_read;

/// See one delivery
///
/// With every attempt, the reason of its end, its fallbacks, and what its provider reported later. Needs the scope `read`.
#[utoipa::path(
    get, path = "/deliveries/{id}", operation_id = "show_delivery", tag = "Deliveries",
    params(("id" = String, Path, description = "The delivery's id.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "The delivery.", body = DeliveryAnswer),
        (status = 404, description = "No worker has taken it yet (`not-taken-yet`), or there is none of this id."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn show(
    Extract(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    Id(id): Id,
) -> Result<Json<DeliveryAnswer>, Problem> {
    let key = Key { tenant: caller.tenant, id };
    match ledger_read(operations::deliveries::show(&app.store, &key).await)? {
        Some(Shown::Taken(taken)) => Ok(Json(answer_of(*taken))),
        Some(Shown::Scheduled { job, warnings }) => {
            let mut shown = scheduled(*job);
            shown.warnings = warnings.iter().map(Warning::from).collect();
            Ok(Json(shown))
        }
        None => Err(not_known(&app)),
    }
}

fn answer_of(taken: Taken) -> DeliveryAnswer {
    let Taken { view, fallbacks, warnings, receipts } = taken;
    let mut shown = answer(&view, fallbacks.into_iter().map(child).collect());
    shown.warnings = warnings.iter().map(Warning::from).collect();
    shown.receipts = receipts.into_iter().map(receipt).collect();
    shown
}

fn child(fallback: Fallback) -> ChildAnswer {
    let waits = if fallback.is_scheduled { "scheduled" } else { "not-taken-yet" };
    let state = fallback.state.map_or(waits, State::as_str);
    ChildAnswer { id: fallback.id, state: state.to_owned() }
}

pub(crate) fn not_known(app: &App) -> Problem {
    let why = NotKnown::of(app.settings.retention, app.clock.now());
    let problem = Problem::not_found("not-taken-yet", "No delivery of this id is known", why.to_string());
    match why.remembered_since() {
        None => problem,
        Some(since) => problem.with("remembered_since", since.to_string()),
    }
}
