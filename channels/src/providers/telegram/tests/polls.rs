//! What is asked of Telegram where it calls nobody, and what its answers mean.

use std::time::Duration;

use testkit::NOW;
use wiremock::matchers::body_partial_json;

use super::*;

/// Who asks this server.
fn poller(base_url: &str) -> Poller {
    let mut settings = over_http(base_url);
    settings.telegram.poll = true;
    let Some(Ok(poller)) = Poller::of(&settings) else { panic!("it asks") };
    poller
}

/// What one question is answered with.
async fn told(status: u16, body: Value) -> Result<Vec<Update>, NotPolled> {
    let server = MockServer::start().await;
    let request = Mock::given(method("POST")).and(path("/bot1:telegram-secret-token/getUpdates"));
    request.respond_with(ResponseTemplate::new(status).set_body_json(body)).expect(1).mount(&server).await;
    poller(&server.uri()).updates(None, NOW).await
}

#[tokio::test]
async fn what_is_read_is_asked_for_and_what_was_taken_is_told_by_the_next_question() {
    let server = MockServer::start().await;
    let kinds = ["message", "callback_query", "my_chat_member"];
    let plain = json!({ "timeout": 25, "limit": 100, "allowed_updates": kinds });
    let mut confirming = plain.clone();
    confirming["offset"] = json!(8);
    let nothing = || ResponseTemplate::new(200).set_body_json(json!({ "ok": true, "result": [] }));
    for body in [plain, confirming] {
        Mock::given(body_json(body)).respond_with(nothing()).expect(1).mount(&server).await;
    }
    for from in [None, Some(8)] {
        assert_eq!(poller(&server.uri()).updates(from, NOW).await, Ok(Vec::new()));
    }
}

#[tokio::test]
async fn each_update_is_handed_on_as_its_webhook_would_have_been_called() {
    let written = json!({ "update_id": 7, "message": { "message_id": 1, "text": "¡Hola! 🎉" } });
    let pressed = json!({ "update_id": 8, "callback_query": { "id": "77", "data": "x" } });
    let odd = json!({ "update_id": 9, "callback_query": { "id": "a\nb" } });
    let without_number = json!({ "message": {} });
    let body = json!({ "ok": true, "result": [written, without_number, pressed, odd] });
    let updates = told(200, body).await.expect("updates");
    let read = |update: &Update| serde_json::from_str::<Value>(&update.body).expect("JSON");
    assert_eq!(updates.iter().map(read).collect::<Vec<_>>(), [written, pressed, odd]);
    let numbers: Vec<_> = updates.iter().map(|update| (update.number, update.query.as_deref())).collect();
    assert_eq!(numbers, [(7, None), (8, Some("77")), (9, None)]);
}

#[tokio::test]
async fn an_answer_that_is_longer_than_that_to_a_message_is_read_whole() {
    let text = "ñ".repeat(4_096);
    let update = |number: u32| json!({ "update_id": number, "message": { "message_id": 1, "text": text } });
    let all: Vec<Value> = (1..=100).map(update).collect();
    let updates = told(200, json!({ "ok": true, "result": all })).await.expect("updates");
    assert_eq!((updates.len(), updates.last().map(|update| update.number)), (100, Some(100)));
}

#[tokio::test]
async fn whose_fault_it_is_that_nothing_is_told_is_said() {
    let refused = |text: &str| NotPolled::Refused(text.into());
    let elsewhere = |text: &str| NotPolled::Elsewhere(text.into());
    let later =
        |why: &str, seconds: Option<u64>| NotPolled::Later { why: why.into(), wait: seconds.map(Duration::from_secs) };
    let webhook = "a webhook is set, which Telegram calls instead: deleteWebhook, or set TELEGRAM_POLL=false";
    let another = "another program asks for the updates of the same bot: end it, or give it a bot of its own";
    for (status, said, expected) in [
        (401, json!({ "description": "Unauthorized" }), refused("HTTP 401: look at TELEGRAM_BOT_TOKEN")),
        (
            404,
            json!({ "description": "Not Found" }),
            refused("HTTP 404: look at TELEGRAM_BOT_TOKEN and TELEGRAM_BASE_URL"),
        ),
        (
            409,
            json!({ "description": "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook" }),
            elsewhere(webhook),
        ),
        (409, json!({ "description": "Conflict: terminated by setWebhook request" }), elsewhere(webhook)),
        (
            409,
            json!({ "description": "Conflict: terminated by other getUpdates request; make sure that only one bot" }),
            elsewhere(another),
        ),
        (409, json!({ "description": "Conflict: x" }), elsewhere("HTTP 409: Conflict: x")),
        (
            429,
            json!({ "description": "Too Many Requests: retry after 35", "parameters": { "retry_after": 35 } }),
            later("HTTP 429: Too Many Requests: retry after 35", Some(35)),
        ),
        (502, json!({ "description": "Bad Gateway" }), later("HTTP 502: Bad Gateway", None)),
        (500, json!([]), later("HTTP 500", None)),
        (200, json!({ "ok": true }), later("the answer is no list of updates", None)),
        (200, json!({ "ok": true, "result": [{ "message": {} }] }), later("the answer is no list of updates", None)),
    ] {
        assert_eq!(told(status, said.clone()).await, Err(expected), "{status} {said}");
    }
    let nobody = poller(&format!("http://{}", testkit::nobody())).updates(None, NOW).await;
    assert!(matches!(&nobody, Err(NotPolled::Later { wait: None, .. })), "{nobody:?}");
    assert!(!format!("{nobody:?}").contains("secret-token"), "{nobody:?}");
}

#[tokio::test]
async fn a_press_is_answered_by_its_id() {
    let server = MockServer::start().await;
    let request = Mock::given(path("/bot1:telegram-secret-token/answerCallbackQuery"));
    let request = request.and(body_partial_json(json!({ "callback_query_id": "77" })));
    let answer = json!({ "ok": true, "result": true });
    request.respond_with(ResponseTemplate::new(200).set_body_json(answer)).expect(1).mount(&server).await;
    let poller = poller(&server.uri());
    assert_eq!(poller.answer("77", NOW).await, Ok(()));
    assert_eq!(poller.answer("78", NOW).await, Err("HTTP 404".to_owned()), "nothing matches it");
}

#[test]
fn nobody_asks_who_is_not_to_and_what_is_wrong_is_told_at_once() {
    assert!(Poller::of(&over_http("https://api.telegram.org")).is_none());
    let telegram = Settings { poll: true, ..Settings::default() };
    let problems = Poller::of(&crate::Settings { telegram, ..crate::settings::of_tests() }).and_then(Result::err);
    let names: Vec<String> = problems.into_iter().flatten().map(|told| told.chars().take(17).collect()).collect();
    assert_eq!(names, ["TELEGRAM_BOT_TOKE", "TELEGRAM_BASE_URL"]);
}
