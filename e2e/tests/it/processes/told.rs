//! What is told of headers, options, programs and places that are not what was meant.

use domain::{Key, State, Tenant};
use e2e::processes::{run, with};
use e2e::{Database, Process, TestFleet};
use lapin::BasicProperties;
use lapin::options::BasicGetOptions;
use lapin::types::{AMQPValue, FieldTable};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{number, sms};

#[tokio::test]
async fn a_worker_logs_and_keeps_the_names_of_headers_that_look_like_ours_and_were_not_read() {
    let mut fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    let worker = Process::ready("worker", &fleet.environment).await;
    fleet.open_store().await;
    let mut headers = FieldTable::default();
    for name in ["notify-agian", "notify-priorty", "priorty"] {
        headers.insert(name.into(), AMQPValue::LongString("s3cr3t".into()));
    }
    let properties = BasicProperties::default().with_message_id("misread".into()).with_headers(headers.clone());
    fleet.publish(sms(&number(0)).to_string(), properties).await;
    let logged = "a message has headers or properties that look like ours and were not read";
    worker.until_output(logged).await;
    let said = worker.output();
    let line = said.lines().find(|line| line.contains(logged)).expect("a line");
    for words in ["WARN", "delivery=misread", "header:notify-agian is not known", "did you mean notify-again?"] {
        assert!(line.contains(words), "{words} is not in: {line}");
    }
    assert!(line.contains("header:notify-priorty ") && !said.contains("header:priorty"), "{said}");
    assert!(!said.contains("s3cr3t"), "{said}");
    let key = Key { tenant: Tenant::default(), id: "misread".into() };
    let kept = e2e::fleet::until("the warnings are kept", async || {
        let kept = fleet.store().warnings(&key).await.expect("read");
        (!kept.is_empty()).then_some(kept)
    })
    .await;
    let pointers: Vec<_> = kept.iter().map(|warning| warning.pointer.as_str()).collect();
    assert_eq!(pointers, ["header:notify-agian", "header:notify-priorty"]);
    let properties = BasicProperties::default().with_message_id("again".into()).with_headers(headers);
    fleet.publish(sms(&number(1)).to_string(), properties).await;
    fleet.until("again", State::Captured).await;
    let said = worker.output();
    assert_eq!(said.matches(logged).count(), 1, "the same headers are told once an hour:\n{said}");
    assert!(!said.contains("fields that are not known"), "and in one line:\n{said}");
    drop(worker);
    fleet.remove().await;
}

#[tokio::test]
async fn send_prints_which_options_have_no_effect_and_publishes_all_the_same() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    assert_eq!(run(&["topology", "apply"], &fleet.environment).await.0, 0);
    let sms = ["send", "--channel", "sms", "--to", "+12025550143", "--message", "m"];
    let (code, said) =
        run(&[&sms[..], &["--locale", "es", "--send-at", "2020-01-01T00:00:00Z"]].concat(), &fleet.environment).await;
    assert_eq!(code, 0, "{said}");
    for words in [
        "warning: --locale has no effect without a template",
        "warning: --send-at lies in the past: it is sent at once",
        "accepted ",
    ] {
        assert!(said.contains(words), "{words} is not in:\n{said}");
    }
    let published = fleet.amqp.basic_get("notifications.queue".into(), BasicGetOptions::default()).await;
    assert!(published.expect("get").is_some());
    let (code, said) = run(&sms, &fleet.environment).await;
    assert!(code == 0 && !said.contains("warning"), "{said}");
    fleet.remove().await;
}

#[tokio::test]
async fn a_secret_that_was_changed_without_the_one_before_it_is_told_with_how_many_entries_it_does_not_find() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    drop(Process::ready("worker", &fleet.environment).await);
    let add = ["suppress", "add", "--channel", "sms", "--to", "+12025550143"];
    let (code, said) = run(&add, &fleet.environment).await;
    assert_eq!(code, 0, "{said}");
    let told = "the suppression list has entries from when neither SECRET_KEY nor SECRET_KEY_PREVIOUS was in use";
    let changed = with(&fleet.environment, &[("SECRET_KEY", "another secret of the tests: 0123456789")]);
    let with_previous = with(&changed, &[("SECRET_KEY_PREVIOUS", testkit::SECRET)]);
    for (environment, is_told) in [(&with_previous, false), (&changed, true), (&fleet.environment, false)] {
        let worker = Process::ready("worker", environment).await;
        let said = worker.output();
        let line = said.lines().find(|line| line.contains(told));
        assert_eq!(line.is_some(), is_told, "{said}");
        assert!(line.is_none_or(|line| line.contains("WARN") && line.contains("entries=1")), "{said}");
    }
    fleet.remove().await;
}

#[tokio::test]
async fn a_command_with_another_secret_than_the_fleets_hashes_nobody() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    drop(Process::ready("worker", &fleet.environment).await);
    let other = with(&fleet.environment, &[("SECRET_KEY", "another secret of the tests: 0123456789")]);
    let with_previous = with(&other, &[("SECRET_KEY_PREVIOUS", testkit::SECRET)]);
    let to = ["--channel", "sms", "--to", "+12025550143"];
    let add = [&["suppress", "add"][..], &to].concat();
    for words in [
        add.clone(),
        [&["suppress", "list"][..], &to].concat(),
        [&["suppress", "lift"][..], &to, &["--reason", "x"]].concat(),
        vec!["deliveries", "--to", "+12025550143"],
        vec!["dead", "list", "--recipient", "+12025550143"],
    ] {
        let (code, said) = run(&words, &other).await;
        let is_told = said.contains("SECRET_KEY is another than that of the fleet") && said.contains("var/secret.key");
        assert!(code == 3 && is_told, "{words:?} {code}: {said}");
    }
    let (code, said) = run(&["suppress", "list"], &other).await;
    assert!(code == 0 && said.contains("nobody"), "nothing was put on the list: {said}");
    for environment in [&with_previous, &fleet.environment] {
        let (code, said) = run(&add, environment).await;
        assert_eq!(code, 0, "{said}");
    }
    fleet.remove().await;
}

/// Where something listens that answers every request with these bytes.
async fn another_program(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

#[tokio::test]
async fn another_program_at_the_address_is_not_taken_for_a_role() {
    for (status, body) in [
        ("200 OK", "<h1>Welcome</h1>"),
        ("200 OK", r#"{"status": "UP"}"#),
        ("200 OK", ""),
        ("404 Not Found", "<h1>Not here</h1>"),
        ("503 Service Unavailable", r#"{"error": "down"}"#),
    ] {
        let length = body.len();
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        let url = another_program(answer).await;
        let (code, said) = run(&["health", &url], &[]).await;
        let words = format!("not ready: no Chasqui answers at {url}, but another program");
        assert!(code == 1 && said.contains(&words), "{status} {body}: {said}");
    }
    let url = another_program("220 mail.example ESMTP\r\n".into()).await;
    let (code, said) = run(&["health", &url], &[]).await;
    assert!(code == 1 && said.contains(&format!("not ready: {url} does not answer")), "{said}");
}

#[tokio::test]
async fn a_command_that_finds_no_fleet_says_where_it_would_find_one() {
    let send = ["send", "--channel", "sms", "--to", "+12025550143", "--message", "m"];
    for words in [&["stuck"][..], &["migrate"], &["topology", "apply"], &["topology", "verify"], &send] {
        let (code, said) = run(words, &[]).await;
        assert_eq!(code, 2, "{words:?}: {said}");
        assert!(said.contains("or run `chasqui up` in this directory"), "{words:?}: {said}");
    }
}
