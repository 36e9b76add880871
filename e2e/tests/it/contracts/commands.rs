//! Commands over AMQP in the contract: what a service takes from its queue, and what it publishes of it.

use lapin::BasicProperties;
use serde_json::{Value, json};
use topology::{Publication, properties};

use super::amqp;
use super::messages::{JSON, message};
use super::schema::{WORD, object, text};

/// A command as a worker publishes it.
fn sample() -> [BasicProperties; 1] {
    let published = Publication::of_command("trading", "id".to_owned(), "{}".into(), "token", Some("deploy-7"));
    [properties(&published.message_id, &published.headers, &published.publisher_properties)]
}

fn tenant() -> Value {
    json!({"type": "string", "pattern": WORD, "description": "Whose it is."})
}

/// What a service takes.
pub(super) fn command() -> Value {
    let fields = json!({
        "command_id": text("By which the service knows a command that comes twice."),
        "action": text("What is to be done."),
        "arguments": {"type": "object", "description": "As the schema of the action has them."},
        "requested_by": text("Who has it done, by the id under which they are known."),
        "confirmed_by": {"type": ["string", "null"], "description": "Who has said yes, where somebody was asked."},
        "correlation_id": {"type": ["string", "null"], "description": "What whoever has it done knows it by."},
        "tenant": tenant(),
    });
    let required: Vec<&String> = fields.as_object().expect("an object").keys().collect();
    let payload = json!({"type": "object", "required": required, "properties": fields});
    let said = [
        ("message_id", json!({"description": "The id of the command."})),
        ("content_type", json!({"const": JSON})),
        ("correlation_id", json!({"description": "That of the body, where it has one."})),
    ];
    message(
        "command",
        ["A command", "What a service is to do, with a token by which it believes that."],
        json!({
            "headers": amqp::headers("The token of the command.", &sample()),
            "x-amqp-properties": amqp::properties(&sample(), &said),
            "payload": payload,
            "examples": [{"name": "a command", "payload": {
                "command_id": "c-1", "action": "strategy.pause", "arguments": {"strategy_id": "btc-arb-01"},
                "requested_by": "ana", "confirmed_by": "ben", "correlation_id": null, "tenant": "default",
            }}],
        }),
    )
}

/// What it publishes.
pub(super) fn report() -> Value {
    let states = ["running", "succeeded", "failed", "rejected"];
    let payload = json!({
        "type": "object",
        "required": ["command_id", "state"],
        "properties": {
            "command_id": text("As it came with the command."),
            "state": {"enum": states, "description": "How far it is."},
            "output": {"description": "What is told of its end: a text, or any JSON."},
            "tenant": tenant(),
        },
        "additionalProperties": false,
    });
    let token = "A token of the service's own, for this command.";
    let mut headers = object(amqp::headers(token, &sample()));
    headers.insert("required".into(), json!(["notify-token"]));
    message(
        "commandReport",
        ["What a service says of a command", "How far it is, with a token of the service's own."],
        json!({
            "description": "Publish with confirms, mandatory and persistent. Never set expiration.",
            "headers": headers,
            "payload": payload,
            "examples": [{"name": "an end", "payload": {
                "command_id": "c-1", "state": "succeeded", "output": "btc-arb-01 is paused", "tenant": "default",
            }}],
        }),
    )
}
