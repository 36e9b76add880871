//! What bad bodies get: every bad field of every item at once, and nothing published.

use axum::body::Body;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::tests::app::{TestApp, request, token};

fn good() -> Value {
    json!({"channel": "email", "destination": "ada@example.com", "subject": "Hello", "message": "It works."})
}

fn with(name: &str, value: Value) -> Value {
    let mut body = good();
    body[name] = value;
    body
}

#[tokio::test]
async fn every_bad_field_is_named_at_once() {
    let app = TestApp::start().await;
    let cases = [
        (json!({}), vec!["/channel", "/destination", "/message"]),
        (json!({"channel": 7, "destination": ["a", "b"], "message": "x"}), vec!["/channel", "/destination"]),
        (with("channel", json!("pigeon")), vec!["/channel"]),
        (with("destination", json!("not an address")), vec!["/destination"]),
        (with("destination", json!("a@[127.0.0.1]")), vec!["/destination"]),
        (with("destination", json!("ada@example.com\r\nBcc: eve@example.com")), vec!["/destination"]),
        (with("destination", json!("ada@example.com, eve@example.com")), vec!["/destination"]),
        (with("subject", json!("Hello\nBcc: eve@example.com")), vec!["/subject"]),
        (with("subject", json!("\u{202e}olleH")), vec!["/subject"]),
        (with("subject", json!("\u{85}")), vec!["/subject"]),
        (with("message", json!("a\u{0}b")), vec!["/message"]),
        (with("send_at", json!("tomorrow")), vec!["/send_at"]),
        (with("priority", json!("asap")), vec!["/priority"]),
        (with("version", json!(2)), vec!["/version"]),
        (with("id", json!("x".repeat(256))), vec!["/id"]),
        (with("tenant", json!("a/b")), vec!["/tenant"]),
        (
            with("fallback", json!([{"channel": "sms", "destination": "no number"}, {"channel": "pigeon"}])),
            vec!["/fallback/0/destination", "/fallback/1/channel", "/fallback/1/destination"],
        ),
        (
            json!({"channel": "email", "destination": "nobody", "message": "x", "priority": "asap", "ttl_seconds": -1}),
            vec!["/destination", "/priority", "/ttl_seconds"],
        ),
    ];
    for (body, expected) in cases {
        let answer = app.post("/notify", None, &body).await;
        assert_eq!(
            (answer.status, answer.kind().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields"),
            "{body}"
        );
        let mut pointers = answer.pointers();
        pointers.sort();
        assert_eq!(pointers, expected, "{body}");
    }
}

#[tokio::test]
async fn no_value_is_repeated_in_an_answer() {
    let app = TestApp::start().await;
    for body in [
        with("destination", json!("very-private")),
        with("subject", json!("very-private\n")),
        with("ttl_seconds", json!("very-private")),
    ] {
        let answer = app.post("/notify", None, &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!answer.text.contains("very-private"), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_batch_is_checked_as_a_whole_with_the_place_of_each_bad_field() {
    let app = TestApp::start().await;
    let batch = json!([good(), with("id", json!("one")), 7, with("destination", json!("nobody")), {}]);
    let answer = app.post("/notify", None, &batch).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut pointers = answer.pointers();
    pointers.sort();
    assert_eq!(pointers, ["/2", "/3/destination", "/4/channel", "/4/destination", "/4/message"]);
}

#[tokio::test]
async fn one_id_twice_in_a_batch_is_refused() {
    let app = TestApp::start().await;
    let batch = json!([with("id", json!("one")), good(), with("id", json!("one"))]);
    let answer = app.post("/notify", None, &batch).await;
    assert_eq!((answer.status, answer.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/2/id".to_owned()]));
    assert!(format!("{answer:?}").contains("is the same as /0/id"), "{answer:?}");
}

#[tokio::test]
async fn what_is_no_notification_is_told_by_its_place_and_what_it_is() {
    let app = TestApp::start().await;
    let answer = app.post("/notify", None, &json!([good(), [], "hidden", good()])).await;
    assert_eq!((answer.status, answer.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/1".into(), "/2".into()]));
    let told = format!("{answer:?}");
    for words in ["must be a JSON object, not a list", "must be a JSON object, not a string"] {
        assert!(told.contains(words) && !told.contains("the body") && !told.contains("hidden"), "{told}");
    }
    let schedule = json!({"send_at": "2099-02-30T09:00:00Z", "notification": []});
    let answer = app.post("/schedules", Some(&token("operate")), &schedule).await;
    let told = format!("{answer:?}");
    for words in ["/notification", "must be a JSON object, not a list", "a date or a time that does not exist"] {
        assert!(told.contains(words), "{words} is not in {told}");
    }
    let answer = app.post_text("/notify", None, "7").await;
    assert!(format!("{answer:?}").contains("The body must be a JSON object, not a number."), "{answer:?}");
    let answer = app.post_text("/notify", None, "[{},]").await;
    assert!(format!("{answer:?}").contains("The body is not JSON: a comma stands there"), "{answer:?}");
}

#[tokio::test]
async fn what_is_not_one_json_text_is_a_400() {
    let app = TestApp::start().await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let nested = format!(r#"{{"data":{}{}}}"#, r#"{"a":"#.repeat(500), "}".repeat(500));
    let texts = [
        "",
        " ",
        "null",
        "7",
        "\"text\"",
        "{",
        "[",
        "[]",
        "{\"a\":1}{}",
        "{\"channel\":\"email\",\"channel\":\"sms\"}",
        "{'a':1}",
        "{\"destination\":\"\\ud800\"}",
        "[{}",
        &nested,
    ];
    for text in texts {
        let answer = app.post_text("/notify", None, text).await;
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::BAD_REQUEST, "malformed-body"), "{text}");
    }
    let answer = app.post_text("/notify", None, &deep).await;
    assert!(answer.status.is_client_error(), "{answer:?}");
    let beyond = app.post_text("/notify", None, r#"{"data":{"a":1e400}}"#).await;
    assert_eq!(beyond.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(beyond.pointers().contains(&"/data/a".to_owned()), "{beyond:?}");
}

#[tokio::test]
async fn bytes_that_are_not_utf8_are_a_400() {
    let app = TestApp::start().await;
    let bodies: [&[u8]; 3] = [b"{\"destination\":\"\xff\"}", b"{\"destination\":\"\xed\xa0\x80\"}", b"\x1f\x8b\x08"];
    for body in bodies {
        let request = request("POST", "/notify", None).header("content-type", "application/json");
        let answer = app.send(request.body(Body::from(body.to_vec())).unwrap()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn other_types_and_encodings_are_a_415() {
    let app = TestApp::start().await;
    let types =
        ["text/plain", "application/xml", "application/x-www-form-urlencoded", "application/json; charset=latin1", ""];
    for kind in types {
        let request = request("POST", "/notify", None).header("content-type", kind);
        let answer = app.send(request.body(Body::from(good().to_string())).unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
    let zipped =
        request("POST", "/notify", None).header("content-type", "application/json").header("content-encoding", "gzip");
    let answer = app.send(zipped.body(Body::from(good().to_string())).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn one_byte_over_the_limit_is_a_413_even_when_its_length_is_not_announced() {
    let app = TestApp::start().await;
    let limit = 256 * 1024;
    let filled = |size: usize| {
        let empty = with("message", json!("")).to_string().len();
        with("message", json!("x".repeat(size - empty))).to_string()
    };
    let announced = app.post_text("/notify", None, &filled(limit + 1)).await;
    assert_eq!(announced.status, StatusCode::PAYLOAD_TOO_LARGE);
    let request = request("POST", "/notify", None).header("content-type", "application/json");
    let chunks = futures_util::stream::iter(std::iter::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 64 * 1024])));
    let endless = app.send(request.body(Body::from_stream(chunks)).unwrap()).await;
    assert_eq!(endless.status, StatusCode::PAYLOAD_TOO_LARGE);
    // At the limit it reaches the publisher, which has no broker here.
    let fitting = app.post_text("/notify", None, &filled(limit)).await;
    assert_eq!(fitting.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_batch_of_more_than_a_thousand_is_a_413() {
    let app = TestApp::start().await;
    let items: Vec<Value> = (0..1001).map(|_| json!({})).collect();
    let answer = app.post("/notify", None, &Value::from(items)).await;
    assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "batch-too-large"));
}

#[tokio::test]
async fn an_idempotency_key_and_an_id_do_not_go_together() {
    let app = TestApp::start().await;
    let request =
        request("POST", "/notify", None).header("content-type", "application/json").header("idempotency-key", "k");
    let answer = app.send(request.body(Body::from(with("id", json!("one")).to_string())).unwrap()).await;
    assert_eq!((answer.status, answer.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/id".to_owned()]));
}

#[tokio::test]
async fn an_idempotency_key_must_be_one_printable_text() {
    let app = TestApp::start().await;
    for keys in [vec![""], vec!["a", "b"], vec!["\u{fc}"], vec!["long"]] {
        let mut request = request("POST", "/notify", None).header("content-type", "application/json");
        for key in &keys {
            let key = if *key == "long" { "k".repeat(256) } else { (*key).to_owned() };
            request = request.header("idempotency-key", axum::http::HeaderValue::from_bytes(key.as_bytes()).unwrap());
        }
        let answer = app.send(request.body(Body::from(good().to_string())).unwrap()).await;
        assert_eq!(
            (answer.status, answer.kind().as_str()),
            (StatusCode::BAD_REQUEST, "invalid-idempotency-key"),
            "{keys:?}"
        );
    }
}

#[tokio::test]
async fn another_tenant_is_told_together_with_what_else_is_wrong() {
    let app = TestApp::start().await;
    let token = token("notify");
    let mut body = with("tenant", json!("other"));
    body["priority"] = json!("asap");
    let answer = app.post("/notify", Some(&token), &body).await;
    assert_eq!(
        (answer.status, answer.pointers()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["/priority".into(), "/tenant".into()])
    );
    let batch = json!([with("tenant", json!("other")), with("priority", json!("asap")), good()]);
    let answer = app.post("/notify", Some(&token), &batch).await;
    assert_eq!(answer.pointers(), ["/1/priority", "/0/tenant"], "{answer:?}");
}

#[tokio::test]
async fn another_tenant_than_the_tokens_is_a_403() {
    let app = TestApp::start().await;
    let token = token("notify");
    for tenant in ["other", "default"] {
        let answer = app.post("/notify", Some(&token), &with("tenant", json!(tenant))).await;
        assert_eq!((answer.status, answer.pointers()), (StatusCode::FORBIDDEN, vec!["/tenant".to_owned()]), "{tenant}");
    }
    let batch = json!([good(), with("tenant", json!("other"))]);
    let answer = app.post("/notify", Some(&token), &batch).await;
    assert_eq!((answer.status, answer.pointers()), (StatusCode::FORBIDDEN, vec!["/1/tenant".to_owned()]));
    for body in [with("tenant", json!("acme")), with("tenant", Value::Null), good()] {
        assert_eq!(app.post("/notify", Some(&token), &body).await.status, StatusCode::SERVICE_UNAVAILABLE);
    }
}
