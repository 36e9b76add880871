//! `POST /v1/messages/send`: what a message becomes, and what is refused of one by its own names.

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use topology::{Publisher, To};

use crate::tests::app::{TestApp, request, settings, token};

/// What is published of a message, or everything that is wrong with it.
async fn sent(body: Value) -> Result<(To, Value), Vec<String>> {
    let (publisher, mut published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    let answer = app.post("/v1/messages/send", Some(&token("notify")), &body).await;
    if answer.status == StatusCode::UNPROCESSABLE_ENTITY {
        assert!(published.try_recv().is_err());
        let mut pointers = answer.pointers();
        pointers.sort();
        return Err(pointers);
    }
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    let publication = published.try_recv().unwrap();
    let mut body: Value = serde_json::from_slice(&publication.body).unwrap();
    assert_eq!(answer.json()["message_id"], body["id"]);
    let kind = if publication.to == To::Inbound { "ask" } else { "delivery" };
    assert_eq!((&answer.json()["status"], &answer.json()["kind"]), (&json!("accepted"), &json!(kind)));
    body.as_object_mut().unwrap().retain(|name, _| !["id", "tenant", "requested_by"].contains(&name.as_str()));
    Ok((publication.to, body))
}

fn both() -> Value {
    json!({"telegram_chat_id": 12345, "email": "ana@example.org"})
}

#[tokio::test]
async fn a_message_is_a_notification_by_the_channels_that_its_routing_names() {
    let telegram = json!({"channel": "telegram", "destination": "12345"});
    let email = json!({"channel": "email", "destination": "ana@example.org"});
    let undelivered = json!({"channel": "email", "when": "undelivered", "after_seconds": 60});
    for (channel, to, routing, first, fallback) in [
        (json!("auto"), both(), json!({}), &telegram, json!([email])),
        (json!(null), both(), json!({"fallback": true}), &telegram, json!([email])),
        (json!("auto"), both(), json!({"fallback": false}), &telegram, json!(null)),
        (json!("auto"), json!({"email": "ana@example.org"}), json!({}), &email, json!(null)),
        (json!("telegram"), both(), json!({}), &telegram, json!(null)),
        (json!("telegram"), both(), json!({"fallback": ["email"]}), &telegram, json!([email])),
        (json!("email"), both(), json!({"fallback": true}), &email, json!([telegram])),
        (
            json!("telegram"),
            both(),
            json!({"fallback": [undelivered]}),
            &telegram,
            json!([{"channel": "email", "destination": "ana@example.org", "when": "undelivered", "after_seconds": 60}]),
        ),
    ] {
        let body = json!({"channel": channel, "to": to, "message": "Hola", "routing": routing});
        let (_, published) = sent(body.clone()).await.unwrap();
        let target = json!({"channel": published["channel"], "destination": published["destination"]});
        assert_eq!((&target, &published["fallback"]), (first, &fallback), "{body}");
    }
}

#[tokio::test]
async fn the_fields_of_a_message_are_those_of_a_notification_by_other_names() {
    let body = json!({
        "to": {"email": "ana@example.org"}, "message": "Hola", "subject": "S", "priority": "high", "locale": null,
        "routing": {"ttl_seconds": 60}, "correlation_id": "c-1", "metadata": {"order": 7},
    });
    let (_, published) = sent(body).await.unwrap();
    assert_eq!(
        published,
        json!({
            "channel": "email", "destination": "ana@example.org", "message": "Hola", "subject": "S", "priority": "high",
            "ttl_seconds": 60, "metadata": {"order": 7, "correlation_id": "c-1"},
        })
    );
    let template = json!({"to": {"email": "ana@example.org"}, "template_key": "no_such_template", "data": {}});
    assert_eq!(sent(template).await.unwrap_err(), ["/template_key"]);
}

#[tokio::test]
async fn a_message_that_wants_a_confirmation_is_a_question_to_one_person_by_one_channel_after_the_other() {
    let body = json!({
        "channel": "auto", "to": both(), "message": "Deploy?", "require_confirmation": true, "correlation_id": "c-1",
        "routing": {"fallback": true, "ttl_seconds": 600}, "locale": "es",
    });
    let (to, published) = sent(body).await.unwrap();
    assert_eq!(to, To::Inbound);
    assert_eq!(
        published,
        json!({
            "question": "Deploy?", "correlation_id": "c-1", "locale": "es", "expires_in": 600,
            "to": [{"channel": "telegram", "destination": "12345"}],
            "escalate": [{"after_seconds": 120, "to": [{"channel": "email", "destination": "ana@example.org"}]}],
        })
    );
}

#[tokio::test]
async fn a_message_that_wants_a_confirmation_may_have_its_question_of_a_template() {
    let ask = |more: serde_json::Value| {
        let mut body = json!({"to": both(), "require_confirmation": true, "template_key": "alert", "locale": "en",
            "data": {"severity": "high", "service": "db", "summary": "Disk 94 % full", "occurred_at": "12:00 UTC"}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let (to, published) = sent(ask(json!({}))).await.unwrap();
    assert_eq!(to, To::Inbound);
    let question = published["question"].as_str().unwrap();
    assert!(question.contains("Disk 94 % full") && question.contains("db"), "{question}");
    assert_eq!((&published["data"], &published["template"]), (&json!(null), &json!(null)));
    for (more, expected) in [
        (json!({"data": {"severity": "high", "service": "db"}}), "/data"),
        (json!({"template_key": "alerts"}), "/template_key"),
        (json!({"message": "Deploy?"}), "/template_key"),
        (json!({"subject": "Deploy?"}), "/subject"),
    ] {
        let errors = sent(ask(more.clone())).await.unwrap_err();
        assert!(errors.iter().all(|pointer| pointer.starts_with(expected)), "{more}: {errors:?}");
    }
    let no_template = json!({"to": both(), "message": "Deploy?", "require_confirmation": true, "data": {"a": 1}});
    assert_eq!(sent(no_template).await.unwrap_err(), ["/data"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_message_is_told_by_its_own_names() {
    for (body, expected) in [
        (json!({"message": "Hola"}), vec!["/to"]),
        (json!({"to": {}, "message": "Hola"}), vec!["/to/telegram_chat_id"]),
        (json!({"channel": "email", "to": {"telegram_chat_id": "12345"}, "message": "Hola"}), vec!["/to/email"]),
        (json!({"channel": "sms", "to": {"email": "nobody"}}), vec!["/channel", "/message", "/to/email"]),
        (json!({"to": both(), "message": "Hola", "text": "x"}), vec!["/text"]),
        (json!({"to": both(), "message": "Hola", "correlation_id": 7}), vec!["/correlation_id"]),
        (json!({"to": both(), "message": "Hola", "correlation_id": "c".repeat(256)}), vec!["/correlation_id"]),
        (
            json!({"to": both(), "message": "Hola", "correlation_id": "a\nb", "require_confirmation": true}),
            vec!["/correlation_id"],
        ),
        (json!({"to": {"email": "ana@example.org", "chat_id": 7}, "message": "Hola"}), vec!["/to/chat_id"]),
        (
            json!({"to": both(), "message": "Hola", "routing": {"fallback": ["sms"], "ttl": 5, "ttl_seconds": 0}}),
            vec!["/routing/fallback/0", "/routing/ttl", "/routing/ttl_seconds"],
        ),
        (json!({"to": {"telegram_chat_id": "12345", "email": "nobody"}, "message": "Hola"}), vec!["/to/email"]),
    ] {
        assert_eq!(sent(body.clone()).await.unwrap_err(), expected, "{body}");
    }
}

#[tokio::test]
async fn what_is_missing_of_a_template_is_told_once_and_by_fields_that_the_client_has_written() {
    let body = json!({"to": both(), "template_key": "otp", "data": {"code": "1", "minutes": 10}});
    let errors = sent(body).await.unwrap_err();
    assert!(errors.iter().all(|pointer| pointer.starts_with("/data")), "{errors:?}");
    let mut once = errors.clone();
    once.dedup();
    assert_eq!(errors, once);
}

#[tokio::test]
async fn a_mail_without_a_subject_is_taken_with_a_warning() {
    let (publisher, _published) = Publisher::reporting();
    let app = TestApp::over(settings(), publisher, CancellationToken::new()).await;
    let email = json!({"email": "ana@example.org"});
    for (body, expected) in [
        (json!({"to": both(), "message": "Hola"}), json!("/subject")),
        (json!({"to": email, "message": "Hola", "subject": "S"}), json!(null)),
        (json!({"to": {"telegram_chat_id": "12345"}, "message": "Hola"}), json!(null)),
        (json!({"to": email, "message": "Deploy?", "require_confirmation": true}), json!(null)),
    ] {
        let answer = app.post("/v1/messages/send", Some(&token("notify")), &body).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
        assert_eq!(answer.json()["warnings"][0]["pointer"], expected, "{body}: {answer:?}");
    }
}

#[tokio::test]
async fn the_same_idempotency_key_gives_the_same_id() {
    let app = TestApp::start().await;
    let send = async |asks: bool| {
        let body = json!({"to": {"email": "ana@example.org"}, "message": "Hola", "require_confirmation": asks});
        let request = request("POST", "/v1/messages/send", Some(&token("notify"))).header("idempotency-key", "k");
        let request = request.header("content-type", "application/json");
        app.send(request.body(body.to_string().into()).unwrap()).await.json()["id"].clone()
    };
    let first = send(false).await;
    assert!(first.is_string());
    assert_eq!((send(false).await, send(true).await), (first.clone(), first));
}
