//! Webhooks: a JSON body that is posted to a URL, signed as Standard Webhooks has it, so that whoever receives it knows
//! that it comes from this fleet.
//!
//! Source: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>, version 1.0.

mod classify;
mod settings;

use async_trait::async_trait;
use domain::{EndpointAddress, Failure, Outcome, WebhookKeys, WebhookSecret};
use media::webhook;
use reqwest::RequestBuilder;
use reqwest::header::CONTENT_TYPE;

use self::classify::classify;
use self::settings::WEBHOOKS;
use super::{Connected, Provider, Service};
use crate::channel::{Channel, Outgoing};
use crate::http::{self, NoAnswer};
use crate::outbound::Guard;

pub use self::settings::Settings;

pub(crate) static PROVIDER: Provider = Provider {
    name: "webhook",
    serves: &[Service { medium: &webhook::MEDIUM, kind: "", needs: &[WEBHOOKS.name], connect }],
    section: settings::SECTION,
    fill: |values, settings| settings.webhook.enabled = values.flag(WEBHOOKS),
    warnings: |_| Vec::new(),
    problems,
    gone: &[],
    stopped: &[],
    webhook: None,
    #[cfg(test)]
    over_http: Some(over_http),
};

struct Webhook {
    http: reqwest::Client,
    guard: Guard,
    keys: Option<WebhookKeys>,
}

#[async_trait]
impl Channel for Webhook {
    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        let url = match webhook::url(outgoing.destination) {
            Ok(url) => url,
            Err(why) => return Outgoing::refuse(PROVIDER.name, format!("destination {why}")),
        };
        if let Err(refused) = self.guard.check(&url) {
            return NoAnswer::Forbidden(refused).outcome(PROVIDER.name);
        }
        let Some(keys) = &self.keys else { return unsigned() };
        let Some(secrets) = secrets(keys, outgoing) else {
            return Outgoing::refuse(PROVIDER.name, "destination names an endpoint, which only the fleet itself may");
        };
        if outgoing.has_expired() {
            return Outcome::Expired;
        }
        let request = signed(self.http.post(url), &secrets, outgoing);
        match http::exchange(request, outgoing.now).await {
            Ok(answer) => classify(&answer),
            Err(no_answer) => no_answer.outcome(PROVIDER.name),
        }
    }

    fn is_one_place(&self) -> bool {
        false
    }
}

/// The secrets of whoever is called. None for an endpoint that the fleet has not addressed itself: otherwise whoever may
/// publish could have anything signed as an event.
fn secrets(keys: &WebhookKeys, outgoing: &Outgoing<'_>) -> Option<Vec<WebhookSecret>> {
    match EndpointAddress::parse(outgoing.destination) {
        Some(address) => keys.addressed(outgoing.key, &address, outgoing.now),
        None => Some(keys.direct(&outgoing.key.tenant)),
    }
}

/// The request with its body and with a signature by each of these secrets. Every attempt has the same id, by which a
/// receiver knows a second copy, and a time of its own, so that an old request which somebody repeats is known as old.
fn signed(request: RequestBuilder, secrets: &[WebhookSecret], outgoing: &Outgoing<'_>) -> RequestBuilder {
    let body = webhook::body(&outgoing.words());
    let id = outgoing.uuid().to_string();
    let seconds = outgoing.now.as_micros().div_euclid(1_000_000);
    let signatures: Vec<String> = secrets.iter().map(|secret| secret.signature(&id, seconds, &body)).collect();
    request
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", seconds)
        .header("webhook-signature", signatures.join(" "))
        .body(body)
}

/// The outcome of a message that this process cannot sign.
fn unsigned() -> Outcome {
    let failure = Failure::new(PROVIDER.name, None, "look at SECRET_KEY: there is none, and nothing is sent unsigned");
    Outcome::Retriable { failure, alarm: true, maybe_sent: false }
}

fn connect(settings: &crate::Settings) -> Connected {
    if !settings.webhook.enabled {
        return None;
    }
    Some(webhooks(settings).map(|channel| Box::new(channel) as Box<dyn Channel>))
}

fn problems(settings: &crate::Settings) -> Vec<String> {
    webhooks(settings).err().unwrap_or_default()
}

/// # Errors
/// Every problem, beginning with the name of its setting.
fn webhooks(settings: &crate::Settings) -> Result<Webhook, Vec<String>> {
    let guard = Guard::new(&settings.outbound);
    match http::guarded_client(settings.provider_timeout, guard.clone()) {
        Ok(http) => Ok(Webhook { http, guard, keys: settings.webhook.keys.clone() }),
        Err(problem) => Err(vec![format!("WEBHOOKS: {problem}")]),
    }
}

/// A fleet that may call this machine.
#[cfg(test)]
fn over_http(_: &str) -> crate::Settings {
    let keys = domain::Keyring::new(testkit::SECRET.as_bytes(), None).webhooks();
    let outbound = crate::outbound::Allow::parse("127.0.0.1").unwrap();
    crate::Settings { webhook: Settings { enabled: true, keys: Some(keys) }, outbound, ..crate::settings::of_tests() }
}

#[cfg(test)]
mod tests;
