//! `GET /contacts/{id}`: one of them.

use axum::Json;
use axum::extract::State;
use domain::Key;
use operations::contacts;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::contacts::answer::{ContactAnswer, answer, unknown};
use crate::docs::refusals::{LedgerAway, Unauthorised};
use crate::id::Id;
use crate::unavailable::ledger_read;

/// See one contact
///
/// The addresses are masked. Needs the scope `read`.
#[utoipa::path(
    get, path = "/contacts/{id}", operation_id = "show_contact", tag = "Contacts",
    params(("id" = String, Path, description = "The contact's id.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "The contact.", body = ContactAnswer),
        (status = 404, description = "There is none of this id."),
        Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn show(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Read>,
    Id(id): Id,
) -> Result<Json<ContactAnswer>, Problem> {
    let key = Key { tenant: caller.tenant, id };
    let contact = ledger_read(contacts::show(&app.store, &key).await)?.ok_or_else(unknown)?;
    Ok(Json(answer(contact)))
}
