//! `GET /deliveries`: a page of them, by what became of them.

use axum::Json;
use axum::extract::State as Extract;
use domain::State;
use operations::deliveries::Wanted;
use serde::Serialize;
use store::{Cursor, MAX_PAGE, USUAL_PAGE};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::deliveries::answer::{DeliveryAnswer, answer};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::unavailable::ledger_read;

/// No destination of a body is longer.
const MAX_RECIPIENT_BYTES: usize = 4096;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct ListQuery {
    /// `sending`, `waiting`, `sent`, `captured`, `dead`, `held`, `expired`, `suppressed`, `cancelled`, `fell_back`,
    /// `delivered` or `bounced`.
    state: Option<String>,
    /// Only those with an attempt that may have been accepted without our knowing, or only those without.
    ambiguous: Option<bool>,
    /// Only those to this recipient, in any spelling that reaches the same: a number with and without `whatsapp:`, an
    /// address in upper or lower case. What no worker has taken is found as it was published. `+` is `%2B` in a query.
    #[param(max_length = 4096)]
    recipient: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// 1 to 1,000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// One page, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveriesAnswer {
    /// The deliveries of the token's tenant.
    deliveries: Vec<DeliveryAnswer>,
    /// The `cursor` of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List deliveries
///
/// The deliveries of the token's tenant, the newest first. Needs the scope `read`. A filter for a rare state reads
/// many pages' worth of rows: the ledger keeps no index on what changes.
#[utoipa::path(
    get, path = "/deliveries", operation_id = "list_deliveries", tag = "Deliveries",
    params(ListQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "One page.", body = DeliveriesAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn list(
    Extract(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    mut query: Parameters,
) -> Result<Json<DeliveriesAnswer>, Problem> {
    let wanted = wanted(&mut query)?;
    let page = operations::deliveries::list(&app.store, caller.tenant, wanted, &app.recipients).await;
    let page = ledger_read(page)?;
    let deliveries = page.deliveries.iter().map(|view| answer(view, Vec::new())).collect();
    Ok(Json(DeliveriesAnswer { deliveries, next: page.next.map(|cursor| cursor.to_string()) }))
}

fn wanted(query: &mut Parameters) -> Result<Wanted, Problem> {
    let state = query.one_of("state", &State::ALL, State::as_str);
    let ambiguous = query.flag("ambiguous");
    // A plus sign that was not escaped is a blank by now, and no recipient begins with one.
    let written = |text: &str| text.strip_prefix(' ').map_or(text.to_owned(), |rest| format!("+{rest}"));
    let recipient = query.parsed("recipient", "must be a recipient as it was published, or be left out", |text| {
        (1..=MAX_RECIPIENT_BYTES).contains(&text.len()).then(|| written(text))
    });
    let after = query.parsed("cursor", "must be `next` of the page before", Cursor::parse);
    let limit = query.limit(USUAL_PAGE, MAX_PAGE);
    query.finish(&["state", "ambiguous", "recipient", "cursor", "limit"])?;
    Ok(Wanted { state, ambiguous, recipient, after, limit })
}
