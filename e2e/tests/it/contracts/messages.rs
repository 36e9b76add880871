//! The messages of the document: what each of them is, with its envelope, its body and examples.

use lapin::BasicProperties;
use serde_json::{Value, json};

use super::schema::{defined, over};
use super::{amqp, commands, realtime, samples, subjects};

pub(super) const BINDING: &str = "0.3.0";
pub(super) const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";
const CLOUD_EVENT: &str = "application/cloudevents+json";
const KEPT: &str = "Headers of the publisher's own are kept, up to 64 KiB in all.";

pub(super) fn messages() -> Value {
    json!({
        "notification": notification(),
        "ask": ask(),
        "accepted": accepted(),
        "child": message("child", [
            "A fallback",
            "The next channel of a delivery that failed for good, or of which nobody may report, as a delivery of its own.",
        ], json!({
            "headers": amqp::headers(KEPT, &samples::child()),
            "x-amqp-properties": amqp::properties(&samples::child(), &[
                ("message_id", json!({"description": "The child's id: computed from its parent's."})),
            ]),
            "payload": defined("notification"),
        })),
        "released": copy("released", [
            "What is due", "What a scheduler had kept, and the first of it that its lane sees.",
        ], &samples::released()),
        "deferred": copy("deferred", [
            "What waits for its time", "The body as it came, with the instant at which it is due.",
        ], &samples::deferred()),
        "forTopic": copy("forTopic", [
            "What is for a topic", "The body as it came: a scheduler makes a delivery of it for each member.",
        ], &samples::for_topic()),
        "retry": copy("retry", [
            "What is tried again", "The body as it came, and how often it was tried.",
        ], &samples::retry()),
        "deadLetter": dead_letter(),
        "callback": callback(),
        "command": commands::command(),
        "commandReport": commands::report(),
        "applicationEvent": realtime::event(),
        "event": event(),
        "subjectEvent": subject_event(),
    })
}

/// A message that the fleet publishes again as it came.
fn copy(name: &str, said: [&str; 2], samples: &[BasicProperties]) -> Value {
    message(
        name,
        said,
        json!({
            "headers": amqp::headers(KEPT, samples),
            "x-amqp-properties": amqp::properties(samples, &[]),
            "payload": {"description": "The body as it came, byte for byte."},
        }),
    )
}

fn notification() -> Value {
    let headers = "Headers of your own are kept, up to 64 KiB in all. Those that begin with notify- are Chasqui's: do not \
                   set them. Those that begin with x-, and CC and BCC, are not kept.";
    let id = "The delivery's id, in UTF-8. Keep it, and the bytes of the body, when you publish again.";
    let said = [
        ("message_id", json!({"description": id})),
        ("timestamp", json!({"description": "Seconds since 1970. ttl_seconds counts from it."})),
        ("reply_to", json!({"description": "Where the end is told as well."})),
    ];
    let samples = [samples::notification()];
    message(
        "notification",
        ["One notification", "One recipient on one channel."],
        json!({
            "description": "Publish with confirms, mandatory and persistent. Never set expiration.",
            "headers": amqp::headers(headers, &samples),
            "x-amqp-properties": amqp::properties(&samples, &said),
            "payload": defined("notification"),
            "examples": [
                {"name": "four fields", "payload": {
                    "channel": "email", "destination": "ana@example.com", "subject": "Your order",
                    "message": "It is on its way.",
                }},
                {"name": "a template with a fallback", "payload": {
                    "channel": "push", "destination": "device-token-0123456789", "template": "otp", "locale": "es-AR",
                    "data": {"code": "481 930", "product": "Tambo", "minutes": 10}, "ttl_seconds": 600,
                    "fallback": [{"channel": "sms", "destination": "+12025550143"}],
                }},
                {"name": "later", "payload": {
                    "channel": "whatsapp", "destination": "+12025550143", "message": "Your table is ready in an hour.",
                    "send_at": "2026-03-01T09:00:00-03:00", "max_lateness_seconds": 1800,
                }},
            ],
        }),
    )
}

fn ask() -> Value {
    let samples = [samples::notification()];
    let said = [
        ("message_id", json!({"description": "The question's id, in UTF-8. Keep it when you publish again."})),
        ("correlation_id", json!({"description": "What you know it by, unless the body says that."})),
        ("reply_to", json!({"description": "Where its end is told as well."})),
    ];
    message(
        "ask",
        ["A question to people", "What to ask, and whom, in place of a notification."],
        json!({
            "description": "Publish with confirms, mandatory and persistent. Never set expiration.",
            "headers": amqp::headers("Headers of your own are not kept, but for those of a trace.", &samples),
            "x-amqp-properties": amqp::properties(&samples, &said),
            "payload": defined("ask"),
            "examples": [
                {"name": "yes or no", "payload": {
                    "ask": {"question": "Deploy version 7?", "to": [{"contact": "ana"}], "expires_in": 900},
                }},
                {"name": "two of a group, and then others", "payload": {
                    "tenant": "acme",
                    "ask": {
                        "question": "Stop the strategy?",
                        "choices": [{"label": "Stop"}, {"label": "Go on", "refuses": true}],
                        "to": [{"group": "admins", "channels": ["telegram", "email"]}], "quorum": 2, "expires_in": 600,
                        "escalate": [{"after_seconds": 300, "to": [{"channel": "sms", "destination": "+12025550143"}]}],
                    },
                }},
            ],
        }),
    )
}

fn accepted() -> Value {
    let said = [
        "What was accepted",
        "A notification that the API or chasqui send was given, checked, or one by which a dialog tells an endpoint.",
    ];
    let headers = "Who published it, and to which lane.";
    message(
        "accepted",
        said,
        json!({
            "headers": amqp::headers(headers, &samples::accepted()),
            "x-amqp-properties": amqp::properties(&samples::accepted(), &[("content_type", json!({"const": JSON}))]),
            "payload": defined("notification"),
        }),
    )
}

fn dead_letter() -> Value {
    let letter =
        copy("deadLetter", ["A dead letter", "The body as it came, and why it is here."], &samples::dead_letter());
    let headers = "Headers of the publisher's own are kept, up to 64 KiB in all. The broker adds x-death to what it gave up \
                   itself.";
    over(
        letter,
        json!({
            "headers": amqp::headers(headers, &samples::dead_letter()),
            "payload": {"description": "The body as it came, byte for byte, valid or not."},
        }),
    )
}

fn callback() -> Value {
    let samples = samples::callback();
    let said = [
        ("message_id", json!({"description": "Made by the API for this request."})),
        ("timestamp", json!({"description": "Seconds since 1970: when the request came."})),
        ("type", json!({"const": "callback"})),
    ];
    message(
        "callback",
        ["What a provider has sent", "A request of a provider that was believed. Nothing of it was interpreted yet."],
        json!({
            "contentType": BYTES,
            "headers": amqp::headers("What was seen of the request beside its body.", &samples),
            "x-amqp-properties": amqp::properties(&samples, &said),
            "payload": {"description": "The body of the request as it came, byte for byte."},
        }),
    )
}

fn event() -> Value {
    let samples = samples::event();
    let said = [
        ("message_id", json!({"description": "The event's id. A repeat has the same."})),
        ("type", json!({"description": "The event's type."})),
        ("content_type", json!({"const": CLOUD_EVENT})),
        ("app_id", json!({"const": "chasqui"})),
        ("correlation_id", json!({"description": "The publisher's."})),
    ];
    message(
        "event",
        ["An event", "One transition of one delivery, as a CloudEvent."],
        json!({
            "contentType": CLOUD_EVENT,
            "headers": amqp::headers("As the publisher sent them.", &samples),
            "x-amqp-properties": amqp::properties(&samples, &said),
            "payload": defined("event"),
            "examples": [{"name": "a dead letter", "payload": example()}],
        }),
    )
}

fn subject_event() -> Value {
    let samples = subjects::sent();
    let said = [
        ("message_id", json!({"description": "The event's id. A repeat has the same."})),
        ("type", json!({"description": "The event's type."})),
        ("content_type", json!({"const": CLOUD_EVENT})),
        ("app_id", json!({"const": "chasqui"})),
        ("correlation_id", json!({"description": "That of the request that has begun it."})),
    ];
    message(
        "subjectEvent",
        ["An event of no delivery", "What has become of an ask, a command or a verification, as a CloudEvent."],
        json!({
            "contentType": CLOUD_EVENT,
            "headers": amqp::headers("None.", &samples),
            "x-amqp-properties": amqp::properties(&samples, &said),
            "payload": defined("subjectEvent"),
            "examples": [{"name": "an answered ask", "payload": example_of_an_ask()}],
        }),
    )
}

fn example_of_an_ask() -> Value {
    json!({
        "specversion": "1.0", "id": "5b0e2a55-7f3f-5c43-9d0e-2f9f8b1d2c11", "source": "/chasqui",
        "type": "chasqui.ask.answered", "subject": "deploy-7", "time": "2026-03-01T12:00:00Z",
        "datacontenttype": JSON, "tenant": "default", "correlationid": "order-7",
        "data": {
            "id": "deploy-7", "tenant": "default", "kind": "confirm", "choice": "yes", "by": "ana", "version": 2,
            "correlation_id": "order-7",
        },
    })
}

fn example() -> Value {
    json!({
        "specversion": "1.0", "id": "0b8a4d8c-5d0c-5a52-8a3e-3f1f8a1d2c11", "source": "/chasqui",
        "type": "chasqui.sms.dead", "subject": "order-4711-shipped", "time": "2026-03-01T12:00:00Z",
        "datacontenttype": JSON, "tenant": "default",
        "data": {
            "id": "order-4711-shipped", "tenant": "default", "channel": "sms", "state": "dead", "epoch": 0,
            "attempt": 4, "ambiguous": false, "created_at": "2026-03-01T11:57:25Z",
            "updated_at": "2026-03-01T12:00:00Z", "provider": "twilio", "code": "20503", "reason": "exhausted",
            "detail": "service unavailable", "metadata": {"order": 4711},
        },
    })
}

pub(super) fn message(name: &str, [title, summary]: [&str; 2], more: Value) -> Value {
    let message = json!({
        "name": name,
        "title": title,
        "summary": summary,
        "contentType": JSON,
        "bindings": {"amqp": {"messageType": name, "bindingVersion": BINDING}},
    });
    over(message, more)
}
