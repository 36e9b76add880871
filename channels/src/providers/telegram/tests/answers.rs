//! What the answers of the Bot API mean.

use std::time::Duration;

use domain::{About, Failure};

use super::*;
use crate::tests::tools::{kind, taken};

/// Each case: status, what Telegram says, the outcome, and its code.
#[tokio::test]
async fn what_is_about_the_chat_is_for_good_and_what_is_about_the_bot_alarms() {
    for (status, description, expected, code) in [
        (400, "Bad Request: chat not found", "permanent", "chat_not_found"),
        (400, "Bad Request: message to edit not found", "permanent", "message_not_found"),
        (400, "Bad Request: message can't be edited", "permanent", "message_not_editable"),
        (400, "Bad Request: not enough rights to send text messages to the chat", "permanent", "no_rights"),
        (400, "Bad Request: group chat was upgraded to a supergroup chat", "permanent", "chat_migrated"),
        (400, "Bad Request: BUTTON_DATA_INVALID", "permanent", "400"),
        (403, "Forbidden: bot was blocked by the user", "permanent", "bot_blocked"),
        (403, "Forbidden: user is deactivated", "permanent", "user_deactivated"),
        (403, "Forbidden: the group chat was deleted", "permanent", "chat_deleted"),
        (403, "Forbidden: bot was kicked from the supergroup chat", "permanent", "bot_kicked"),
        (403, "Forbidden: bot is not a member of the channel chat", "permanent", "bot_not_member"),
        (403, "Forbidden: bot can't initiate conversation with a user", "permanent", "no_conversation"),
        (403, "Forbidden: bot can't send messages to bots", "permanent", "recipient_is_bot"),
        (403, "Forbidden: something new", "alarm", "403"),
        (401, "Unauthorized", "account", "401"),
        (404, "Not Found", "account", "404"),
        (500, "Internal Server Error", "retriable", "500"),
        (502, "Bad Gateway", "retriable", "502"),
    ] {
        let outcome = answered(PERSON, status, json!({ "ok": false, "description": description })).await;
        assert_eq!(taken(&outcome), expected, "{status} {description}: {outcome:?}");
        assert_eq!(failure(&outcome).code.as_deref(), Some(code), "{status} {description}");
    }
}

#[tokio::test]
async fn the_wait_stands_in_the_body_and_a_group_has_a_limit_of_its_own() {
    for (destination, about) in
        [(PERSON, About::Provider), (GROUP, About::Message), ("@example_channel", About::Message)]
    {
        for (wait, expected) in [(json!(35), Some(35)), (json!(u64::MAX), Some(86_400)), (json!("x"), None)] {
            let said = json!({ "description": "Too Many Requests", "parameters": { "retry_after": wait } });
            let outcome = answered(destination, 429, said).await;
            let Outcome::Throttled { retry_after, failure } = outcome else { panic!("{outcome:?}") };
            assert_eq!((retry_after, failure.about), (expected.map(Duration::from_secs), about), "{destination}");
        }
    }
}

#[tokio::test]
async fn an_edit_that_was_made_already_is_made() {
    let said = json!({ "description": "Bad Request: message is not modified: specified new message content and reply \
                                       markup are exactly the same" });
    let server = MockServer::start().await;
    Mock::given(path("/bot1:telegram-secret-token/editMessageText"))
        .respond_with(ResponseTemplate::new(400).set_body_json(said))
        .expect(1)
        .mount(&server)
        .await;
    let outcome = send(&server.uri(), GROUP, "Done", json!({ "telegram": { "edit": "77" } })).await;
    let code = Some("message_not_modified".to_owned());
    assert_eq!(outcome, Outcome::Sent { provider: "telegram", provider_id: Some("77".into()), code });
}

#[tokio::test]
async fn what_is_for_a_group_that_has_moved_goes_to_its_new_number_which_is_told() {
    let new = -1_002_147_483_648_i64;
    for (status, answer, expected) in [
        (200, json!({ "ok": true, "result": { "message_id": 9 } }), "sent"),
        (403, json!({ "description": "Forbidden: bot was kicked from the supergroup chat" }), "permanent"),
        (400, moved(new), "permanent"),
        (500, json!({}), "retriable"),
    ] {
        let server = MockServer::start().await;
        for (chat, status, answer) in [(-1_004_711, 400, moved(new)), (new, status, answer)] {
            let body = json!({ "chat_id": chat, "text": "Hi", "link_preview_options": { "is_disabled": true } });
            let answer = ResponseTemplate::new(status).set_body_json(answer);
            Mock::given(body_json(body)).respond_with(answer).expect(1).mount(&server).await;
        }
        let outcome = send(&server.uri(), GROUP, "Hi", json!({})).await;
        assert_eq!(kind(&outcome), expected, "{outcome:?}");
        if let Outcome::Sent { provider_id, .. } = outcome {
            assert_eq!(provider_id.as_deref(), Some("-1002147483648/9"));
        }
    }
}

#[tokio::test]
async fn an_answer_that_names_no_number_moves_nothing() {
    for number in [json!(0), json!("x"), json!(null), json!(1.5)] {
        let said = json!({ "description": "Bad Request: x", "parameters": { "migrate_to_chat_id": number } });
        assert_eq!(kind(&answered(GROUP, 400, said).await), "permanent");
    }
    let elsewhere = json!({ "description": "Unauthorized", "parameters": { "migrate_to_chat_id": -1 } });
    assert_eq!(taken(&answered(GROUP, 401, elsewhere).await), "account");
}

fn moved(to: i64) -> Value {
    let description = "Bad Request: group chat was upgraded to a supergroup chat";
    json!({ "ok": false, "error_code": 400, "description": description, "parameters": { "migrate_to_chat_id": to } })
}

/// The outcome of the one request that is made.
async fn answered(destination: &str, status: u16, body: Value) -> Outcome {
    let server = MockServer::start().await;
    let request = Mock::given(method("POST")).and(path("/bot1:telegram-secret-token/sendMessage"));
    request.respond_with(ResponseTemplate::new(status).set_body_json(body)).expect(1).mount(&server).await;
    send(&server.uri(), destination, "Hi", json!({})).await
}

fn failure(outcome: &Outcome) -> &Failure {
    match outcome {
        Outcome::Throttled { failure, .. }
        | Outcome::Retriable { failure, .. }
        | Outcome::Permanent { failure, .. } => failure,
        other => panic!("{other:?}"),
    }
}
