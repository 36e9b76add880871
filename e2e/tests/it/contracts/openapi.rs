//! `docs/openapi.json` is valid, and an API answers what it describes, whatever it is asked.

use std::process::{Command, Stdio};
use std::time::Duration;

use e2e::fleet::until;
use e2e::processes::with;
use e2e::{Database, Process, TestFleet};
use serde_json::{Value, json};

use super::{printed, tool};

const BOOTSTRAP: &str = "a token of the attack on the API";
/// What is asked of every answer: its status, type, headers and body are those of the document, and none is a fault of
/// ours; a method that there is not is refused with those that there are, and a token that is asked for is needed.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,unsupported_method,allow_header_conformance,missing_required_header,\
                      ignored_auth";
/// Some two thousand requests, always the same: the examples of the document, then both sides of every limit, then what
/// nobody would think of.
const REQUESTS: [&str; 9] = [
    "--phases",
    "examples,coverage,fuzzing",
    "--max-examples",
    "25",
    "--generation-deterministic",
    "--no-shrink",
    "--continue-on-failure",
    "--suppress-health-check",
    "all",
];
/// A minute on a machine with something else to do; a quarter of it otherwise.
const PATIENCE: Duration = Duration::from_secs(420);

#[test]
fn the_document_is_valid_by_another_validator() {
    let said = printed(Command::new(tool("venv/bin/openapi-spec-validator")).arg("docs/openapi.json"));
    assert!(said.trim_end().ends_with("docs/openapi.json: OK"), "{said}");
}

/// Who may do everything, by the API alone.
async fn token(fleet: &TestFleet, api: &Process) -> String {
    let credentials = json!({"username": "ada", "password": "correct horse battery"});
    // The API makes the ledger's tables while it answers already.
    until("a first user", async || {
        let first = fleet.http.post(api.url("/register")).header("x-bootstrap-token", BOOTSTRAP).json(&credentials);
        let status = first.send().await.expect("answered").status();
        assert!(status == 201 || status == 503, "{status}");
        (status == 201).then_some(())
    })
    .await;
    let login = fleet.http.post(api.url("/login")).json(&credentials).send().await.expect("answered");
    let answer: Value = login.json().await.expect("JSON");
    answer["access_token"].as_str().expect("a token").to_owned()
}

#[tokio::test]
async fn whatever_an_api_is_asked_it_answers_as_its_document_says_and_never_with_a_fault_of_its_own() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    let environment = with(&fleet.environment, &[("BOOTSTRAP_TOKEN", BOOTSTRAP)]);
    let api = Process::ready("api", &environment).await;
    let bearer = format!("Authorization: Bearer {}", token(&fleet, &api).await);
    // It writes into the folder where it runs.
    let dir = tempfile::tempdir().expect("a folder");
    let mut attack = tokio::process::Command::new(tool("venv/bin/schemathesis"));
    attack.args(["run", &api.url("/openapi.json"), "--header", &bearer, "--checks", CHECKS]).args(REQUESTS);
    attack.args(["--warnings", "off", "--no-color", "--request-timeout", "20"]);
    attack.current_dir(dir.path()).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, attack.output()).await.expect("it ends").expect("it runs");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{said}");
    for words in ["Examples", "Coverage", "Fuzzing", "No issues found"] {
        assert!(said.contains(words), "{words} is not in:\n{said}");
    }
    assert!(!api.output().contains("ERROR"), "{}", api.output());
    fleet.remove().await;
}
