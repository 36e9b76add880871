//! What becomes of a message whose connection fails, hangs, is dropped, or must not be opened at all.

use std::time::Instant;

use domain::Outcome;
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::conversation::Half;
use super::server::raw_server;
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
        let case = carrier.case(&server.uri());
        let late = Outgoing { deadline: Some(Instant::now()), ..case.outgoing() };
        assert_eq!(channel.send(&late).await, Outcome::Expired, "{}", carrier.name());
    }
}

#[tokio::test]
async fn a_body_without_an_end_is_not_read_to_its_end() {
    for carrier in over_http() {
        let base = raw_server(|mut conversation| async move {
            conversation.request().await;
            conversation.never_end().await;
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

        for (said, expected) in [
            (Half::Nothing, "ambiguous"),
            (Half::Status, "ambiguous"),
            (Half::Body(500), "ambiguous"),
            (Half::Body(200), "sent"),
            (Half::Body(400), "permanent"),
        ] {
            let base = raw_server(move |mut conversation| async move {
                conversation.request().await;
                conversation.end_with(said).await;
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
        let base = raw_server(move |mut conversation| {
            let asked = asked.clone();
            async move {
                // The server never answers: it holds the connection until the client is gone.
                while conversation.request().await {
                    asked.send(()).await.unwrap();
                }
            }
        })
        .await;
        let channel = carrier.enable(&base);
        for _ in 0..2 {
            let case = carrier.case(&base);
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
        let case = carrier.case(&server.uri());
        let bad = Case { destination: format!("{}\u{202e}", case.destination), ..case };
        assert_eq!(kind(&channel.send(&bad.outgoing()).await), "permanent");
    }
}
