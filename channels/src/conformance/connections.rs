//! What becomes of a message whose connection fails, hangs, is dropped, or must not be opened at all.

use std::time::Instant;

use domain::Outcome;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::server::{raw_server, read_request};
use super::{Case, assert_nothing_personal, over_http};
use crate::Outgoing;
use crate::tests::tools::kind;

#[tokio::test]
async fn nothing_is_handed_over_once_it_has_expired() {
    for carrier in over_http() {
        let server = MockServer::start().await;
        let path = matchers::path("/token");
        let token = json!({ "access_token": "oauth-secret", "expires_in": 3600 });
        Mock::given(path).respond_with(ResponseTemplate::new(200).set_body_json(token)).mount(&server).await;
        Mock::given(matchers::any())
            .respond_with(ResponseTemplate::new(200))
            .expect(0)
            .with_priority(9)
            .mount(&server)
            .await;
        let channel = carrier.enable(&server.uri());
        let case = Case::of(carrier.medium);
        let late = Outgoing { deadline: Some(Instant::now()), ..case.outgoing() };
        assert_eq!(channel.send(&late).await, Outcome::Expired, "{}", carrier.name());
    }
}

#[tokio::test]
async fn a_body_without_an_end_is_not_read_to_its_end() {
    for carrier in over_http() {
        let base = raw_server(|mut stream| async move {
            read_request(&mut stream).await;
            let head = "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n";
            stream.write_all(head.as_bytes()).await.unwrap();
            let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
            while stream.write_all(chunk.as_bytes()).await.is_ok() {}
        })
        .await;
        assert_eq!(kind(&carrier.send(&base).await), "sent", "{}", carrier.name());
    }
}

#[tokio::test]
async fn no_connection_is_retriable_and_a_lost_answer_is_ambiguous() {
    for carrier in over_http() {
        let closed = format!("http://{}", testkit::nobody());
        let outcome = carrier.send(&closed).await;
        assert_eq!(kind(&outcome), "retriable", "{}: {outcome:?}", carrier.name());

        let half_status = "HTTP/1.1 2";
        let half_error = "HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\n{";
        let half_success = "HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{";
        let half_refusal = "HTTP/1.1 400 Bad\r\ncontent-length: 100\r\n\r\n{";
        for (said, expected) in [
            ("", "ambiguous"),
            (half_status, "ambiguous"),
            (half_error, "ambiguous"),
            (half_success, "sent"),
            (half_refusal, "permanent"),
        ] {
            let base = raw_server(move |mut stream| async move {
                read_request(&mut stream).await;
                stream.write_all(said.as_bytes()).await.unwrap();
            })
            .await;
            let outcome = carrier.send(&base).await;
            assert_eq!(kind(&outcome), expected, "{} {said:?}: {outcome:?}", carrier.name());
            assert_nothing_personal(&carrier, &outcome);
        }
    }
}

#[tokio::test]
async fn a_send_that_is_dropped_does_not_spoil_the_next_one() {
    for carrier in over_http() {
        let (asked, mut was_asked) = tokio::sync::mpsc::channel(8);
        let base = raw_server(move |mut stream| {
            let asked = asked.clone();
            async move {
                read_request(&mut stream).await;
                asked.send(()).await.unwrap();
                // The server never answers: it holds the connection until the client is gone.
                let _ = stream.read(&mut [0; 1]).await;
            }
        })
        .await;
        let channel = carrier.enable(&base);
        for _ in 0..2 {
            let case = Case::of(carrier.medium);
            let outgoing = case.outgoing();
            tokio::select! {
                outcome = channel.send(&outgoing) => panic!("{outcome:?}"),
                () = async { was_asked.recv().await.unwrap() } => {}
            }
        }
    }
}

#[tokio::test]
async fn a_bad_destination_never_reaches_the_provider() {
    for carrier in over_http() {
        let server = MockServer::start().await;
        Mock::given(matchers::any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
        let channel = carrier.enable(&server.uri());
        let bad = Case { destination: format!("{}\u{202e}", carrier.medium.example), ..Case::of(carrier.medium) };
        assert_eq!(kind(&channel.send(&bad.outgoing()).await), "permanent");
    }
}
