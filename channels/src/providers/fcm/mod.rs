//! Push notifications by Firebase Cloud Messaging, HTTP v1.
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
use domain::Outcome;
use media::push;

use self::client::Client;
use self::message::message;
use super::{Connected, Provider, Service};
use crate::channel::{Channel, Outgoing};

pub use self::settings::Settings;

pub(crate) static PROVIDER: Provider = Provider {
    name: "fcm",
    serves: &[Service { medium: &push::MEDIUM, needs: &["FIREBASE_SERVICE_ACCOUNT_KEY"], connect }],
    section: settings::SECTION,
    fill: |values, settings| settings.fcm = Settings::of(values),
    warnings: |_| Vec::new(),
    problems,
    #[cfg(test)]
    over_http: Some(over_http),
};

struct Push {
    client: Client,
}

#[async_trait]
impl Channel for Push {
    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        self.client.send(&message(outgoing), outgoing).await
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
    };
    crate::Settings { fcm, ..crate::settings::of_tests() }
}

#[cfg(test)]
mod tests;
