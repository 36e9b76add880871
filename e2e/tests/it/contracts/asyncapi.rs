//! The whole document: every exchange and queue of the plan, who publishes what there, and who consumes it.

use chasqui::config::{Config, REFERENCE, Role};
use domain::{EventName, Lane, Priority, SubjectEvent, Tenant};
use serde_json::{Map, Value, json};
use topology::{Argument, Names, OWN, Plan, Queue};

use super::messages::{BINDING, JSON, messages};
use super::schema::over;
use super::{ask, body, events, subjects};

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
        over(over(over(body::definitions(), ask::definitions()), events::definitions()), subjects::definitions()),
        json!({
            "notification": body::notification(),
            "ask": ask::ask(),
            "event": events::event(),
            "subjectEvent": subjects::event(),
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
        channels.insert("commands".into(), self.commands());
        channels.insert("realtime".into(), self.realtime());
        let told = "The queue that reply_to of a notification names, through the default exchange: one that you have \
                    declared, and no direct reply-to.";
        channels.insert("replies".into(), channel("Replies", told, Value::Null, &["event", "subjectEvent"]));
        channels.into()
    }

    fn of_queue(&self, queue: &Queue) -> (String, Value) {
        let (names, is) = (&self.names, queue.name.as_str());
        match (names.lane_of_queue(is), queue.retry_tier) {
            (Some(lane), _) => (lane.as_str().to_owned(), self.lane(lane)),
            (None, Some(tier)) => (format!("retry{tier}"), self.retry(queue, tier)),
            (None, None) if is == names.scheduled_queue() => ("scheduled".to_owned(), self.scheduled(queue)),
            (None, None) if is == names.inbound_queue() => ("inbound".to_owned(), self.inbound(queue)),
            (None, None) if is == names.fanout_queue() => ("topics".to_owned(), self.topics(queue)),
            (None, None) if is == names.callbacks_queue() => ("callbacks".to_owned(), self.callbacks(queue)),
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
        let messages = ["notification", "ask", "accepted", "child", "released", "retry", "deadLetter"];
        let lane = channel(&title, &told, self.names.lane_key(lane).into(), &messages);
        over(lane, self.by_key(&self.names.exchange))
    }

    fn scheduled(&self, queue: &Queue) -> Value {
        let told = format!(
            "What has a send_at ahead, what its provider wants later than the longest retry, and fallbacks that wait in \
             case nobody reports. The scheduler keeps it and publishes it to its lane when it is due. Ends in the queue {}.",
            queue.name
        );
        let address = self.names.scheduled_key();
        over(
            channel("Due later", &told, address.into(), &["notification", "accepted", "deferred", "child"]),
            self.by_key(&self.names.exchange),
        )
    }

    fn inbound(&self, queue: &Queue) -> Value {
        let told = format!(
            "What providers send to the API, as it came, once their signature is believed, with a mark of the fleet, and \
             once more after the delay of retry 1 where it is earlier than our own record; and what the fleet asks of \
             itself, whose notify-provider is {OWN}. A service says here how far a command is. Ends in the queue {}.",
            queue.name
        );
        let inbound =
            channel("What providers report", &told, self.names.inbound_key().into(), &["callback", "commandReport"]);
        over(inbound, self.by_key(&self.names.exchange))
    }

    fn topics(&self, queue: &Queue) -> Value {
        let told = format!(
            "What is for a topic of the channel inapp. A scheduler makes a delivery for each member, and publishes it to its \
             lane. Ends in the queue {}.",
            queue.name
        );
        let topics = channel("Topics", &told, self.names.fanout_key().into(), &["forTopic"]);
        over(topics, self.by_key(&self.names.exchange))
    }

    fn callbacks(&self, queue: &Queue) -> Value {
        let told = format!(
            "Every event, for the endpoints that are told of it. Bound to the {} while there are endpoints.",
            self.exchange(&self.names.events_exchange())
        );
        let callbacks = channel("Events for endpoints", &told, queue.name.as_str().into(), &["event", "subjectEvent"]);
        over(callbacks, of_a_queue(queue))
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
        // What a provider has sent waits in the first only.
        let messages: &[&str] = if tier == 1 { &["retry", "callback"] } else { &["retry"] };
        let retry = channel(&format!("Retry {tier}"), &told, queue.name.as_str().into(), messages);
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
        let mut names = EventName::ALL.map(EventName::as_str).to_vec();
        names.extend(
            subjects::names().into_iter().filter(|name| !EventName::ALL.iter().any(|one| one.as_str() == *name)),
        );
        let parameters = json!({
            "tenant": {"description": "Whose the delivery is.", "default": Tenant::default().as_str()},
            "channel": {
                "description": format!("The channel of the delivery; else {}.", SubjectEvent::NOUNS.join(", ")),
                "examples": media::known(),
            },
            "event": {"description": "What has happened to it.", "enum": names},
        });
        let events = channel("Events", &told, "{tenant}.{channel}.{event}".into(), &["event", "subjectEvent"]);
        over(over(events, self.by_key(&exchange)), json!({"parameters": parameters}))
    }

    fn commands(&self) -> Value {
        let exchange = self.names.commands_exchange();
        let told = format!(
            "What services are to do that take their commands over AMQP. Each binds a durable queue of its own to the \
             exchange {exchange}; a command for which none is bound is tried again, and fails."
        );
        let parameters = json!({"service": {"description": "The name of the service.", "examples": ["trading"]}});
        let commands = channel("Commands", &told, "commands.{service}".into(), &["command"]);
        over(over(commands, self.by_key(&exchange)), json!({"parameters": parameters}))
    }

    fn realtime(&self) -> Value {
        let exchange = self.names.realtime_exchange();
        let told = format!(
            "What applications tell the clients of gateways: published to the exchange {exchange} with a key that says what \
             has happened. Each gateway has a queue of its own."
        );
        let key = json!({"key": {"description": "What has happened.", "examples": ["solicitud.creada"]}});
        let events = channel("Realtime", &told, "{key}".into(), &["applicationEvent"]);
        over(over(events, self.by_key(&exchange)), json!({"parameters": key}))
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

fn operations() -> Map<String, Value> {
    let mut operations = of_the_lanes();
    let mut add = |name: &str, operation: Value| drop(operations.insert(name.to_owned(), operation));
    let later = "Publish what is due later; every ending may be told to reply_to";
    add("publishScheduled", replied(operation("receive", later, "scheduled", &["notification"])));
    let accept = "The API or chasqui send publishes what is due later";
    add("acceptScheduled", operation("send", accept, "scheduled", &["accepted"]));
    add("defer", operation("send", "A worker hands on what is not due yet", "scheduled", &["deferred"]));
    let escalate = "A worker hands on the next channel of what was sent, which waits in case nobody reports";
    add("escalate", operation("send", escalate, "scheduled", &["child"]));
    let take = "A scheduler takes what the fleet has published itself";
    add("takeScheduled", operation("receive", take, "scheduled", &["accepted", "deferred", "child"]));
    add("fanOut", operation("send", "A worker hands on what is for a topic", "topics", &["forTopic"]));
    add("takeTopic", operation("receive", "A scheduler tells the members of a topic", "topics", &["forTopic"]));
    for tier in Names::TIERS {
        let title = format!("A worker has failed, and tries again after the delay of retry {tier}");
        add(&format!("retry{tier}"), operation("send", &title, &format!("retry{tier}"), &["retry"]));
    }
    add("deadLetter", operation("send", "Chasqui gives up on a message", "deadLetters", &["deadLetter"]));
    let believe = "The API publishes what a provider has sent and signed";
    add("receiveCallback", operation("send", believe, "inbound", &["callback"]));
    let hear = "A dialog reads what a provider has sent";
    add("takeCallback", operation("receive", hear, "inbound", &["callback"]));
    let report = "A service says how far a command is";
    add("reportCommand", operation("receive", report, "inbound", &["commandReport"]));
    let dispatch = "A worker publishes a command for its service";
    add("dispatchCommand", operation("send", dispatch, "commands", &["command"]));
    let show = "An application tells clients that are connected";
    let mut tell = operation("receive", show, "realtime", &["applicationEvent"]);
    tell["bindings"]["amqp"]["mandatory"] = false.into();
    add("tellClients", tell);
    let wait = "A dialog has what is too early wait";
    add("delayCallback", operation("send", wait, "retry1", &["callback"]));
    let pass_on = "A dialog takes the events that endpoints may want";
    add("takeEvents", operation("receive", pass_on, "callbacks", &["event", "subjectEvent"]));
    let call = "A dialog publishes a delivery on the channel webhook, which tells an endpoint of an event";
    add("tellEndpoint", operation("send", call, Priority::Low.lane().as_str(), &["accepted"]));
    let mut tell = operation("send", "Chasqui tells what has become of a delivery", "events", &["event"]);
    tell["bindings"]["amqp"]["mandatory"] = false.into();
    add("tell", tell);
    let of_asks = "A dialog tells what has become of an ask, a command or a verification";
    let mut tell = operation("send", of_asks, "events", &["subjectEvent"]);
    tell["bindings"]["amqp"]["mandatory"] = false.into();
    add("tellOfSubjects", tell);
    operations
}

fn of_the_lanes() -> Map<String, Value> {
    let mut operations = Map::new();
    for lane in Lane::ALL {
        let (first, rest) = lane.as_str().split_at(1);
        let (word, lane) = (first.to_ascii_uppercase() + rest, lane.as_str());
        let mut add = |name: &str, operation: Value| drop(operations.insert(format!("{name}{word}"), operation));
        let publish = format!("Publish to the lane {lane}; every ending may be told to reply_to");
        add("publish", replied(operation("receive", &publish, lane, &["notification"])));
        let ask = format!("Publish a question to the lane {lane}; how it ends may be told to reply_to");
        add("ask", replied(operation("receive", &ask, lane, &["ask"])));
        let accept = format!("The API or chasqui send publishes to the lane {lane}");
        add("accept", operation("send", &accept, lane, &["accepted"]));
        let fall_back = format!("A worker hands a delivery of the lane {lane} on to its next channel");
        add("fallBack", operation("send", &fall_back, lane, &["child"]));
        let release = format!("A scheduler publishes what is due to the lane {lane}");
        add("release", operation("send", &release, lane, &["released"]));
        let take = format!(
            "A worker of the lane {lane} takes what the fleet has published itself, what a retry queue gives back, and \
             what an operator has moved"
        );
        let own = ["accepted", "child", "released", "retry", "deadLetter"];
        add("take", operation("receive", &take, lane, &own));
    }
    operations
}

fn operation(action: &str, title: &str, channel: &str, messages: &[&str]) -> Value {
    let referred = |message: &&str| json!({"$ref": format!("#/channels/{channel}/messages/{message}")});
    json!({
        "action": action,
        "title": title,
        "channel": {"$ref": format!("#/channels/{channel}")},
        "messages": messages.iter().map(referred).collect::<Vec<_>>(),
        "bindings": {"amqp": {"deliveryMode": 2, "mandatory": true, "bindingVersion": BINDING}},
    })
}

fn replied(operation: Value) -> Value {
    let told = "The AMQP property reply_to of the message; without it nothing is replied.";
    let reply = json!({
        "address": {"location": "$message.header#/reply_to", "description": told},
        "channel": {"$ref": "#/channels/replies"},
        "messages": [{"$ref": "#/channels/replies/messages/event"}],
    });
    over(operation, json!({"reply": reply}))
}
