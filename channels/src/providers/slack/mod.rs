//! Slack messages by an app: words, buttons below them, and changes of what was sent.
//!
//! Source: <https://docs.slack.dev/reference/methods/chat.postMessage>. Slack knows no key by which a second copy of a message
//! could be recognised; an edit that is made again changes nothing.

mod callback;
mod classify;
mod message;
mod settings;

use async_trait::async_trait;
use domain::{Outcome, Timestamp};
use media::slack;
use reqwest::header::CONTENT_TYPE;
use secrecy::{ExposeSecret as _, SecretString};

use self::classify::{checked, classify};
use self::message::request;
use self::settings::{BASE_URL, BOT_TOKEN};
use super::{Connected, Provider, Service, Webhook};
use crate::callback::Refused;
use crate::channel::{Channel, Outgoing};
use crate::checked::Checked;
use crate::http;

pub use self::settings::Settings;

pub(crate) static PROVIDER: Provider = Provider {
    name: "slack",
    serves: &[Service { medium: &slack::MEDIUM, kind: "", needs: &[BOT_TOKEN.name], connect }],
    section: settings::SECTION,
    fill: |values, settings| settings.slack = Settings::of(values),
    warnings: |_| Vec::new(),
    problems,
    gone: &[],
    stopped: &[],
    webhook: Some(Webhook {
        signature: callback::SIGNATURE,
        challenge: |_, _| Err(Refused::NeverAsks),
        verify: callback::verify,
        answer: callback::answer,
        reports: callback::reports,
    }),
    #[cfg(test)]
    over_http: Some(over_http),
};

/// The URL that stands in the settings unless there is another.
const EXAMPLE: &str = "https://slack.com/api";

struct Slack {
    http: reqwest::Client,
    base_url: String,
    token: SecretString,
}

#[async_trait]
impl Channel for Slack {
    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        let request = match request(outgoing) {
            Ok(request) => request,
            Err(why) => return Outgoing::refuse(PROVIDER.name, why),
        };
        if outgoing.has_expired() {
            return Outcome::Expired;
        }
        // Without a character set Slack warns with each answer.
        let called = self.method(request.method).header(CONTENT_TYPE, "application/json; charset=utf-8");
        match http::exchange(called.json(&request.parameters), outgoing.now).await {
            Ok(answer) => classify(&answer, outgoing),
            Err(no_answer) => no_answer.outcome(PROVIDER.name),
        }
    }

    async fn check(&self, now: Timestamp) -> Checked {
        match http::exchange(self.method("auth.test"), now).await {
            Ok(answer) => checked(&answer),
            Err(no_answer) => Checked::Unreachable(no_answer.why()),
        }
    }
}

impl Slack {
    fn method(&self, name: &str) -> reqwest::RequestBuilder {
        self.http.post(format!("{}/{name}", self.base_url)).bearer_auth(self.token.expose_secret())
    }
}

fn connect(settings: &crate::Settings) -> Connected {
    settings.slack.bot_token.as_ref()?;
    Some(app(settings).map(|app| Box::new(app) as Box<dyn Channel>))
}

fn problems(settings: &crate::Settings) -> Vec<String> {
    app(settings).err().unwrap_or_default()
}

/// # Errors
/// Every problem, beginning with the name of its setting.
fn app(settings: &crate::Settings) -> Result<Slack, Vec<String>> {
    let Settings { bot_token, base_url, .. } = &settings.slack;
    let mut problems = Vec::new();
    let token = token(bot_token.as_ref()).map_err(|problem| problems.push(problem)).ok();
    let name = BASE_URL.name;
    let base_url = http::base_url(name, base_url, EXAMPLE)
        .and_then(|url| http::without_path(name, url, &["/chat.postMessage"], EXAMPLE))
        .map_err(|problem| problems.push(problem))
        .ok();
    let http = http::client(settings.provider_timeout);
    let http = http.map_err(|problem| problems.push(format!("SLACK: {problem}"))).ok();
    match (token, base_url, http) {
        (Some(token), Some(base_url), Some(http)) => Ok(Slack { http, base_url, token }),
        _ => Err(problems),
    }
}

/// The token of a bot: `xoxb-`, and what follows it. One of a person would write in that person's name.
fn token(given: Option<&SecretString>) -> Result<SecretString, String> {
    let name = BOT_TOKEN.name;
    let token = given.ok_or_else(|| format!("{name} is not set: Slack gives it once the app is installed"))?;
    let text = token.expose_secret();
    let is_of_a_bot = text.starts_with("xoxb-") || text.starts_with("xoxe.xoxb-");
    let is_right = is_of_a_bot && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    if is_right {
        Ok(token.clone())
    } else {
        Err(format!("{name} must be the Bot User OAuth Token of an app, which begins with xoxb-"))
    }
}

/// An app that exists nowhere.
#[cfg(test)]
fn over_http(base_url: &str) -> crate::Settings {
    let (bot_token, base_url) = (Some("xoxb-slack-secret-token".into()), base_url.into());
    let slack = Settings { bot_token, base_url, ..Settings::default() };
    crate::Settings { slack, ..crate::settings::of_tests() }
}

#[cfg(test)]
mod tests;
