//! What stands in a form: the sender, the words, media and templates, and nothing of a publisher's own.

use domain::{Keyring, Label};

use super::*;

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

/// Each case: the channel, the words, the data, and the form behind recipient and sender.
#[tokio::test]
async fn media_and_templates_have_fields_of_their_own() {
    let url = "https://example.org/a.jpg?x=1&To=2";
    let sent = "MediaUrl=https%3A%2F%2Fexample.org%2Fa.jpg%3Fx%3D1%26To%3D2";
    let template = json!({ "content_sid": HX, "content_variables": { "1": "Ana & \"Bo\"", "when": "5 pm" } });
    let variables = "%7B%221%22%3A%22Ana+%26+%5C%22Bo%5C%22%22%2C%22when%22%3A%225+pm%22%7D";
    for (name, text, data, form) in [
        ("sms", "Hi", json!({ "media_urls": [url] }), format!("Body=Hi&{sent}")),
        ("sms", "Hi", json!({ "media_urls": [url, url] }), format!("Body=Hi&{sent}&{sent}")),
        ("sms", "", json!({ "media_urls": [url] }), sent.to_owned()),
        ("whatsapp", "Hi", json!({ "media_urls": [url] }), format!("Body=Hi&{sent}")),
        ("whatsapp", " ", json!({ "media_urls": [url] }), sent.to_owned()),
        ("whatsapp", "Hi", template.clone(), format!("ContentSid={HX}&ContentVariables={variables}")),
        ("whatsapp", "", json!({ "content_sid": HX, "content_variables": {} }), format!("ContentSid={HX}")),
        ("sms", "Hi", template, "Body=Hi".to_owned()),
    ] {
        let prefix = if name == "sms" { "" } else { "whatsapp%3A" };
        let expected = format!("To={prefix}%2B14155550100&From={prefix}%2B14155550101&{form}");
        assert_eq!(form_of(name, text, data.clone()).await, expected, "{name} {data}");
    }
}

#[tokio::test]
async fn nothing_that_a_publisher_writes_adds_a_field_a_header_or_a_recipient() {
    let hostile = "x&To=+14155550199&From=evil\r\nX-Evil: 1\r\n\r\nStatusCallback=https://evil.example";
    let data = json!({
        "To": "+14155550199", "From": "evil", "StatusCallback": "https://evil.example", "MessagingServiceSid": "MG1",
        "ContentSid": HX, "mediaUrls": ["https://evil.example"], "MediaUrl": "https://evil.example", hostile: hostile,
    });
    let names = |form: &str| -> Vec<String> {
        url::form_urlencoded::parse(form.as_bytes()).map(|(name, _)| name.into_owned()).collect()
    };
    for name in ["sms", "whatsapp"] {
        assert_eq!(names(&form_of(name, hostile, data.clone()).await), ["To", "From", "Body"], "{name}");
    }
    let template = json!({ "content_sid": HX, "content_variables": { "1": hostile } });
    let form = form_of("whatsapp", hostile, template).await;
    assert_eq!(names(&form), ["To", "From", "ContentSid", "ContentVariables"]);
    let fields: Vec<_> = url::form_urlencoded::parse(form.as_bytes()).collect();
    let variables: Value = serde_json::from_str(&fields[3].1).unwrap();
    assert_eq!((&*fields[0].1, variables), ("whatsapp:+14155550100", json!({ "1": hostile })));
}

#[tokio::test]
async fn a_sender_goes_with_its_service_and_both_are_looked_at() {
    let service = format!("MG{}", "0".repeat(32));
    for (name, from, prefix) in [("sms", "TWILIO_FROM_NUMBER", ""), ("whatsapp", "TWILIO_WHATSAPP_FROM", "whatsapp%3A")]
    {
        let server = MockServer::start().await;
        let body = json!({ "code": 21_212, "message": "no" });
        Mock::given(path(URL)).respond_with(ResponseTemplate::new(400).set_body_json(body)).mount(&server).await;
        let mut settings = over_http(&server.uri());
        settings.twilio.messaging_service_sid = Some(service.clone());
        settings.twilio.whatsapp_messaging_service_sid = Some(service.clone());
        let outcome = send(&settings, name, "+14155550100", "Hi", None).await;
        let Outcome::Retriable { failure, alarm: true, .. } = outcome else { panic!("{outcome:?}") };
        let place = format!("look at {from} and TWILIO_");
        assert!(failure.detail.contains(&place), "{}", failure.detail);
        let form =
            format!("To={prefix}%2B14155550100&From={prefix}%2B14155550101&MessagingServiceSid={service}&Body=Hi");
        assert_eq!(String::from_utf8_lossy(&server.received_requests().await.unwrap()[0].body), form);
    }
}

#[tokio::test]
async fn the_url_of_reports_names_the_attempt_and_there_is_none_unless_the_world_reaches_us() {
    let labels = Labels::new(&Keyring::new(testkit::SECRET.as_bytes(), None));
    let public_url = "https://n.example.org/hooks";
    for (public_url, signed) in [(Some(public_url), true), (Some(public_url), false), (None, true)] {
        let server = MockServer::start().await;
        Mock::given(path(URL)).respond_with(ResponseTemplate::new(201)).expect(1).mount(&server).await;
        let mut settings = over_http(&server.uri());
        settings.public_url = public_url.map(str::to_owned);
        settings.labels = signed.then(|| labels.clone());
        send(&settings, "sms", "+14155550100", "Hi", None).await;
        let form = server.received_requests().await.unwrap()[0].body.clone();
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&form).into_owned().collect();
        let Some((_, url)) = form.iter().find(|(name, _)| name == "StatusCallback") else {
            assert!(public_url.is_none() || !signed);
            continue;
        };
        let query = url.strip_prefix("https://n.example.org/hooks/webhook/twilio?").unwrap();
        let label = Label { key: key("n-1"), epoch: 0, attempt: 1 };
        assert_eq!(query, format!("tenant=default&id=n-1&epoch=0&attempt=1&mac={}", labels.sign(&label)));
        assert!(public_url.is_some() && signed);
    }
}

/// The form of an accepted message, as it was sent.
async fn form_of(name: &str, text: &str, data: Value) -> String {
    let server = MockServer::start().await;
    Mock::given(path(URL)).respond_with(ResponseTemplate::new(201)).expect(1).mount(&server).await;
    let outcome = send_with(&over_http(&server.uri()), name, "+14155550100", text, data, None).await;
    assert!(matches!(outcome, Outcome::Sent { .. }), "{outcome:?}");
    String::from_utf8(server.received_requests().await.unwrap()[0].body.clone()).unwrap()
}
