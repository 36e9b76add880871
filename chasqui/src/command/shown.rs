//! A command as it is printed: as a row, whole, and as JSON.

use domain::Command;
use serde_json::{Value, json};

pub(super) const HEADING: [&str; 7] = ["ID", "STATE", "ACTION", "ASKED FOR BY", "CONFIRMED BY", "SINCE", "CHANGED"];
const UNKNOWN: &str = "-";

pub(super) fn row_of(command: &Command) -> [String; 7] {
    [
        command.key.id.clone(),
        command.state.as_str().to_owned(),
        format!("{}.{}", command.service, command.action),
        command.requested_by.clone(),
        command.confirmed_by.as_deref().unwrap_or(UNKNOWN).to_owned(),
        command.created_at.to_string(),
        command.updated_at.to_string(),
    ]
}

pub(super) fn lines(command: &Command) -> Vec<String> {
    let Command { key, service, action, arguments, state, requested_by, .. } = command;
    let some = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("  {name} {value}"));
    let mut lines = vec![
        format!("{}  {}  {service}.{action}  of {}", key.id, state.as_str(), key.tenant),
        format!("  arguments {arguments}"),
        format!("  asked for {} by {requested_by}, expires {}", command.created_at, command.expires_at),
    ];
    lines.extend(some("confirmed by", &command.confirmed_by));
    lines.extend(some("question", &command.ask));
    lines.extend(some("delivery", &command.delivery));
    lines.extend(some("correlation id", &command.correlation_id));
    lines.push(format!("  {} since {}", state.as_str(), command.updated_at));
    lines.extend(some("output", &command.output));
    lines
}

/// The same fields as GET /v1/commands/{id} has.
pub(super) fn json_of(command: &Command) -> Value {
    let arguments: Value = serde_json::from_str(&command.arguments).unwrap_or_default();
    json!({
        "command_id": command.key.id, "tenant": command.key.tenant.as_str(), "service": command.service,
        "action": command.action, "arguments": arguments, "status": command.state.as_str(),
        "version": command.version, "requested_by": command.requested_by, "confirmed_by": command.confirmed_by,
        "correlation_id": command.correlation_id, "ask": command.ask, "delivery": command.delivery,
        "output": command.output, "created_at": command.created_at.to_string(),
        "updated_at": command.updated_at.to_string(), "expires_at": command.expires_at.to_string(),
    })
}
