//! `POST /v1/events`: what a service says of a command of its own. Its token says which service it is.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use operations::commands::{self, NotHeard};
use runtime::failpoint;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use web::body::read_json_text;
use web::problem::Problem;

use crate::app::{App, Shared};
use crate::commands::answer::unknown;
use crate::docs::refusals::{InvalidFields, Unreadable};
use crate::notifications::body::refusal;
use crate::unavailable::{broker_confirmed, broker_failed, broker_problem, ledger_read};

/// How far a command is.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"command_id": "01933f5e-7c1a-7cc3-9a52-0c2f4d1b8a10", "state": "succeeded", "output": "paused"}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct EventBody {
    /// As it came with the command.
    #[schema(max_length = 255)]
    command_id: String,
    /// `running`, `succeeded`, `failed` or `rejected`. `status` is read for it as well.
    state: String,
    /// What whoever has asked for it is told of its end: a text, or any JSON. The first 4,000 characters are kept.
    #[schema(value_type = Option<Object>)]
    output: Option<Value>,
    /// As it came with the command; default `default`.
    tenant: Option<String>,
}

/// The broker has it on disk.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventAccepted {
    /// Always `accepted`.
    #[schema(example = "accepted")]
    status: &'static str,
}

/// Report how far a command is
///
/// By the service to which it was dispatched, with a JSON Web Token of its own: signed with the key that the file of services
/// has of it, `sub` its name there, `aud` "chasqui", and `exp`, at most five minutes ahead. A command goes forward only: what says something else is
/// taken and changes nothing. The same may be reported again.
#[utoipa::path(
    post, path = "/v1/events", operation_id = "report_command", tag = "Commands", security(("service" = [])),
    request_body(content = EventBody, description = "How far it is."),
    responses(
        (status = 202, description = "Confirmed.", body = EventAccepted),
        (status = 401, description = "There is no token of a registered service."),
        (status = 403, description = "It is another service's command."),
        (status = 404, description = "There is no command of this id."),
        (status = 503, description = "The broker has not confirmed, or the ledger cannot be reached. Repeat it."),
        Unreadable, InvalidFields,
    ),
)]
pub(crate) async fn report(
    State(app): Shared,
    headers: HeaderMap,
    request: Request,
) -> Result<(StatusCode, Json<EventAccepted>), Problem> {
    let service = service_of(&app, &headers)?;
    let text = read_json_text(request, app.settings.body_limit).await?;
    let written = commands::read_report(&text).map_err(refusal)?;
    match commands::report(&app.store, &app.publisher, &app.secrets, &service, written, app.clock.now()).await {
        Ok(()) => {
            broker_confirmed();
            failpoint("api.reported_before_response");
            Ok((StatusCode::ACCEPTED, Json(EventAccepted { status: "accepted" })))
        }
        Err(NotHeard::Unknown) => Err(unknown()),
        Err(NotHeard::Foreign) => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "foreign-command",
            "It is another service's command",
            "A service reports the commands that were dispatched to it, and no others. Nothing was done.",
        )),
        Err(NotHeard::Ledger(error)) => ledger_read(Err(error)),
        Err(NotHeard::Unconfirmed(error)) => {
            broker_failed(&error);
            Err(broker_problem("Send the same request again."))
        }
    }
}

fn service_of(app: &App, headers: &HeaderMap) -> Result<String, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().filter(|_| values.next().is_none());
    let token = value.and_then(|value| value.to_str().ok()).and_then(|value| value.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    token.and_then(|token| app.service_keys.service_of(token, app.clock.now())).ok_or_else(|| {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "not-a-service",
            "There is no token of a registered service",
            "Send a JSON Web Token that is signed with the key which the file of services has, with your name there as sub, \
             chasqui as aud, and an exp that is at most five minutes ahead.",
        )
        .with_challenge("Bearer")
    })
}
