//! A command as it is shown.

use domain::Command;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use web::problem::Problem;

/// A command, and how far it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct CommandAnswer {
    command_id: String,
    #[schema(example = "trading")]
    service: String,
    #[schema(example = "strategy.pause")]
    action: String,
    arguments: Map<String, Value>,
    /// `pending_confirmation`, `dispatched`, `running`, or an end: `succeeded`, `failed`, `rejected`, `expired`.
    #[schema(example = "running")]
    status: &'static str,
    /// Counts the states.
    version: u32,
    /// By the id under which they are known.
    requested_by: String,
    confirmed_by: Option<String>,
    correlation_id: Option<String>,
    /// The ask that decides, where one does.
    ask: Option<String>,
    /// The delivery that takes it to its service.
    delivery: Option<String>,
    /// What its service says of its end, or why it was not dispatched.
    output: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    /// When it ends as `expired`, unless it has ended before.
    #[schema(format = DateTime)]
    expires_at: String,
}

pub(super) fn answer(command: Command) -> CommandAnswer {
    CommandAnswer {
        command_id: command.key.id,
        service: command.service,
        action: command.action,
        arguments: serde_json::from_str(&command.arguments).unwrap_or_default(),
        status: command.state.as_str(),
        version: command.version,
        requested_by: command.requested_by,
        confirmed_by: command.confirmed_by,
        correlation_id: command.correlation_id,
        ask: command.ask,
        delivery: command.delivery,
        output: command.output,
        created_at: command.created_at.to_string(),
        updated_at: command.updated_at.to_string(),
        expires_at: command.expires_at.to_string(),
    }
}

/// There is none of this id: not yet, or never.
pub(crate) fn unknown() -> Problem {
    Problem::not_found(
        "unknown-command",
        "There is no such command",
        "GET /v1/commands lists those there are; one that was just taken is there within moments.",
    )
}
