//! `POST /endpoints/{id}/rotate`: a new secret, beside which the last one signs for a day.

use axum::Json;
use axum::extract::State;
use domain::Key;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::endpoints::answer::{EndpointAnswer, unknown, with_secret};
use crate::id::Id;
use crate::unavailable::ledger_changed;

/// Change the secret of an endpoint
///
/// For a day each webhook is signed with the new secret and with the last one. An endpoint that was disabled is sent to
/// again. Needs the scope `operate`.
#[utoipa::path(
    post, path = "/endpoints/{id}/rotate", operation_id = "rotate_endpoint", tag = "Endpoints",
    params(("id" = String, Path, description = "The endpoint's id.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "The endpoint with its new secret.", body = EndpointAnswer),
        (status = 404, description = "There is none of this id."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn rotate(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
) -> Result<Json<EndpointAnswer>, Problem> {
    let key = Key { tenant: caller.tenant, id };
    let rotated = ledger_changed(operations::endpoints::rotate(&app.store, &key, app.clock.now()).await)?;
    Ok(Json(with_secret(&app, rotated.ok_or_else(unknown)?)))
}
