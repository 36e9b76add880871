//! `POST /endpoints/{id}/rotate`: a new secret, beside which the last one signs for a day.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::{RequestedBy, Timestamp};
use store::Rotated;
use web::idempotency::idempotency_key;
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised, UnknownHeader};
use crate::done::done;
use crate::endpoints::answer::{EndpointAnswer, unknown, with_secret};
use crate::id::Id;

/// Change the secret of an endpoint
///
/// For a day each webhook is signed with the new secret and with the last one. Within that day it is not changed again
/// unless by force. An endpoint that was disabled is sent to again. Needs the scope `operate`.
#[utoipa::path(
    post, path = "/endpoints/{id}/rotate", operation_id = "rotate_endpoint", tag = "Endpoints",
    params(
        ("id" = String, Path, description = "The endpoint's id."),
        (
            "force" = Option<bool>, Query,
            description = "`true` changes a leaked secret at once, and cuts off who has only the one before.",
        ),
        (
            "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
            description = "A change that is repeated with its key changes nothing, and gets the same secret until another change.",
        ),
    ),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The endpoint with its new secret.", body = EndpointAnswer),
        (status = 404, description = "There is none of this id."),
        (status = 409, description = "It was changed within a day, and a receiver may have only the one before; or this is the repeat of a change that another one followed."),
        (status = 422, description = "A parameter of the query is not valid."),
        UnknownHeader, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn rotate(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
    mut query: Parameters,
    headers: HeaderMap,
) -> Result<Json<EndpointAnswer>, Problem> {
    let is_forced = query.flag("force").unwrap_or(false);
    query.finish(&["force"])?;
    let by =
        idempotency_key(&headers)?.map(|key| app.request_ids.id(&caller.tenant, RequestedBy::TokenHolder, key, None));
    let rotated = operations::endpoints::rotate(&app.store, &caller, &id, by, is_forced, app.clock.now()).await;
    match done(rotated)? {
        Rotated::New(endpoint) | Rotated::Again(endpoint) => Ok(Json(with_secret(&app, *endpoint))),
        Rotated::ChangedSince => Err(changed_since()),
        Rotated::TooSoon(until) => Err(too_soon(until)),
        Rotated::Unknown => Err(unknown()),
    }
}

fn changed_since() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "rotated-since",
        "The secret is not changed",
        "The request with this Idempotency-Key has changed it before, and another has changed it since: what it got is \
         not the newest secret. For another change send another key. Nothing was done.",
    )
}

fn too_soon(until: Timestamp) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "rotated-lately",
        "The secret is not changed",
        format!(
            "It was changed less than a day ago: until {until} the secret before it signs as well, and another change \
             would cut off a receiver that still has it. Change it after that, or at once with ?force=true if it has \
             leaked. A repeat with the same Idempotency-Key gets the same secret. Nothing was done."
        ),
    )
    .with("previous_secret_until", until.to_string())
}
