//! Email, SMS, WhatsApp and push against the providers' own API descriptions, which Prism serves (tools/specs).

use std::time::Duration;

use crate::{Settings, fcm, sendgrid, smtp, twilio};
use domain::{Outcome, Rendered};
use serde_json::{Map, Value, json};
use testkit::Counterpart;
use testkit::keys::service_account;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use crate::tests::tools::{Delivery, channel};

#[tokio::test]
async fn twilios_description_accepts_our_sms_and_whatsapp_messages() {
    let prism = Prism::serving("twilio_messages").await;
    let twilio = twilio::Settings {
        account_sid: Some(format!("AC{}", "0".repeat(32))),
        auth_token: Some("token".into()),
        from_number: Some("+14155550101".into()),
        whatsapp_from: Some("whatsapp:+14155550101".into()),
        base_url: prism.base_url.clone(),
        ..twilio::Settings::default()
    };
    let service = twilio::Settings { from_number: Some(format!("MG{}", "0".repeat(32))), ..twilio.clone() };
    for (name, twilio) in [("sms", &twilio), ("sms", &service), ("whatsapp", &twilio)] {
        let settings = Settings { twilio: twilio.clone(), ..settings() };
        let outcome = Delivery::new("n-1", "+14155550100").send_by(&channel(name, &settings)).await;
        assert_taken(name, outcome);
    }
}

#[tokio::test]
async fn twilios_description_accepts_our_media_templates_services_and_keys() {
    let prism = Prism::serving("twilio_messages").await;
    let service = format!("MG{}", "0".repeat(32));
    let twilio = twilio::Settings {
        account_sid: Some(format!("AC{}", "0".repeat(32))),
        api_key_sid: Some(format!("SK{}", "0".repeat(32))),
        api_key_secret: Some("secret".into()),
        from_number: Some("+14155550101".into()),
        messaging_service_sid: Some(service.clone()),
        whatsapp_messaging_service_sid: Some(service),
        base_url: prism.base_url.clone(),
        ..twilio::Settings::default()
    };
    let settings = Settings { twilio, ..settings() };
    let url = "https://example.org/a.jpg?size=1&x=%2B";
    let template =
        json!({"content_sid": format!("HX{}", "0a".repeat(16)), "content_variables": {"1": "Ana", "2": "&"}});
    for (name, data) in [
        ("sms", json!({"media_urls": [url]})),
        ("sms", json!({"media_urls": vec![url; 10]})),
        ("whatsapp", json!({"media_urls": [url]})),
        ("whatsapp", template),
    ] {
        let delivery = Delivery::new("n-1", "+14155550100").carrying(data);
        assert_taken(name, delivery.send_by(&channel(name, &settings)).await);
    }
}

fn assert_taken(name: &str, outcome: Outcome) {
    let Outcome::Sent { provider: "twilio", provider_id: Some(sid), code: Some(code) } = outcome else {
        panic!("{name}: {outcome:?}")
    };
    assert_eq!((sid.len(), &sid[..2], code.as_str()), (34, "SM", "201"));
}

#[tokio::test]
async fn googles_description_accepts_our_push_messages_to_tokens_installations_and_topics() {
    let prism = Prism::serving("fcm_send").await;
    let google = granting().await;
    let push = channel("push", &push_by(&prism, &google, false));
    for destination in ["example-token:APA91b", "fid:cYx1zJ0aRk6Z3n2vTqWm4L", "topic:news-2026_es.PE~a%20b"] {
        let outcome = Delivery::new("n-1", destination).send_by(&push).await;
        assert!(matches!(&outcome, Outcome::Sent { provider: "fcm", provider_id: Some(_), .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn googles_description_accepts_every_option_and_a_message_that_is_only_checked() {
    let prism = Prism::serving("fcm_send").await;
    let google = granting().await;
    let options = (media::push::OPTIONS.to_owned(), testkit::every_push_option());
    let data = Map::from_iter([("order".to_owned(), json!(7)), options]);
    assert_eq!(media::push::options(&data).len(), 26, "all that there are");
    let push = channel("push", &push_by(&prism, &google, true));
    let outcome = Delivery::new("n-1", "example-token:APA91b").carrying(Value::Object(data)).send_by(&push).await;
    assert_eq!(outcome, Outcome::Captured);
}

/// A token endpoint that is asked once.
async fn granting() -> MockServer {
    let google = MockServer::start().await;
    let token = json!({ "access_token": "t", "expires_in": 3600, "token_type": "Bearer" });
    let granted = ResponseTemplate::new(200).set_body_json(token);
    Mock::given(matchers::path("/token")).respond_with(granted).expect(1).mount(&google).await;
    google
}

fn push_by(prism: &Prism, google: &MockServer, validate_only: bool) -> Settings {
    let fcm = fcm::Settings {
        project_id: None,
        service_account_key: Some(service_account().to_string().into()),
        base_url: prism.base_url.clone(),
        token_url: Some(format!("{}/token", google.uri())),
        validate_only,
    };
    Settings { fcm, ..settings() }
}

#[tokio::test]
async fn sendgrids_description_accepts_our_mails_and_refuses_others() {
    let prism = Prism::serving("sendgrid_mail_send").await;
    let smtp = smtp::Settings {
        from_email: Some("avisos@example.org".into()),
        from_name: Some("Tienda Chasqui".into()),
        reply_to: Some("help@example.org".into()),
        ..smtp::Settings::default()
    };
    let text_alone = Rendered { subject: Some("Hi".into()), text: "Hi".into(), html: None };
    for sandbox in [false, true] {
        let (api_key, base_url) = (Some("SG.key".into()), prism.base_url.clone());
        let sendgrid = sendgrid::Settings { api_key, base_url, sandbox, ..sendgrid::Settings::default() };
        let email = channel("email", &Settings { sendgrid, smtp: smtp.clone(), ..settings() });
        let delivery = || Delivery::new("n-1", "Ana@bücher.example");
        for mail in [delivery(), delivery().with(text_alone.clone())] {
            let outcome = mail.send_by(&email).await;
            let Outcome::Sent { provider: "sendgrid", code: Some(code), .. } = outcome else { panic!("{outcome:?}") };
            assert_eq!(code, "202");
        }
        let carrying = delivery().mailing(json!({
            "reply_to": ["a@example.org", "b@example.org"], "cc": ["c@example.org"], "bcc": ["d@example.org"],
            "headers": {"X-Order": "4711", "In-Reply-To": "<7@example.org>"},
            "attachments": [{"filename": "número.pdf", "content_type": "application/pdf", "content": "aGk="}],
        }));
        let outcome = carrying.send_by(&email).await;
        assert!(matches!(outcome, Outcome::Sent { provider: "sendgrid", .. }), "{outcome:?}");
        // The description allows no local part in quotes, which this one needs: Prism does look at the mail.
        let outcome = Delivery::new("n-1", "a..b@example.org").send_by(&email).await;
        assert!(!matches!(outcome, Outcome::Sent { .. }), "{outcome:?}");
    }
}

/// A mock of one API, or one who looks at what passes, on a free port.
pub(super) struct Prism {
    _process: Counterpart,
    pub(super) base_url: String,
}

impl Prism {
    async fn serving(description: &str) -> Self {
        Self::start("mock", description, &[]).await
    }

    /// Stands before another server, and looks at each request and each answer that passes.
    pub(super) async fn before(upstream: &str, description: &str) -> Self {
        Self::start("proxy", description, &[upstream]).await
    }

    async fn start(what: &str, description: &str, upstream: &[&str]) -> Self {
        let file = format!("tools/specs/{description}.json");
        let arguments = [&[what, "--host", "127.0.0.1", "--port", "0", "--errors", &file], upstream].concat();
        let mut process = Counterpart::start("node/node_modules/.bin/prism", &arguments);
        let base_url = listening(&mut process).await;
        Self { _process: process, base_url }
    }
}

/// Where a counterpart says that it listens.
pub(super) async fn listening(process: &mut Counterpart) -> String {
    loop {
        let line = process.line().await;
        if let Some((_, rest)) = line.split_once("listening on ") {
            return rest.trim().trim_end_matches('.').to_owned();
        }
    }
}

/// Settings with more time than a worker would give, because a busy machine may need it.
fn settings() -> Settings {
    Settings::unset(Duration::from_secs(60))
}
