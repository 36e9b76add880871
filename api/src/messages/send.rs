//! `POST /v1/messages/send`: what it says becomes a notification or an ask, and is answered once the broker has confirmed it.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use operations::messages::{self, Meant};
use serde::Serialize;
use utoipa::ToSchema;
use web::problem::{Problem, Warning};

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::asks::create::published;
use crate::docs::refusals::{InvalidFields, Unauthorised, Unreadable};
use crate::messages::body::MessageBody;
use crate::notifications::publish::{Accepted, accepted, wanted};

/// The broker has it on disk.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageAccepted {
    /// The id of the delivery, or of the ask.
    #[schema(example = "01933f5e-7c1a-7cc3-9a52-0c2f4d1b8a10")]
    message_id: String,
    /// Always `accepted`.
    #[schema(example = "accepted")]
    status: &'static str,
    /// What it has become: `delivery`, which `GET /deliveries/{id}` shows, or `ask`, which `GET /asks/{id}` shows.
    #[schema(example = "ask")]
    kind: &'static str,
    /// What of it was taken, and will not have the effect that you may think. Absent when there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    warnings: Vec<Warning>,
}

/// Send a message by Telegram or mail
///
/// The same as `POST /notify`, or with `require_confirmation` as `POST /asks`, for services that know Telegram and mail
/// alone. 202 is answered only after the broker has confirmed. Needs the scope `notify`.
#[utoipa::path(
    post, path = "/v1/messages/send", operation_id = "send_message", tag = "Notifications",
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
        description = "Any text up to 255 bytes. The same key gives the same id, so that a repeated request is one message. \
                       Not together with an `id` in the body.",
    )),
    security(("bearer" = [])),
    request_body(content = MessageBody, description = "To whom, by what, and with which words."),
    responses(
        (status = 202, description = "Confirmed.", body = MessageAccepted),
        (status = 409, description = "The `id` or the `Idempotency-Key` is that of another question."),
        (status = 503, description = "The broker has not confirmed. `id` is the id to repeat with."),
        Unreadable, InvalidFields, Unauthorised,
    ),
)]
pub(crate) async fn send(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Notify>,
    headers: HeaderMap,
    request: Request,
) -> Result<(StatusCode, Json<MessageAccepted>), Problem> {
    let (message_id, kind, warnings) = match wanted(&app, &caller, &headers, request, messages::read).await? {
        Meant::Notification(checked) => {
            let Accepted { id, warnings, .. } = accepted(&app, *checked, &caller.name, &headers).await?;
            (id, "delivery", warnings)
        }
        Meant::Ask(asked) => (published(&app, *asked, &headers).await?, "ask", Vec::new()),
    };
    Ok((StatusCode::ACCEPTED, Json(MessageAccepted { message_id, status: "accepted", kind, warnings })))
}
