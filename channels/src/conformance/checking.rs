//! What is said of a provider that is asked whether it would take messages.

use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::over_http;
use crate::Checked;

#[tokio::test]
async fn a_provider_that_is_only_asked_says_whether_it_knows_us() {
    let now = testkit::at("2026-03-01T09:00:00Z");
    for carrier in over_http() {
        for (status, expected) in [(200, "accepted"), (401, "refused"), (403, "refused"), (503, "unreachable")] {
            let server = MockServer::start().await;
            let body = json!({ "access_token": "oauth-secret", "expires_in": 3600 });
            let answer = ResponseTemplate::new(status).set_body_json(body);
            Mock::given(matchers::any()).respond_with(answer).mount(&server).await;
            let enabled = carrier.enable(&server.uri());
            let checked = enabled.check(now).await;
            let expected = if enabled.is_one_place() { expected } else { "nothing to ask" };
            assert_eq!(word(&checked), expected, "{} {status}: {checked:?}", carrier.name());
            let secrets = ["secret-token", "oauth-secret", "key-secret"];
            assert!(!secrets.iter().any(|secret| format!("{checked:?}").contains(secret)), "{checked:?}");
            let is_asked = server.received_requests().await.is_some_and(|requests| !requests.is_empty());
            assert_eq!(is_asked, enabled.is_one_place(), "{}", carrier.name());
        }
        let enabled = carrier.enable(&format!("http://{}", testkit::nobody()));
        let checked = enabled.check(now).await;
        let expected = if enabled.is_one_place() { "unreachable" } else { "nothing to ask" };
        assert_eq!(word(&checked), expected, "{}: {checked:?}", carrier.name());
    }
}

fn word(checked: &Checked) -> &'static str {
    match checked {
        Checked::Accepted => "accepted",
        Checked::Refused(_) => "refused",
        Checked::Unreachable(_) => "unreachable",
        Checked::NothingToAsk => "nothing to ask",
    }
}
