//! The schema of a request to ask people, as a publisher writes it in place of a notification.

use domain::{AskRequest, MAX_APPROVERS, MAX_ASK_CHOICES, MAX_ID_BYTES, MAX_QUESTION_CHARS};
use serde_json::{Map, Value, json};

use super::schema::{WORD, defined};

const WHOLE: &str = "One JSON object in UTF-8, at most 1 MiB, no field of it twice. Its tenant and its id stand beside ask, or \
                     in it; the property message_id is its id before both. A field that is not known is refused.";
const MONTH_SECONDS: u64 = 2_592_000;

pub(super) fn ask() -> Value {
    json!({
        "type": "object",
        "required": ["ask"],
        "additionalProperties": false,
        "description": WHOLE,
        "properties": {
            "ask": defined("askRequest"),
            "id": line("Its id: the same one is the same question."),
            "tenant": word("Whose it is. Left out: default."),
            "version": {"description": "The version of this format: 1."},
        },
    })
}

/// What the schema refers to.
pub(super) fn definitions() -> Value {
    // Over AMQP the property of this name is read in its place.
    let fields = AskRequest::FIELDS.into_iter().filter(|name| *name != "reply_to");
    let properties: Map<String, Value> = fields.map(|name| (name.to_owned(), field(name))).collect();
    json!({
        "askRequest": {
            "type": "object",
            "required": ["question", "to"],
            "additionalProperties": false,
            "description": "What to ask, and whom.",
            "properties": properties,
        },
        "askChoice": {
            "description": "A label, or an object with more.",
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": 64},
                {
                    "type": "object",
                    "required": ["label"],
                    "additionalProperties": false,
                    "properties": {
                        "id": word("By which it is told. Left out: the label in lower case without accents."),
                        "label": {"type": "string", "minLength": 1, "maxLength": 64},
                        "refuses": flag("It is a no, which needs no quorum."),
                    },
                },
            ],
        },
        "askAddressee": {
            "description": "Somebody who is known, everybody of a group, or whoever reads what comes to an address.",
            "type": "object",
            "oneOf": [{"required": ["contact"]}, {"required": ["group"]}, {"required": ["channel", "destination"]}],
            "additionalProperties": false,
            "properties": {
                "contact": line("The id of a contact."),
                "group": word("The name of a group of contacts."),
                "channels": {
                    "type": ["array", "null"], "minItems": 1, "maxItems": 8, "items": {"type": "string"},
                    "description": "With contact or group: by which of their channels, in this order.",
                },
                "channel": {"type": ["string", "null"], "description": "email, slack, sms, telegram or whatsapp, in any case."},
                "destination": {
                    "type": ["string", "null"], "maxLength": 4096, "description": "As a notification names it.",
                },
                "name": line("With channel: who that is."),
                "locale": word("With channel: their language, BCP 47."),
            },
        },
        "askStep": {
            "type": "object",
            "required": ["after_seconds", "to"],
            "additionalProperties": false,
            "properties": {
                "after_seconds": {"type": "integer", "minimum": 1, "maximum": MONTH_SECONDS},
                "to": people("Who is asked then."),
            },
        },
    })
}

fn field(name: &str) -> Value {
    match name {
        "id" => line("Its id, unless one stands beside ask."),
        "tenant" => word("Whose it is, unless one stands beside ask."),
        "question" => json!({
            "type": "string", "minLength": 1, "maxLength": MAX_QUESTION_CHARS, "description": "What they are asked.",
        }),
        "choices" => json!({
            "type": ["array", "null"], "minItems": 1, "maxItems": MAX_ASK_CHOICES, "items": defined("askChoice"),
            "description": "What they may answer. Left out: yes and no, in the language of locale.",
        }),
        "to" => people("Who is asked."),
        "quorum" => json!({
            "type": ["integer", "null"], "minimum": 1, "maximum": MAX_APPROVERS,
            "description": "How many people must choose the same. Left out: 1.",
        }),
        "four_eyes" => flag("requested_by may not answer."),
        "may_change" => flag("Who has answered may answer otherwise while it is open."),
        "expires_in" => seconds(10, "Seconds after which it ends by itself. Left out: 3600."),
        "correlation_id" => line("What you know it by. Left out: the property of this name."),
        "requested_by" => line("Who wants to know."),
        "locale" => word("The language of the words around it, BCP 47."),
        "next_channel_after" => seconds(1, "Seconds until the next channel of a person is tried. Left out: 120."),
        "remind_after" => seconds(10, "Seconds until a reminder. Left out: never."),
        "escalate" => json!({
            "type": ["array", "null"], "minItems": 1, "maxItems": 5, "items": defined("askStep"),
            "description": "Whom else to ask when nothing is decided by then, each step later than the one before it.",
        }),
        "metadata" => json!({"type": ["object", "null"], "description": "Anything of yours."}),
        "version" => json!({"description": "The version of this format: 1."}),
        other => panic!("say what {other} of an ask is"),
    }
}

fn people(description: &str) -> Value {
    json!({
        "type": "array", "minItems": 1, "maxItems": MAX_APPROVERS, "items": defined("askAddressee"),
        "description": description,
    })
}

fn line(description: &str) -> Value {
    json!({"type": ["string", "null"], "maxLength": MAX_ID_BYTES, "description": description})
}

/// An empty text counts as absent.
fn word(description: &str) -> Value {
    json!({"description": description, "anyOf": [{"type": "null"}, {"const": ""}, {"type": "string", "pattern": WORD}]})
}

fn flag(description: &str) -> Value {
    json!({"type": ["boolean", "null"], "description": description})
}

fn seconds(least: u64, description: &str) -> Value {
    json!({"type": ["integer", "null"], "minimum": least, "maximum": MONTH_SECONDS, "description": description})
}
