//! `POST /v1/commands/dispatch`: 202 after the broker has confirmed, and never before.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use domain::{RequestedBy, Unresolved};
use operations::Unconfirmed;
use operations::commands::{self, Dispatching, NotAccepted, as_fields};
use runtime::failpoint;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;
use web::body::read_json_text;
use web::idempotency::idempotency_key;
use web::problem::Problem;

use crate::access::{Authorized, scopes};
use crate::app::Shared;
use crate::docs::refusals::{InvalidFields, Unauthorised, Unreadable};
use crate::done::done;
use crate::notifications::body::refusal;
use crate::unavailable::{broker_confirmed, broker_failed, broker_problem};

/// What a service is to do.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "service": "trading", "action": "strategy.pause", "arguments": {"strategy_id": "btc-arb-01"}
}))]
#[expect(dead_code, reason = "describes a body in the OpenAPI document")]
pub(crate) struct CommandBody {
    /// A service of `GET /services`. It may be left out where the action begins with it, as in `trading.strategy.pause`.
    service: Option<String>,
    /// What it is to do.
    action: String,
    /// As the schema of the action has them.
    arguments: Option<Map<String, Value>>,
    /// Connects its events with whatever it belongs to.
    #[schema(max_length = 255)]
    correlation_id: Option<String>,
}

/// The broker has it on disk.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommandAccepted {
    /// `GET /v1/commands/{id}` shows what becomes of it.
    #[schema(example = "01933f5e-7c1a-7cc3-9a52-0c2f4d1b8a10")]
    command_id: String,
    /// The state in which it begins: `pending_confirmation` where somebody is asked first, else `dispatched`.
    #[schema(example = "pending_confirmation")]
    status: &'static str,
}

/// Have a service do something
///
/// Where the service or the action wants it, those who confirm it are asked first. Who may have an action done is in the file
/// of services: a caller is known there by name, by the groups of the contact of the same id, and as a member of `admins` where
/// the token may administer. 202 is answered only after the broker has confirmed. Needs the scope `operate`.
#[utoipa::path(
    post, path = "/v1/commands/dispatch", operation_id = "dispatch_command", tag = "Commands",
    params((
        "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
        description = "Any text up to 255 bytes. The same key gives the same id, so that a repeated request is one command.",
    )),
    security(("bearer" = [])),
    request_body(content = CommandBody, description = "What is to be done."),
    responses(
        (status = 202, description = "Confirmed.", body = CommandAccepted),
        (status = 409, description = "The `Idempotency-Key` has dispatched another command."),
        (status = 503, description = "The broker has not confirmed, or the ledger cannot be reached. Repeat it with its key."),
        Unreadable, InvalidFields, Unauthorised,
    ),
)]
pub(crate) async fn dispatch(
    State(app): Shared,
    Authorized { caller, .. }: Authorized<scopes::Operate>,
    headers: HeaderMap,
    request: Request,
) -> Result<(StatusCode, Json<CommandAccepted>), Problem> {
    let by_key =
        idempotency_key(&headers)?.map(|key| app.request_ids.id(&caller.tenant, RequestedBy::TokenHolder, key, None));
    let text = read_json_text(request, app.settings.body_limit).await?;
    let written = commands::read(&text).map_err(refusal)?;
    let id = by_key.unwrap_or_else(|| Uuid::now_v7().to_string());
    let parts = Dispatching {
        services: &app.settings.services,
        store: &app.store,
        publisher: &app.publisher,
        secrets: &app.secrets,
    };
    match commands::dispatch(parts, &caller, written, id, app.clock.now()).await {
        Ok(accepted) => {
            broker_confirmed();
            failpoint("api.dispatched_before_response");
            let status = accepted.state.as_str();
            Ok((StatusCode::ACCEPTED, Json(CommandAccepted { command_id: accepted.id, status })))
        }
        Err(NotAccepted::Undone(why)) => done(Err(why)),
        Err(NotAccepted::Unresolved(unresolved)) => Err(not_resolved(&unresolved)),
        Err(NotAccepted::Another { id }) => Err(another(id)),
        Err(NotAccepted::Unconfirmed(Unconfirmed { id, error })) => {
            broker_failed(&error);
            let detail = format!(
                "Send the same request again, with an Idempotency-Key: without one it is another command than {id}."
            );
            Err(broker_problem(detail).with("command_id", id))
        }
    }
}

fn another(id: String) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "key-used",
        "The Idempotency-Key has dispatched another command",
        "One key is one command: take a new key for another action or other arguments. Nothing was dispatched.",
    )
    .with("command_id", id)
}

fn not_resolved(unresolved: &Unresolved) -> Problem {
    match unresolved {
        Unresolved::Forbidden { .. } => Problem::new(
            StatusCode::FORBIDDEN,
            "command-forbidden",
            "This caller may not have that done",
            format!("{unresolved}: the file of services says who may."),
        ),
        _ => Problem::invalid_fields(as_fields(unresolved)),
    }
}
