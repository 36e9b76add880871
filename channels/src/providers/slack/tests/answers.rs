//! What the answers of the Web API mean.

use std::time::Duration;

use domain::Failure;

use super::*;
use crate::tests::tools::taken;

async fn answered(answer: ResponseTemplate) -> Outcome {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    send(&server.uri(), CHANNEL, "Hi", json!({})).await
}

fn refusing(code: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "ok": false, "error": code }))
}

fn failure(outcome: &Outcome) -> &Failure {
    match outcome {
        Outcome::Throttled { failure, .. }
        | Outcome::Retriable { failure, .. }
        | Outcome::Permanent { failure, .. } => failure,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_refusal_has_the_status_of_a_success_and_is_none() {
    for (code, expected) in [
        ("channel_not_found", "permanent"),
        ("not_in_channel", "permanent"),
        ("no_permission", "permanent"),
        ("is_archived", "permanent"),
        ("is_inactive", "permanent"),
        ("ekm_access_denied", "permanent"),
        ("user_not_found", "permanent"),
        ("msg_too_long", "permanent"),
        ("cant_update_message", "permanent"),
        ("something_new", "permanent"),
        ("invalid_auth", "account"),
        ("token_revoked", "account"),
        ("account_inactive", "account"),
        ("missing_scope", "account"),
        ("access_denied", "alarm"),
        ("invalid_json", "alarm"),
        ("ratelimited", "throttled"),
        ("service_unavailable", "retriable"),
        ("update_failed", "retriable"),
    ] {
        let outcome = answered(refusing(code)).await;
        assert_eq!(taken(&outcome), expected, "{code}: {outcome:?}");
        assert_eq!(failure(&outcome).code.as_deref(), Some(code));
    }
    let without_a_code = answered(ResponseTemplate::new(200).set_body_json(json!({ "ok": false }))).await;
    assert_eq!(taken(&without_a_code), "permanent", "{without_a_code:?}");
}

#[tokio::test]
async fn what_may_have_been_done_before_it_failed_is_told_so() {
    for (code, expected) in [("internal_error", true), ("fatal_error", true), ("service_unavailable", false)] {
        let outcome = answered(refusing(code)).await;
        let Outcome::Retriable { alarm: false, maybe_sent, .. } = outcome else { panic!("{code}: {outcome:?}") };
        assert_eq!(maybe_sent, expected, "{code}");
    }
}

#[tokio::test]
async fn the_wait_of_a_limit_is_kept() {
    let said = ResponseTemplate::new(429).set_body_json(json!({ "ok": false, "error": "ratelimited" }));
    let outcome = answered(said.insert_header("retry-after", "30")).await;
    let Outcome::Throttled { retry_after, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(retry_after, Some(Duration::from_secs(30)));
}

#[tokio::test]
async fn what_is_wrong_with_the_blocks_is_told_and_nothing_of_the_message() {
    let said = json!({ "ok": false, "error": "invalid_blocks",
        "response_metadata": { "messages": ["[ERROR] must be more than 0 characters [json-pointer:/blocks/0] Hi there"] } });
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(said);
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    let outcome = send(&server.uri(), CHANNEL, "Hi there", json!({})).await;
    let detail = &failure(&outcome).detail;
    assert!(detail.contains("json-pointer") && !detail.contains("Hi there"), "{detail}");
}

#[tokio::test]
async fn slack_is_asked_who_we_are_by_a_request_that_sends_nothing() {
    for (answer, expected) in [
        (json!({ "ok": true, "user_id": "U0" }), "Accepted"),
        (json!({ "ok": false, "error": "invalid_auth" }), "Refused(\"invalid_auth: look at SLACK_BOT_TOKEN"),
        (json!({ "ok": false, "error": "something_new" }), "Refused(\"something_new: look at SLACK_BOT_TOKEN"),
        (json!({ "ok": false, "error": "fatal_error" }), "Unreachable(\"fatal_error\")"),
        (json!({ "ok": false }), "Refused(\"no code: look at SLACK_BOT_TOKEN"),
        (json!("a page"), "Refused(\"it does not answer as Slack does: look at SLACK_BASE_URL"),
    ] {
        let server = MockServer::start().await;
        let request = Mock::given(method("POST")).and(path("/auth.test"));
        request.respond_with(ResponseTemplate::new(200).set_body_json(answer)).expect(1).mount(&server).await;
        let checked = channel("slack", &over_http(&server.uri())).check(testkit::NOW).await;
        assert!(format!("{checked:?}").starts_with(expected), "{checked:?}");
    }
}
