//! Asks for what people write and press, where Telegram has nobody to call.
//!
//! Source: <https://core.telegram.org/bots/api#getupdates>. Telegram keeps each update for a day, until somebody has asked
//! for those behind it: so what was told is confirmed by the next question, and by nothing else. Their numbers begin anew
//! after a quiet week, so that nobody may ask for long from where they have once been.

use std::iter;
use std::time::Duration;

use domain::Timestamp;
use serde_json::{Value, json};

use super::classify::LOOK_AT;
use super::{PROVIDER, Telegram, bot};
use crate::callback::id;
use crate::http::{self, Answer};
use crate::redact::redact;
use crate::settings::Settings;

/// The path of the webhook that would be called.
const TARGET: &str = "/webhook/telegram";
/// How long Telegram may keep an answer back while there is nothing to tell.
const PATIENCE_SECONDS: u64 = 25;
/// How long after that an answer may take to come.
const MARGIN: Duration = Duration::from_secs(10);
/// The most updates of an answer: the most that Telegram tells.
const MAX_UPDATES: u32 = 100;
/// The longest answer. A text has 4,096 characters, often written as six bytes each, and may quote another.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// What is asked for: all that [`super::callback`] reads.
const KINDS: [&str; 3] = ["message", "callback_query", "my_chat_member"];

/// Asks Telegram. It may be asked by one at a time.
pub struct Poller(Telegram);

/// One thing that Telegram has kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Update {
    /// Whoever asks from the next number on has taken this one.
    pub number: i64,
    /// What a webhook would have been called with.
    pub body: String,
    /// The press that waits to be answered, if it is one.
    pub query: Option<String>,
}

/// Why nothing was told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotPolled {
    /// Nobody is told anything with these settings.
    Refused(String),
    /// What comes goes elsewhere: the text says where, and what to do.
    Elsewhere(String),
    /// The next question may be answered, not before this time is over.
    Later { why: String, wait: Option<Duration> },
}

impl Poller {
    /// Who asks with these settings; none where nobody is to ask.
    ///
    /// # Errors
    /// What is missing or wrong, one text each, beginning with a setting's name.
    pub fn of(settings: &Settings) -> Option<Result<Self, Vec<String>>> {
        settings.telegram.poll.then(|| bot(settings).map(Self))
    }

    /// Whose updates they are.
    pub fn provider() -> &'static str {
        PROVIDER.name
    }

    /// What stands for the target of the call that a webhook would have got.
    pub fn target() -> &'static str {
        TARGET
    }

    /// What has come since, as soon as there is something, or nothing after a while. With `from`, all before that number
    /// is taken, and is told to nobody any more.
    ///
    /// # Errors
    /// [`NotPolled`].
    pub async fn updates(&self, from: Option<i64>, now: Timestamp) -> Result<Vec<Update>, NotPolled> {
        let mut parameters = json!({ "timeout": PATIENCE_SECONDS, "limit": MAX_UPDATES, "allowed_updates": KINDS });
        if let Some(from) = from {
            parameters["offset"] = json!(from);
        }
        let request = self.0.http.post(self.0.url_of("getUpdates")).json(&parameters);
        let request = request.timeout(Duration::from_secs(PATIENCE_SECONDS) + MARGIN);
        match http::exchange_up_to(MAX_BYTES, request, now).await {
            Ok(answer) => read(&answer),
            Err(no_answer) => Err(NotPolled::Later { why: no_answer.why(), wait: None }),
        }
    }

    /// Answers a press, so that its button waits no longer.
    ///
    /// # Errors
    /// Why it is not answered. Telegram lets nobody answer late.
    pub async fn answer(&self, query: &str, now: Timestamp) -> Result<(), String> {
        let parameters = json!({ "callback_query_id": query });
        let request = self.0.http.post(self.0.url_of("answerCallbackQuery")).json(&parameters).timeout(MARGIN);
        match http::exchange(request, now).await {
            Ok(answer) if answer.status.is_success() => Ok(()),
            Ok(answer) => Err(told(&answer, &description(&answer))),
            Err(no_answer) => Err(no_answer.why()),
        }
    }
}

fn read(answer: &Answer) -> Result<Vec<Update>, NotPolled> {
    let later = |why: String, wait| Err(NotPolled::Later { why, wait });
    let (status, said) = (answer.status.as_u16(), description(answer));
    match status {
        200..=299 => updates_of(answer).map_or_else(|| later("the answer is no list of updates".into(), None), Ok),
        401 => Err(NotPolled::Refused(format!("HTTP {status}: look at {}", LOOK_AT.credentials))),
        404 => Err(NotPolled::Refused(format!("HTTP {status}: look at {}", LOOK_AT.address))),
        409 => Err(NotPolled::Elsewhere(conflict(&said))),
        _ => later(told(answer, &said), answer.retry_after.max(wait(answer))),
    }
}

/// What stands in the way, and what to do about it.
fn conflict(said: &str) -> String {
    if said.to_ascii_lowercase().contains("webhook") {
        return "a webhook is set, which Telegram calls instead: deleteWebhook, or set TELEGRAM_POLL=false".into();
    }
    if said.contains("getUpdates") {
        return "another program asks for the updates of the same bot: end it, or give it a bot of its own".into();
    }
    format!("HTTP 409: {said}")
}

fn told(answer: &Answer, said: &str) -> String {
    let separator = if said.is_empty() { "" } else { ": " };
    format!("HTTP {}{separator}{said}", answer.status.as_u16())
}

fn description(answer: &Answer) -> String {
    if answer.status.is_success() {
        return String::new();
    }
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    redact(body["description"].as_str().unwrap_or_default(), iter::empty())
}

/// The wait that the body names.
fn wait(answer: &Answer) -> Option<Duration> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    http::parse_delay(&format!("{}s", body["parameters"]["retry_after"].as_u64()?))
}

/// None where it is no list, or one of things without a number: what cannot be confirmed would be told for ever.
fn updates_of(answer: &Answer) -> Option<Vec<Update>> {
    let mut body: Value = serde_json::from_slice(&answer.body).ok()?;
    let Value::Array(told) = body.get_mut("result")?.take() else { return None };
    let is_empty = told.is_empty();
    let updates: Vec<Update> = told.iter().filter_map(update).collect();
    (is_empty || !updates.is_empty()).then_some(updates)
}

fn update(told: &Value) -> Option<Update> {
    let number = told["update_id"].as_i64()?;
    let query = told["callback_query"]["id"].as_str().and_then(id);
    Some(Update { number, body: told.to_string(), query })
}
