//! Which files arrive, and what becomes of a mail whose files do not.

use domain::Rendered;
use serde_json::{Map, Value, json};
use testkit::key;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::outbound::Allow;
use crate::tests::tools::{kind, outgoing};

fn files(allow: &str, provider_timeout: Duration) -> Files {
    let outbound = Allow::parse(allow).unwrap();
    Files::new(&Settings { outbound, ..Settings::unset(provider_timeout) })
}

/// What is gathered of these files: names and bytes.
async fn gathered(files: &Files, attachments: Value) -> Result<Vec<(String, Vec<u8>)>, Box<Outcome>> {
    let Value::Object(mail) = json!({ "attachments": attachments }) else { panic!("{attachments}") };
    let (key, rendered) = (key("n-1"), Rendered { subject: None, text: "Hi".into(), html: None });
    let data = Map::new();
    let outgoing = Outgoing { mail: Some(&mail), ..outgoing(&key, "ana@example.org", &rendered, &data, None) };
    match files.of(&outgoing).await {
        Ok(gathered) => {
            let named = gathered.files.iter().map(|file| {
                assert_eq!(STANDARD.decode(file.base64().as_bytes()).unwrap(), file.bytes());
                (file.filename.to_owned(), file.bytes())
            });
            Ok(named.collect())
        }
        Err(missing) => Err(Box::new(missing.outcome("smtp"))),
    }
}

async fn answering(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path("/a.pdf")).respond_with(template).mount(&server).await;
    server
}

fn at(server: &MockServer) -> Value {
    json!([{"filename": "a.pdf", "url": format!("{}/a.pdf?signature=secret", server.uri())}])
}

#[tokio::test]
async fn files_are_fetched_whole_beside_those_that_stand_in_the_notification() {
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let server = answering(ResponseTemplate::new(200).set_body_bytes(bytes.clone())).await;
    let url = format!("{}/a.pdf", server.uri());
    let attached = json!([{"filename": "b", "content": "aGk="}, {"filename": "a.pdf", "url": url}]);
    let found = gathered(&files("127.0.0.1", Duration::from_secs(30)), attached).await.unwrap();
    assert_eq!(found, [("b".to_owned(), b"hi".to_vec()), ("a.pdf".to_owned(), bytes)]);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_the_end_and_one_that_may_come_is_tried_again() {
    let files = files("127.0.0.1", Duration::from_secs(30));
    for (status, expected) in [
        (204, "retriable"),
        (302, "permanent"),
        (403, "permanent"),
        (404, "permanent"),
        (410, "permanent"),
        (408, "retriable"),
        (429, "retriable"),
        (500, "retriable"),
        (503, "retriable"),
    ] {
        let server = answering(ResponseTemplate::new(status)).await;
        let outcome = gathered(&files, at(&server)).await.unwrap_err();
        assert_eq!(kind(&outcome), expected, "{status}");
        let told = format!("{outcome:?}");
        assert!(told.contains("attachments/0") && told.contains(&status.to_string()), "{told}");
        assert!(!told.contains("secret"), "a URL may open what it leads to: {told}");
    }
    let encoded = ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_string("x");
    assert_eq!(kind(&gathered(&files, at(&answering(encoded).await)).await.unwrap_err()), "permanent");
    let nobody = json!([{"filename": "a", "url": format!("http://127.0.0.1:{}/a", testkit::nobody().port())}]);
    assert_eq!(kind(&gathered(&files, nobody).await.unwrap_err()), "retriable");
}

#[tokio::test]
async fn what_is_too_large_or_too_slow_is_not_waited_for() {
    let large = answering(ResponseTemplate::new(200).set_body_bytes(vec![0; MAX_BYTES + 1])).await;
    let outcome = gathered(&files("127.0.0.1", Duration::from_secs(60)), at(&large)).await.unwrap_err();
    assert_eq!(kind(&outcome), "permanent");
    assert!(format!("{outcome:?}").contains("10 MiB"), "{outcome:?}");
    let slow = answering(ResponseTemplate::new(200).set_delay(Duration::from_secs(60))).await;
    let outcome = gathered(&files("127.0.0.1", Duration::from_millis(400)), at(&slow)).await.unwrap_err();
    assert_eq!(kind(&outcome), "retriable");
    assert!(format!("{outcome:?}").contains("not fetched in time"), "{outcome:?}");
}

#[tokio::test]
async fn only_so_many_mails_hold_files_at_once() {
    let server = answering(ResponseTemplate::new(200).set_body_string("x")).await;
    let files = files("127.0.0.1", Duration::from_millis(400));
    let held = Arc::clone(&files.places).acquire_many_owned(u32::try_from(MAX_MAILS).unwrap()).await.unwrap();
    assert_eq!(kind(&gathered(&files, at(&server)).await.unwrap_err()), "throttled");
    assert!(gathered(&files, json!([{"filename": "b", "content": "aGk="}])).await.is_ok(), "nothing is fetched");
    drop(held);
    assert!(gathered(&files, at(&server)).await.is_ok());
    assert_eq!(files.places.available_permits(), MAX_MAILS, "a place is given back with the bytes");
}

#[tokio::test]
async fn nothing_is_fetched_from_where_the_fleet_may_not_call() {
    let server = answering(ResponseTemplate::new(200).set_body_string("secret")).await;
    for url in [
        format!("{}/a.pdf", server.uri()),
        format!("https://127.0.0.1:{}/a.pdf", server.address().port()),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "http://files.example.org/a.pdf".to_owned(),
        "https://[::1]/a.pdf".to_owned(),
    ] {
        let attached = json!([{"filename": "a", "url": url}]);
        let outcome = gathered(&files("10.9.9.9", Duration::from_secs(30)), attached).await.unwrap_err();
        assert_eq!(kind(&outcome), "permanent", "{url}");
        assert!(format!("{outcome:?}").contains("OUTBOUND_ALLOW"), "{outcome:?}");
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}
