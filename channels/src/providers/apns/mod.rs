//! Push notifications to Apple devices by Apple itself, without FCM: one request of HTTP/2 for each device.
//!
//! Source: <https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns>.

mod classify;
mod push;
mod settings;
mod signer;

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use domain::{Failure, Outcome, Timestamp};
use media::push::{APPLE_PREFIX, MEDIUM, apple_token};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};

use self::classify::classify;
use self::push::Push;
use self::settings::{BASE_URL, KEY, KEY_ID, TEAM_ID, TOPIC};
use self::signer::Signer;
use super::{Connected, Provider, Service};
use crate::channel::{Channel, Outgoing};
use crate::checked::Checked;
use crate::http;

pub use self::settings::Settings;

pub(crate) static PROVIDER: Provider = Provider {
    name: "apns",
    serves: &[Service {
        medium: &MEDIUM,
        kind: APPLE_PREFIX,
        needs: &[KEY.name, KEY_ID.name, TEAM_ID.name, TOPIC.name],
        connect,
    }],
    section: settings::SECTION,
    fill: |values, settings| settings.apns = Settings::of(values),
    warnings: |_| Vec::new(),
    problems,
    gone: &["Unregistered", "ExpiredToken"],
    stopped: &[],
    webhook: None,
    #[cfg(test)]
    over_http: Some(over_http),
};

struct Apns {
    http: reqwest::Client,
    base_url: String,
    topic: String,
    signer: Signer,
    /// Whether a push was accepted, so that the topic is the right one.
    proven: AtomicBool,
}

#[async_trait]
impl Channel for Apns {
    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        let Some(token) = apple_token(outgoing.destination) else {
            return Outgoing::refuse(PROVIDER.name, format!("destination must begin with {APPLE_PREFIX}"));
        };
        let Push { payload, headers } = match Push::of(outgoing, &self.topic) {
            Ok(push) => push,
            Err(why) => return Outgoing::refuse(PROVIDER.name, why),
        };
        let Ok(authorization) = self.signer.authorization(outgoing.now) else {
            let failure = Failure::new(PROVIDER.name, None, "the token was not signed: look at APNS_KEY");
            return Outcome::Retriable { failure, alarm: true, maybe_sent: false };
        };
        if outgoing.has_expired() {
            return Outcome::Expired;
        }
        let request =
            self.http.post(format!("{}/3/device/{token}", self.base_url)).header(AUTHORIZATION, authorization);
        let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        match http::exchange(request.header(CONTENT_TYPE, "application/json").body(payload), outgoing.now).await {
            Ok(answer) => {
                if answer.status.is_success() {
                    self.proven.store(true, Ordering::Relaxed);
                }
                classify(&answer, self.proven.load(Ordering::Relaxed))
            }
            Err(no_answer) => no_answer.outcome(PROVIDER.name),
        }
    }

    /// Apple has no request that only asks: a silent push to a token that no device has shows what it thinks of the key
    /// and the topic.
    async fn check(&self, now: Timestamp) -> Checked {
        let Ok(authorization) = self.signer.authorization(now) else {
            return Checked::Refused("the token was not signed: look at APNS_KEY".into());
        };
        let request = self.http.post(format!("{}/3/device/{}", self.base_url, "0".repeat(64)));
        let request = request.header(AUTHORIZATION, authorization).header("apns-topic", &self.topic);
        let request = request.header("apns-push-type", "background").header("apns-priority", "5");
        let request = request.header(CONTENT_TYPE, "application/json").body(r#"{"aps":{"content-available":1}}"#);
        match http::exchange(request, now).await {
            Ok(answer) => Checked::of(&classify(&answer, false)),
            Err(no_answer) => Checked::Unreachable(no_answer.why()),
        }
    }
}

fn connect(settings: &crate::Settings) -> Connected {
    settings.apns.key.as_ref()?;
    Some(apns(settings).map(|apns| Box::new(apns) as Box<dyn Channel>))
}

fn problems(settings: &crate::Settings) -> Vec<String> {
    apns(settings).err().unwrap_or_default()
}

/// # Errors
/// Every problem, beginning with the name of its setting.
fn apns(settings: &crate::Settings) -> Result<Apns, Vec<String>> {
    let (signer, mut problems) = match Signer::new(&settings.apns) {
        Ok(signer) => (Some(signer), Vec::new()),
        Err(problems) => (None, problems),
    };
    let mut keep = |result: Result<String, String>| result.map_err(|problem| problems.push(problem)).ok();
    let topic = keep(topic(settings.apns.topic.as_deref()));
    let (name, example) = (BASE_URL.name, "https://api.push.apple.com");
    let base_url = http::base_url(name, &settings.apns.base_url, example);
    let base_url = keep(base_url.and_then(|url| http::without_path(name, url, &["/3", "/3/device"], example)));
    let http = http::http2_client(settings.provider_timeout);
    let http = http.map_err(|problem| problems.push(format!("APNS: {problem}"))).ok();
    match (signer, topic, base_url, http) {
        (Some(signer), Some(topic), Some(base_url), Some(http)) => {
            Ok(Apns { http, base_url, topic, signer, proven: AtomicBool::new(false) })
        }
        _ => Err(problems),
    }
}

/// The bundle id of an app, which may have a suffix for pushes of another kind.
fn topic(given: Option<&str>) -> Result<String, String> {
    let topic = given.ok_or("APNS_TOPIC is not set: it is the bundle id of the app, such as com.example.app")?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    let valid = (1..=255).contains(&topic.len()) && topic.bytes().all(allowed);
    if valid { Ok(topic.to_owned()) } else { Err("APNS_TOPIC must be a bundle id such as com.example.app".into()) }
}

/// Settings of an app that exists nowhere, with a key made for the test.
#[cfg(test)]
fn over_http(base_url: &str) -> crate::Settings {
    let apns = Settings {
        key: Some(testkit::keys::p256_private_pem(&testkit::keys::p256()).into()),
        key_id: Some("ABC123DEFG".into()),
        team_id: Some("DEF123GHIJ".into()),
        topic: Some("com.example.app".into()),
        base_url: base_url.into(),
    };
    crate::Settings { apns, ..crate::settings::of_tests() }
}

#[cfg(test)]
mod tests;
