//! WhatsApp by Meta's Cloud API: words, also with buttons below them, one file with words below it, or a template.
//!
//! Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages>.

mod callback;
mod classify;
mod codes;
mod message;
mod settings;

use async_trait::async_trait;
use domain::{Outcome, Timestamp};
use media::whatsapp;
use secrecy::{ExposeSecret, SecretString};

use self::classify::{LOOK_AT, classify};
use self::message::message;
use self::settings::{ACCESS_TOKEN, BASE_URL, PHONE_NUMBER_ID};
use super::{Connected, Provider, Service, Webhook};
use crate::channel::{Channel, Outgoing};
use crate::checked::Checked;
use crate::http;

pub use self::settings::Settings;

pub(crate) static PROVIDER: Provider = Provider {
    name: "whatsapp_cloud",
    serves: &[Service {
        medium: &whatsapp::MEDIUM,
        kind: "",
        needs: &[ACCESS_TOKEN.name, PHONE_NUMBER_ID.name],
        connect,
    }],
    section: settings::SECTION,
    fill: |values, settings| settings.whatsapp_cloud = Settings::of(values),
    warnings: |_| Vec::new(),
    problems,
    gone: &[],
    stopped: &[],
    webhook: Some(Webhook {
        signature: callback::SIGNATURE,
        challenge: callback::challenge,
        verify: callback::verify,
        answer: |_| ("text/plain; charset=utf-8", String::new()),
        reports: callback::reports,
    }),
    #[cfg(test)]
    over_http: Some(over_http),
};

struct WhatsAppCloud {
    http: reqwest::Client,
    url: String,
    /// What Meta knows of the number is asked here.
    number_url: String,
    access_token: SecretString,
}

#[async_trait]
impl Channel for WhatsAppCloud {
    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        let message = match message(outgoing) {
            Ok(message) => message,
            Err(why) => return Outgoing::refuse(PROVIDER.name, why),
        };
        if outgoing.has_expired() {
            return Outcome::Expired;
        }
        let request = self.http.post(&self.url).bearer_auth(self.access_token.expose_secret()).json(&message);
        match http::exchange(request, outgoing.now).await {
            Ok(answer) => classify(&answer, outgoing),
            Err(no_answer) => no_answer.outcome(PROVIDER.name),
        }
    }

    async fn check(&self, now: Timestamp) -> Checked {
        let request = self.http.get(&self.number_url).bearer_auth(self.access_token.expose_secret());
        http::check(request, LOOK_AT, now).await
    }
}

fn connect(settings: &crate::Settings) -> Connected {
    settings.whatsapp_cloud.access_token.as_ref()?;
    Some(whatsapp_cloud(settings).map(|cloud| Box::new(cloud) as Box<dyn Channel>))
}

fn problems(settings: &crate::Settings) -> Vec<String> {
    whatsapp_cloud(settings).err().unwrap_or_default()
}

/// # Errors
/// Every problem, beginning with the name of its setting.
fn whatsapp_cloud(settings: &crate::Settings) -> Result<WhatsAppCloud, Vec<String>> {
    let Settings { access_token: given, phone_number_id, base_url, .. } = &settings.whatsapp_cloud;
    let mut problems = Vec::new();
    let access_token = access_token(given.as_ref()).map_err(|problem| problems.push(problem)).ok();
    let sender = sender(phone_number_id.as_deref()).map_err(|problem| problems.push(problem)).ok();
    let (name, example) = (BASE_URL.name, "https://graph.facebook.com/v24.0");
    let base_url = http::base_url(name, base_url, example)
        .and_then(|url| http::without_path(name, url, &["/messages"], example))
        .and_then(|url| with_version(url, example))
        .map_err(|problem| problems.push(problem))
        .ok();
    let http = http::client(settings.provider_timeout);
    let http = http.map_err(|problem| problems.push(format!("WHATSAPP_CLOUD: {problem}"))).ok();
    match (access_token, sender, base_url, http) {
        (Some(access_token), Some(sender), Some(base_url), Some(http)) => {
            let number_url = format!("{base_url}/{sender}?fields=id");
            Ok(WhatsAppCloud { http, url: format!("{base_url}/{sender}/messages"), number_url, access_token })
        }
        _ => Err(problems),
    }
}

/// Refuses a URL of Meta's own host that ends otherwise than with a version. The path of a gateway is its own.
///
/// # Errors
/// A text that begins with the setting's name.
fn with_version(base_url: String, example: &str) -> Result<String, String> {
    let bare = base_url.split(['?', '#']).next().unwrap_or_default();
    let (_, rest) = bare.split_once("://").unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let is_version =
        path.strip_prefix('v').and_then(|version| version.split_once('.')).is_some_and(|(major, minor)| {
            [major, minor].iter().all(|part| !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_digit()))
        });
    let is_of_meta = host.split(':').next().is_some_and(|name| name.to_ascii_lowercase().ends_with(".facebook.com"));
    if is_of_meta && !is_version {
        return Err(format!(
            "{} must end with the version of Meta's Graph API, and nothing behind it: write {example}",
            BASE_URL.name
        ));
    }
    Ok(base_url)
}

fn access_token(given: Option<&SecretString>) -> Result<SecretString, String> {
    let token = given.ok_or(
        "WHATSAPP_CLOUD_ACCESS_TOKEN is not set: Meta's Business settings make one for a system user with the permission \
         whatsapp_business_messaging",
    )?;
    let valid = token.expose_secret().bytes().all(|b| b.is_ascii_graphic());
    if valid { Ok(token.clone()) } else { Err("WHATSAPP_CLOUD_ACCESS_TOKEN must be a token as Meta gives it".into()) }
}

/// The id of the number that messages come from, which is a part of the URL.
fn sender(given: Option<&str>) -> Result<&str, String> {
    let id = given.ok_or(
        "WHATSAPP_CLOUD_PHONE_NUMBER_ID is not set: Meta's console shows it below the number, in API Setup of WhatsApp",
    )?;
    let valid = (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit());
    if valid {
        return Ok(id);
    }
    Err("WHATSAPP_CLOUD_PHONE_NUMBER_ID must be the id that Meta gives the number, of digits alone, and not the number"
        .into())
}

/// Settings of a number that exists nowhere.
#[cfg(test)]
fn over_http(base_url: &str) -> crate::Settings {
    let whatsapp_cloud = Settings {
        access_token: Some("EAA-secret-token".into()),
        phone_number_id: Some("106540352242922".into()),
        base_url: base_url.into(),
        ..Settings::default()
    };
    crate::Settings { whatsapp_cloud, ..crate::settings::of_tests() }
}

#[cfg(test)]
mod tests;
