//! The deliveries that a command makes: one takes it to its service, and one tells whoever has asked for it how it has ended.

use domain::{Command, CommandKeys, CommandState, Key, command_end_id};
use media::service;
use serde_json::{Value, json};

/// The template of what is told of an end.
const ENDED: &str = "command_ended";
/// How much of what a service says of an end is told, in characters.
const MAX_TOLD_CHARS: usize = 500;

/// With this begins what is kept of a command about which nobody can be asked; why stands behind it.
pub const UNASKED: &str = "nobody can be asked";

/// For how long people are told what became of what they have said or asked for, in seconds. A worker that died while it told
/// them leaves nobody who knows whether it has, and by Telegram only what has an end is sent again then. A day, so that a
/// provider that is away in the night loses none of it.
pub const TOLD_FOR_SECONDS: u64 = 86_400;

/// The delivery that takes a command to its service, marked as one that the fleet has written. None for a command that no
/// delivery takes.
pub fn to_its_service(command: &Command, keys: &CommandKeys) -> Option<(Key, Value)> {
    let key = Key { tenant: command.key.tenant.clone(), id: command.delivery.clone()? };
    let arguments: Value = serde_json::from_str(&command.arguments).unwrap_or_default();
    let posted = json!({
        "command_id": command.key.id, "action": command.action, "arguments": arguments,
        "requested_by": command.requested_by, "confirmed_by": command.confirmed_by,
        "correlation_id": command.correlation_id, "tenant": command.key.tenant.as_str(),
    });
    let mark = keys.mark(&key, &command.service, &posted.to_string());
    let body = json!({
        "id": key.id, "tenant": key.tenant.as_str(), "channel": service::MEDIUM.name, "destination": command.service,
        "message": "", "data": { (service::COMMAND): posted, (service::MARK): mark }, "priority": "urgent",
        "expires_at": command.expires_at.to_string(), "metadata": { "command": command.key.id },
    });
    Some((key, body))
}

/// The delivery that tells an end; `by` is what people call whoever has refused it. None where nobody is told, or nobody any
/// more.
pub fn of_its_end(command: &Command, by: Option<&str>) -> Option<(Key, Value)> {
    let reply = command.reply.as_ref()?;
    let key = Key { tenant: command.key.tenant.clone(), id: command_end_id(&command.key) };
    let (state, output) = ending(command);
    let output: String = output.unwrap_or_default().chars().take(MAX_TOLD_CHARS).collect();
    let mut data = json!({ "service": command.service, "action": command.action, "state": state, "output": output });
    if let Some(by) = by {
        data["by"] = by.into();
    }
    let body = json!({
        "id": key.id, "tenant": key.tenant.as_str(), "channel": reply.channel.as_str(),
        "destination": reply.destination, "template": ENDED, "locale": reply.locale, "data": data,
        "priority": "urgent", "ttl_seconds": TOLD_FOR_SECONDS, "metadata": { "command": command.key.id },
    });
    Some((key, body))
}

/// How it has ended, in one word for the template, and what its service says of it. What the fleet itself has to say of an
/// end, which its row has in English, the words of the template say in the language of whoever reads them.
fn ending(command: &Command) -> (&'static str, Option<&str>) {
    let output = command.output.as_deref();
    // Whatever was confirmed, or needed nobody, has its delivery.
    match (command.state, command.delivery.is_some()) {
        (CommandState::Expired, false) => ("unconfirmed", None),
        (CommandState::Rejected, false) if output.is_some_and(|why| why.starts_with(UNASKED)) => ("unasked", None),
        (CommandState::Rejected, false) => (CommandState::Rejected.as_str(), None),
        (CommandState::Failed, _) if command.is_undelivered() => ("undelivered", None),
        (state, _) => (state.as_str(), output),
    }
}
