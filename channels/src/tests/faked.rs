//! Every client of ours against the fake of its provider, and what the fake calls us with against what reads it.

mod bot;
mod called;
mod described;
mod listed;
mod ruled;
mod workspace;

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Keyring, Labels, Outcome};
use fake::{Fake, Options};
use serde_json::{Value, json};

use crate::outbound::Allow;
use crate::smtp::Tls;
use crate::tests::tools::{Delivery, channel_to};
use crate::{Settings, apns, fcm, sendgrid, slack, smtp, telegram, twilio, webpush, whatsapp_cloud};

const NUMBER: &str = "+14155550100";
const ADDRESS: &str = "ana@example.org";

/// Each provider, the channel that it carries, and a recipient. The browser's is printed by the fake.
const CARRIED: &[(&str, &str, &str)] = &[
    ("smtp", "email", ADDRESS),
    ("sendgrid", "email", ADDRESS),
    ("twilio", "sms", NUMBER),
    ("twilio", "whatsapp", NUMBER),
    ("whatsapp_cloud", "whatsapp", NUMBER),
    ("fcm", "push", "example-token:APA91b"),
    ("fcm", "push", "topic:news"),
    ("apns", "push", "apns:00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee"),
    ("webpush", "webpush", ""),
    ("telegram", "telegram", "4711"),
    ("slack", "slack", "U0EXAMPLE00"),
];

/// A fake, and whoever asks it for faults.
struct Standing {
    fake: Fake,
    http: reqwest::Client,
}

impl Standing {
    async fn start(callbacks: Option<String>) -> Self {
        let listen = || "127.0.0.1:0".to_owned();
        let options = Options { listen: listen(), smtp_listen: listen(), at: None, callbacks, now, complain: |_| {} };
        let http = reqwest::Client::builder().build().expect("a client");
        Self { fake: Fake::start(options).await.expect("free ports"), http }
    }

    /// One of the settings that it prints.
    fn value(&self, name: &str) -> Option<String> {
        let mut lines = self.fake.settings.lines().filter_map(|line| line.split_once('='));
        lines.find(|(known, _)| *known == name).map(|(_, value)| value.trim_matches('\'').to_owned())
    }

    /// The settings that it prints, with which this provider carries what it can.
    fn settings(&self, provider: &'static str) -> Settings {
        let get = |name: &str| self.value(name);
        let base_url = |name: &str| self.value(name).unwrap_or_default();
        let secret = |name: &str| self.value(name).map(Into::into);
        let keyring = Keyring::new(b"0123456789abcdefghijklmnopqrstuv", None);
        let port = get("SMTP_PORT").and_then(|port| port.parse().ok());
        Settings {
            preferred: preferring(provider),
            smtp: smtp::Settings {
                host: get("SMTP_HOST"),
                port,
                tls: Tls::None,
                from_email: get("FROM_EMAIL"),
                ..smtp::Settings::default()
            },
            sendgrid: sendgrid::Settings {
                api_key: secret("SENDGRID_API_KEY"),
                base_url: base_url("SENDGRID_BASE_URL"),
                webhook_public_key: get("SENDGRID_WEBHOOK_PUBLIC_KEY"),
                ..sendgrid::Settings::default()
            },
            twilio: twilio::Settings {
                account_sid: get("TWILIO_ACCOUNT_SID"),
                auth_token: secret("TWILIO_AUTH_TOKEN"),
                from_number: get("TWILIO_FROM_NUMBER"),
                whatsapp_from: get("TWILIO_WHATSAPP_FROM"),
                base_url: base_url("TWILIO_BASE_URL"),
                ..twilio::Settings::default()
            },
            whatsapp_cloud: whatsapp_cloud::Settings {
                access_token: secret("WHATSAPP_CLOUD_ACCESS_TOKEN"),
                phone_number_id: get("WHATSAPP_CLOUD_PHONE_NUMBER_ID"),
                base_url: base_url("WHATSAPP_CLOUD_BASE_URL"),
                app_secret: secret("WHATSAPP_CLOUD_APP_SECRET"),
                verify_token: secret("WHATSAPP_CLOUD_VERIFY_TOKEN"),
            },
            fcm: fcm::Settings {
                service_account_key: secret("FIREBASE_SERVICE_ACCOUNT_KEY"),
                base_url: base_url("FCM_BASE_URL"),
                ..fcm::Settings::default()
            },
            apns: apns::Settings {
                key: secret("APNS_KEY"),
                key_id: get("APNS_KEY_ID"),
                team_id: get("APNS_TEAM_ID"),
                topic: get("APNS_TOPIC"),
                base_url: base_url("APNS_BASE_URL"),
            },
            webpush: webpush::Settings {
                public_key: get("WEB_VAPID_PUBLIC_KEY"),
                private_key: secret("WEB_VAPID_PRIVATE_KEY"),
                subject: get("WEB_VAPID_SUBJECT"),
            },
            telegram: telegram::Settings {
                bot_token: secret("TELEGRAM_BOT_TOKEN"),
                base_url: base_url("TELEGRAM_BASE_URL"),
                webhook_secret: secret("TELEGRAM_WEBHOOK_SECRET"),
                poll: get("TELEGRAM_POLL").is_some(),
            },
            slack: slack::Settings {
                bot_token: secret("SLACK_BOT_TOKEN"),
                base_url: base_url("SLACK_BASE_URL"),
                signing_secret: secret("SLACK_SIGNING_SECRET"),
            },
            outbound: Allow::parse(&base_url("OUTBOUND_ALLOW")).expect("a host"),
            public_url: get("PUBLIC_URL"),
            labels: Some(Labels::new(&keyring)),
            ..Settings::unset(Duration::from_secs(30))
        }
    }

    /// The destination, or that of the fake's own browser.
    fn destination(&self, given: &str) -> String {
        if !given.is_empty() {
            return given.to_owned();
        }
        let last = self.fake.settings.lines().last().unwrap_or_default();
        last.trim_start_matches("# ").to_owned()
    }

    async fn send(&self, provider: &'static str, channel: &str, destination: &str) -> Outcome {
        let destination = self.destination(destination);
        let channel = channel_to(&destination, channel, &self.settings(provider));
        Delivery::new("n-1", &destination).send_by(&channel).await
    }

    /// The status and the body of an answer to a request of the fake's own.
    async fn ask(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let method = method.parse().expect("a method");
        let request = self.http.request(method, format!("{}/_fake/{path}", self.fake.base_url)).json(&body);
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let body = answer.bytes().await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// What has come for one provider.
    async fn received(&self, provider: &str) -> Vec<Value> {
        let (_, answer) = self.ask("GET", &format!("received?provider={provider}"), Value::Null).await;
        answer["received"].as_array().cloned().unwrap_or_default()
    }
}

/// Has a provider carry the medium that others can carry as well.
fn preferring(provider: &'static str) -> BTreeMap<&'static str, Vec<&'static str>> {
    let medium = match provider {
        "smtp" | "sendgrid" => Some("email"),
        "twilio" | "whatsapp_cloud" => Some("whatsapp"),
        _ => None,
    };
    medium.map(|medium| (medium, vec![provider])).into_iter().collect()
}

/// The time at which [`Delivery`] sends.
fn now() -> u64 {
    u64::try_from(testkit::at("2026-03-01T09:00:00Z").as_micros() / 1_000_000).unwrap_or_default()
}

#[tokio::test]
async fn the_fake_of_each_provider_takes_what_our_client_sends() {
    let standing = Standing::start(None).await;
    for &(provider, channel, destination) in CARRIED {
        let before = standing.received(provider).await.len();
        let outcome = standing.send(provider, channel, destination).await;
        let Outcome::Sent { provider: by, .. } = &outcome else { panic!("{provider} {channel}: {outcome:?}") };
        assert_eq!(*by, provider);
        let received = standing.received(provider).await;
        let last = received.last().unwrap_or_else(|| panic!("{provider} received it"));
        assert_eq!(received.len(), before + 1);
        assert!(last["text"].as_str().is_some_and(|text| text.contains("Your code is 4711.")), "{last}");
        assert!(last["refused"].is_null() && last["status"].as_u64().is_some_and(|status| status < 400), "{last}");
    }
    let (status, _) = standing.ask("DELETE", "received", Value::Null).await;
    assert_eq!((status, standing.received("smtp").await.len()), (204, 0));
}

#[tokio::test]
async fn who_has_other_credentials_is_refused_as_the_provider_would() {
    let standing = Standing::start(None).await;
    let other = testkit::keys::p256_private_pem(&testkit::keys::p256());
    for &(provider, channel, destination) in CARRIED.iter().filter(|(provider, ..)| *provider != "smtp") {
        let mut settings = standing.settings(provider);
        settings.sendgrid.api_key = Some("SG.other".into());
        settings.twilio.auth_token = Some("other".into());
        settings.whatsapp_cloud.access_token = Some("other".into());
        settings.apns.key = Some(other.clone().into());
        settings.telegram.bot_token = Some("4711:other".into());
        settings.slack.bot_token = Some("xoxb-other".into());
        settings.fcm.service_account_key = Some(testkit::keys::service_account().to_string().into());
        settings.fcm.token_url = Some(format!("{}/token", standing.fake.base_url));
        let destination = standing.destination(destination);
        let outcome = Delivery::new("n-1", &destination).send_by(&channel_to(&destination, channel, &settings)).await;
        // A push service knows no credentials of ours but those that the message itself has.
        let expected = provider == "webpush";
        assert_eq!(matches!(outcome, Outcome::Sent { .. }), expected, "{provider} {channel}: {outcome:?}");
        let is_alarm = matches!(outcome, Outcome::Retriable { alarm: true, .. });
        assert_eq!(is_alarm, !expected, "{provider} {channel}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_path_that_no_provider_has_is_none_of_the_fakes() {
    let standing = Standing::start(None).await;
    for (method, path) in [("GET", ""), ("POST", "received"), ("PUT", "rules"), ("DELETE", "rules/7")] {
        let (status, _) = standing.ask(method, path, json!({})).await;
        assert_eq!(status, 404, "{method} {path}");
    }
    let answer = standing.http.post(format!("{}/v2/mail", standing.fake.base_url)).send().await.expect("an answer");
    assert_eq!(answer.status(), 404);
}
