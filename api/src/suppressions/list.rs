//! `GET /suppressions`: a page of the list, or of what was lifted.

use axum::Json;
use axum::extract::State;
use domain::ChannelName;
use operations::deliveries::written::NO_CURSOR;
use operations::suppressions::{self, Wanted};
use serde::Serialize;
use store::{MAX_PAGE, SuppressionCursor, USUAL_PAGE};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::suppressions::answer::{SuppressionAnswer, answer, lifted};
use crate::unavailable::page_read;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct SuppressionsQuery {
    /// Only those of this channel.
    channel: Option<String>,
    /// With `channel`: only those of this recipient, in any form that reaches the same. `+` is `%2B` in a query.
    #[param(max_length = 4096)]
    destination: Option<String>,
    /// `true` lists what was taken off the list, with who did so and why.
    lifted: Option<bool>,
    /// `next` of the page before, whose other parameters must be the same.
    cursor: Option<String>,
    /// 1 to 1,000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// One page, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct SuppressionsAnswer {
    /// The entries of the token's tenant.
    suppressions: Vec<SuppressionAnswer>,
    /// The `cursor` of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List who is not written to
///
/// The suppression list of the token's tenant, or what was taken off it, the newest first. An entry whose `until` is past
/// stops nothing and stays on the list. Needs the scope `read`.
#[utoipa::path(
    get, path = "/suppressions", operation_id = "list_suppressions", tag = "Suppressions",
    params(SuppressionsQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "One page.", body = SuppressionsAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    mut query: Parameters,
) -> Result<Json<SuppressionsAnswer>, Problem> {
    let (wanted, is_lifted) = wanted(&mut query)?;
    let (suppressions, next) = if is_lifted {
        let page = page_read(suppressions::lifts(&app.store, caller.tenant, wanted, &app.recipients).await)?;
        (page.lifts.into_iter().map(lifted).collect(), page.next)
    } else {
        let page = page_read(suppressions::list(&app.store, caller.tenant, wanted, &app.recipients).await)?;
        (page.suppressions.into_iter().map(answer).collect(), page.next)
    };
    Ok(Json(SuppressionsAnswer { suppressions, next: next.map(|cursor| cursor.to_string()) }))
}

fn wanted(query: &mut Parameters) -> Result<(Wanted, bool), Problem> {
    let known = operations::channel_names();
    let channel = query.one_of("channel", known, |name| name).and_then(|name| ChannelName::parse(name).ok());
    // A plus sign that was not escaped is a blank by now, and no recipient begins with one.
    let written = |text: &str| text.strip_prefix(' ').map_or(text.to_owned(), |rest| format!("+{rest}"));
    let has_channel = channel.is_some();
    let rule = "must be a recipient of the channel that channel names, or be left out";
    let destination =
        query.parsed("destination", rule, |text| (has_channel && !text.is_empty()).then(|| written(text)));
    let is_lifted = query.flag("lifted").unwrap_or_default();
    let after = query.parsed("cursor", NO_CURSOR, SuppressionCursor::parse);
    let limit = query.limit(USUAL_PAGE, MAX_PAGE);
    query.finish(&["channel", "destination", "lifted", "cursor", "limit"])?;
    Ok((Wanted { channel, destination, after, limit }, is_lifted))
}
