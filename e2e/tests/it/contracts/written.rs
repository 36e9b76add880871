//! The documents are what the code says, and readers of other people's can read them.

use std::process::Command;

use serde_json::Value;

use super::asyncapi::document;
use super::schema::alone;
use super::yaml::yaml;
use super::{body, events, printed, root, tool};

const ASYNCAPI: &str = "docs/asyncapi.yaml";
const FIRST_LINE: &str =
    "# Generated from what the code reads and writes: CHASQUI_WRITE_DOCS=1 tools/test -p e2e contracts\n";
/// The reader of YAML comes with the checker of schemas in `tools/requirements.txt`.
const TO_JSON: &str = "import json, sys; from ruamel.yaml import YAML; \
                       print(json.dumps(YAML(typ='safe', pure=True).load(open(sys.argv[1], encoding='utf-8'))))";

fn generated() -> [(&'static str, String); 3] {
    let pretty = |schema: Value| serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
    let title = "A notification, as a publisher writes it";
    let notification = alone("notification", title, body::notification(), body::definitions());
    let event = alone("event", "An event, as a subscriber gets it", events::event(), events::definitions());
    [
        (ASYNCAPI, FIRST_LINE.to_owned() + &yaml(&document())),
        ("docs/schemas/notification.json", pretty(notification)),
        ("docs/schemas/event.json", pretty(event)),
    ]
}

#[test]
fn the_written_documents_are_the_generated_ones() {
    for (name, text) in generated() {
        let path = root().join(name);
        if std::env::var_os("CHASQUI_WRITE_DOCS").is_some() {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
            std::fs::write(&path, &text).expect("it is written");
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == text,
            "{name} is not what the code says: run `CHASQUI_WRITE_DOCS=1 tools/test -p e2e contracts`"
        );
    }
}

#[test]
fn another_reader_of_yaml_reads_the_document_that_was_meant() {
    let printed = printed(Command::new(tool("venv/bin/python")).args(["-c", TO_JSON, ASYNCAPI]));
    let read: Value = serde_json::from_str(&printed).expect("Python prints JSON");
    assert_eq!(read, document());
}

/// It fetches nothing: the document refers to nothing outside, and the schemas of AsyncAPI are part of the parser.
#[test]
fn the_parser_of_asyncapi_finds_nothing_wrong() {
    let modules = tool("node/node_modules");
    let printed = printed(Command::new("node").args(["tools/parse_asyncapi.js", ASYNCAPI]).env("NODE_PATH", modules));
    assert_eq!(printed, "");
}
