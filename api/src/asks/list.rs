//! `GET /asks`: a page of them, by what became of them, what they are for and when.

use axum::Json;
use axum::extract::State;
use domain::{AskKind, AskState, Tenant, Timestamp};
use operations::asks;
use operations::deliveries::written::{LATER_THAN_FROM, NO_CURSOR};
use serde::Serialize;
use store::{AskCursor, AskFilter, MAX_PAGE, USUAL_PAGE};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::asks::answer::{AskAnswer, answer};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::unavailable::page_read;

const NAMES: [&str; 7] = ["state", "kind", "correlation_id", "from", "to", "cursor", "limit"];

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct AsksQuery {
    /// `open`, `answered`, `expired` or `cancelled`.
    state: Option<String>,
    /// What they are for: `confirm`, `verify`, `command` or `optin`.
    kind: Option<String>,
    /// Only those that were given this to be known by.
    #[param(max_length = 255)]
    correlation_id: Option<String>,
    /// Only those that were asked at this time or later. `+` is `%2B` in a query.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Only those that were asked before this time.
    #[param(format = DateTime)]
    to: Option<String>,
    /// `next` of the page before, whose other parameters must be the same.
    cursor: Option<String>,
    /// 1 to 1,000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// One page, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct AsksAnswer {
    /// The asks of the token's tenant, without their answers. They may be fewer than `limit`, or none, although there is a
    /// `next`: a page looks at 10,000 asks at most.
    asks: Vec<AskAnswer>,
    /// The `cursor` of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List asks
///
/// The questions of the token's tenant, the newest first. All that is asked for must hold. Needs the scope `read`.
#[utoipa::path(
    get, path = "/asks", operation_id = "list_asks", tag = "Asks",
    params(AsksQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "One page.", body = AsksAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    mut query: Parameters,
) -> Result<Json<AsksAnswer>, Problem> {
    let filter = filter(&mut query, caller.tenant);
    query.finish(&NAMES)?;
    let page = page_read(asks::list(&app.store, filter).await)?;
    let next = page.next.map(|cursor| cursor.to_string());
    Ok(Json(AsksAnswer { asks: page.asks.into_iter().map(answer).collect(), next }))
}

fn filter(query: &mut Parameters, tenant: Tenant) -> AskFilter {
    const TIME: &str = "must be a date and time as in RFC 3339, with an offset";
    const CORRELATION: &str = "must have 1 to 255 bytes";
    let state = query.one_of("state", &AskState::ALL, AskState::as_str);
    let kind = query.one_of("kind", &AskKind::ALL, AskKind::as_str);
    let correlation_id = query.parsed("correlation_id", CORRELATION, |text| {
        (1..=domain::MAX_ID_BYTES).contains(&text.len()).then(|| text.to_owned())
    });
    let [from, until] = ["from", "to"].map(|name| query.parsed(name, TIME, |text| Timestamp::parse_rfc3339(text).ok()));
    if from.zip(until).is_some_and(|(from, until)| from >= until) {
        query.refuse("to", LATER_THAN_FROM);
    }
    let after = query.parsed("cursor", NO_CURSOR, AskCursor::parse);
    let limit = query.limit(USUAL_PAGE, MAX_PAGE) as usize;
    AskFilter { tenant, state, kind, correlation_id, from, until, after, limit }
}
