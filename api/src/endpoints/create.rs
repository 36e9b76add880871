//! `POST /endpoints`: made once for each URL, and its secret shown.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use domain::RequestedBy;
use operations::endpoints::{self, Created};
use store::MAX_ENDPOINTS;
use web::body::read_json_text;
use web::idempotency::idempotency_key;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{InvalidFields, LedgerAway, Unauthorised, Unreadable};
use crate::done::done;
use crate::endpoints::answer::{EndpointAnswer, with_secret};
use crate::endpoints::body::EndpointBody;
use crate::notifications::body::refusal;

/// Make an endpoint
///
/// From then on the tenant's events are posted to its URL, as webhooks that are signed with its secret. The secret is
/// shown here, and when it is changed. Needs the scope `operate`.
#[utoipa::path(
    post, path = "/endpoints", operation_id = "create_endpoint", tag = "Endpoints",
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
        description = "A request that is repeated with its key makes one endpoint, and gets its first secret until that is changed.",
    )),
    security(("bearer" = [])),
    request_body(content = EndpointBody, description = "Where, and which events."),
    responses(
        (status = 200, description = "The same request has made it already.", body = EndpointAnswer),
        (status = 201, description = "It is made.", body = EndpointAnswer),
        (status = 409, description = "The tenant has an endpoint of this URL, or as many as it may have."),
        Unreadable, InvalidFields, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn create(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    headers: HeaderMap,
    request: Request,
) -> Result<(StatusCode, Json<EndpointAnswer>), Problem> {
    let by =
        idempotency_key(&headers)?.map(|key| app.request_ids.id(&caller.tenant, RequestedBy::TokenHolder, key, None));
    let text = read_json_text(request, app.settings.body_limit).await?;
    let asked = endpoints::read(&text, app.checker.calls()).map_err(refusal)?;
    match done(endpoints::create(&app.store, &caller, asked, by, app.clock.now()).await)? {
        Created::New(endpoint) => Ok((StatusCode::CREATED, Json(with_secret(&app, endpoint)))),
        Created::Again(endpoint) => Ok((StatusCode::OK, Json(with_secret(&app, endpoint)))),
        Created::Taken(id) => Err(conflict(
            "endpoint-exists",
            format!(
                "The endpoint {id} has this URL, or this Idempotency-Key was another request's: POST \
                 /endpoints/{id}/rotate gives it a new secret, DELETE /endpoints/{id} makes room for another."
            ),
        )),
        Created::TooMany => Err(conflict(
            "too-many-endpoints",
            format!("A tenant has at most {MAX_ENDPOINTS}: delete one that nobody needs."),
        )),
    }
}

fn conflict(kind: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::CONFLICT, kind, "The endpoint is not made", detail)
}
