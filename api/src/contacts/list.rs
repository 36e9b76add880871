//! `GET /contacts`: a page of them.

use axum::Json;
use axum::extract::State;
use operations::contacts;
use serde::Serialize;
use store::{MAX_PAGE, USUAL_PAGE};
use utoipa::{IntoParams, ToSchema};
use web::problem::Problem;
use web::query::Parameters;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::contacts::answer::{ContactAnswer, answer};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::id::{cursor_behind, read_cursor};
use crate::unavailable::ledger_read;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a query in the OpenAPI document")]
pub(crate) struct ContactsQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    /// 1 to 1,000; default 100.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

/// One page, in the order of ids.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactsAnswer {
    /// The contacts of the token's tenant.
    contacts: Vec<ContactAnswer>,
    /// The `cursor` of the next page; absent after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    next: Option<String>,
}

/// List contacts
///
/// The contacts of the token's tenant. The addresses are masked. Needs the scope `read`.
#[utoipa::path(
    get, path = "/contacts", operation_id = "list_contacts", tag = "Contacts",
    params(ContactsQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "One page.", body = ContactsAnswer),
        (status = 422, description = "A parameter of the query is not valid."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn list(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    mut query: Parameters,
) -> Result<Json<ContactsAnswer>, Problem> {
    let after = query.parsed("cursor", "must be `next` of the page before", read_cursor);
    let limit = query.limit(USUAL_PAGE, MAX_PAGE) as usize;
    query.finish(&["cursor", "limit"])?;
    let page = ledger_read(contacts::list(&app.store, &caller.tenant, after.as_deref(), limit).await)?;
    let next = page.next.as_deref().map(cursor_behind);
    Ok(Json(ContactsAnswer { contacts: page.contacts.into_iter().map(answer).collect(), next }))
}
