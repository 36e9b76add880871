//! Push notifications by Firebase Cloud Messaging (FCM), to Android, Apple devices and browsers.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Ambiguity, Outcome};

use crate::catalog::{Connected, Medium};
use crate::channel::{Channel, Outgoing};
use crate::fcm::{self, Client, PROVIDER};
use crate::settings::Settings;

/// A registration token has about 160 bytes; Google gives no limit.
const MAX_TOKEN_BYTES: usize = 4096;

pub(crate) static MEDIUM: Medium = Medium {
    name: "push",
    example: "example-token:APA91bExampleOnly",
    ambiguity: Ambiguity::Resend,
    check,
    faults: fcm::faults,
    rehearse: |outgoing| message(outgoing).map(|_| ()),
    connect,
    #[cfg(test)]
    over_http: Some(fcm::over_http),
};

struct Push {
    client: Client,
}

#[async_trait]
impl Channel for Push {
    fn name(&self) -> &'static str {
        MEDIUM.name
    }

    fn provider(&self) -> &'static str {
        PROVIDER
    }

    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        match message(outgoing) {
            Ok(message) => self.client.send(&message, outgoing).await,
            Err(why) => Outgoing::refuse(PROVIDER, why),
        }
    }
}

fn check(destination: &str) -> Result<(), String> {
    let token = destination.strip_prefix("fid:").unwrap_or(destination);
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b':' | b'.');
    if (1..=MAX_TOKEN_BYTES).contains(&token.len()) && token.bytes().all(allowed) {
        return Ok(());
    }
    Err("must be a device's FCM registration token, or fid: and a Firebase installation id".into())
}

fn message(outgoing: &Outgoing<'_>) -> Result<serde_json::Value, String> {
    check(outgoing.destination).map_err(|why| format!("destination {why}"))?;
    fcm::message(outgoing)
}

fn connect(settings: &Settings) -> Connected {
    if settings.fcm.service_account_key.is_none() {
        return Connected::NotConfigured(&["FIREBASE_SERVICE_ACCOUNT_KEY"]);
    }
    match Client::new(&settings.fcm, settings.provider_timeout) {
        Ok(client) => Connected::Ready(Arc::new(Push { client })),
        Err(problems) => Connected::Wrong(problems),
    }
}
