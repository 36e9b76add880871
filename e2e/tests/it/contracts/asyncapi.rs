//! The whole document: every exchange and queue of the plan, who publishes what there, and who consumes it.

use chasqui::config::{Config, REFERENCE, Role};
use domain::{EventName, Lane, Tenant};
use serde_json::{Map, Value, json};
use topology::{Argument, Names, Plan, Queue};

use super::schema::{defined, over};
use super::{amqp, body, events, samples};

const BINDING: &str = "0.3.0";
const JSON: &str = "application/json";
const KEPT: &str = "Headers of the publisher's own are kept, up to 64 KiB in all.";
const WHOLE: &str = "How services publish notifications to RabbitMQ, and hear what becomes of them. One message is one \
                     delivery: one recipient on one channel. The pages publishing.md, events.md and topology.md say the \
                     same in words, with complete publishers in four languages and a subscriber. The schemas of body and \
                     event stand alone in docs/schemas.";

/// What an installation with the default settings has on its broker.
struct Broker {
    names: Names,
    plan: Plan,
}

pub(super) fn document() -> Value {
    let config = Config::read(REFERENCE.with([("SANDBOX", "all")]), Role::Up).expect("the defaults are right");
    let plan = Plan::new(&config.topology.names, config.topology.queue_type, config.retry_delays);
    let broker = Broker { names: config.topology.names.clone(), plan };
    let user = "orchestrator_user, with the password that its operator gave you.";
    let license = json!({"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"});
    let schemas = over(
        over(body::definitions(), events::definitions()),
        json!({
            "notification": body::notification(),
            "event": events::event(),
        }),
    );
    among_components(json!({
        "asyncapi": "3.0.0",
        "id": "urn:chasqui:notifications",
        "info": {"title": "Chasqui over AMQP", "version": "1.0.0", "description": WHOLE, "license": license},
        "defaultContentType": JSON,
        "servers": {"development": {
            "host": "127.0.0.1:5672",
            "protocol": "amqp",
            "protocolVersion": "0.9.1",
            "pathname": format!("/{}", embedded::VHOST),
            "description": "The broker of compose.yaml. `make run` prints the address of its own.",
            "security": [{"$ref": "#/components/securitySchemes/user"}],
        }},
        "channels": broker.channels(),
        "operations": operations(),
        "components": {
            "securitySchemes": {"user": {"type": "userPassword", "description": user}},
            "messages": messages(),
            "schemas": schemas,
        },
    }))
}

/// Where a document has definitions, this one has components.
fn among_components(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| match value.as_str().filter(|_| name == "$ref") {
                Some(place) => (name, Value::from(place.replace("#/$defs/", "#/components/schemas/"))),
                None => (name, among_components(value)),
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.into_iter().map(among_components).collect(),
        other => other,
    }
}

impl Broker {
    /// A channel for each queue of the plan, and those of subscribers.
    fn channels(&self) -> Value {
        let mut channels: Map<String, Value> = self.plan.queues.iter().map(|queue| self.of_queue(queue)).collect();
        channels.insert("events".into(), self.events());
        let told = "The queue that reply_to of a notification names, through the default exchange: one that you have \
                    declared, or amq.rabbitmq.reply-to (direct reply-to).";
        channels.insert("replies".into(), channel("Replies", told, Value::Null, &["event"]));
        channels.into()
    }

    fn of_queue(&self, queue: &Queue) -> (String, Value) {
        let (names, is) = (&self.names, queue.name.as_str());
        match (names.lane_of_queue(is), queue.retry_tier) {
            (Some(lane), _) => (lane.as_str().to_owned(), self.lane(lane)),
            (None, Some(tier)) => (format!("retry{tier}"), self.retry(queue, tier)),
            (None, None) if is == names.scheduled_queue() => ("scheduled".to_owned(), self.scheduled(queue)),
            (None, None) if is == names.dead_letter_queue() => ("deadLetters".to_owned(), self.dead_letters(queue)),
            (None, None) => panic!("say what the queue {is} of the plan is for"),
        }
    }

    fn lane(&self, lane: Lane) -> Value {
        let what_for = match lane {
            Lane::Urgent => "Codes and alarms.",
            Lane::Normal => "Everything else.",
            Lane::Bulk => "Campaigns; they never delay the other lanes.",
        };
        let told = format!("{what_for} Ends in the queue {}.", self.names.lane_queue(lane));
        let title = format!("Lane {lane}");
        let messages = ["notification", "child", "released"];
        let lane = channel(&title, &told, self.names.lane_key(lane).into(), &messages);
        over(lane, self.by_key(&self.names.exchange))
    }

    fn scheduled(&self, queue: &Queue) -> Value {
        let told = format!(
            "What has a send_at ahead, and what its provider wants later than the longest retry. The scheduler keeps it \
             and publishes it to its lane when it is due. Ends in the queue {}.",
            queue.name
        );
        let address = self.names.scheduled_key();
        over(
            channel("Due later", &told, address.into(), &["notification", "deferred"]),
            self.by_key(&self.names.exchange),
        )
    }

    fn retry(&self, queue: &Queue, tier: u8) -> Value {
        let delay = match queue.arguments.get("x-message-ttl") {
            Some(Argument::Number(milliseconds)) => *milliseconds,
            other => panic!("{} keeps messages for {other:?}", queue.name),
        };
        let exchange = self.exchange(&self.names.retry_exchange(tier));
        let told = format!(
            "Published to the {exchange} with the key of its lane. Nobody consumes it: after {delay} ms the broker \
             publishes it to {} with that key.",
            self.names.exchange
        );
        let retry = channel(&format!("Retry {tier}"), &told, queue.name.as_str().into(), &["retry"]);
        over(retry, of_a_queue(queue))
    }

    fn dead_letters(&self, queue: &Queue) -> Value {
        let exchange = self.exchange(&self.names.dead_letter_exchange());
        let told = format!(
            "Failed for good, each with its reason. Published to the {exchange}. For operators: move them back with the \
             \"Move messages\" of the RabbitMQ UI."
        );
        let letters = channel("Dead letters", &told, queue.name.as_str().into(), &["deadLetter"]);
        over(letters, of_a_queue(queue))
    }

    fn events(&self) -> Value {
        let exchange = self.names.events_exchange();
        let told = format!(
            "What becomes of every delivery, at least once. Bind a queue of your own to the exchange {exchange}, with a \
             pattern such as {}.*.dead.",
            Tenant::default()
        );
        let words = json!({
            "tenant": {"description": "Whose the delivery is.", "default": Tenant::default().as_str()},
            "channel": {"description": "The channel of the delivery.", "examples": media::known()},
            "event": {"description": "What has happened to it.", "enum": EventName::ALL.map(EventName::as_str)},
        });
        let events = channel("Events", &told, "{tenant}.{channel}.{event}".into(), &["event"]);
        over(over(events, self.by_key(&exchange)), json!({"parameters": words}))
    }

    /// An exchange of the plan, in words.
    fn exchange(&self, name: &str) -> String {
        format!("{} exchange {name}", self.kind(name))
    }

    fn kind(&self, name: &str) -> &'static str {
        let planned = self.plan.exchanges.iter().find(|exchange| exchange.name == name);
        planned.unwrap_or_else(|| panic!("{name} is not planned")).kind.as_str()
    }

    /// The address is a routing key of this exchange.
    fn by_key(&self, name: &str) -> Value {
        let exchange = json!({
            "name": name, "type": self.kind(name), "durable": true, "autoDelete": false, "vhost": embedded::VHOST,
        });
        json!({"bindings": {"amqp": {"is": "routingKey", "bindingVersion": BINDING, "exchange": exchange}}})
    }
}

/// The address is the name of this queue.
fn of_a_queue(queue: &Queue) -> Value {
    let queue = json!({
        "name": queue.name, "durable": true, "exclusive": false, "autoDelete": false, "vhost": embedded::VHOST,
    });
    json!({"bindings": {"amqp": {"is": "queue", "bindingVersion": BINDING, "queue": queue}}})
}

fn channel(title: &str, description: &str, address: Value, messages: &[&str]) -> Value {
    let referred = |name: &&str| ((*name).to_owned(), json!({"$ref": format!("#/components/messages/{name}")}));
    json!({
        "address": address,
        "title": title,
        "description": description,
        "servers": [{"$ref": "#/servers/development"}],
        "messages": messages.iter().map(referred).collect::<Map<_, _>>(),
    })
}

fn operations() -> Value {
    let mut operations = Map::new();
    let mut add = |name: &str, operation: Value| drop(operations.insert(name.to_owned(), operation));
    for lane in Lane::ALL {
        let (first, rest) = lane.as_str().split_at(1);
        let (word, lane) = (first.to_ascii_uppercase() + rest, lane.as_str());
        let publish = format!("Publish to the lane {lane}; every ending may be told to reply_to");
        add(&format!("publish{word}"), replied(operation("receive", &publish, lane, "notification")));
        let fall_back = format!("A worker hands a delivery of the lane {lane} on to its next channel");
        add(&format!("fallBack{word}"), operation("send", &fall_back, lane, "child"));
        let release = format!("A scheduler publishes what is due to the lane {lane}");
        add(&format!("release{word}"), operation("send", &release, lane, "released"));
    }
    let later = "Publish what is due later; every ending may be told to reply_to";
    add("publishScheduled", replied(operation("receive", later, "scheduled", "notification")));
    add("defer", operation("send", "A worker hands on what is not due yet", "scheduled", "deferred"));
    for tier in Names::TIERS {
        let title = format!("A worker has failed, and tries again after the delay of retry {tier}");
        add(&format!("retry{tier}"), operation("send", &title, &format!("retry{tier}"), "retry"));
    }
    add("deadLetter", operation("send", "Chasqui gives up on a message", "deadLetters", "deadLetter"));
    let mut tell = operation("send", "Chasqui tells what has become of a delivery", "events", "event");
    tell["bindings"]["amqp"]["mandatory"] = false.into();
    add("tell", tell);
    operations.into()
}

fn operation(action: &str, title: &str, channel: &str, message: &str) -> Value {
    json!({
        "action": action,
        "title": title,
        "channel": {"$ref": format!("#/channels/{channel}")},
        "messages": [{"$ref": format!("#/channels/{channel}/messages/{message}")}],
        "bindings": {"amqp": {"deliveryMode": 2, "mandatory": true, "bindingVersion": BINDING}},
    })
}

fn replied(operation: Value) -> Value {
    let told = "The AMQP property reply_to of the notification; without it nothing is replied.";
    let reply = json!({
        "address": {"location": "$message.header#/reply_to", "description": told},
        "channel": {"$ref": "#/channels/replies"},
        "messages": [{"$ref": "#/channels/replies/messages/event"}],
    });
    over(operation, json!({"reply": reply}))
}

fn message(name: &str, [title, summary]: [&str; 2], more: Value) -> Value {
    let message = json!({
        "name": name,
        "title": title,
        "summary": summary,
        "contentType": JSON,
        "bindings": {"amqp": {"messageType": name, "bindingVersion": BINDING}},
    });
    over(message, more)
}

fn messages() -> Value {
    json!({
        "notification": notification(),
        "child": message("child", [
            "A fallback",
            "The next channel of a delivery that failed for good, as a delivery of its own.",
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
        "retry": copy("retry", [
            "What is tried again", "The body as it came, and how often it was tried.",
        ], &samples::retry()),
        "deadLetter": dead_letter(),
        "event": event(),
    })
}

/// A message that the fleet publishes again as it came.
fn copy(name: &str, said: [&str; 2], samples: &[lapin::BasicProperties]) -> Value {
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

fn event() -> Value {
    const CLOUD_EVENT: &str = "application/cloudevents+json";
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
