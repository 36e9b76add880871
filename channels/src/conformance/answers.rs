//! What each answer means, whichever provider gives it: statuses, bodies, and the time to come back.

use domain::{Failure, Outcome};
use serde_json::json;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

use super::server::mount;
use super::{assert_nothing_personal, over_http};
use crate::tests::tools::kind;

#[tokio::test]
async fn the_table_of_statuses_holds_for_every_channel_over_http() {
    let table = [
        (200, "sent"),
        (201, "sent"),
        (202, "sent"),
        (301, "alarm"),
        (302, "alarm"),
        (307, "alarm"),
        (400, "permanent"),
        (401, "alarm"),
        (402, "alarm"),
        (403, "alarm"),
        (404, "alarm"),
        (405, "alarm"),
        (408, "retriable"),
        (410, "permanent"),
        (413, "permanent"),
        (422, "permanent"),
        (425, "retriable"),
        (429, "throttled"),
        (500, "retriable"),
        (502, "retriable"),
        (503, "retriable"),
        (504, "retriable"),
    ];
    for carrier in over_http() {
        for (status, expected) in table {
            // The body is no JSON, quotes the request, and redirects the client.
            let echo = move |request: &Request| {
                let quoted =
                    format!("<h1>{status}</h1> {} {:?}", String::from_utf8_lossy(&request.body), request.headers);
                ResponseTemplate::new(status).insert_header("location", "/elsewhere").set_body_string(quoted)
            };
            let server = MockServer::start().await;
            Mock::given(matchers::path("/elsewhere"))
                .respond_with(ResponseTemplate::new(200))
                .expect(0)
                .mount(&server)
                .await;
            mount(&server, echo).await;
            let outcome = carrier.send(&server.uri()).await;
            let is_gone = carrier.is_at_the_recipients() && matches!(status, 300..=399 | 404 | 405);
            let is_refused = carrier.is_at_strangers() && matches!(status, 401..=403);
            let expected = if is_gone || is_refused { "permanent" } else { expected };
            assert_eq!(kind(&outcome), expected, "{} {status}: {outcome:?}", carrier.name());
            assert_nothing_personal(&carrier, &outcome);
        }
    }
}

#[tokio::test]
async fn nothing_personal_stands_in_a_failure_even_if_the_provider_quotes_it() {
    for carrier in over_http() {
        let server = MockServer::start().await;
        let case = carrier.case(&server.uri());
        let said =
            format!("{} is bad: {} {} {}", case.destination, case.rendered.text, "Your secret subject", "data-secret");
        let body =
            json!({ "message": said, "code": 1, "error": { "message": said, "status": "BAD" }, "description": said });
        mount(&server, move |_: &Request| ResponseTemplate::new(400).set_body_json(&body)).await;
        let outcome = carrier.send(&server.uri()).await;
        assert_eq!(kind(&outcome), "permanent");
        assert_nothing_personal(&carrier, &outcome);
    }
}

/// Each case: status, `Retry-After`, and the outcome.
#[tokio::test]
async fn a_time_that_the_provider_names_is_kept_on_every_answer() {
    let later = "Sun, 01 Mar 2026 09:00:30 GMT";
    let past = "Sun, 01 Mar 2026 08:00:00 GMT";
    let table = [
        (429, None, "throttled"),
        (429, Some("7"), "throttled for 7000 ms"),
        (429, Some("1.5"), "throttled for 1500 ms"),
        (429, Some("0"), "throttled for 0 ms"),
        (429, Some(later), "throttled for 30000 ms"),
        (429, Some("4000000000"), "throttled for 86400000 ms"),
        (429, Some("soon"), "throttled"),
        (429, Some("-1"), "throttled"),
        (429, Some(past), "throttled"),
        (503, Some("30"), "throttled for 30000 ms"),
        (503, Some(later), "throttled for 30000 ms"),
        (503, Some("4000000000"), "throttled for 86400000 ms"),
        (503, Some(past), "retriable"),
        (503, Some("0"), "retriable"),
        (500, Some("30"), "throttled for 30000 ms"),
        (502, Some("30"), "throttled for 30000 ms"),
        (408, Some("30"), "throttled for 30000 ms"),
        (425, Some("30"), "throttled for 30000 ms"),
        (413, Some("30"), "throttled for 30000 ms"),
        (403, Some("30"), "throttled for 30000 ms"),
        (401, Some("30"), "alarm, not before 30000 ms"),
        (302, Some("30"), "alarm, not before 30000 ms"),
        (400, Some("30"), "permanent"),
        (200, Some("30"), "sent"),
    ];
    for carrier in over_http() {
        for (status, header, expected) in table {
            let server = MockServer::start().await;
            mount(&server, move |_: &Request| {
                let answer = ResponseTemplate::new(status);
                header.iter().fold(answer, |answer, value| answer.insert_header("retry-after", *value))
            })
            .await;
            let outcome = carrier.send(&server.uri()).await;
            let shown = match &outcome {
                Outcome::Throttled { retry_after: Some(wait), .. } => format!("throttled for {} ms", wait.as_millis()),
                Outcome::Retriable { failure: Failure { retry_after: Some(wait), .. }, .. } => {
                    format!("{}, not before {} ms", kind(&outcome), wait.as_millis())
                }
                _ => kind(&outcome).to_owned(),
            };
            let is_gone = carrier.is_at_the_recipients() && matches!(status, 300..=399);
            let is_refused = carrier.is_at_strangers() && status == 401;
            let expected = if is_gone || is_refused { "permanent" } else { expected };
            assert_eq!(shown, expected, "{} {status} {header:?}: {outcome:?}", carrier.name());
        }
    }
}

#[tokio::test]
async fn what_is_wrong_on_our_side_says_where_to_look() {
    for carrier in over_http() {
        let ours: &[u16] = match (carrier.is_at_strangers(), carrier.is_at_the_recipients()) {
            (true, _) => &[],
            (false, true) => &[401, 403],
            (false, false) => &[302, 401, 403, 404, 405],
        };
        for &status in ours {
            let server = MockServer::start().await;
            mount(&server, move |_: &Request| ResponseTemplate::new(status)).await;
            let Outcome::Retriable { failure, alarm: true, .. } = carrier.send(&server.uri()).await else {
                panic!("{} {status}", carrier.name())
            };
            let (_, place) = failure.detail.split_once("look at ").unwrap();
            assert!(place.split(' ').next().unwrap().contains('_'), "{} {status}: {place}", carrier.name());
        }
    }
}

#[tokio::test]
async fn a_success_whose_body_makes_no_sense_is_sent_once() {
    for carrier in over_http() {
        for body in ["", "null", "[]", "{\"sid\":7,\"name\":7}", "<html>", &"x".repeat(1_000_000), &"[".repeat(60_000)]
        {
            let server = MockServer::start().await;
            let answer = ResponseTemplate::new(201).set_body_string(body);
            mount(&server, move |_: &Request| answer.clone()).await;
            let outcome = carrier.send(&server.uri()).await;
            assert!(matches!(outcome, Outcome::Sent { provider_id: None, .. }), "{}: {outcome:?}", carrier.name());
        }
    }
}
