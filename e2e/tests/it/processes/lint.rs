//! `chasqui contract lint`: what it says of bodies, and what it does not do.

use std::net::TcpListener;

use e2e::processes::{run, run_in, run_with_input, with};
use serde_json::{Value, json};

const WRONG: &str = r#"{"channel": "sms", "destination": "hidden@example.com", "ttl_seconds": 0, "mesage": "hidden"}"#;
const TOLD: [&str; 4] = ["/destination ", "/ttl_seconds must be", "/message is missing", "did you mean message?"];

fn body(extra: Value) -> String {
    let mut body = json!({"channel": "sms", "destination": "+12025550143", "message": "Hola"});
    body.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
    body.to_string()
}

#[tokio::test]
async fn lint_says_everything_that_is_wrong_with_a_body_shows_no_value_and_calls_nobody() {
    let broker = TcpListener::bind("127.0.0.1:0").expect("a port");
    broker.set_nonblocking(true).expect("it does not wait");
    let address = broker.local_addr().expect("an address");
    let url = format!("amqp://u:p@{address}/foro");
    let environment = with(&[], &[("AMQP_URL", &url), ("DATABASE_URL", &format!("postgresql://u:p@{address}/ledger"))]);
    let (code, said) = run_with_input(&["contract", "lint", "-"], &environment, WRONG.as_bytes()).await;
    assert_eq!(code, 1, "{said}");
    for words in TOLD {
        assert!(said.contains(words), "{words} is not in:\n{said}");
    }
    assert!(said.ends_with("the API would refuse it\n") && !said.contains("hidden"), "{said}");
    let (code, said) = run_with_input(&["contract", "lint", "-"], &environment, body(json!({})).as_bytes()).await;
    assert!(code == 0 && said.starts_with("nothing is wrong: the API would take it\n"), "{said}");
    assert!(broker.accept().is_err(), "nobody has called");
}

#[tokio::test]
async fn lint_says_everything_of_each_line_and_of_each_item_of_a_list() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: String| std::fs::write(dir.path().join(name), text).expect("written");
    let (right, warned) = (body(json!({})), body(json!({"order": 7})));
    write("bodies.jsonl", format!("{right}\n\n{warned}\n{WRONG}\nnonsense\n"));
    let (code, said) = run_in(dir.path(), &["contract", "lint", "bodies.jsonl"], &[]).await;
    assert_eq!(code, 1, "{said}");
    for words in ["line 3: warning: /order ", "line 4: /ttl_seconds ", "line 5: the body is not JSON", "refuse 2 of 4"]
    {
        assert!(said.contains(words), "{words} is not in:\n{said}");
    }
    assert!(!said.contains("line 1:") && !said.contains("hidden"), "{said}");
    assert!(said.contains("(column ") && !said.contains("(line "), "{said}");
    write("empty.json", "[]".to_owned());
    let (code, said) = run_in(dir.path(), &["contract", "lint", "empty.json"], &[]).await;
    assert!(code == 1 && said.contains("the list is empty\nthe API would refuse it\n"), "{said}");
    write("list.json", format!("[{right},\n {WRONG}]"));
    let (code, said) = run_in(dir.path(), &["contract", "lint", "--json", "list.json"], &[]).await;
    assert_eq!(code, 1, "{said}");
    let told: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(told[0], json!({"item": 0, "errors": [], "warnings": []}));
    let errors = told[1]["errors"].as_array().expect("a list");
    assert!(errors.iter().any(|error| error["pointer"] == "/ttl_seconds"), "{said}");
    write("pretty.json", serde_json::to_string_pretty(&json!({"channel": "sms"})).expect("JSON"));
    let (code, said) = run_in(dir.path(), &["contract", "lint", "pretty.json"], &[]).await;
    assert!(code == 1 && said.starts_with("/destination is missing"), "{said}");
}

#[tokio::test]
async fn lint_refuses_what_is_larger_than_the_api_takes() {
    let large = body(json!({"metadata": {"large": "x".repeat(300_000)}}));
    let (code, said) = run_with_input(&["contract", "lint", "-"], &[], large.as_bytes()).await;
    assert!(code == 1 && said.contains("the API answers 413 to more than 262144"), "{said}");
    assert!(said.contains("over AMQP it may have 1048576") && said.ends_with("the API would refuse it\n"), "{said}");
    let list = |items: usize, more: Value| format!("[{}]", vec![body(more); items].join(","));
    let many = list(1_001, json!({}));
    let (code, said) = run_with_input(&["contract", "lint", "-"], &[], many.as_bytes()).await;
    assert!(code == 1 && said.starts_with("the list has 1001 items: the API answers 413"), "{said}");
    assert!(said.ends_with("\nthe API would refuse the list as a whole\n"), "{said}");
    let large = list(120, json!({"metadata": {"large": "x".repeat(3_000)}}));
    let (code, said) = run_with_input(&["contract", "lint", "--json", "-"], &[], large.as_bytes()).await;
    let told: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((code, told.len()), (1, 121), "{said}");
    assert!(told[0]["item"].is_null() && told[0]["errors"][0]["detail"].is_string(), "{}", told[0]);
    assert_eq!(told[1], json!({"item": 0, "errors": [], "warnings": []}));
}

#[tokio::test]
async fn lint_says_what_it_cannot_read_or_go_by() {
    for (words, environment, told) in [
        (&["contract", "lint", "nowhere.json"][..], vec![], "nowhere.json cannot be read"),
        (&["contract", "lint", "/dev/stdin"], vec![], "for a pipe, give -"),
        (&["contract", "lint", "/"], vec![], "it is a folder"),
        (&["contract", "lint"], vec![], "<FILE>"),
        (&["contract", "lnt", "-"], vec![], "'lint'"),
        (&["contract", "lint", "-"], with(&[], &[("DEFAULT_CHANNEL", "emial")]), "DEFAULT_CHANNEL"),
    ] {
        let (code, said) = run(words, &environment).await;
        assert!(code == 2 && said.contains(told), "{words:?}: {code} {said}");
    }
    let (code, said) = run(&["contract", "lint", "-"], &[]).await;
    assert!(code == 1 && said.contains("the body is empty"), "{said}");
}
