//! The answers of FCM as its documents and its users show them, and what each means.

use super::*;

/// What a refused message says of itself.
struct Refused {
    kind: &'static str,
    code: String,
    detail: String,
}

/// This one and the next are the examples of <https://firebase.google.com/docs/cloud-messaging/error-codes>.
const OF_THE_DATA: &str = r#"{"error": {
    "code": 400, "message": "Invalid value at 'message.data[0].value' (TYPE_STRING), 12", "status": "INVALID_ARGUMENT",
    "details": [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{
        "field": "message.data[0].value",
        "description": "Invalid value at 'message.data[0].value' (TYPE_STRING), 12"
    }]}]
}}"#;
const OF_THE_TOKEN: &str = r#"{"error": {
    "code": 400, "status": "INVALID_ARGUMENT",
    "message": "The registration token is not a valid FCM registration token",
    "details": [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "INVALID_ARGUMENT"}]
}}"#;
const OF_THE_TOKENS_FIELD: &str = r#"{"error": {
    "code": 400, "message": "Request contains an invalid argument.", "status": "INVALID_ARGUMENT",
    "details": [
        {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "INVALID_ARGUMENT"},
        {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [
            {"field": "message.token", "description": "Invalid registration token"}
        ]}
    ]
}}"#;
const OF_A_TTL: &str = r#"{"error": {
    "code": 400, "message": "Request contains an invalid argument.", "status": "INVALID_ARGUMENT",
    "details": [
        {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "INVALID_ARGUMENT"},
        {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [
            {"field": "message.android.ttl", "description": null}
        ]}
    ]
}}"#;
const OF_OUR_REQUEST: &str = r#"{"error": {
    "code": 400, "status": "INVALID_ARGUMENT",
    "message": "Invalid JSON payload received. Unknown name \"fid\" at 'message': Cannot find field.",
    "details": [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{
        "field": "message",
        "description": "Invalid JSON payload received. Unknown name \"fid\" at 'message': Cannot find field."
    }]}]
}}"#;
const TOO_LARGE: &str = r#"{"error": {
    "code": 400, "message": "Request contains an invalid argument.", "status": "INVALID_ARGUMENT"
}}"#;
const UNREGISTERED: &str = r#"{"error": {
    "code": 404, "message": "Requested entity was not found.", "status": "NOT_FOUND",
    "details": [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "UNREGISTERED"}]
}}"#;
const OTHER_SENDER: &str = r#"{"error": {
    "code": 403, "message": "SenderId mismatch", "status": "PERMISSION_DENIED",
    "details": [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "SENDER_ID_MISMATCH"}]
}}"#;
const APPLES_KEY: &str = r#"{"error": {
    "code": 401, "message": "Request is missing required authentication credential.", "status": "UNAUTHENTICATED",
    "details": [
        {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "THIRD_PARTY_AUTH_ERROR"},
        {"@type": "type.googleapis.com/google.firebase.fcm.v1.ApnsError", "statusCode": 403,
            "reason": "InvalidProviderToken"}
    ]
}}"#;
const INTERNAL: &str = r#"{"error": {
    "code": 500, "message": "Internal error encountered.", "status": "INTERNAL",
    "details": [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "INTERNAL"}]
}}"#;
const QUOTA: &str = r#"{"error": {
    "code": 429, "message": "Quota exceeded.", "status": "RESOURCE_EXHAUSTED",
    "details": [
        {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "QUOTA_EXCEEDED"},
        {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"subject": "project:1"}]}
    ]
}}"#;

/// Each case: status, body, what follows, and what the text of the attempt says.
#[tokio::test]
async fn the_details_tell_whose_fault_an_answer_is() {
    for (status, body, kind, code, says) in [
        (400, OF_THE_TOKEN, "permanent", "INVALID_ARGUMENT", "remove it"),
        (400, OF_THE_TOKENS_FIELD, "permanent", "INVALID_ARGUMENT", "remove it"),
        (400, OF_THE_DATA, "permanent", "INVALID_ARGUMENT", "its recipient is not at fault"),
        (400, OF_A_TTL, "permanent", "INVALID_ARGUMENT", "its recipient is not at fault: message.android.ttl: Request"),
        (400, OF_OUR_REQUEST, "alarm", "INVALID_ARGUMENT", "look at FCM_BASE_URL"),
        (400, TOO_LARGE, "permanent", "INVALID_ARGUMENT", "HTTP 400: Request contains an invalid argument."),
        (404, UNREGISTERED, "permanent", "UNREGISTERED", "this token or installation is dead"),
        (403, OTHER_SENDER, "alarm", "SENDER_ID_MISMATCH", "look at FIREBASE_PROJECT_ID"),
        (401, APPLES_KEY, "alarm", "THIRD_PARTY_AUTH_ERROR", "the key for Apple devices"),
        (429, QUOTA, "throttled", "QUOTA_EXCEEDED", "slow down"),
        (500, INTERNAL, "retriable", "INTERNAL", "HTTP 500: Internal error"),
        // No argument is refused for good by a server that is not well.
        (503, OF_THE_TOKENS_FIELD, "retriable", "INVALID_ARGUMENT", "HTTP 503"),
    ] {
        let refused = refused(&answered("token-1", status, body, None).await);
        assert_eq!((refused.kind, refused.code.as_str()), (kind, code), "{status} {body}");
        assert!(refused.detail.contains(says), "{says} in {}", refused.detail);
        let remove = says == "remove it" || says.ends_with("is dead");
        assert_eq!(refused.detail.contains("remove it"), remove, "{}", refused.detail);
    }
}

/// Each case: status, body, `Retry-After`, and the seconds to wait.
#[tokio::test]
async fn a_quota_that_names_no_time_is_waited_for_a_minute() {
    for (status, body, header, expected) in [
        (429, QUOTA, None, Some(60)),
        (429, QUOTA, Some("5"), Some(5)),
        (429, QUOTA, Some("0"), Some(0)),
        (429, QUOTA, Some("soon"), Some(60)),
        (429, "{}", None, None),
        (503, r#"{"error": {"status": "UNAVAILABLE"}}"#, Some("7"), Some(7)),
        (500, INTERNAL, Some("7"), Some(7)),
    ] {
        let outcome = answered("token-1", status, body, header).await;
        let Outcome::Throttled { retry_after, .. } = outcome else { panic!("{status}: {outcome:?}") };
        assert_eq!(retry_after.map(|wait| wait.as_secs()), expected, "{status} {header:?} {body}");
    }
}

#[tokio::test]
async fn what_google_quotes_of_a_target_or_an_option_is_not_shown() {
    let body = r#"{"error": {"status": "INVALID_ARGUMENT",
        "message": "Invalid value at news-secret and https://shop.example/secret"}}"#;
    let options = json!({ "webpush": { "fcm_options": { "link": "https://shop.example/secret" } } });
    let data = Map::from_iter([(push::OPTIONS.to_owned(), options)]);
    let server = google(ResponseTemplate::new(400).set_body_raw(body, "application/json")).await;
    let channels = Channels::enable(&over_http(&server.uri())).unwrap();
    let channel = &channels.carriers(&ChannelName::parse("push").unwrap(), "token-1").unwrap()[0];
    let (key, rendered) = (key("n-1"), rendered());
    let outcome = channel.send(&outgoing(&key, "topic:news-secret", &rendered, &data, None)).await;
    let refused = refused(&outcome);
    assert_eq!(refused.detail, "HTTP 400: Invalid value at *** and ***");
}

#[tokio::test]
async fn a_topic_that_was_accepted_does_not_prove_the_project() {
    let server = MockServer::start().await;
    let granted = ResponseTemplate::new(200).set_body_json(json!({ "access_token": "t", "expires_in": 3600 }));
    Mock::given(path("/token")).respond_with(granted).mount(&server).await;
    let accepted = ResponseTemplate::new(200).set_body_json(json!({ "name": "projects/example/messages/1" }));
    Mock::given(path(URL)).respond_with(accepted).up_to_n_times(1).mount(&server).await;
    let mismatch = ResponseTemplate::new(403).set_body_raw(OTHER_SENDER, "application/json");
    Mock::given(path(URL)).respond_with(mismatch).mount(&server).await;
    let channels = Channels::enable(&over_http(&server.uri())).unwrap();
    let channel = &channels.carriers(&ChannelName::parse("push").unwrap(), "token-1").unwrap()[0];
    let (key, rendered, data) = (key("n-1"), rendered(), Map::new());
    let topic = channel.send(&outgoing(&key, "topic:news", &rendered, &data, None)).await;
    assert!(matches!(topic, Outcome::Sent { .. }), "{topic:?}");
    let device = channel.send(&outgoing(&key, "token-1", &rendered, &data, None)).await;
    assert!(matches!(device, Outcome::Retriable { alarm: true, .. }), "{device:?}");
}

async fn answered(destination: &str, status: u16, body: &'static str, retry_after: Option<&str>) -> Outcome {
    let answer = ResponseTemplate::new(status).set_body_raw(body, "application/json");
    let answer = retry_after.iter().fold(answer, |answer, value| answer.insert_header("retry-after", *value));
    let server = google(answer).await;
    let channels = Channels::enable(&over_http(&server.uri())).unwrap();
    let channel = &channels.carriers(&ChannelName::parse("push").unwrap(), "token-1").unwrap()[0];
    let (key, rendered, data) = (key("n-1"), rendered(), Map::new());
    channel.send(&outgoing(&key, destination, &rendered, &data, None)).await
}

fn refused(outcome: &Outcome) -> Refused {
    let (Outcome::Throttled { failure, .. } | Outcome::Retriable { failure, .. } | Outcome::Permanent { failure, .. }) =
        outcome
    else {
        panic!("{outcome:?}")
    };
    let (code, detail) = (failure.code.clone().unwrap_or_default(), failure.detail.clone());
    Refused { kind: crate::tests::tools::kind(outcome), code, detail }
}
