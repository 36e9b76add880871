//! What applications tell the clients of gateways, in the contract.

use serde_json::{Value, json};

use super::messages::message;
use super::schema::WORD;

/// An event of an application.
pub(super) fn event() -> Value {
    let tenant = json!({"type": "string", "pattern": WORD, "description": "Whose it is; default without it."});
    message(
        "applicationEvent",
        ["An event of an application", "What clients are told that are connected. Nothing is kept of it."],
        json!({
            "description": "Of at most 64 KiB. The fields that the rules of rooms name say who hears it.",
            "payload": {"type": "object", "properties": {"tenant": tenant}},
            "examples": [{"name": "a request has changed", "payload": {"solicitud_id": 7, "usuario_id": 4711}}],
        }),
    )
}
