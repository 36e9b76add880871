//! What only Twilio has: its codes, its form fields, and the ceiling.

use std::time::Duration;

use domain::{ChannelName, Rendered};
use serde_json::{Map, json};
use testkit::key;
use wiremock::matchers::{basic_auth, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::Channels;
use crate::tests::tools::outgoing;

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
        (401, 20_003, "alarm"),
        (404, 20_404, "alarm"),
        (403, 20_005, "alarm"),
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
    ] {
        let body =
            json!({ "code": code, "message": "no", "more_info": "https://www.twilio.com/docs", "status": status });
        let outcome = answered(status, body).await;
        let (kind, failure) = match &outcome {
            Outcome::Throttled { failure, .. } => ("throttled", failure),
            Outcome::Retriable { failure, alarm: true, .. } => ("alarm", failure),
            Outcome::Retriable { failure, maybe_sent: true, .. } => ("retriable, maybe sent", failure),
            Outcome::Retriable { failure, .. } => ("retriable", failure),
            Outcome::Permanent { failure, .. } => ("permanent", failure),
            other => panic!("{other:?}"),
        };
        assert_eq!((kind, failure.code.as_deref()), (expected, Some(code.to_string().as_str())), "{status} {code}");
        assert_eq!(failure.detail.contains("look at "), kind == "alarm", "{}", failure.detail);
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
async fn the_form_carries_prefixes_services_and_how_long_it_is_worth_sending() {
    let cases = [
        (
            "sms",
            "+14155550101",
            "+14155550100",
            Some(90),
            "To=%2B14155550100&From=%2B14155550101&Body=Hi&ValidityPeriod=90",
        ),
        ("sms", "Tienda", "+14155550100", None, "To=%2B14155550100&From=Tienda&Body=Hi"),
        (
            "sms",
            "+14155550101",
            "+14155550100",
            Some(999_999),
            "To=%2B14155550100&From=%2B14155550101&Body=Hi&ValidityPeriod=36000",
        ),
        (
            "sms",
            "+14155550101",
            "+14155550100",
            Some(0),
            "To=%2B14155550100&From=%2B14155550101&Body=Hi&ValidityPeriod=1",
        ),
        (
            "sms",
            "MG00000000000000000000000000000000",
            "+14155550100",
            None,
            "To=%2B14155550100&MessagingServiceSid=MG00000000000000000000000000000000&Body=Hi",
        ),
        (
            "whatsapp",
            "+14155550101",
            "+14155550100",
            None,
            "To=whatsapp%3A%2B14155550100&From=whatsapp%3A%2B14155550101&Body=Hi",
        ),
        (
            "whatsapp",
            "whatsapp:+14155550101",
            "whatsapp:+14155550100",
            None,
            "To=whatsapp%3A%2B14155550100&From=whatsapp%3A%2B14155550101&Body=Hi",
        ),
    ];
    for (name, from, to, seconds, form) in cases {
        let server = MockServer::start().await;
        let account = "AC00000000000000000000000000000000";
        let matching = Mock::given(method("POST")).and(path(URL)).and(basic_auth(account, "twilio-secret-token"));
        matching.respond_with(ResponseTemplate::new(201)).expect(1).mount(&server).await;
        let mut settings = over_http(&server.uri());
        settings.twilio.from_number = Some(from.into()).filter(|_| name == "sms");
        settings.twilio.whatsapp_from = Some(from.into()).filter(|_| name == "whatsapp");
        send(&settings, name, to, "Hi", seconds).await;
        assert_eq!(String::from_utf8_lossy(&server.received_requests().await.unwrap()[0].body), form);
    }
}

#[tokio::test]
async fn above_the_ceiling_nobody_is_called_and_no_attempt_spent() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(201)).expect(2).mount(&server).await;
    let mut settings = over_http(&server.uri());
    settings.twilio.max_per_second = Some(2);
    let channels = Channels::enable(&settings).unwrap();
    let sms = channels.get(&ChannelName::parse("sms").unwrap()).unwrap();
    let (key, data, rendered) = (key("n-1"), Map::new(), rendered("Hi"));
    for expected in ["sent", "sent", "throttled"] {
        let outcome = sms.send(&outgoing(&key, "+14155550100", &rendered, &data, None)).await;
        let kind =
            if matches!(outcome, Outcome::Throttled { retry_after: Some(_), .. }) { "throttled" } else { "sent" };
        assert_eq!(kind, expected, "{outcome:?}");
    }
}

#[tokio::test]
async fn what_twilio_would_refuse_for_its_size_is_not_sent() {
    let settings = over_http("http://127.0.0.1:1");
    for (text, permanent) in [(String::new(), true), ("x".repeat(1601), true), ("é".repeat(1600), false)] {
        let outcome = send(&settings, "sms", "+14155550100", &text, None).await;
        assert_eq!(matches!(outcome, Outcome::Permanent { .. }), permanent, "{outcome:?}");
    }
}

#[test]
fn half_a_configuration_names_all_that_is_missing_and_quotes_no_secret() {
    let twilio = Settings {
        from_number: Some("+14155550101".into()),
        account_sid: Some("SECRET".into()),
        base_url: "nowhere".into(),
        ..Settings::default()
    };
    let problems = Channels::enable(&crate::Settings { twilio, ..crate::settings::of_tests() }).err().unwrap();
    let names: Vec<_> = problems.iter().map(|problem| problem.split(' ').next().unwrap()).collect();
    assert_eq!(names, ["TWILIO_ACCOUNT_SID", "TWILIO_BASE_URL", "TWILIO_AUTH_TOKEN"]);
    assert!(!problems.concat().contains("SECRET"));
}

async fn answered(status: u16, body: serde_json::Value) -> Outcome {
    let server = MockServer::start().await;
    Mock::given(path(URL)).respond_with(ResponseTemplate::new(status).set_body_json(body)).mount(&server).await;
    send(&over_http(&server.uri()), "sms", "+14155550100", "Hi", None).await
}

async fn send(settings: &crate::Settings, name: &str, to: &str, text: &str, seconds: Option<u64>) -> Outcome {
    let channels = Channels::enable(settings).unwrap();
    let channel = channels.get(&ChannelName::parse(name).unwrap()).unwrap();
    let (key, data, rendered) = (key("n-1"), Map::new(), rendered(text));
    channel.send(&outgoing(&key, to, &rendered, &data, seconds)).await
}

fn rendered(text: &str) -> Rendered {
    Rendered { text: text.into(), ..Rendered::default() }
}
