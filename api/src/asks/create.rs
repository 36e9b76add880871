//! `POST /asks`: 202 after the broker has confirmed, and never before.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use operations::asks::{self, CheckedAsk};
use runtime::failpoint;
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::{App, Shared};
use crate::asks::body::AskBody;
use crate::docs::refusals::{InvalidFields, Unauthorised, Unreadable};
use crate::notifications::publish::{once_confirmed, trace_of, wanted};

/// The broker has it on disk: people will be asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AskAccepted {
    /// The ask's id: `GET /asks/{id}` shows what becomes of it.
    #[schema(example = "01933f5e-7c1a-7cc3-9a52-0c2f4d1b8a10")]
    id: String,
    /// Always `accepted`.
    #[schema(example = "accepted")]
    status: &'static str,
}

/// Ask people
///
/// Each of them gets the question by their channels, one after the other, with a button, a link or a code for each choice.
/// The first answer that makes the quorum decides; all messages tell the end. 202 is answered only after the broker has
/// confirmed. A contact whom nobody knows is refused while the ledger answers. Contacts and groups are looked up when people are
/// asked: where nobody is found then, the question is dead-lettered with its reason. Needs the scope `notify`.
#[utoipa::path(
    post, path = "/asks", operation_id = "ask", tag = "Asks",
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
        description = "Any text up to 255 bytes. The same key gives the same id, so that a repeated request is one question. \
                       Not together with an `id` in the body.",
    )),
    security(("bearer" = [])),
    request_body(content = AskBody, description = "What to ask, and whom."),
    responses(
        (status = 202, description = "Confirmed.", body = AskAccepted),
        (status = 409, description = "The `id` or the `Idempotency-Key` is that of another question."),
        (status = 503, description = "The broker has not confirmed. `id` is the id to repeat with."),
        Unreadable, InvalidFields, Unauthorised,
    ),
)]
pub(crate) async fn create(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Notify>,
    headers: HeaderMap,
    request: Request,
) -> Result<(StatusCode, Json<AskAccepted>), Problem> {
    let asked = wanted(&app, &caller, &headers, request, CheckedAsk::read).await?;
    let id = published(&app, asked, &headers).await?;
    Ok((StatusCode::ACCEPTED, Json(AskAccepted { id, status: "accepted" })))
}

fn another(id: String) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "key-used",
        "The id, or the Idempotency-Key, is that of another question",
        "One of them is one question: take a new one to ask something else. Nobody was asked.",
    )
    .with("id", id)
}

/// Publishes a request to ask, in the trace of its own request.
///
/// # Errors
/// 422 with every contact whom nobody knows, 409 where another question has its id, 503 while the broker does not confirm.
pub(crate) async fn published(app: &App, asked: CheckedAsk, headers: &HeaderMap) -> Result<String, Problem> {
    let unknown = asks::faults_of_contacts(&app.store, &asked).await;
    if !unknown.is_empty() {
        return Err(Problem::invalid_fields(unknown));
    }
    match asks::is_known_as_another(&app.store, &asked, &app.recipients).await {
        Ok(false) => {}
        Ok(true) => return Err(another(asked.key.id)),
        // Whoever asks needs no ledger: where it is away, whoever opens the question sees that.
        Err(error) => tracing::debug!(%error, "whether a question of this id is known was not looked at"),
    }
    let trace = trace_of(headers);
    let id = once_confirmed(asks::ask(&app.publisher, asked, trace.as_ref(), app.clock.now()).await)?;
    failpoint("api.asked_before_response");
    Ok(id)
}
