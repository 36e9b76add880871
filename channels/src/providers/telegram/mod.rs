//! Telegram messages by a bot: words, buttons below them, and changes of what was sent.
//!
//! Source: <https://core.telegram.org/bots/api#sendmessage>. Telegram knows no key by which a second copy of a message
//! could be recognised; an edit that was made already is known by its answer.

mod callback;
mod classify;
mod message;
mod poll;
mod settings;

use async_trait::async_trait;
use domain::{Outcome, Timestamp};
use media::telegram;
use secrecy::{ExposeSecret as _, SecretString};

use self::classify::{GONE, LOOK_AT, STOPPED, classify, moved_to};
use self::message::{Request, form, request};
use self::settings::{BASE_URL, BOT_TOKEN};
use super::{Connected, Provider, Service, Webhook};
use crate::callback::Refused;
use crate::channel::{CarriedFile, Channel, Outgoing};
use crate::checked::Checked;
use crate::http::{self, Answer, NoAnswer};

pub use self::poll::{NotPolled, Poller, Update};
pub use self::settings::Settings;

pub(crate) static PROVIDER: Provider = Provider {
    name: "telegram",
    serves: &[Service { medium: &telegram::MEDIUM, kind: "", needs: &[BOT_TOKEN.name], connect }],
    section: settings::SECTION,
    fill: |values, settings| settings.telegram = Settings::of(values),
    warnings: callback::warnings,
    problems,
    gone: GONE,
    stopped: STOPPED,
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

struct Telegram {
    http: reqwest::Client,
    /// Ends with the bot's token: never shown. The name of a method follows it.
    url: SecretString,
}

#[async_trait]
impl Channel for Telegram {
    /// A group that has become a supergroup has another number. The answer that says so is a refusal, after which nothing
    /// was sent, so that the same attempt goes to that number; the result tells it before the message's own.
    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        let request = match request(outgoing) {
            Ok(request) => request,
            Err(why) => return Outgoing::refuse(PROVIDER.name, why),
        };
        if outgoing.has_expired() {
            return Outcome::Expired;
        }
        let file = outgoing.files.first();
        let answer = match self.call(&request, file, outgoing.now).await {
            Ok(answer) => answer,
            Err(no_answer) => return no_answer.outcome(PROVIDER.name),
        };
        let Some(chat) = moved_to(&answer) else { return classify(&answer, outgoing) };
        if outgoing.has_expired() {
            return Outcome::Expired;
        }
        match self.call(&request.to(chat), file, outgoing.now).await {
            Ok(answer) => at_its_new_number(chat, classify(&answer, outgoing)),
            Err(no_answer) => no_answer.outcome(PROVIDER.name),
        }
    }

    async fn check(&self, now: Timestamp) -> Checked {
        http::check(self.http.get(self.url_of("getMe")), LOOK_AT, now).await
    }
}

impl Telegram {
    fn url_of(&self, method: &str) -> String {
        format!("{}/{method}", self.url.expose_secret())
    }

    async fn call(&self, request: &Request, file: Option<&CarriedFile>, now: Timestamp) -> Result<Answer, NoAnswer> {
        let call = self.http.post(self.url_of(request.method));
        let call = match file {
            None => call.json(&request.parameters),
            Some(file) => call.multipart(form(request, file).map_err(http::no_answer)?),
        };
        http::exchange(call, now).await
    }
}

/// Tells with the id of a message that its chat has this number now.
fn at_its_new_number(chat: i64, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Sent { provider, provider_id: Some(id), code } => {
            Outcome::Sent { provider, provider_id: Some(format!("{chat}/{id}")), code }
        }
        other => other,
    }
}

fn connect(settings: &crate::Settings) -> Connected {
    settings.telegram.bot_token.as_ref()?;
    Some(bot(settings).map(|bot| Box::new(bot) as Box<dyn Channel>))
}

fn problems(settings: &crate::Settings) -> Vec<String> {
    bot(settings).err().unwrap_or_default()
}

/// # Errors
/// Every problem, beginning with the name of its setting.
fn bot(settings: &crate::Settings) -> Result<Telegram, Vec<String>> {
    let Settings { bot_token, base_url, .. } = &settings.telegram;
    let mut problems = Vec::new();
    let token = token(bot_token.as_ref()).map_err(|problem| problems.push(problem)).ok();
    let (name, example) = (BASE_URL.name, "https://api.telegram.org");
    let base_url = http::base_url(name, base_url, example)
        .and_then(|url| http::without_path(name, url, &["/bot"], example))
        .map_err(|problem| problems.push(problem))
        .ok();
    let http = http::client(settings.provider_timeout);
    let http = http.map_err(|problem| problems.push(format!("TELEGRAM: {problem}"))).ok();
    match (token, base_url, http) {
        (Some(token), Some(base_url), Some(http)) => {
            Ok(Telegram { http, url: format!("{base_url}/bot{token}").into() })
        }
        _ => Err(problems),
    }
}

/// The number of the bot, a colon, and its secret.
fn token(given: Option<&SecretString>) -> Result<&str, String> {
    let name = BOT_TOKEN.name;
    let token = given.ok_or_else(|| format!("{name} is not set: BotFather gives it"))?.expose_secret();
    let (bot, secret) = token.split_once(':').unwrap_or_default();
    let is_secret = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let is_number = !bot.is_empty() && bot.bytes().all(|b| b.is_ascii_digit());
    let is_right = is_number && !secret.is_empty() && secret.bytes().all(is_secret);
    if is_right {
        Ok(token)
    } else {
        Err(format!("{name} must be a token as BotFather gives it, such as 4711:AAbb_cc"))
    }
}

/// A bot that exists nowhere.
#[cfg(test)]
fn over_http(base_url: &str) -> crate::Settings {
    let (bot_token, base_url) = (Some("1:telegram-secret-token".into()), base_url.into());
    let telegram = Settings { bot_token, base_url, ..Settings::default() };
    crate::Settings { telegram, ..crate::settings::of_tests() }
}

#[cfg(test)]
mod tests;
