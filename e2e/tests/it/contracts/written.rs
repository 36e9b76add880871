//! The documents are what the code says, and readers of other people's can read them.

use std::process::Command;

use serde_json::Value;
use testkit::documents::{first_difference, hold_to};

use super::asyncapi::document;
use super::schema::alone;
use super::yaml::yaml;
use super::{ask, body, events, printed, root, tool};

const ASYNCAPI: &str = "docs/asyncapi.yaml";
const FIRST_LINE: &str =
    "# Generated from what the code reads and writes: CHASQUI_WRITE_DOCS=1 tools/test -p e2e contracts\n";
/// The reader of YAML comes with the checker of schemas in `tools/requirements.txt`.
const TO_JSON: &str = "import json, sys; from ruamel.yaml import YAML; \
                       print(json.dumps(YAML(typ='safe', pure=True).load(open(sys.argv[1], encoding='utf-8'))))";

fn generated() -> [(&'static str, String); 4] {
    let title = "A notification, as a publisher writes it";
    let notification = alone("notification", title, body::notification(), body::definitions());
    let event = alone("event", "An event, as a subscriber gets it", events::event(), events::definitions());
    let title = "A request to ask people, as a publisher writes it in place of a notification";
    let asking = alone("ask", title, ask::ask(), ask::definitions());
    [
        (ASYNCAPI, FIRST_LINE.to_owned() + &yaml(&document())),
        ("docs/schemas/notification.json", pretty(notification)),
        ("docs/schemas/event.json", pretty(event)),
        ("docs/schemas/ask.json", pretty(asking)),
    ]
}

fn pretty(value: Value) -> String {
    serde_json::to_string_pretty(&value).expect("JSON") + "\n"
}

#[test]
fn a_document_that_differs_is_told_by_its_first_line_that_does() {
    let told = |stored: &str| first_difference(stored, "a\nb\nc\n").unwrap_or_default();
    assert_eq!(told("a\nb\nc\n"), "");
    for (stored, expected) in [
        ("a\nB\nC\n", "line 2 differs\n    stored:    \"B\"\n    generated: \"b\""),
        ("a\r\nb\nc\n", "line 1 differs\n    stored:    \"a\\r\"\n    generated: \"a\""),
        ("a\nb\nc", "line 4 differs\n    stored:    no such line\n    generated: \"\""),
        ("", "line 1 differs\n    stored:    \"\"\n    generated: \"a\""),
    ] {
        assert_eq!(told(stored), expected);
    }
    let long = format!("a\n{}\n", "ñ".repeat(1_000));
    assert!(told(&long).len() < 600, "{}", told(&long));
}

#[test]
fn the_written_documents_are_the_generated_ones() {
    for (name, text) in generated() {
        hold_to(&root().join(name), &text, "tools/test -p e2e contracts");
    }
}

#[test]
fn another_reader_of_yaml_reads_the_document_that_was_meant() {
    let printed = printed(Command::new(tool("venv/bin/python")).args(["-c", TO_JSON, ASYNCAPI]));
    let read: Value = serde_json::from_str(&printed).expect("Python prints JSON");
    let [read, meant] = [read, document()].map(pretty);
    assert_eq!(first_difference(&read, &meant), None, "the reader's text stands as the stored one");
}

/// It fetches nothing: the document refers to nothing outside, and the schemas of AsyncAPI are part of the parser.
#[test]
fn the_parser_of_asyncapi_finds_nothing_wrong() {
    let modules = tool("node/node_modules");
    let printed = printed(Command::new("node").args(["tools/parse_asyncapi.js", ASYNCAPI]).env("NODE_PATH", modules));
    assert_eq!(printed, "");
}
