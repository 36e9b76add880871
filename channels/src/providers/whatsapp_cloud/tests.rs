//! What only Meta's Cloud API has: its message, its error codes, and how long its limits last.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{ChannelName, Rendered};
use serde_json::{Map, Value, json};
use testkit::key;
use wiremock::matchers::{bearer_token, body_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::Channels;
use crate::tests::tools::{channel, outgoing, taken};

const URL: &str = "/106540352242922/messages";
const NUMBER: &str = "+14155550100";

#[tokio::test]
async fn a_text_goes_to_a_number_or_to_a_person_with_a_label_that_comes_back() {
    let label = r#"{"chasqui_attempt":"1","chasqui_epoch":"0","chasqui_id":"n-1","chasqui_tenant":"default"}"#;
    for (destination, field, recipient) in [
        (NUMBER, "to", NUMBER),
        ("whatsapp:+14155550100", "to", NUMBER),
        ("US.13491208655302741918", "recipient", "US.13491208655302741918"),
        ("whatsapp:US.ENT.118", "recipient", "US.ENT.118"),
    ] {
        let server = MockServer::start().await;
        let body = json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", field: recipient,
            "type": "text", "text": { "preview_url": false, "body": "Hi https://example.org" },
            "biz_opaque_callback_data": label_of(label),
        });
        let request = Mock::given(method("POST")).and(path(URL)).and(bearer_token("EAA-secret-token"));
        let accepted = json!({
            "messaging_product": "whatsapp", "contacts": [{ "input": recipient }],
            "messages": [{ "id": "wamid.HBgLMTQxNTU1NTAxMDA=", "message_status": "accepted" }],
        });
        let answer = ResponseTemplate::new(200).set_body_json(accepted);
        request.and(body_json(body)).respond_with(answer).expect(1).mount(&server).await;
        let outcome = send(&server.uri(), destination, "Hi https://example.org", json!({})).await;
        let (provider_id, code) = (Some("wamid.HBgLMTQxNTU1NTAxMDA=".into()), Some("200".into()));
        assert_eq!(outcome, Outcome::Sent { provider: "whatsapp_cloud", provider_id, code }, "{destination}");
    }
}

/// The same label, with its names in the order in which they are written here.
fn label_of(text: &str) -> String {
    serde_json::from_str::<Value>(text).unwrap().to_string()
}

#[test]
fn a_label_that_whatsapp_would_not_take_is_left_out_and_the_message_is_not() {
    for (id, has_label) in [("x".repeat(255), true), ("\"".repeat(255), false)] {
        let (key, rendered, data) = (key(&id), rendered("Hi"), Map::new());
        let message = message(&outgoing(&key, NUMBER, &rendered, &data, None)).unwrap();
        let label = message["biz_opaque_callback_data"].as_str();
        assert_eq!(label.is_some_and(|label| label.chars().count() <= 512), has_label);
        assert_eq!((label.is_none(), &message["to"]), (!has_label, &json!(NUMBER)));
    }
}

/// Each case: the URL, the text, the type of the message, and what stands in it beside the link.
#[test]
fn a_file_is_sent_as_what_its_name_says_and_as_a_document_where_it_could_have_no_text() {
    for (url, text, kind, beside) in [
        ("https://example.org/a.jpg?size=1", "Hi", "image", json!({ "caption": "Hi" })),
        ("https://example.org/a.PNG", " ", "image", json!({})),
        ("https://example.org/a.mp4", "Hi", "video", json!({ "caption": "Hi" })),
        ("https://example.org/a.mp3", "", "audio", json!({})),
        ("https://example.org/a.mp3", "Hi", "document", json!({ "caption": "Hi", "filename": "a.mp3" })),
        ("https://example.org/a.webp", "", "sticker", json!({})),
        ("https://example.org/a.webp", "Hi", "document", json!({ "caption": "Hi", "filename": "a.webp" })),
        ("https://example.org/b/bill.pdf", "", "document", json!({ "filename": "bill.pdf" })),
        ("https://example.org/jpg", "Hi", "document", json!({ "caption": "Hi", "filename": "jpg" })),
        ("https://example.org", "Hi", "document", json!({ "caption": "Hi" })),
    ] {
        let message = built(text, json!({ "media_urls": [url] })).unwrap();
        let Value::Object(mut expected) = beside else { panic!("{beside}") };
        expected.insert("link".into(), json!(url));
        assert_eq!((&message["type"], &message[kind]), (&json!(kind), &Value::Object(expected)), "{url} {text:?}");
        assert_eq!(message["text"], Value::Null);
    }
    let picture = json!({ "media_urls": ["https://example.org/a.jpg"] });
    assert!(built(&"é".repeat(1024), picture.clone()).is_ok());
    let why = built(&"é".repeat(1025), picture).unwrap_err();
    assert_eq!(why, "message has 1025 characters, WhatsApp takes 1024 below a file");
}

#[test]
fn a_template_is_sent_as_its_publisher_wrote_it_and_instead_of_the_words() {
    let template = json!({
        "name": "order_shipped", "language": { "code": "es_AR" },
        "components": [{ "type": "body", "parameters": [{ "type": "text", "text": "Ana \"Bo\"" }] }],
    });
    let twilios = "HX0123456789abcdef0123456789abcdef";
    for data in
        [json!({ "whatsapp_template": template }), json!({ "whatsapp_template": template, "content_sid": twilios })]
    {
        let message = built(&"x".repeat(5000), data).unwrap();
        assert_eq!((&message["type"], &message["template"]), (&json!("template"), &template));
        assert_eq!((&message["text"], &message["to"]), (&Value::Null, &json!(NUMBER)));
    }
    let why = built("Hi", json!({ "content_sid": twilios })).unwrap_err();
    assert_eq!(why, "data.content_sid is a template that Twilio keeps, WhatsApp Cloud sends data.whatsapp_template");
}

#[test]
fn buttons_stand_below_the_words_and_tell_what_their_publisher_wrote() {
    let buttons = json!([{ "id": "ticket-1", "title": "Sí" }, { "id": "ticket-2", "title": "No" }]);
    let message = built("Deploy?", json!({ "whatsapp_buttons": buttons })).unwrap();
    let reply = |id: &str, title: &str| json!({ "type": "reply", "reply": { "id": id, "title": title } });
    let expected = json!({
        "type": "button", "body": { "text": "Deploy?" },
        "action": { "buttons": [reply("ticket-1", "Sí"), reply("ticket-2", "No")] },
    });
    assert_eq!((&message["type"], &message["interactive"]), (&json!("interactive"), &expected));
    assert_eq!((&message["text"], &message["to"]), (&Value::Null, &json!(NUMBER)));
}

#[test]
fn nothing_that_a_publisher_writes_adds_a_field_or_a_recipient() {
    let data = json!({
        "to": "+14155550199", "recipient": "US.1", "type": "image", "messaging_product": "x", "context": {}, "text": 7,
    });
    let message = built("x\",\"to\":\"+14155550199", data).unwrap();
    let names: BTreeSet<&str> = message.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["biz_opaque_callback_data", "messaging_product", "recipient_type", "text", "to", "type"];
    assert_eq!((names, &message["to"]), (BTreeSet::from(expected), &json!(NUMBER)));
}

/// Each case: status, code, the code below it, and the outcome.
#[tokio::test]
async fn metas_codes_go_before_the_http_status() {
    for (status, code, subcode, expected) in [
        (400, 130_429, None, "throttled"),
        (400, 131_056, None, "throttled"),
        (400, 131_048, None, "throttled"),
        (403, 4, None, "throttled"),
        (400, 80_007, None, "throttled"),
        (429, 130_429, None, "throttled"),
        (400, 131_000, None, "retriable"),
        (500, 131_000, None, "retriable"),
        (400, 135_000, None, "retriable"),
        (503, 131_016, None, "retriable"),
        (500, 131_057, None, "retriable"),
        (401, 190, None, "account"),
        (400, 190, None, "account"),
        (401, 0, None, "account"),
        (403, 10, None, "account"),
        (403, 200, None, "account"),
        (403, 131_031, None, "account"),
        (403, 368, None, "account"),
        (403, 130_497, None, "alarm"),
        (400, 131_042, None, "account"),
        (400, 133_010, None, "account"),
        (400, 131_030, None, "alarm"),
        (400, 100, Some(33), "account"),
        (400, 100, Some(2_494_010), "permanent"),
        (400, 100, None, "permanent"),
        (400, 131_026, None, "permanent"),
        (400, 131_047, None, "permanent"),
        (400, 131_049, None, "permanent"),
        (400, 131_050, None, "permanent"),
        (400, 131_062, None, "permanent"),
        (404, 132_001, None, "permanent"),
        (500, 132_000, None, "permanent"),
        (400, 999_999, None, "permanent"),
        (500, 999_999, None, "retriable"),
    ] {
        let body = json!({ "error": { "message": "no", "code": code, "error_subcode": subcode, "fbtrace_id": "Ax" } });
        let outcome = answered(ResponseTemplate::new(status).set_body_json(body)).await;
        assert_eq!(taken(&outcome), expected, "{status} {code}: {outcome:?}");
        let failure = failure(&outcome);
        assert_eq!(failure.code.as_deref(), Some(code.to_string().as_str()), "{status} {code}");
        let is_ours = ["alarm", "account"].contains(&expected);
        assert_eq!(failure.detail.contains("look at "), is_ours, "{}", failure.detail);
    }
}

#[tokio::test]
async fn the_details_are_shown_and_neither_the_title_nor_anybody_in_them() {
    let error = json!({
        "message": "(#131047) Re-engagement message", "code": "131047",
        "error_data": { "messaging_product": "whatsapp", "details": "No window with 14155550100 or +14155550100: Hi Ana" },
    });
    let outcome = answered(ResponseTemplate::new(400).set_body_json(json!({ "error": error }))).await;
    let expected = "HTTP 400, WhatsApp takes free words only within 24 hours of the recipient's last message: send an \
                    approved template, as data.whatsapp_template: No window with *** or ***: ***";
    assert_eq!(failure(&outcome).detail, expected);
    let title = json!({ "error": { "message": "(#131008) Required parameter is missing", "code": 131_008 } });
    let outcome = answered(ResponseTemplate::new(400).set_body_json(title)).await;
    assert_eq!(failure(&outcome).detail, "HTTP 400: *** Required parameter is missing");
}

/// Each case: status, code, the minutes of Meta's own header, `Retry-After`, and the wait.
#[tokio::test]
async fn a_limit_lasts_as_long_as_the_longest_time_that_is_named() {
    for (status, code, minutes, seconds, expected) in [
        (400, 80_007, Some(5), None, Some(300)),
        (400, 80_007, Some(5), Some("900"), Some(900)),
        (400, 80_007, Some(u64::MAX), None, Some(86_400)),
        (400, 4, Some(0), None, None),
        (400, 130_429, None, None, None),
        (429, 130_429, None, Some("30"), Some(30)),
        (400, 131_056, None, None, Some(6)),
        (400, 131_056, Some(1), None, Some(60)),
        (500, 131_000, None, Some("30"), Some(30)),
        (500, 131_000, Some(5), Some("30"), Some(30)),
    ] {
        let body = json!({ "error": { "message": "no", "code": code } });
        let mut answer = ResponseTemplate::new(status).set_body_json(body);
        if let Some(minutes) = minutes {
            let of_one = json!({ "type": "whatsapp", "call_count": 100, "estimated_time_to_regain_access": minutes });
            let usage = json!({ "1015": [{ "type": "messenger" }, of_one], "1016": 7 });
            answer = answer.insert_header("x-business-use-case-usage", usage.to_string());
        }
        if let Some(seconds) = seconds {
            answer = answer.insert_header("retry-after", seconds);
        }
        let outcome = answered(answer).await;
        let Outcome::Throttled { retry_after, .. } = outcome else { panic!("{code}: {outcome:?}") };
        assert_eq!(retry_after, expected.map(Duration::from_secs), "{status} {code} {minutes:?} {seconds:?}");
    }
}

#[test]
fn every_provider_that_is_preferred_and_configured_carries_whatsapp_in_that_order() {
    let carries = |configured: &[&str], preferred: &[&'static str]| {
        let mut settings = crate::settings::of_tests();
        if configured.contains(&"whatsapp_cloud") {
            settings.whatsapp_cloud = over_http("https://graph.facebook.com/v24.0").whatsapp_cloud;
        }
        if configured.contains(&"twilio") {
            settings.twilio = crate::twilio::Settings {
                account_sid: Some(format!("AC{}", "0".repeat(32))),
                auth_token: Some("t".into()),
                whatsapp_from: Some("+14155550101".into()),
                base_url: "https://api.twilio.com".into(),
                ..Default::default()
            };
        }
        if !preferred.is_empty() {
            settings.preferred.insert("whatsapp", preferred.to_vec());
        }
        let channels = Channels::enable(&settings).ok()?;
        let carriers = channels.carriers(&ChannelName::parse("whatsapp").unwrap(), NUMBER).unwrap();
        Some(carriers.iter().map(|carrier| carrier.provider()).collect::<Vec<_>>())
    };
    for (configured, preferred, carriers) in [
        (&["twilio", "whatsapp_cloud"][..], &[][..], Some(&["twilio", "whatsapp_cloud"][..])),
        (&["whatsapp_cloud"], &[], Some(&["whatsapp_cloud"])),
        (&["twilio", "whatsapp_cloud"], &["whatsapp_cloud", "twilio"], Some(&["whatsapp_cloud", "twilio"])),
        (&["twilio", "whatsapp_cloud"], &["whatsapp_cloud"], Some(&["whatsapp_cloud"])),
        (&["twilio"], &["whatsapp_cloud", "twilio"], Some(&["twilio"])),
        (&["twilio"], &["whatsapp_cloud"], None),
        (&[], &["whatsapp_cloud", "twilio"], None),
    ] {
        assert_eq!(carries(configured, preferred).as_deref(), carriers, "{configured:?} {preferred:?}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once_and_no_token_is_quoted() {
    for number in [None, Some("+14155550101"), Some("1/2"), Some("")] {
        let (access_token, phone_number_id) = (Some("two words".into()), number.map(str::to_owned));
        let whatsapp_cloud =
            Settings { access_token, phone_number_id, base_url: "nowhere".into(), ..Settings::default() };
        let settings = crate::Settings { whatsapp_cloud, ..crate::settings::of_tests() };
        let problems = Channels::enable(&settings).err().unwrap();
        let names: Vec<_> = problems.iter().map(|problem| problem.split(' ').next().unwrap()).collect();
        let expected = ["WHATSAPP_CLOUD_ACCESS_TOKEN", "WHATSAPP_CLOUD_PHONE_NUMBER_ID", "WHATSAPP_CLOUD_BASE_URL"];
        assert_eq!(names, expected, "{number:?}");
        assert!(!problems.concat().contains("two words") && !problems.concat().contains("4155550101"), "{problems:?}");
    }
}

#[test]
fn the_url_of_meta_ends_with_a_version_and_that_of_a_gateway_as_it_likes() {
    for (url, is_right) in [
        ("https://graph.facebook.com/v24.0", true),
        ("https://graph.facebook.com/v24.0/", true),
        ("https://graph.facebook.com", false),
        ("https://graph.facebook.com/", false),
        ("https://Graph.Facebook.com/v24", false),
        ("https://graph.facebook.com/24.0", false),
        ("https://graph.facebook.com/v24.0/106540352242922", false),
        ("https://gateway.example/meta", true),
        ("http://127.0.0.1:9000", true),
    ] {
        let told = Channels::enable(&over_http(url)).err().unwrap_or_default().concat();
        let expected = "WHATSAPP_CLOUD_BASE_URL must end with the version of Meta's Graph API";
        assert!(told.is_empty() == is_right && (is_right || told.starts_with(expected)), "{url}: {told}");
    }
}

async fn answered(answer: ResponseTemplate) -> Outcome {
    let server = MockServer::start().await;
    Mock::given(path(URL)).respond_with(answer).expect(1).mount(&server).await;
    send(&server.uri(), NUMBER, "Hi Ana", json!({})).await
}

async fn send(base_url: &str, to: &str, text: &str, data: Value) -> Outcome {
    let Value::Object(data) = data else { panic!("{data}") };
    let (key, rendered) = (key("n-1"), rendered(text));
    channel("whatsapp", &over_http(base_url)).send(&outgoing(&key, to, &rendered, &data, None)).await
}

fn built(text: &str, data: Value) -> Result<Value, String> {
    let Value::Object(data) = data else { panic!("{data}") };
    let (key, rendered) = (key("n-1"), rendered(text));
    message(&outgoing(&key, NUMBER, &rendered, &data, None))
}

fn failure(outcome: &Outcome) -> &domain::Failure {
    match outcome {
        Outcome::Throttled { failure, .. }
        | Outcome::Retriable { failure, .. }
        | Outcome::Permanent { failure, .. } => failure,
        other => panic!("{other:?}"),
    }
}

fn rendered(text: &str) -> Rendered {
    Rendered { text: text.into(), ..Rendered::default() }
}
