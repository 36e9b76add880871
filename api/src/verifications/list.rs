//! `GET /v1/verification`: a page of the tenant's verifications.

use axum::Json;
use axum::extract::State;
use domain::{ChannelName, Timestamp, VerificationState};
use operations::deliveries::written::NO_CURSOR;
use operations::verifications;
use serde::Serialize;
use store::{MAX_PAGE, USUAL_PAGE, VerificationCursor, VerificationFilter};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::unavailable::page_read;
use crate::verifications::answer::{VerificationAnswer, answer};

const PARAMETERS: [&str; 7] = ["status", "channel", "purpose", "since", "until", "cursor", "limit"];

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct VerificationsQuery {
    /// Only those with this status, as their rows have it: one whose time is over has expired within a minute.
    status: Option<String>,
    /// Only those whose code went by this channel first.
    channel: Option<String>,
    /// Only those for this purpose.
    #[param(max_length = 100)]
    purpose: Option<String>,
    /// Started at this time or later, RFC 3339 with an offset.
    since: Option<String>,
    /// Started before this time.
    until: Option<String>,
    /// `next` of the page before, whose other parameters must be the same.
    cursor: Option<String>,
    /// 1 to 1,000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// One page, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct VerificationsAnswer {
    /// The verifications of the token's tenant.
    verifications: Vec<VerificationAnswer>,
    /// The `cursor` of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List verifications
///
/// Those of the token's tenant, the newest first: those that the guard has blocked among them, with its reasons. No code and
/// no address is in it. Needs the scope `read`.
#[utoipa::path(
    get, path = "/v1/verification", operation_id = "list_verifications", tag = "Verification",
    params(VerificationsQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "One page.", body = VerificationsAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    mut query: Parameters,
) -> Result<Json<VerificationsAnswer>, Problem> {
    let state = query.one_of("status", &VerificationState::ALL, VerificationState::as_str);
    let known = operations::channel_names();
    let channel = query.one_of("channel", known, |name| name).and_then(|name| ChannelName::parse(name).ok());
    let purpose = query.text("purpose");
    let instant = |text: &str| Timestamp::parse_rfc3339(text).ok();
    let rule = "must be a time as RFC 3339 has it, such as 2026-03-01T12:00:00Z";
    let since = query.parsed("since", rule, instant);
    let until = query.parsed("until", rule, instant);
    let after = query.parsed("cursor", NO_CURSOR, VerificationCursor::parse);
    let limit = query.limit(USUAL_PAGE, MAX_PAGE) as usize;
    query.finish(&PARAMETERS)?;
    let filter = VerificationFilter { tenant: caller.tenant, state, channel, purpose, since, until, after, limit };
    let page = page_read(verifications::list(&app.store, filter).await)?;
    let now = app.clock.now();
    let verifications = page.verifications.into_iter().map(|one| answer(one, now)).collect();
    Ok(Json(VerificationsAnswer { verifications, next: page.next.map(|cursor| cursor.to_string()) }))
}
