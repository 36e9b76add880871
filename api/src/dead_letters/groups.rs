//! `GET /dead-letters/groups`: letters that failed in the same way, and how far an operator has got with them.

use axum::Json;
use axum::extract::State;
use operations::dead_letters;
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::dead_letters::answer::{GroupAnswer, group};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::unavailable::ledger_read;

/// The groups, those with the most letters first.
#[derive(Serialize, ToSchema)]
pub(crate) struct GroupsAnswer {
    /// At most a thousand groups of the token's tenant.
    groups: Vec<GroupAnswer>,
    /// When the queue was read to its end last; absent when it never was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, format = DateTime)]
    read: Option<String>,
    /// It is being read again: ask once more in some seconds.
    being_read: bool,
}

/// List groups of dead letters
///
/// Letters that failed in the same way are one group. They are known as the queue was read last. Where that was some
/// seconds ago, this has it read again. Needs the scope `read`.
#[utoipa::path(
    get, path = "/dead-letters/groups", operation_id = "list_dead_letter_groups", tag = "Dead letters",
    params(("resolved" = Option<bool>, Query, description = "`true` lists those too of which no letter is left.")),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The groups.", body = GroupsAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn groups(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    mut query: Parameters,
) -> Result<Json<GroupsAnswer>, Problem> {
    let resolved = query.flag("resolved").unwrap_or_default();
    query.finish(&["resolved"])?;
    let reading = ledger_read(dead_letters::looked_at(&app.store).await)?;
    let found = ledger_read(dead_letters::groups(&app.store, &caller.tenant, resolved).await)?;
    // Another tenant learns nothing of a queue in which it has no letters.
    let read = reading.read_at.filter(|_| !found.is_empty()).map(|at| at.to_string());
    Ok(Json(GroupsAnswer { groups: found.into_iter().map(group).collect(), read, being_read: reading.is_asked_for }))
}
