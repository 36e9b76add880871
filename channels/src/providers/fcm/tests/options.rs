//! What a publisher may set beside the words, whom a message is for, and messages that FCM only checks.

use super::*;

#[test]
fn options_reach_their_fields_and_leave_the_tags_of_every_attempt_alone() {
    let given = json!({
        "notification": { "image": "https://cdn.example/a.png" },
        "fcm_options": { "analytics_label": "spring" },
        "android": {
            "priority": "high", "collapse_key": "orders", "notification": { "channel_id": "orders", "color": "#00aaff" }
        },
        "apns": { "headers": { "apns-priority": "5" }, "payload": { "aps": { "badge": 3 } } },
        "webpush": { "headers": { "Urgency": "high" }, "fcm_options": { "link": "https://shop.example/7" } }
    });
    let plain = built("token-1", &Map::from_iter([("order".to_owned(), json!(7))]), None);
    let message = built("token-1", &with(&given), None);
    let message = &message["message"];
    for (place, value) in [
        ("/notification/image", json!("https://cdn.example/a.png")),
        ("/notification/body", json!("Your code")),
        ("/fcmOptions/analyticsLabel", json!("spring")),
        ("/android/priority", json!("HIGH")),
        ("/android/collapseKey", json!("orders")),
        ("/android/notification/channelId", json!("orders")),
        ("/apns/headers/apns-priority", json!("5")),
        ("/apns/payload/aps/badge", json!(3)),
        ("/webpush/headers/Urgency", json!("high")),
        ("/webpush/fcmOptions/link", json!("https://shop.example/7")),
    ] {
        assert_eq!(message.pointer(place), Some(&value), "{place}");
    }
    for place in ["/android/notification/tag", "/apns/headers/apns-collapse-id", "/webpush/headers/Topic", "/data"] {
        assert_eq!(message.pointer(place), plain["message"].pointer(place), "{place}");
    }
}

#[test]
fn no_option_sends_a_message_to_somebody_else() {
    let others = json!({
        "token": "t", "fid": "f", "topic": "all", "condition": "'a' in topics", "validate_only": true, "name": "n",
        "validateOnly": true, "message": { "token": "t" }, "data": { "x": "y" }, "androidV2": {},
        "android": { "notification": { "tag": "t" }, "data": { "x": "y" }, "ttl": 5 },
        "apns": { "headers": { "apns-collapse-id": "c" }, "live_activity_token": "t" },
        "webpush": { "headers": { "Topic": "t", "TTL": "9" } }
    });
    // The medium refuses them. Were it not asked, they would set nothing.
    assert_eq!(built("token-1", &with(&others), Some(90)), built("token-1", &with(&json!({})), Some(90)));
    let words = media::Words { subject: None, text: "x", data: &with(&others), mail: None };
    assert!(push::MEDIUM.accept("token-1", &words).is_err());
}

#[test]
fn android_keeps_a_message_for_the_shorter_of_its_two_times() {
    for (asked, expires, sent) in [
        (None, None, Value::Null),
        (Some("60s"), None, json!("60s")),
        (Some("60s"), Some(90), json!("60s")),
        (Some("600s"), Some(90), json!("90s")),
        (Some("0s"), Some(90), json!("0s")),
    ] {
        let message = built("token-1", &with(&json!({ "android": { "ttl": asked } })), expires);
        assert_eq!(message["message"]["android"]["ttl"], sent, "{asked:?} {expires:?}");
        let web = expires.map_or(Value::Null, |seconds: u64| json!(seconds.to_string()));
        assert_eq!(message["message"]["webpush"]["headers"]["TTL"], web, "the option is Android's alone");
    }
}

#[test]
fn a_topic_is_addressed_by_its_name() {
    let message = built("topic:news~es", &Map::new(), None);
    let message = &message["message"];
    assert_eq!(
        (&message["topic"], &message["token"], &message["fid"]),
        (&json!("news~es"), &Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn a_message_to_a_topic_is_half_as_large() {
    let server =
        google(ResponseTemplate::new(200).set_body_json(json!({ "name": "projects/example/messages/1" }))).await;
    let channels = Channels::enable(&over_http(&server.uri())).unwrap();
    let channel = &channels.carriers(&ChannelName::parse("push").unwrap(), "token-1").unwrap()[0];
    let (key, rendered) = (key("n-1"), rendered());
    let left = 2048 - "Hola".len() - "Your code".len() - "key".len();
    for (destination, bytes, fits) in
        [("topic:news", left, true), ("topic:news", left + 1, false), ("token-1", left + 1, true)]
    {
        let data = Map::from_iter([("key".to_owned(), json!("x".repeat(bytes)))]);
        let outcome = channel.send(&outgoing(&key, destination, &rendered, &data, None)).await;
        assert_eq!(matches!(outcome, Outcome::Sent { .. }), fits, "{destination} {bytes}: {outcome:?}");
        assert_eq!(matches!(outcome, Outcome::Permanent { .. }), !fits, "{destination} {bytes}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_check_by_fcm_is_recorded_as_captured_and_never_as_sent() {
    for (answer, expected) in [
        (ResponseTemplate::new(200).set_body_json(json!({ "name": "projects/example/messages/fake" })), "captured"),
        (ResponseTemplate::new(400), "permanent"),
        (ResponseTemplate::new(503), "retriable"),
    ] {
        let server = google(answer).await;
        let outcome = push(&checking(&server.uri())).await;
        let kind = match outcome {
            Outcome::Captured => "captured",
            ref other => crate::tests::tools::kind(other),
        };
        assert_eq!(kind, expected, "{outcome:?}");
        let sent = server.received_requests().await.unwrap();
        let body: Value = sent.iter().find(|request| request.url.path() == URL).unwrap().body_json().unwrap();
        assert_eq!(body["validateOnly"], true);
        assert_eq!(body["message"]["token"], "token-1");
    }
    let message = built("token-1", &Map::new(), None);
    assert_eq!(message.as_object().unwrap().len(), 1, "without the setting nothing but the message is sent");
}

#[tokio::test]
async fn a_check_without_an_answer_may_be_made_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let token = MockServer::start().await;
    let granted = ResponseTemplate::new(200).set_body_json(json!({ "access_token": "t", "expires_in": 3600 }));
    Mock::given(path("/token")).respond_with(granted).mount(&token).await;
    let mut settings = checking(&format!("http://{}", listener.local_addr().unwrap()));
    settings.fcm.token_url = Some(format!("{}/token", token.uri()));
    let hangs_up = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::io::AsyncReadExt::read_exact(&mut stream, &mut [0; 16]).await.unwrap();
    };
    let (outcome, ()) = tokio::join!(push(&settings), hangs_up);
    assert!(matches!(outcome, Outcome::Retriable { alarm: false, maybe_sent: false, .. }), "{outcome:?}");
}

fn checking(base_url: &str) -> crate::Settings {
    let mut settings = over_http(base_url);
    settings.fcm.validate_only = true;
    settings
}

fn with(options: &Value) -> Map<String, Value> {
    Map::from_iter([("order".to_owned(), json!(7)), (push::OPTIONS.to_owned(), options.clone())])
}
