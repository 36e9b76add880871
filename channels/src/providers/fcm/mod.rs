//! Push notifications by Firebase Cloud Messaging, HTTP v1: to devices and to topics.
//!
//! Sources: <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages> and
//! <https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode>.

mod classify;
mod client;
mod codes;
mod grant;
mod message;
mod settings;

use async_trait::async_trait;
use domain::{Outcome, Timestamp};
use media::push::{self, Target};

use self::client::Client;
use self::message::message;
use self::settings::SERVICE_ACCOUNT_KEY;
use super::{Connected, Provider, Service};
use crate::channel::{Channel, Outgoing};
use crate::checked::Checked;

pub use self::settings::Settings;

/// The largest message to a topic, in bytes, under `INVALID_ARGUMENT` of
/// <https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode>.
const MAX_TOPIC_PAYLOAD_BYTES: usize = 2048;

pub(crate) static PROVIDER: Provider = Provider {
    name: "fcm",
    serves: &[Service { medium: &push::MEDIUM, kind: "", needs: &[SERVICE_ACCOUNT_KEY.name], connect }],
    section: settings::SECTION,
    fill: |values, settings| settings.fcm = Settings::of(values),
    warnings: |_| Vec::new(),
    problems,
    gone: &["UNREGISTERED"],
    stopped: &[],
    webhook: None,
    #[cfg(test)]
    over_http: Some(over_http),
};

struct Push {
    client: Client,
}

#[async_trait]
impl Channel for Push {
    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        if let Err(why) = fits(outgoing) {
            return Outgoing::refuse(PROVIDER.name, why);
        }
        let outcome = self.client.send(&message(outgoing, self.client.validate_only), outgoing).await;
        if self.client.validate_only { undelivered(outcome) } else { outcome }
    }

    async fn check(&self, now: Timestamp) -> Checked {
        self.client.check(now).await
    }

    fn delivers(&self) -> bool {
        !self.client.validate_only
    }
}

/// # Errors
/// Why FCM does not take a message of this size for its target.
fn fits(outgoing: &Outgoing<'_>) -> Result<(), String> {
    let bytes = push::payload_bytes(&outgoing.words());
    match Target::of(outgoing.destination) {
        Target::Topic(_) if bytes > MAX_TOPIC_PAYLOAD_BYTES => Err(format!(
            "message makes a push of {bytes} bytes with its title, message and data, FCM takes \
             {MAX_TOPIC_PAYLOAD_BYTES} for a topic"
        )),
        _ => Ok(()),
    }
}

/// What came of a message that FCM was asked to check only. Nothing went out, whatever is known of the answer.
fn undelivered(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Sent { .. } => Outcome::Captured,
        Outcome::Ambiguous { failure } => Outcome::Retriable { failure, alarm: false, maybe_sent: false },
        other => other,
    }
}

fn connect(settings: &crate::Settings) -> Connected {
    settings.fcm.service_account_key.as_ref()?;
    let client = Client::new(&settings.fcm, settings.provider_timeout);
    Some(client.map(|client| Box::new(Push { client }) as Box<dyn Channel>))
}

fn problems(settings: &crate::Settings) -> Vec<String> {
    Client::new(&settings.fcm, settings.provider_timeout).err().unwrap_or_default()
}

/// Settings of a project that exists nowhere, with a key made for the test.
#[cfg(test)]
fn over_http(base_url: &str) -> crate::Settings {
    let fcm = Settings {
        project_id: Some("example".into()),
        service_account_key: Some(testkit::keys::service_account().to_string().into()),
        base_url: base_url.into(),
        token_url: Some(format!("{base_url}/token")),
        validate_only: false,
    };
    crate::Settings { fcm, ..crate::settings::of_tests() }
}

#[cfg(test)]
mod tests;
