//! What only SendGrid has: its errors by their fields, the end of its period, and the body of a mail.

use std::time::Duration;

use domain::{About, ChannelName, Rendered, Timestamp};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use testkit::key;
use wiremock::matchers::{bearer_token, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::http::Answer;
use crate::tests::tools::{kind, outgoing, taken};
use crate::{Channels, smtp};

const RECIPIENT: &str = "personalizations.0.to.0.email";

/// The body of a mail with the files that stand in its notification.
fn message(from: &Sender, sandbox: bool, outgoing: &Outgoing<'_>) -> Result<Value, String> {
    super::message::message(from, sandbox, outgoing, &crate::files::inline(outgoing))
}

/// Each case: status, the fields of the errors, the outcome, and what its text says.
#[test]
fn an_error_is_the_recipients_only_if_it_names_the_recipients_field() {
    let wrong = "SENDGRID_API_KEY, and whether";
    for (status, fields, expected, says) in [
        (202, &[][..], "sent", ""),
        (200, &[], "sent", ""),
        (400, &[json!(RECIPIENT)], "permanent", "personalizations.0.to.0.email: no"),
        (400, &[json!("personalizations.0.to")], "permanent", "no"),
        (400, &[json!("personalizations.0.to.0")], "permanent", "no"),
        (400, &[json!("personalizations.0.cc.1.email"), json!("personalizations.0.bcc")], "permanent", "no"),
        (400, &[json!("attachments.0.type")], "alarm", "look at what SendGrid says"),
        (400, &[json!(RECIPIENT), json!("from.email")], "account", "look at FROM_EMAIL and FROM_NAME"),
        (400, &[json!("from")], "account", "look at FROM_EMAIL and FROM_NAME"),
        (400, &[json!("reply_to.email")], "alarm", "look at SMTP_REPLY_TO"),
        (400, &[json!("personalizations.0.custom_args")], "alarm", "look at what SendGrid says"),
        (400, &[json!("personalizations")], "alarm", "look at what SendGrid says"),
        (400, &[json!("content.0.value")], "alarm", "content.0.value: no"),
        (400, &[json!("tomorrow.0.to")], "alarm", "look at what SendGrid says"),
        (400, &[json!(null)], "alarm", "look at what SendGrid says"),
        (400, &[json!("null")], "alarm", "look at what SendGrid says"),
        (400, &[json!(7)], "alarm", "look at what SendGrid says"),
        (400, &[], "permanent", "HTTP 400"),
        (401, &[json!(null)], "account", wrong),
        (403, &[json!(null)], "account", wrong),
        (403, &[json!("from")], "account", "it has verified"),
        (404, &[json!(null)], "account", "look at SENDGRID_BASE_URL"),
        (413, &[json!(null)], "permanent", "no"),
        (429, &[json!(null)], "throttled", "slow down"),
        (500, &[json!(null)], "retriable", "no"),
        (503, &[json!(RECIPIENT)], "retriable", "no"),
    ] {
        let errors: Vec<Value> = fields.iter().map(|field| json!({ "message": "no", "field": field })).collect();
        let outcome = classified(&answer(status, &[], &json!({ "errors": errors })));
        assert_eq!(taken(&outcome), expected, "{status} {fields:?}: {outcome:?}");
        let detail: &str = match &outcome {
            Outcome::Sent { .. } => "",
            Outcome::Throttled { failure, .. }
            | Outcome::Retriable { failure, .. }
            | Outcome::Permanent { failure, .. } => &failure.detail,
            other => panic!("{other:?}"),
        };
        assert!(detail.contains(says), "{status} {fields:?}: {detail}");
    }
}

#[test]
fn a_plan_that_is_used_up_is_no_wrong_key_and_shuts_out_every_message() {
    let errors = json!({ "errors": [{ "message": "Maximum credits exceeded", "field": null, "help": null }] });
    let Outcome::Retriable { failure, alarm: true, maybe_sent: false } = classified(&answer(401, &[], &errors)) else {
        panic!("an alarm")
    };
    assert_eq!(failure.about, About::Credentials);
    assert!(failure.detail.contains("no mails left") && !failure.detail.contains("SENDGRID_API_KEY"), "{failure:?}");
}

#[test]
fn too_many_requests_wait_for_the_end_of_the_period_and_no_other_answer_does() {
    let wait = |status: u16, headers: &[(&'static str, &str)]| match classified(&answer(status, headers, &json!({}))) {
        Outcome::Throttled { retry_after, .. } => retry_after.map(|wait| wait.as_secs()),
        Outcome::Retriable { failure, .. } => failure.retry_after.map(|wait| wait.as_secs()),
        other => panic!("{other:?}"),
    };
    // The message is sent at second 1,000,000.
    for (status, reset, expected) in [
        (429, "1000030", Some(30)),
        (429, "4000000000", Some(86_400)),
        (429, "1000000", None),
        (429, "60", None),
        (429, "-1", None),
        (429, "99999999999999999999", None),
        (429, "soon", None),
        (503, "1000030", None),
        (401, "1000030", None),
    ] {
        assert_eq!(wait(status, &[("x-ratelimit-reset", reset)]), expected, "{status} {reset}");
    }
    let date = Answer { date: Some(Timestamp::from_seconds(1_000_020)), ..answer(429, &[RESET], &json!({})) };
    let Outcome::Throttled { retry_after, .. } = classified(&date) else { panic!("throttled") };
    assert_eq!(retry_after, Some(Duration::from_secs(10)), "SendGrid's own clock counts");
}

#[test]
fn an_accepted_mail_has_the_id_that_the_events_are_told_apart_by() {
    let id = |given: &str| match classified(&answer(202, &[("x-message-id", given)], &Value::Null)) {
        Outcome::Sent { provider: "sendgrid", provider_id, code: Some(code) } if code == "202" => provider_id,
        other => panic!("{other:?}"),
    };
    assert_eq!(id("XgDmI7pYSoeHqM4GbBOFbA").as_deref(), Some("XgDmI7pYSoeHqM4GbBOFbA"));
    for nonsense in ["", "a b", &"x".repeat(129)] {
        assert_eq!(id(nonsense), None, "{nonsense:?}");
    }
}

#[test]
fn the_mail_has_both_parts_our_label_and_nothing_about_tracking() {
    let (key, data) = (key("n-1"), Map::new());
    let rendered =
        Rendered { subject: Some("¡Hola!".into()), text: "Café".into(), html: Some("<p>Café</p>".into()) };
    let plain = outgoing(&key, "Ana@bücher.example", &rendered, &data, None);
    let mail = message(&from(), false, &plain).unwrap();
    let sent_id = mail["headers"]["Message-ID"].as_str().unwrap().to_owned();
    assert!(sent_id.starts_with('<') && sent_id.ends_with("@example.org>"), "{sent_id}");
    let expected = json!({
        "personalizations": [{
            "to": [{ "email": "Ana@xn--bcher-kva.example" }],
            "custom_args": {
                "chasqui_tenant": "default", "chasqui_id": "n-1", "chasqui_epoch": "0", "chasqui_attempt": "1",
            },
        }],
        "from": { "email": "avisos@example.org", "name": "Tienda Chasqui" },
        "reply_to": { "email": "help@example.org" },
        "subject": "¡Hola!",
        "content": [{ "type": "text/plain", "value": "Café" }, { "type": "text/html", "value": "<p>Café</p>" }],
        "headers": { "Message-ID": sent_id, "Auto-Submitted": "auto-generated" },
    });
    assert_eq!(mail, expected);

    let later = Outgoing { epoch: 1, attempt: 3, template: Some("otp"), ..plain };
    let mail = message(&from(), true, &later).unwrap();
    assert_eq!(mail["personalizations"][0]["custom_args"]["chasqui_epoch"], "1");
    assert_eq!(mail["personalizations"][0]["custom_args"]["chasqui_attempt"], "3");
    assert_eq!(mail["categories"], json!(["otp"]));
    assert_eq!(mail["mail_settings"], json!({ "sandbox_mode": { "enable": true } }));
    assert_eq!(mail["headers"]["Message-ID"], expected["headers"]["Message-ID"], "the same for every attempt");
}

#[test]
fn copies_answers_headers_and_files_stand_where_sendgrid_has_them() {
    let (key, data) = (key("n-1"), Map::new());
    let rendered = Rendered { subject: Some("Hi".into()), text: "Hi".into(), html: None };
    let plain = outgoing(&key, "ana@example.org", &rendered, &data, None);
    let Value::Object(mut fields) = json!({
        "reply_to": ["orders@example.org"], "cc": ["b@münchen.de", "Ana@example.org"], "bcc": ["c@example.org"],
        "headers": {"X-Order": "4711"}, "attachments": [{"filename": "a.txt", "content": "aGk="}],
    }) else {
        unreachable!()
    };
    let mail = message(&from(), false, &Outgoing { mail: Some(&fields), ..plain }).unwrap();
    let to = &mail["personalizations"][0];
    assert_eq!(to["cc"], json!([{ "email": "b@xn--mnchen-3ya.de" }]), "SendGrid takes nobody twice");
    assert_eq!(
        (&to["bcc"], &mail["reply_to"]),
        (&json!([{ "email": "c@example.org" }]), &json!({ "email": "orders@example.org" }))
    );
    assert_eq!(
        (&mail["headers"]["X-Order"], &mail["headers"]["Auto-Submitted"]),
        (&json!("4711"), &json!("auto-generated"))
    );
    let file = json!({
        "filename": "a.txt", "type": "application/octet-stream", "content": "aGk=", "disposition": "attachment",
    });
    assert_eq!(mail["attachments"], json!([file]));
    fields["reply_to"] = json!(["a@example.org", "b@example.org"]);
    let mail = message(&from(), false, &Outgoing { mail: Some(&fields), ..plain }).unwrap();
    assert_eq!(mail["reply_to_list"], json!([{ "email": "a@example.org" }, { "email": "b@example.org" }]));
    assert_eq!(mail.get("reply_to"), None);
    let of_a_list = Outgoing { unsubscribe: Some("https://notify.example.org/unsubscribe/x"), ..plain };
    let headers = &message(&from(), false, &of_a_list).unwrap()["headers"];
    assert_eq!(headers["List-Unsubscribe"], "<https://notify.example.org/unsubscribe/x>");
    assert_eq!(headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
}

#[test]
fn what_a_publisher_has_set_wrongly_is_this_mails_fault_and_no_alarm() {
    let Value::Object(fields) = json!({"reply_to": ["a@example.org"], "attachments": [{}]}) else { unreachable!() };
    let (key, data, rendered) = (key("n-1"), Map::new(), Rendered::default());
    let plain = outgoing(&key, "ana@example.org", &rendered, &data, None);
    for (field, expected) in [
        ("reply_to.email", "permanent"),
        ("reply_to_list.0.email", "permanent"),
        ("attachments.0.content", "permanent"),
        ("headers.X-A", "alarm"),
        ("from.email", "alarm"),
    ] {
        let refused = answer(400, &[], &json!({ "errors": [{ "message": "no", "field": field }] }));
        let outcome = classify(&refused, &Outgoing { mail: Some(&fields), ..plain });
        assert_eq!(kind(&outcome), expected, "{field}: {outcome:?}");
    }
}

#[test]
fn what_sendgrid_takes_no_mail_without_is_refused_before_anybody_is_called() {
    let part = |subject: Option<&str>, text: &str, html: Option<&str>| {
        let rendered = Rendered { subject: subject.map(Into::into), text: text.into(), html: html.map(Into::into) };
        message(&from(), false, &outgoing(&key("n-1"), "ana@example.org", &rendered, &Map::new(), None))
    };
    for subject in [None, Some(""), Some("  ")] {
        assert!(part(subject, "Hi", None).unwrap_err().starts_with("subject must not be empty"), "{subject:?}");
    }
    assert!(part(Some("Hi"), "", Some("")).unwrap_err().starts_with("message must not be empty"));
    let html = part(Some("Hi"), "", Some("<p>Hi</p>")).unwrap();
    assert_eq!(html["content"], json!([{ "type": "text/html", "value": "<p>Hi</p>" }]));
}

#[tokio::test]
async fn the_request_is_made_with_the_key_as_its_bearer() {
    let server = MockServer::start().await;
    let matching = Mock::given(method("POST")).and(path("/v3/mail/send")).and(bearer_token("SG.secret-token"));
    let accepted = ResponseTemplate::new(202).insert_header("x-message-id", "m-1");
    matching.respond_with(accepted).expect(1).mount(&server).await;
    let channels = Channels::enable(&over_http(&server.uri())).unwrap();
    let email = &channels.carriers(&ChannelName::parse("email").unwrap(), "ana@example.org").unwrap()[0];
    let (key, data) = (key("n-1"), Map::new());
    let rendered = Rendered { subject: Some("Hi".into()), text: "Hi".into(), html: None };
    let outcome = email.send(&outgoing(&key, "ana@example.org", &rendered, &data, None)).await;
    let sent = Outcome::Sent { provider: "sendgrid", provider_id: Some("m-1".into()), code: Some("202".into()) };
    assert_eq!(outcome, sent);
}

#[test]
fn every_provider_that_is_preferred_and_configured_carries_email_in_that_order() {
    let carries = |configured: &[&str], preferred: &[&'static str]| {
        let mut settings = over_http("https://api.sendgrid.com");
        settings.smtp.tls = smtp::Tls::None;
        settings.smtp.host = configured.contains(&"smtp").then(|| "mail.example".into());
        if !configured.contains(&"sendgrid") {
            settings.sendgrid = Settings::default();
        }
        if !preferred.is_empty() {
            settings.preferred.insert("email", preferred.to_vec());
        }
        let channels = Channels::enable(&settings).ok()?;
        let carriers = channels.carriers(&ChannelName::parse("email").unwrap(), "ana@example.org").unwrap();
        Some(carriers.iter().map(|carrier| carrier.provider()).collect::<Vec<_>>())
    };
    for (configured, preferred, carriers) in [
        (&["smtp", "sendgrid"][..], &[][..], Some(&["smtp", "sendgrid"][..])),
        (&["sendgrid"], &[], Some(&["sendgrid"])),
        (&["smtp", "sendgrid"], &["sendgrid", "smtp"], Some(&["sendgrid", "smtp"])),
        (&["smtp", "sendgrid"], &["sendgrid"], Some(&["sendgrid"])),
        (&["smtp"], &["sendgrid", "smtp"], Some(&["smtp"])),
        (&["smtp"], &["sendgrid"], None),
        (&[], &["sendgrid", "smtp"], None),
    ] {
        assert_eq!(carries(configured, preferred).as_deref(), carriers, "{configured:?} {preferred:?}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once_and_no_key_is_quoted() {
    let api_key = Some("SG.two words".into());
    let sendgrid = Settings { api_key, base_url: "nowhere".into(), ..Settings::default() };
    let problems = Channels::enable(&crate::Settings { sendgrid, ..crate::settings::of_tests() }).err().unwrap();
    let names: Vec<_> = problems.iter().map(|problem| problem.split(' ').next().unwrap()).collect();
    assert_eq!(names, ["SENDGRID_API_KEY", "SENDGRID_BASE_URL", "FROM_EMAIL"]);
    assert!(!problems.concat().contains("two words"), "{problems:?}");
}

/// Thirty seconds after the message is sent.
const RESET: (&str, &str) = ("x-ratelimit-reset", "1000030");

fn answer(status: u16, headers: &[(&'static str, &str)], body: &Value) -> Answer {
    let header =
        |&(name, value): &(&'static str, &str)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    let headers: HeaderMap = headers.iter().map(header).collect();
    let status = StatusCode::from_u16(status).unwrap();
    Answer { status, retry_after: None, date: None, headers, body: body.to_string().into_bytes(), broken_off: false }
}

fn classified(answer: &Answer) -> Outcome {
    let (key, data, rendered) = (key("n-1"), Map::new(), Rendered::default());
    classify(answer, &outgoing(&key, "ana@example.org", &rendered, &data, None))
}

fn from() -> Sender {
    let name = Some("Tienda Chasqui");
    Sender::new(Some("avisos@example.org"), name, Some("help@example.org")).unwrap_or_else(|why| panic!("{why:?}"))
}
