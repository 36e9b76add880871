//! `docs/asyncapi.yaml` says what the code does: the names on the broker, the fields of a body and their limits, the closed
//! lists, and the headers of a dead letter.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use chasqui::config::{Config, REFERENCE, Role};
use domain::{
    ChannelName, DeadMark, Defaults, EventName, FIELDS, Headers, Lane, Notification, OF_AN_ITEM, Order, Priority,
    Reason, Row, State, SuppressedFor, Tenant, Timestamp, events_of, letter_headers,
};
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use serde_json::{Value, json};
use topology::{Owner, Plan, Publication, PublisherProperties, properties};

use super::root;

/// The reader of YAML comes with the checker of schemas in `tools/requirements.txt`.
const TO_JSON: &str = "import json, sys; from ruamel.yaml import YAML; \
                       print(json.dumps(YAML(typ='safe', pure=True).load(open(sys.argv[1], encoding='utf-8'))))";

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let tools = std::env::var_os("CHASQUI_TOOLS").map_or_else(|| root().join("var/tools"), PathBuf::from);
    let python = tools.join("venv/bin/python");
    assert!(python.exists(), "{} is missing: run `tools/setup --test`", python.display());
    let page = root().join("docs/asyncapi.yaml");
    let output = Command::new(python).args(["-c", TO_JSON]).arg(page).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("Python prints JSON")
});

fn schema(name: &str) -> &'static Value {
    &DOCUMENT["components"]["schemas"][name]
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|text| text.as_str().expect("a text")).collect()
}

fn keys(object: &Value) -> BTreeSet<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// A value for each field that is asked for or excludes another.
fn body_of(fields: &[&str]) -> Value {
    let sample = |field: &str| match field {
        "channel" => json!("email"),
        "destination" => json!("ana@example.com"),
        "expires_at" => json!("2030-01-01T00:00:00Z"),
        "ttl_seconds" => json!(60),
        _ => json!("otp"),
    };
    fields.iter().map(|&field| (field.to_owned(), sample(field))).collect()
}

/// In a fleet with a default channel.
fn is_taken(body: &Value) -> bool {
    let defaults = Defaults { channel: ChannelName::parse("email").ok() };
    Notification::decode(body.to_string().as_bytes(), &defaults).is_ok_and(|read| read.unknown.is_empty())
}

fn without<'a>(fields: &[&'a str], missing: &str) -> Vec<&'a str> {
    fields.iter().copied().filter(|field| *field != missing).collect()
}

#[test]
fn what_it_refers_to_is_there() {
    let mut values = vec![&*DOCUMENT];
    let mut referred = 0;
    while let Some(value) = values.pop() {
        if let Some(place) = value["$ref"].as_str() {
            assert!(DOCUMENT.pointer(place.trim_start_matches('#')).is_some(), "{place}");
            referred += 1;
        }
        values.extend(value.as_object().into_iter().flat_map(serde_json::Map::values));
        values.extend(value.as_array().into_iter().flatten());
    }
    assert!(referred > 20, "the references were found");
}

#[test]
fn its_addresses_are_those_of_the_default_plan() {
    let config = Config::read(REFERENCE.with([("SANDBOX", "all")]), Role::Up).expect("the defaults are right");
    let (names, channels) = (&config.topology.names, &DOCUMENT["channels"]);
    let plan = Plan::new(names, config.topology.queue_type, config.retry_delays);
    let exchange = plan.exchanges.iter().find(|exchange| exchange.name == names.exchange).expect("it is planned");
    let lanes = Lane::ALL.map(|lane| (lane.as_str(), names.lane_key(lane), names.lane_queue(lane)));
    let scheduled = ("scheduled", names.scheduled_key(), names.scheduled_queue());
    let mut known = BTreeSet::from(["deadLetters", "events"]);
    for (name, key, queue) in lanes.into_iter().chain([scheduled]) {
        let (channel, bound) = (&channels[name], &channels[name]["bindings"]["amqp"]["exchange"]);
        assert_eq!(channel["address"], json!(key));
        let told = channel["description"].as_str().expect("a text");
        assert!(told.ends_with(&format!("the queue {queue}.")), "{told}");
        let kind = exchange.kind.as_str();
        assert_eq!((&bound["name"], &bound["type"]), (&json!(exchange.name), &json!(kind)));
        assert_eq!((&bound["durable"], &bound["vhost"]), (&json!(true), &json!(embedded::VHOST)));
        known.insert(name);
    }
    let (letters, bound) = (&channels["deadLetters"], &channels["deadLetters"]["bindings"]["amqp"]["queue"]);
    assert_eq!((&letters["address"], &bound["name"]), (&bound["name"], &json!(names.dead_letter_queue())));
    assert_eq!((&bound["durable"], &bound["vhost"]), (&json!(true), &json!(embedded::VHOST)));
    let bound = &channels["events"]["bindings"]["amqp"]["exchange"];
    let planned = plan.exchanges.iter().find(|exchange| exchange.name == names.events_exchange()).expect("planned");
    assert_eq!((&bound["name"], &bound["type"]), (&json!(planned.name), &json!(planned.kind.as_str())));
    assert_eq!((&bound["durable"], &bound["vhost"]), (&json!(true), &json!(embedded::VHOST)));
    assert_eq!(keys(channels), known);
}

#[test]
fn its_fields_are_those_that_are_read() {
    assert_eq!(keys(&schema("notification")["properties"]), BTreeSet::from(FIELDS));
    assert_eq!(keys(&schema("fallback")["properties"]), BTreeSet::from(OF_AN_ITEM));
}

#[test]
fn what_it_requires_is_what_a_body_cannot_do_without() {
    let schema = schema("notification");
    let (required, excluded) = (texts(&schema["required"]), texts(&schema["not"]["required"]));
    assert!(!is_taken(&body_of(&required)), "without words");
    for words in schema["anyOf"].as_array().expect("a list") {
        let enough = [required.clone(), texts(&words["required"])].concat();
        assert!(is_taken(&body_of(&enough)), "{enough:?}");
        for field in &enough {
            assert!(!is_taken(&body_of(&without(&enough, field))), "without {field}");
        }
        let too_much = [enough, excluded.clone()].concat();
        assert!(!is_taken(&body_of(&too_much)), "{too_much:?}");
        for field in &excluded {
            assert!(is_taken(&body_of(&without(&too_much, field))), "without {field}");
        }
    }
}

#[test]
fn what_it_requires_of_a_fallback_is_what_an_item_cannot_do_without() {
    let required = texts(&schema("fallback")["required"]);
    let with = |item: &[&str]| {
        let mut body = body_of(&["destination", "message"]);
        body["fallback"] = json!([body_of(item)]);
        is_taken(&body)
    };
    assert!(with(&required));
    for field in &required {
        assert!(!with(&without(&required, field)), "without {field}");
    }
}

#[test]
fn its_limits_are_those_of_the_code() {
    let properties = &schema("notification")["properties"];
    let with = |field: &str, value: Value| {
        let mut body = body_of(&["destination", "message"]);
        body[field] = value;
        is_taken(&body)
    };
    let of_a_pattern = |schema: &Value| -> usize {
        let pattern = schema["pattern"].as_str().expect("a pattern");
        let (_, most) = pattern.trim_end_matches("}$").rsplit_once(',').expect("a limit");
        most.parse().expect("a number")
    };
    let whole = |limit: &Value| usize::try_from(limit.as_u64().expect("a number")).expect("a small one");
    for (field, most) in [
        ("id", whole(&properties["id"]["maxLength"])),
        ("destination", whole(&schema("destination")["maxLength"])),
        ("subject", whole(&schema("subject")["maxLength"])),
        ("tenant", of_a_pattern(&properties["tenant"])),
        ("template", of_a_pattern(schema("word"))),
        ("channel", of_a_pattern(schema("channel"))),
    ] {
        assert!(with(field, json!("a".repeat(most))) && !with(field, json!("a".repeat(most + 1))), "{field}: {most}");
    }
    let (least, most) = (whole(&schema("seconds")["minimum"]), whole(&schema("seconds")["maximum"]));
    assert!([least, most].into_iter().all(|seconds| with("ttl_seconds", json!(seconds))));
    assert!(![least - 1, most + 1].into_iter().any(|seconds| with("ttl_seconds", json!(seconds))));
    let items = |count: usize| json!(vec![body_of(&["channel", "destination"]); count]);
    let most = whole(&properties["fallback"]["maxItems"]);
    assert!(with("fallback", items(most)) && !with("fallback", items(most + 1)));
    let version = whole(&properties["version"]["const"]);
    assert!(with("version", json!(version)) && !with("version", json!(version + 1)));
}

#[test]
fn its_closed_lists_are_those_of_the_code() {
    let (properties, headers) = (&schema("notification")["properties"], &schema("deadLetterHeaders")["properties"]);
    let priority = &properties["priority"];
    let read: Vec<Option<Priority>> = texts(&priority["enum"]).into_iter().map(Priority::parse).collect();
    assert_eq!(read, [Priority::Low, Priority::Normal, Priority::High, Priority::Urgent].map(Some));
    assert_eq!(priority["default"].as_str().and_then(Priority::parse), Some(Priority::default()));
    assert_eq!(properties["tenant"]["default"].as_str(), Some(Tenant::default().as_str()));
    assert_eq!(texts(&headers["notify-dead-reason"]["enum"]), Reason::ALL.map(Reason::as_str));
    assert_eq!(texts(&schema("eventData")["properties"]["reason"]["enum"]), Reason::ALL.map(Reason::as_str));
    let suppressed = texts(&schema("eventData")["properties"]["suppressed_for"]["enum"]);
    assert_eq!(suppressed, SuppressedFor::ALL.map(SuppressedFor::as_str));
    let told = &DOCUMENT["channels"]["events"]["parameters"]["event"]["enum"];
    assert_eq!(texts(told), EventName::ALL.map(EventName::as_str));
    assert_eq!(texts(&headers["notify-lane"]["enum"]), Lane::ALL.map(Lane::as_str));
    let media: BTreeSet<&str> = media::known().iter().copied().collect();
    assert_eq!(texts(&schema("channel")["examples"]).into_iter().collect::<BTreeSet<_>>(), media);
}

/// And the one that an operator adds.
#[test]
fn its_headers_of_a_dead_letter_are_those_that_are_written() {
    let at = Timestamp::parse_rfc3339("2026-01-01T00:00:00Z").expect("an instant");
    let mark = DeadMark::new(Reason::Exhausted, "nobody answers", 4, at);
    let (parent, publisher) = (Some("parent".to_owned()), Some("user".to_owned()));
    let headers = Headers { parent, publisher, again: true, ..letter_headers(0, Lane::Normal, mark) };
    let publisher_properties = PublisherProperties::default().with_owner(&Owner::Tenant(Tenant::default()));
    let written = properties("id", &headers, &publisher_properties);
    let table = written.headers().as_ref().expect("headers");
    let written: BTreeSet<&str> = table.inner().keys().map(|name| name.as_str()).collect();
    assert_eq!(keys(&schema("deadLetterHeaders")["properties"]), written);
}

/// Of every transition, with everything that an event may have.
fn told() -> Vec<Value> {
    let at = Timestamp::parse_rfc3339("2026-01-01T00:00:00Z").expect("an instant");
    let some = || Some("some".to_owned());
    let dead = Order::DeadLetter { reason: Reason::Exhausted, error: "why".into() };
    let orders = [Order::Nothing, Order::Retry { tier: 1 }, Order::Schedule { due: at }, Order::Fallback, dead];
    let body = br#"{"channel": "sms", "destination": "+12025550143", "message": "m", "metadata": {"order": 7}}"#;
    let notification = Notification::decode(body, &Defaults { channel: None }).expect("a notification");
    let headers = ["traceparent", "tracestate"].map(|name| (name.into(), AMQPValue::LongString("some".into())));
    let properties = BasicProperties::default()
        .with_correlation_id("order-7".into())
        .with_headers(FieldTable::from(BTreeMap::from(headers)));
    let mut told = Vec::new();
    for (state, order) in State::ALL.into_iter().flat_map(|state| orders.iter().map(move |order| (state, order))) {
        let row = Row {
            state,
            epoch: 1,
            attempt: 1,
            seq: u32::from(state == State::Waiting),
            expires_at: Some(at),
            parent: some(),
            provider: some(),
            provider_id: some(),
            code: some(),
            suppressed_for: Some(SuppressedFor::Complaint),
            ..testkit::row("d-1")
        };
        for event in events_of(&row, order) {
            let event = Publication::of_event(&event, Some(&notification), &PublisherProperties::of(&properties));
            told.push(serde_json::from_slice(&event.body).expect("JSON"));
        }
    }
    told
}

#[test]
fn its_events_are_those_that_are_told() {
    let (mut attributes, mut fields, mut states) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let told = told();
    for event in &told {
        for (part, schema) in [(event, schema("event")), (&event["data"], schema("eventData"))] {
            let missing: Vec<_> =
                texts(&schema["required"]).into_iter().filter(|name| part.get(name).is_none()).collect();
            assert!(missing.is_empty(), "{missing:?} in {event}");
        }
        attributes.extend(keys(event));
        fields.extend(keys(&event["data"]));
        states.insert(event["data"]["state"].as_str().expect("a text"));
    }
    assert_eq!(keys(&schema("event")["properties"]), attributes);
    // What no event of this size has.
    fields.insert("metadata_left_out");
    assert_eq!(keys(&schema("eventData")["properties"]), fields);
    assert_eq!(texts(&schema("eventData")["properties"]["state"]["enum"]).into_iter().collect::<BTreeSet<_>>(), states);
}

#[test]
fn its_examples_are_read_without_a_finding() {
    let examples = DOCUMENT["components"]["messages"]["notification"]["examples"].as_array().expect("examples");
    assert!(examples.len() > 2, "{examples:?}");
    for example in examples {
        let body = example["payload"].to_string();
        let read = Notification::decode(body.as_bytes(), &Defaults { channel: None });
        let read = read.unwrap_or_else(|error| panic!("{}: {error}", example["name"]));
        assert!(read.unknown.is_empty(), "{}: {:?}", example["name"], read.unknown);
    }
}
