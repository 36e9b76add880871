//! `PUT /contacts/{id}`: made, or changed to what is given.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use operations::contacts::{self, Asked, Outcome};
use store::MAX_CONTACTS;
use web::body::read_json_text;
use web::problem::{Problem, field};

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::contacts::answer::{ContactAnswer, answer};
use crate::contacts::body::ContactBody;
use crate::contacts::directory;
use crate::docs::refusals::{InvalidFields, LedgerAway, Unauthorised, Unreadable};
use crate::done::done;
use crate::id::Id;
use crate::notifications::body::refusal;

/// Put a contact
///
/// Makes a contact of this id, or changes it to what is given: what is left out it has no more. Its link stays. Needs the
/// scope `operate`, and `admin` for somebody who is, or becomes, of the group `admins` or of a name that a service lets have
/// commands done or confirm them.
#[utoipa::path(
    put, path = "/contacts/{id}", operation_id = "put_contact", tag = "Contacts",
    params(("id" = String, Path, description = "The contact's id, which questions name.")), security(("bearer" = [])),
    request_body(content = ContactBody, description = "Somebody, and by what they are reached."),
    responses(
        (status = 200, description = "It is changed.", body = ContactAnswer),
        (status = 201, description = "It is made.", body = ContactAnswer),
        (status = 409, description = "An address is another contact's, or there are as many contacts as there may be."),
        Unreadable, InvalidFields, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn put(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    Id(id): Id,
    request: Request,
) -> Result<(StatusCode, Json<ContactAnswer>), Problem> {
    let text = read_json_text(request, app.settings.body_limit).await?;
    let asked = Asked::read(&text, &app.checker).map_err(refusal)?;
    let now = app.clock.now();
    let put = contacts::put(directory(&app), &caller, &id, asked, now).await;
    match done(put)? {
        Outcome::New(contact) => Ok((StatusCode::CREATED, Json(answer(contact)))),
        Outcome::Changed(contact) => Ok((StatusCode::OK, Json(answer(contact)))),
        Outcome::Taken { at, by } => {
            let detail = format!("The contact {by} has this address: a person is asked once. Nothing was changed.");
            let errors = vec![field(format!("/addresses/{at}"), "is another contact's")];
            Err(conflict("address-taken", detail).with_fields(errors))
        }
        Outcome::TooMany => {
            let detail = format!("A tenant has at most {MAX_CONTACTS} contacts: delete those that nobody needs.");
            Err(conflict("too-many-contacts", detail))
        }
    }
}

fn conflict(kind: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::CONFLICT, kind, "The contact is not put", detail)
}
