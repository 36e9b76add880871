//! What the edge refuses: fields that look like ours, words that a channel or a template refuses, and the same errors
//! over both ways in.

use axum::body::Body;
use axum::http::StatusCode;
use domain::{DecodeError, Defaults, FIELDS, Notification, OF_AN_ITEM, Tenant};
use serde_json::{Value, json};

use crate::tests::app::{Answer, TestApp, request, token};

fn good() -> Value {
    json!({"channel": "email", "destination": "ada@example.com", "subject": "Hello", "message": "It works."})
}

fn with(name: &str, value: Value) -> Value {
    let mut body = good();
    body[name] = value;
    body
}

/// The errors of an answer, a line each.
fn errors(answer: &Answer) -> Vec<String> {
    let line = |error: &Value| {
        let part = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        format!("{} {}", part("pointer"), part("detail"))
    };
    answer.json()["errors"].as_array().map(|errors| errors.iter().map(line).collect()).unwrap_or_default()
}

/// As a worker reads it from the queue.
fn decode(body: &str) -> Result<Notification, DecodeError> {
    Notification::decode(body.as_bytes(), &Defaults { channel: None })
}

/// Every field with each of these values, in the body and in an item of its fallback.
fn bodies() -> Vec<Value> {
    let values = [
        json!(""),
        json!(" "),
        json!("x"),
        json!("a\nb"),
        json!("a\u{0}"),
        json!("\u{202e}"),
        json!("x".repeat(5_000)),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(600.0),
        json!(1e300),
        json!(u64::MAX),
        json!(true),
        json!([]),
        json!([1]),
        json!({}),
        json!({"a": "b"}),
        json!({"a\u{0}": 1}),
        json!(null),
        json!("sms"),
        json!("urgnet"),
        json!("2026-03-01T09:00:00Z"),
    ];
    let names = FIELDS.into_iter().chain(["Destination", "sendAt", "to", "html", "order", "when", "after_seconds"]);
    let mut bodies = Vec::new();
    for name in names {
        for value in &values {
            bodies.push(with(name, value.clone()));
            let mut item = json!({"channel": "sms", "destination": "+12025550143", "message": "m"});
            item[name] = value.clone();
            bodies.push(with("fallback", json!([{"channel": "push", "destination": "token"}, item])));
        }
        let mut without = good();
        without.as_object_mut().unwrap().remove(name);
        without["order"] = json!(7);
        bodies.push(without);
    }
    bodies
}

#[tokio::test]
async fn both_ways_in_say_the_same_of_the_same_body() {
    let app = TestApp::start().await;
    let (mut refused, mut taken, mut stricter) = (0, 0, 0);
    for body in bodies() {
        let answer = app.post("/notify", None, &body).await;
        match decode(&body.to_string()) {
            Err(error) => {
                let expected: Vec<String> = error.fields.iter().map(ToString::to_string).collect();
                assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body} {error} {answer:?}");
                assert!(errors(&answer).starts_with(&expected), "{body} {expected:?} {answer:?}");
                refused += 1;
            }
            Ok(read) if answer.status == StatusCode::UNPROCESSABLE_ENTITY => {
                // Over AMQP it is taken, with a warning, or dead-lettered by the same rule when it is sent.
                let said = errors(&answer);
                let likely = read.unknown.iter().filter_map(|field| field.refusal()).map(|error| error.to_string());
                assert!(likely.into_iter().all(|error| said.contains(&error)), "{body} {answer:?}");
                assert!(!said.is_empty(), "{body}");
                stricter += 1;
            }
            // Without a token everything is of one tenant; over AMQP the publisher is trusted with it.
            Ok(read) if read.tenant != Tenant::default() => {
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{body} {answer:?}");
            }
            Ok(read) => {
                assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{body} {answer:?}");
                assert!(read.unknown.iter().all(|field| field.refusal().is_none()), "{body}");
                taken += 1;
            }
        }
    }
    assert!(refused > 300 && taken > 50 && stricter > 50, "{refused} {taken} {stricter}");
}

#[tokio::test]
async fn a_field_given_twice_is_a_400_that_names_it_at_any_depth() {
    let app = TestApp::start().await;
    for (body, pointer) in [
        (r#"{"channel":"sms","destination":"+12025550143","message":"a","message":"b"}"#, "/message"),
        (
            r#"{"channel":"push","destination":"t","message":"m","fallback":[{"channel":"sms","destination":"+12025550111","destination":"+12025550222"}]}"#,
            "/fallback/0/destination",
        ),
        (r#"{"channel":"sms","destination":"+12025550143","message":"m","data":{"v":"1","v":"2"}}"#, "/data/v"),
        (
            r#"{"channel":"sms","destination":"+12025550143","message":"m","metadata":{"a":[{"b":1,"b":1}]}}"#,
            "/metadata/a/0/b",
        ),
    ] {
        assert_eq!(decode(body).unwrap_err().to_string(), format!("{pointer} is given twice"));
        let answer = app.post_text("/notify", None, body).await;
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::BAD_REQUEST, "malformed-body"), "{body}");
        assert_eq!(errors(&answer), [format!("{pointer} is given twice")]);
        assert!(answer.json()["detail"].as_str().unwrap().starts_with(pointer), "{answer:?}");
        let batch = app.post_text("/notify", None, &format!("[{},{body}]", good())).await;
        assert_eq!(errors(&batch), [format!("/1{pointer} is given twice")]);
        // A list is told all that is wrong with its items at once, and its text as a whole is JSON.
        assert_eq!(
            (batch.status, batch.kind().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields"),
            "{body}"
        );
        let both = app.post_text("/notify", None, &format!("[{{}},{body}]")).await;
        let told = ["/0/destination is missing".to_owned(), format!("/1{pointer} is given twice")];
        assert!(told.iter().all(|told| errors(&both).contains(told)), "{both:?}");
        let schedule = format!(r#"{{"send_at":"2026-03-02T09:00:00Z","notification":{body}}}"#);
        let answer = app.post_text("/schedules", Some(&token("operate")), &schedule).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(errors(&answer), [format!("/notification{pointer} is given twice")]);
    }
    let twice = r#"{"send_at":"2026-03-02T09:00:00Z","send_at":"2027-03-02T09:00:00Z","notification":{}}"#;
    let answer = app.post_text("/schedules", Some(&token("operate")), twice).await;
    assert_eq!((answer.status, errors(&answer)), (StatusCode::BAD_REQUEST, vec!["/send_at is given twice".into()]));
}

#[tokio::test]
async fn what_looks_like_a_field_of_ours_is_refused_with_the_name_that_was_meant() {
    let app = TestApp::start().await;
    for (name, expected) in [
        ("sendAt", "did you mean send_at?"),
        ("expiresAt", "did you mean expires_at?"),
        ("recipient", "did you mean destination?"),
        ("title", "did you mean subject?"),
        ("html", "HTML comes from templates"),
        ("replyTo", "did you mean reply_to?"),
        ("from", "the sender is a setting"),
        ("attachment", "did you mean attachments?"),
    ] {
        let body = with(name, json!("x"));
        for path in ["/notify", "/notify-auth"] {
            let answer = app.post(path, Some(&token("notify")), &body).await;
            let said = errors(&answer);
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
            assert!(
                matches!(said.as_slice(), [one] if one.starts_with(&format!("/{name} ")) && one.contains(expected)),
                "{said:?}"
            );
        }
        let batch = app.post("/notify", None, &json!([good(), body])).await;
        assert_eq!(batch.pointers(), [format!("/1/{name}")]);
        let schedule = json!({"send_at": "2026-03-02T09:00:00Z", "notification": body});
        let answer = app.post("/schedules", Some(&token("operate")), &schedule).await;
        assert_eq!(answer.pointers(), [format!("/notification/{name}")]);
        let item = json!({"channel": "sms", "destination": "+12025550143", "message": "m", name: "x"});
        let answer = app.post("/notify", None, &with("fallback", json!([item]))).await;
        assert_eq!(answer.pointers(), [format!("/fallback/0/{name}")]);
    }
}

#[tokio::test]
async fn a_schedule_with_a_foreign_field_is_made_with_a_warning() {
    let app = TestApp::start().await;
    let body = json!({"send_at": "2026-03-02T09:00:00Z", "notification": with("order", json!(7))});
    let made = app.post("/schedules", Some(&token("operate")), &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(
        made.json()["warnings"],
        json!([{"pointer": "/notification/order",
                "detail": "is not known and was not read: fields of your own belong into metadata"}])
    );
    let plain = json!({"send_at": "2026-03-02T09:00:00Z", "notification": good()});
    let made = app.post("/schedules", Some(&token("operate")), &plain).await;
    assert_eq!((made.status, made.json().get("warnings")), (StatusCode::CREATED, None));
}

#[tokio::test]
async fn a_field_of_a_schedule_that_is_not_known_is_refused_with_the_one_that_was_meant() {
    let app = TestApp::start().await;
    for (name, expected) in [
        ("sendAt", "did you mean send_at?"),
        ("time_zone", "did you mean timezone?"),
        ("tz", "did you mean timezone?"),
        ("crontab", "did you mean cron?"),
        ("label", "did you mean name?"),
        ("notificaton", "did you mean notification?"),
        ("destination", "it belongs into notification"),
        ("message", "it belongs into notification"),
        ("order", "is not known here"),
    ] {
        let mut body = json!({"cron": "0 9 * * *", "notification": good()});
        body[name] = json!("x");
        let answer = app.post("/schedules", Some(&token("operate")), &body).await;
        let said = errors(&answer);
        assert!(
            matches!(said.as_slice(), [one] if one.starts_with(&format!("/{name} ")) && one.ends_with(expected)),
            "{said:?}"
        );
    }
}

#[tokio::test]
async fn what_would_be_refused_for_certain_is_refused_before_it_is_published() {
    let app = TestApp::start().await;
    let sms = |fields: Value| {
        let mut body = json!({"channel": "sms", "destination": "+12025550143"});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    for (body, expected) in [
        (sms(json!({"message": "x".repeat(1601)})), vec!["/message"]),
        (sms(json!({"message": ""})), vec!["/message"]),
        (sms(json!({"template": "wellcome"})), vec!["/template"]),
        (sms(json!({"template": "otp"})), vec!["/data/code", "/data/product", "/data/minutes"]),
        (
            json!({"channel": "push", "destination": "t", "message": "m", "data": {"from": "x", "gcm.a": 1}}),
            vec!["/data/from", "/data/gcm.a"],
        ),
    ] {
        let answer = app.post("/notify", None, &body).await;
        assert_eq!(
            (answer.status, answer.pointers()),
            (StatusCode::UNPROCESSABLE_ENTITY, expected.iter().map(|p| (*p).to_owned()).collect()),
            "{body}"
        );
        let schedule = json!({"cron": "0 9 * * *", "notification": body});
        let answer = app.post("/schedules", Some(&token("operate")), &schedule).await;
        let below: Vec<String> = expected.iter().map(|pointer| format!("/notification{pointer}")).collect();
        assert_eq!((answer.status, answer.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, below), "{body}");
    }
    // More than is read at once.
    let batch: Vec<Value> =
        (0..400).map(|n| sms(json!({"template": "otp", "data": {"code": n, "product": "p"}}))).collect();
    let answer = app.post("/notify", None, &Value::from(batch)).await;
    assert_eq!(answer.pointers(), (0..400).map(|n| format!("/{n}/data/minutes")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_channel_without_credentials_here_is_the_workers_to_know() {
    let app = TestApp::start().await;
    let of = |channel: &str| media::MEDIA.iter().find(|medium| medium.name == channel).map(|medium| medium.example);
    for channel in ["email", "inapp", "sms", "whatsapp", "telegram", "slack", "push", "webpush", "webhook"] {
        let destination = of(channel);
        let body = json!({"channel": channel, "destination": destination, "message": "m"});
        assert_eq!(app.post("/notify", None, &body).await.status, StatusCode::SERVICE_UNAVAILABLE, "{channel}");
    }
}

#[tokio::test]
async fn an_empty_text_for_what_is_optional_is_taken_as_absent() {
    let app = TestApp::start().await;
    let mut body = json!({"channel": "sms", "destination": "+12025550143", "message": "x", "ttl_seconds": 600.0});
    for name in
        ["template", "locale", "id", "tenant", "priority", "send_at", "expires_at", "subject", "data", "metadata"]
    {
        body[name] = json!("");
    }
    for token in [None, Some(token("notify"))] {
        let answer = app.post("/notify-auth", token.as_deref(), &body).await;
        let expected = if token.is_some() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::UNAUTHORIZED };
        assert_eq!(answer.status, expected, "{answer:?}");
    }
    let request =
        request("POST", "/notify", None).header("content-type", "application/json").header("idempotency-key", "k");
    let answer = app.send(request.body(Body::from(body.to_string())).unwrap()).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "an empty id is none: {answer:?}");
}

#[tokio::test]
async fn every_name_of_utf8_is_read() {
    let app = TestApp::start().await;
    for charset in ["utf8", "UTF8", "utf-8", "UTF-8", "\"utf-8\"", "us-ascii", "US-ASCII", "ascii"] {
        let kind = format!("application/json; charset={charset}");
        let request = request("POST", "/notify", None).header("content-type", &kind);
        let answer = app.send(request.body(Body::from(good().to_string())).unwrap()).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{kind}");
    }
    for charset in ["iso-8859-1", "latin1", "utf-16", "utf-7", ""] {
        let kind = format!("application/json; charset={charset}");
        let request = request("POST", "/notify", None).header("content-type", &kind);
        let answer = app.send(request.body(Body::from(good().to_string())).unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
}

#[tokio::test]
async fn a_second_content_type_is_refused_and_not_left_out() {
    let app = TestApp::start().await;
    let request = request("POST", "/notify", None)
        .header("content-type", "application/json")
        .header("content-type", "text/plain")
        .body(Body::from(good().to_string()));
    let answer = app.send(request.unwrap()).await;
    assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::BAD_REQUEST, "malformed-body"), "{answer:?}");
    assert!(answer.text.contains("Content-Type is given more than once"), "{answer:?}");
}

#[test]
fn the_document_knows_the_fields_and_the_channels_that_the_code_knows() {
    let document = serde_json::to_value(crate::openapi()).unwrap();
    let schemas = &document["components"]["schemas"];
    let names = |schema: &str| {
        let mut names: Vec<String> = schemas[schema]["properties"].as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    let sorted = |names: &[&str]| {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names("NotificationBody"), sorted(&FIELDS));
    assert_eq!(names("FallbackBody"), sorted(&OF_AN_ITEM));
    for schema in ["NotificationBody", "FallbackBody", "ScheduleBody"] {
        assert_eq!(schemas[schema]["additionalProperties"], json!(false), "{schema}");
    }
    let mut channels: Vec<&str> = schemas["FallbackBody"]["properties"]["channel"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    channels.sort_unstable();
    assert_eq!(channels, media::known());
}

#[tokio::test]
async fn a_mistyped_header_is_refused_with_the_name_that_was_meant() {
    let app = TestApp::start().await;
    for (method, path) in [
        ("POST", "/notify"),
        ("POST", "/notify-auth"),
        ("POST", "/schedules"),
        ("POST", "/schedules/1/pause"),
        ("POST", "/schedules/1/run"),
        ("POST", "/endpoints"),
        ("POST", "/endpoints/1/rotate"),
        ("DELETE", "/endpoints/1"),
        ("POST", "/suppressions"),
        ("POST", "/dead-letters/plans"),
        ("POST", "/dead-letters/0a/edit"),
        ("DELETE", "/suppressions/1?reason=x"),
        ("POST", "/pauses"),
        ("DELETE", "/pauses/1"),
    ] {
        for (name, said) in [
            ("Idempotency-Kye", "did you mean Idempotency-Key?"),
            ("X-Idempotency-Key", "did you mean Idempotency-Key?"),
            ("Authorisation", "did you mean Authorization?"),
            ("X-Tenant", "that of the token"),
            ("X-Tenant-Id", "that of the token"),
            ("X-API-Key", "Authorization: Bearer"),
            ("notify-again", "belongs to messages in the broker"),
        ] {
            let request = request(method, path, Some(&token("notify operate")))
                .header("content-type", "application/json")
                .header(name, "s3cr3t");
            let answer = app.send(request.body(Body::from(good().to_string())).unwrap()).await;
            assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::BAD_REQUEST, "unknown-header"), "{name}");
            assert!(answer.text.contains(said) && !answer.text.contains("s3cr3t"), "{answer:?}");
        }
    }
    let read = app
        .send(request("GET", "/deliveries", Some(&token("read"))).header("x-tenant", "a").body(Body::empty()).unwrap());
    assert_eq!(read.await.status, StatusCode::OK);
}
