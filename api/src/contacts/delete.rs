//! `DELETE /contacts/{id}`: nobody asks them any more.

use axum::Json;
use axum::extract::State;
use operations::contacts;
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::contacts::answer::unknown;
use crate::docs::refusals::{LedgerAway, Unauthorised, UnknownHeader};
use crate::done::done;
use crate::id::Id;

/// The contact is gone.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactDeletedAnswer {
    /// The contact's id.
    id: String,
    /// Always `deleted`.
    #[schema(example = "deleted")]
    status: &'static str,
}

/// Delete a contact
///
/// With its addresses and its link. Questions that they were asked go on. Needs the scope `operate`.
#[utoipa::path(
    delete, path = "/contacts/{id}", operation_id = "delete_contact", tag = "Contacts",
    params(("id" = String, Path, description = "The contact's id.")), security(("bearer" = [])),
    responses(
        (status = 200, description = "Deleted.", body = ContactDeletedAnswer),
        (status = 404, description = "There is none of this id."),
        UnknownHeader, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn delete(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
) -> Result<Json<ContactDeletedAnswer>, Problem> {
    match done(contacts::delete(&app.store, &caller, &id, app.clock.now()).await)? {
        true => Ok(Json(ContactDeletedAnswer { id, status: "deleted" })),
        false => Err(unknown()),
    }
}
