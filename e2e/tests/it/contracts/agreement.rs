//! The schemas agree with the code: a body is valid if it is read without a finding, and every event is valid.

use std::io::Write as _;
use std::process::Command;

use domain::AskRequest;
use serde_json::Value;

use super::asyncapi::document;
use super::corpus::{beyond_a_schema, bodies, is_read, read};
use super::{printed, samples, tool};

/// What another validator says of each body, by a schema of `docs/schemas/`.
fn judged(schema: &str, bodies: &[String]) -> Vec<bool> {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    for body in bodies {
        assert!(!body.contains('\n'), "a line each: {body}");
        writeln!(file, "{body}").expect("written");
    }
    file.flush().expect("written");
    let schema = format!("docs/schemas/{schema}.json");
    let mut python = Command::new(tool("venv/bin/python"));
    let printed = printed(python.args(["tools/judge_bodies.py", &schema]).arg(file.path()));
    let judged: Vec<bool> = printed.lines().map(|line| line == "taken").collect();
    assert_eq!(judged.len(), bodies.len());
    judged
}

#[test]
fn a_body_is_valid_by_the_schema_if_it_is_read_without_a_finding() {
    let bodies = bodies();
    let taken: Vec<bool> = bodies.iter().map(|body| is_read(body)).collect();
    let compared = bodies.iter().zip(&taken).zip(judged("notification", &bodies));
    let differ: Vec<String> = compared
        .filter(|((_, read), valid)| *read != valid)
        .map(|((body, read), _)| format!("{}: {}", if *read { "read" } else { "not read" }, cut(body)))
        .collect();
    assert!(differ.is_empty(), "{} of {} differ:\n{}", differ.len(), bodies.len(), differ.join("\n"));
    let count = taken.iter().filter(|read| **read).count();
    assert!(count > 100 && bodies.len() - count > 100, "{count} of {} are read", bodies.len());
}

fn cut(body: &str) -> String {
    body.chars().take(300).collect()
}

/// If a schema could say one of them, it should.
#[test]
fn what_a_schema_cannot_say_is_known() {
    let (names, bodies): (Vec<_>, Vec<_>) = beyond_a_schema().into_iter().unzip();
    for ((name, body), valid) in names.iter().zip(&bodies).zip(judged("notification", &bodies)) {
        assert!(valid && !is_read(body), "{name}: the schema takes it: {valid}, {}", cut(body));
    }
}

#[test]
fn every_event_that_is_told_is_valid_by_the_schema() {
    let events: Vec<String> = samples::events().iter().map(ToString::to_string).collect();
    assert!(events.len() > 20);
    assert!(judged("event", &events).iter().all(|valid| *valid));
    let broken: Vec<String> = samples::events()
        .into_iter()
        .map(|mut event| {
            event["data"]["epoch"] = "one".into();
            event.to_string()
        })
        .collect();
    assert!(!judged("event", &broken).iter().any(|valid| *valid));
}

/// Whether a body with an ask is one that people can be asked by.
fn is_asked(body: &str) -> bool {
    let Ok(Value::Object(mut body)) = serde_json::from_str(body) else { return false };
    let Some(Value::Object(ask)) = body.remove("ask") else { return false };
    body.keys().all(|name| ["id", "tenant", "version"].contains(&name.as_str())) && AskRequest::read(ask).is_ok()
}

#[test]
fn a_request_to_ask_is_valid_by_the_schema_if_it_is_read() {
    let with = |fields: &str| format!(r#"{{"ask": {{"question": "?", "to": [{{"contact": "ana"}}]{fields}}}}}"#);
    let to = |people: &str| format!(r#"{{"ask": {{"question": "?", "to": [{people}]}}}}"#);
    let bodies = [
        with(""),
        with(r#", "choices": ["a", {"id": "b", "label": "B", "refuses": true}], "quorum": 1, "four_eyes": true"#),
        with(r#", "expires_in": 10, "next_channel_after": 1, "locale": "es-AR", "metadata": {}, "id": null"#),
        with(r#", "expires_in": 9"#),
        with(r#", "expires_in": 2592001"#),
        with(r#", "quorum": 0"#),
        with(r#", "quorum": 51"#),
        with(r#", "choices": []"#),
        with(r#", "choices": ["a", 7]"#),
        with(r#", "escalate": [{"after_seconds": 60, "to": [{"group": "admins"}]}]"#),
        with(r#", "escalate": [{"to": [{"group": "admins"}]}]"#),
        with(r#", "surprise": 1"#),
        with(r#", "locale": "e s""#),
        with(r#", "four_eyes": "yes""#),
        to(r#"{"channel": "email", "destination": "ana@example.com", "name": "Ana", "locale": "es"}"#),
        to(r#"{"channel": "email"}"#),
        to(r#"{"contact": "ana", "group": "admins"}"#),
        to(r#"{"contact": "ana", "channels": ["email"]}"#),
        to("7"),
        to(""),
        r#"{"ask": {"to": [{"contact": "ana"}]}}"#.to_owned(),
        r#"{"ask": {"question": "", "to": [{"contact": "ana"}]}}"#.to_owned(),
        r#"{"ask": 7}"#.to_owned(),
        r#"{"ask": {"question": "?", "to": [{"contact": "ana"}]}, "channel": "sms"}"#.to_owned(),
    ];
    for (body, valid) in bodies.iter().zip(judged("ask", &bodies)) {
        assert_eq!(valid, is_asked(body), "{body}");
    }
}

#[test]
fn the_examples_of_the_contract_are_read_without_a_finding() {
    let document = document();
    let messages = &document["components"]["messages"];
    let examples = |message: &str| {
        let examples = messages[message]["examples"].as_array().expect("examples");
        examples.iter().map(|example| example["payload"].to_string()).collect::<Vec<_>>()
    };
    for example in examples("notification") {
        let read = read(&example).unwrap_or_else(|error| panic!("{example}: {error}"));
        assert!(read.unknown.is_empty(), "{example}: {:?}", read.unknown);
    }
    assert!(judged("event", &examples("event")).iter().all(|valid| *valid));
    assert!(examples("ask").iter().all(|example| is_asked(example)));
    assert!(judged("ask", &examples("ask")).iter().all(|valid| *valid));
}
