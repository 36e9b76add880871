//! `POST /keys`: made, and shown this once.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use operations::accounts::keys::{self, Asked};
use web::body::read_json_text;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::accounts::keys::answer::{KeyAnswer, with_secret};
use crate::accounts::keys::body::KeyBody;
use crate::accounts::refused::{answered, unknown_key};
use crate::app::Shared;
use crate::docs::refusals::{InvalidFields, LedgerAway, Unauthorised, Unreadable};
use crate::notifications::body::refusal;

/// Make a key
///
/// A service sends it as `Authorization: Bearer <secret>`. It is shown this once: the ledger has only its hash. Needs the
/// scope `admin`, and every scope that the key gets, such as `notify`.
#[utoipa::path(
    post, path = "/keys", operation_id = "create_key", tag = "Users", security(("bearer" = [])),
    request_body(content = KeyBody, description = "What it may do, and until when."),
    responses(
        (status = 201, description = "It is made.", body = KeyAnswer),
        (status = 409, description = "The tenant has as many keys in force as it may have."),
        Unreadable, InvalidFields, Unauthorised, LedgerAway,
    ),
)]
pub(crate) async fn create(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Admin>,
    request: Request,
) -> Result<(StatusCode, Json<KeyAnswer>), Problem> {
    let text = read_json_text(request, app.settings.body_limit).await?;
    let asked = Asked::read(&text, &caller.tenant, app.clock.now()).map_err(refusal)?;
    let made = keys::add(&app.store, &caller, asked, app.clock.as_ref()).await;
    app.keys.forget_age();
    Ok((StatusCode::CREATED, Json(with_secret(answered(made, unknown_key)?))))
}
