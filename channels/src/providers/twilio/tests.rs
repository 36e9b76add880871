//! What only Twilio has: its codes, its credentials, and the ceiling; in `forms` its form fields.

use std::time::Duration;

use domain::{ChannelName, Rendered, Window, WindowUnit};
use serde_json::{Value, json};
use testkit::key;
use wiremock::matchers::{basic_auth, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::Channels;
use crate::tests::tools::{outgoing, taken};

mod forms;

const HX: &str = "HX0123456789abcdef0123456789abcdef";
const URL: &str = "/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages.json";

#[tokio::test]
async fn twilios_codes_go_before_the_http_status() {
    for (status, code, expected) in [
        (429, 20_429, "throttled"),
        (400, 20_429, "throttled"),
        (400, 21_611, "throttled"),
        (400, 14_107, "throttled"),
        (400, 63_018, "throttled"),
        (500, 20_500, "retriable, maybe sent"),
        (500, 20_001, "retriable"),
        (401, 20_003, "account"),
        (404, 20_404, "account"),
        (403, 20_005, "account"),
        (400, 10_001, "account"),
        (400, 20_010, "account"),
        (403, 20_006, "account"),
        (403, 20_008, "account"),
        (403, 20_403, "account"),
        (400, 30_002, "account"),
        (401, 70_051, "account"),
        (400, 90_010, "account"),
        (405, 20_004, "account"),
        (400, 21_212, "alarm"),
        (400, 21_603, "alarm"),
        (400, 21_606, "alarm"),
        (400, 21_659, "alarm"),
        (400, 21_660, "alarm"),
        (400, 21_408, "alarm"),
        (400, 21_608, "alarm"),
        (400, 63_007, "alarm"),
        (400, 63_112, "alarm"),
        (400, 21_211, "permanent"),
        (400, 21_610, "permanent"),
        (404, 21_614, "permanent"),
        (400, 21_635, "permanent"),
        (400, 21_655, "permanent"),
        (404, 21_655, "permanent"),
        (400, 21_656, "permanent"),
        (400, 63_016, "permanent"),
        (403, 63_024, "permanent"),
        (503, 63_032, "permanent"),
        (400, 21_711, "alarm"),
        (400, 30_001, "throttled"),
    ] {
        let body =
            json!({ "code": code, "message": "no", "more_info": "https://www.twilio.com/docs", "status": status });
        let outcome = answered(status, body).await;
        let (kind, failure) = match &outcome {
            Outcome::Throttled { failure, .. } => ("throttled", failure),
            Outcome::Retriable { failure, alarm: true, .. } => (taken(&outcome), failure),
            Outcome::Retriable { failure, maybe_sent: true, .. } => ("retriable, maybe sent", failure),
            Outcome::Retriable { failure, .. } => ("retriable", failure),
            Outcome::Permanent { failure, .. } => ("permanent", failure),
            other => panic!("{other:?}"),
        };
        assert_eq!((kind, failure.code.as_deref()), (expected, Some(code.to_string().as_str())), "{status} {code}");
        assert_eq!(failure.detail.contains("look at "), ["alarm", "account"].contains(&kind), "{}", failure.detail);
    }
}

#[tokio::test]
async fn a_limit_that_names_its_time_waits_so_long() {
    for code in [20_429, 30_001, 63_018] {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(400).set_body_json(json!({ "code": code, "message": "slow down" }));
        Mock::given(path(URL)).respond_with(answer.insert_header("retry-after", "30")).mount(&server).await;
        let outcome = send(&over_http(&server.uri()), "sms", "+14155550100", "Hi", None).await;
        let Outcome::Throttled { retry_after, .. } = outcome else { panic!("{code}: {outcome:?}") };
        assert_eq!(retry_after, Some(Duration::from_secs(30)), "{code}");
    }
}

#[tokio::test]
async fn a_refusal_says_what_to_do_before_it_quotes_twilio() {
    for (code, expected) in [
        (
            21_610,
            "HTTP 400: the recipient has unsubscribed from this sender: send nothing more until they answer START: \
             Attempt to send to ***",
        ),
        (
            63_016,
            "HTTP 400: WhatsApp takes free words only within 24 hours of the recipient's last message: send an \
             approved template, as data.content_sid with data.content_variables: Attempt to send to ***",
        ),
        (21_617, "HTTP 400: Attempt to send to ***"),
    ] {
        let outcome = answered(400, json!({ "code": code, "message": "Attempt to send to +14155550100" })).await;
        let Outcome::Permanent { failure, .. } = outcome else { panic!("{code}: {outcome:?}") };
        assert_eq!(failure.detail, expected);
    }
    let outcome = answered(400, json!({ "code": 63_024 })).await;
    let Outcome::Permanent { failure, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(failure.detail, "HTTP 400: the recipient is not on WhatsApp");
}

#[tokio::test]
async fn neither_media_nor_variables_are_repeated_when_twilio_quotes_them() {
    let url = "https://example.org/secret.jpg?signature=hidden";
    let template = json!({ "content_sid": HX, "content_variables": { "1": "a hidden name" } });
    for (name, data, quoted) in [("sms", json!({ "media_urls": [url] }), url), ("whatsapp", template, "a hidden name")]
    {
        let server = MockServer::start().await;
        let body = json!({ "code": 21_620, "message": format!("Invalid: {quoted}") });
        Mock::given(path(URL)).respond_with(ResponseTemplate::new(400).set_body_json(body)).mount(&server).await;
        let outcome = send_with(&over_http(&server.uri()), name, "+14155550100", "Hi", data, None).await;
        let Outcome::Permanent { failure, .. } = outcome else { panic!("{outcome:?}") };
        assert!(failure.detail.ends_with("Invalid: ***"), "{}", failure.detail);
    }
}

#[tokio::test]
async fn a_refused_sender_points_to_the_setting_of_its_channel() {
    for (channel, setting) in [("sms", "look at TWILIO_FROM_NUMBER"), ("whatsapp", "look at TWILIO_WHATSAPP_FROM")] {
        let server = MockServer::start().await;
        let body = json!({ "code": 21_212, "message": "The 'From' number +14155550101 is not a valid phone number" });
        Mock::given(path(URL)).respond_with(ResponseTemplate::new(400).set_body_json(body)).mount(&server).await;
        let outcome = send(&over_http(&server.uri()), channel, "+14155550100", "Hi", None).await;
        let Outcome::Retriable { failure, alarm: true, maybe_sent: false } = outcome else { panic!("{outcome:?}") };
        assert!(failure.detail.contains(setting), "{}", failure.detail);
    }
}

#[tokio::test]
async fn an_answer_that_may_follow_an_accepted_message_spends_its_attempt_and_waits_as_long_as_it_says() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(500).set_body_json(json!({ "code": "20500", "message": 7 }));
    Mock::given(path(URL)).respond_with(answer.insert_header("retry-after", "30")).mount(&server).await;
    let outcome = send(&over_http(&server.uri()), "sms", "+14155550100", "Hi", None).await;
    let Outcome::Retriable { failure, alarm: false, maybe_sent: true } = outcome else { panic!("{outcome:?}") };
    assert_eq!(failure.retry_after, Some(Duration::from_secs(30)));
}

#[tokio::test]
async fn an_accepted_message_gives_its_sid() {
    let outcome = answered(201, json!({ "sid": "SM1", "status": "queued", "code": null })).await;
    let sent = Outcome::Sent { provider: "twilio", provider_id: Some("SM1".into()), code: Some("201".into()) };
    assert_eq!(outcome, sent);
}

#[tokio::test]
async fn an_api_key_is_the_user_and_the_account_stays_in_the_url() {
    let server = MockServer::start().await;
    let key = format!("SK{}", "0".repeat(32));
    let matching = Mock::given(path(URL)).and(basic_auth(&key, "key-secret-token"));
    matching.respond_with(ResponseTemplate::new(401)).expect(1).mount(&server).await;
    let mut settings = over_http(&server.uri());
    settings.twilio.api_key_sid = Some(key);
    settings.twilio.api_key_secret = Some("key-secret-token".into());
    let outcome = send(&settings, "sms", "+14155550100", "Hi", None).await;
    let Outcome::Retriable { failure, alarm: true, .. } = outcome else { panic!("{outcome:?}") };
    let place = "look at TWILIO_ACCOUNT_SID, TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET";
    assert!(failure.detail.contains(place), "{}", failure.detail);
}

#[test]
fn each_sender_has_the_ceiling_for_itself() {
    let mut settings = over_http("http://127.0.0.1:1");
    for ceiling in [Some(2), None] {
        settings.twilio.max_per_second = ceiling;
        let channels = Channels::enable(&settings).unwrap();
        let limits: Vec<_> = channels.all().map(|carrier| (carrier.name(), carrier.max_per_second())).collect();
        assert_eq!(limits, [("sms", ceiling), ("whatsapp", ceiling)]);
    }
}

#[test]
fn each_sender_has_the_limits_of_the_fleet_for_itself() {
    let mut settings = over_http("http://127.0.0.1:1");
    let window = Window { unit: WindowUnit::Hour, messages: 7 };
    settings.limits.insert("twilio", vec![window]);
    let channels = Channels::enable(&settings).unwrap();
    let limits: Vec<_> = channels.all().map(|carrier| (carrier.name(), carrier.limits())).collect();
    assert_eq!(limits, [("sms", &[window][..]), ("whatsapp", &[window])]);
}

#[tokio::test]
async fn what_twilio_would_refuse_for_its_size_is_not_sent() {
    let settings = over_http("http://127.0.0.1:1");
    for (text, permanent) in [(String::new(), true), ("x".repeat(1601), true), ("é".repeat(1600), false)] {
        let outcome = send(&settings, "sms", "+14155550100", &text, None).await;
        assert_eq!(matches!(outcome, Outcome::Permanent { .. }), permanent, "{outcome:?}");
    }
}

#[tokio::test]
async fn what_only_others_take_on_whatsapp_is_refused_before_twilio_is_asked() {
    let settings = over_http("http://127.0.0.1:1");
    let metas = json!({ "name": "order", "language": { "code": "es" } });
    for (to, text, data, expected) in [
        ("+14155550100", "x".repeat(1601), json!({}), Some("message has 1601 characters, Twilio takes 1600")),
        ("+14155550100", "é".repeat(1600), json!({}), None),
        (
            "+14155550100",
            "Hi".into(),
            json!({ "whatsapp_template": metas }),
            Some("data.whatsapp_template is one that Meta keeps, Twilio sends data.content_sid"),
        ),
        ("+14155550100", "x".repeat(4097), json!({ "whatsapp_template": metas, "content_sid": HX }), None),
        (
            "US.13491208655302741918",
            "x".repeat(1601),
            json!({}),
            Some(
                "destination must be a phone number, Twilio knows no other id of a person; message has 1601 characters, \
                 Twilio takes 1600",
            ),
        ),
    ] {
        let outcome = send_with(&settings, "whatsapp", to, &text, data, None).await;
        let refused = match &outcome {
            Outcome::Permanent { failure, .. } => Some(failure.detail.as_str()),
            Outcome::Retriable { alarm: false, .. } => None,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused, expected, "{to}");
    }
}

#[test]
fn half_a_configuration_names_all_that_is_missing_and_quotes_no_secret() {
    let twilio = Settings {
        from_number: Some("+14155550101".into()),
        account_sid: Some("HIDDEN".into()),
        base_url: "nowhere".into(),
        ..Settings::default()
    };
    let problems = Channels::enable(&crate::Settings { twilio, ..crate::settings::of_tests() }).err().unwrap();
    let names: Vec<_> = problems.iter().map(|problem| problem.split(' ').next().unwrap()).collect();
    assert_eq!(names, ["TWILIO_ACCOUNT_SID", "TWILIO_BASE_URL", "TWILIO_AUTH_TOKEN"]);
    assert!(!problems.concat().contains("HIDDEN"));
}

async fn answered(status: u16, body: Value) -> Outcome {
    let server = MockServer::start().await;
    Mock::given(path(URL)).respond_with(ResponseTemplate::new(status).set_body_json(body)).mount(&server).await;
    send(&over_http(&server.uri()), "sms", "+14155550100", "Hi", None).await
}

async fn send(settings: &crate::Settings, name: &str, to: &str, text: &str, seconds: Option<u64>) -> Outcome {
    send_with(settings, name, to, text, json!({}), seconds).await
}

async fn send_with(
    settings: &crate::Settings,
    name: &str,
    to: &str,
    text: &str,
    data: Value,
    seconds: Option<u64>,
) -> Outcome {
    let Value::Object(data) = data else { panic!("{data}") };
    let channels = Channels::enable(settings).unwrap();
    let channel = &channels.carriers(&ChannelName::parse(name).unwrap(), to).unwrap()[0];
    let (key, rendered) = (key("n-1"), rendered(text));
    channel.send(&outgoing(&key, to, &rendered, &data, seconds)).await
}

fn rendered(text: &str) -> Rendered {
    Rendered { text: text.into(), ..Rendered::default() }
}
