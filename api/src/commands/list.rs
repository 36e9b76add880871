//! `GET /v1/commands`: those of a tenant, the newest first.

use axum::Json;
use axum::extract::State;
use domain::{CommandState, Tenant, Timestamp};
use operations::commands;
use operations::deliveries::written::{LATER_THAN_FROM, NO_CURSOR};
use serde::Serialize;
use store::{CommandCursor, CommandFilter, MAX_PAGE, USUAL_PAGE};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::commands::answer::{CommandAnswer, answer};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::unavailable::page_read;

const NAMES: [&str; 7] = ["status", "service", "requested_by", "from", "until", "cursor", "limit"];

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct CommandsQuery {
    /// Only those in this state, such as `running`.
    status: Option<String>,
    /// Only those to this service.
    service: Option<String>,
    /// Only those that this person or caller has asked for.
    requested_by: Option<String>,
    /// Only those made at this time or later, RFC 3339 with an offset.
    #[param(format = DateTime)]
    from: Option<String>,
    /// Only those made before this time.
    #[param(format = DateTime)]
    until: Option<String>,
    /// `next` of the page before, whose other parameters must be the same.
    cursor: Option<String>,
    /// 1 to 1,000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// One page, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct CommandsAnswer {
    commands: Vec<CommandAnswer>,
    /// The `cursor` of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List commands
///
/// Those of the token's tenant. Where more than the time is asked for, a page may have fewer than there are, and a next one.
/// Needs the scope `read`.
#[utoipa::path(
    get, path = "/v1/commands", operation_id = "list_commands", tag = "Commands",
    params(CommandsQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "One page.", body = CommandsAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    mut query: Parameters,
) -> Result<Json<CommandsAnswer>, Problem> {
    let filter = filter(&mut query, caller.tenant);
    query.finish(&NAMES)?;
    let page = page_read(commands::list(&app.store, filter).await)?;
    Ok(Json(CommandsAnswer {
        commands: page.commands.into_iter().map(answer).collect(),
        next: page.next.map(|cursor| cursor.to_string()),
    }))
}

fn filter(query: &mut Parameters, tenant: Tenant) -> CommandFilter {
    const TIME: &str = "must be a date and time as in RFC 3339, with an offset";
    const STATE: &str = "must be pending_confirmation, dispatched, running, succeeded, failed, rejected or expired";
    let state = query.parsed("status", STATE, CommandState::parse);
    let mut text = |name: &str| {
        let rule = "must be what the commands have, or be left out";
        query.parsed(name, rule, |text| (!text.is_empty()).then(|| text.to_owned()))
    };
    let (service, requested_by) = (text("service"), text("requested_by"));
    let mut time = |name: &str| query.parsed(name, TIME, |text| Timestamp::parse_rfc3339(text).ok());
    let (from, until) = (time("from"), time("until"));
    if from.zip(until).is_some_and(|(from, until)| from >= until) {
        query.refuse("until", LATER_THAN_FROM);
    }
    let after = query.parsed("cursor", NO_CURSOR, CommandCursor::parse);
    let limit = query.limit(USUAL_PAGE, MAX_PAGE) as usize;
    CommandFilter { tenant, state, service, requested_by, from, until, after, limit }
}
