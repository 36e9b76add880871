//! What the answers of each maker's push service mean.

use super::*;

/// Each case: status, body, outcome, and the code of its failure.
#[tokio::test]
async fn an_answer_is_about_the_browser_about_us_or_about_the_moment() {
    let mozilla = |errno: u64| json!({ "code": 400, "errno": errno, "error": "e", "message": "m" }).to_string();
    for (status, body, expected, code) in [
        (200, String::new(), "sent", "200"),
        (201, String::new(), "sent", "201"),
        (202, String::new(), "sent", "202"),
        (400, String::new(), "permanent", "400"),
        (400, mozilla(110), "permanent", "400"),
        (400, mozilla(111), "alarm", "400"),
        (400, mozilla(113), "alarm", "400"),
        (401, mozilla(109), "account", "401"),
        (403, json!({ "reason": "BadJwtToken" }).to_string(), "account", "403"),
        (404, String::new(), "permanent", "subscription_dead"),
        (404, mozilla(102), "permanent", "subscription_dead"),
        (410, mozilla(106), "permanent", "subscription_dead"),
        (410, json!({ "reason": "Unregistered" }).to_string(), "permanent", "subscription_dead"),
        (405, String::new(), "permanent", "405"),
        (406, String::new(), "permanent", "406"),
        (413, mozilla(104), "permanent", "413"),
        (429, String::new(), "throttled", "429"),
        (500, String::new(), "retriable", "500"),
        (503, mozilla(202), "retriable", "503"),
    ] {
        let server = service(ResponseTemplate::new(status).set_body_string(&body)).await;
        let outcome = sent(&over_http(""), &subscription(&server.uri()), None).await;
        let found = match &outcome {
            Outcome::Sent { code, .. } => code.as_deref(),
            Outcome::Throttled { failure, .. }
            | Outcome::Retriable { failure, .. }
            | Outcome::Permanent { failure, .. } => failure.code.as_deref(),
            other => panic!("{other:?}"),
        };
        assert_eq!((taken(&outcome), found), (expected, Some(code)), "{status} {body}");
    }
}

#[tokio::test]
async fn the_time_to_come_back_is_kept() {
    for status in [429, 503] {
        let server = service(ResponseTemplate::new(status).insert_header("retry-after", "70")).await;
        let outcome = sent(&over_http(""), &subscription(&server.uri()), None).await;
        let Outcome::Throttled { retry_after, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!(retry_after, Some(Duration::from_secs(70)));
    }
}

#[tokio::test]
async fn nothing_of_a_subscription_is_shown_when_a_service_quotes_it() {
    for status in [400, 401, 410, 500] {
        let server = MockServer::start().await;
        let endpoint = format!("{}/send/capability", server.uri());
        let said = format!("bad {endpoint} at /send/capability of {} with {}: try again", vector::P256DH, vector::AUTH);
        let answer = ResponseTemplate::new(status).set_body_json(json!({ "errno": 7, "message": said }));
        Mock::given(method("POST")).respond_with(answer).mount(&server).await;
        let shown = format!("{:?}", sent(&over_http(""), &subscription(&server.uri()), None).await);
        assert!(shown.contains("errno 7: bad") && shown.contains("try again"), "{shown}");
        for secret in ["capability", vector::P256DH, vector::AUTH] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

/// The services of Windows say so, and other services mean something else by it.
#[test]
fn windows_throttles_by_a_status_of_its_own() {
    let answer = |destination: &str| {
        let answer = http::Answer {
            status: reqwest::StatusCode::NOT_ACCEPTABLE,
            retry_after: None,
            date: None,
            headers: reqwest::header::HeaderMap::new(),
            body: Vec::new(),
            broken_off: false,
        };
        let subscription = Subscription::read(destination).ok().unwrap();
        let (key, rendered, data) = (key("n-1"), rendered(), Map::new());
        kind(&classify(&answer, &subscription, &outgoing(&key, destination, &rendered, &data, None)))
    };
    assert_eq!(answer(&subscription("https://wns2-par02p.notify.windows.com")), "throttled");
    assert_eq!(answer(&subscription("https://notify.windows.com.example.org")), "permanent");
}
