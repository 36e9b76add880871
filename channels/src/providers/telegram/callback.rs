//! What Telegram posts to our webhook, or keeps until we ask: what people write to the bot, which button they press, and
//! whether they let it write to them.
//!
//! Sources: <https://core.telegram.org/bots/api#update> and <https://core.telegram.org/bots/api#setwebhook>. Telegram signs
//! nothing: it says the secret that `setWebhook` was given with each call.

use aws_lc_rs::constant_time;
use domain::{Keyword, Report, Reported, Timestamp};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};

use super::PROVIDER;
use super::settings::{POLL, WEBHOOK_SECRET};
use crate::callback::{Callback, Readable, Refused, Unreadable, bounded, id, text};
use crate::section::Warning;
use crate::settings::Settings;

pub(super) const SIGNATURE: &str = "x-telegram-bot-api-secret-token";

/// The longest secret that Telegram takes.
const MAX_SECRET_BYTES: usize = 256;

/// The kinds of message that have a file, each with its id.
const FILES: [&str; 7] = ["document", "audio", "video", "voice", "sticker", "animation", "video_note"];

/// What the setting of the secret most likely is not meant to be: Telegram would not take it, or calls nobody.
pub(super) fn warnings(settings: &Settings) -> Vec<Warning> {
    let Some(secret) = &settings.telegram.webhook_secret else { return Vec::new() };
    let mut warnings = Vec::new();
    if settings.telegram.poll {
        let text = format!(
            "{} is set beside {}=true: Telegram calls a webhook or is asked, and never both; leave one of them out",
            WEBHOOK_SECRET.name, POLL.name
        );
        warnings.push(Warning { about: &[POLL.name, WEBHOOK_SECRET.name], text });
    }
    let secret = secret.expose_secret();
    let is_taken = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if !(1..=MAX_SECRET_BYTES).contains(&secret.len()) || !secret.bytes().all(is_taken) {
        let text = format!(
            "{} is no secret_token that Telegram takes, so that no call can have it: 1 to {MAX_SECRET_BYTES} letters, \
             digits, _ and -",
            WEBHOOK_SECRET.name
        );
        warnings.push(Warning { about: &[WEBHOOK_SECRET.name], text });
    }
    warnings
}

/// # Errors
/// Why the request is not Telegram's.
pub(super) fn verify(settings: &Settings, callback: &Callback<'_>) -> Result<(), Refused> {
    let secret = settings.telegram.webhook_secret.as_ref().ok_or(Refused::NotConfigured(WEBHOOK_SECRET.name))?;
    let said = callback.header(SIGNATURE).ok_or(Refused::Unsigned)?;
    let secret = secret.expose_secret();
    constant_time::verify_slices_are_equal(secret.as_bytes(), said.as_bytes()).map_err(|_| Refused::Forged)
}

/// The answer to a call. To one of a pressed button it is a request of ours, by which the button of whoever has pressed it
/// stops to wait.
pub(super) fn answer(callback: &Callback<'_>) -> (&'static str, String) {
    let body: Value = bounded(callback).ok().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    match body["callback_query"]["id"].as_str().and_then(id) {
        Some(query) => {
            let request = json!({ "method": "answerCallbackQuery", "callback_query_id": query });
            ("application/json", request.to_string())
        }
        None => ("text/plain; charset=utf-8", String::new()),
    }
}

/// # Errors
/// Why the update says nothing to us. What it says of things that we do not know is no error.
pub(super) fn reports(_: &Settings, callback: &Callback<'_>) -> Result<Readable, Unreadable> {
    let body: Value =
        serde_json::from_slice(bounded(callback)?).map_err(|_| Unreadable("the body is no JSON object"))?;
    let update = object(&body)?;
    let number = update.get("update_id").and_then(Value::as_i64).ok_or(Unreadable("the update has no number"))?;
    let report = if let Some(message) = update.get("message") {
        written(number, object(message)?)?
    } else if let Some(query) = update.get("callback_query") {
        pressed(number, object(query)?)?
    } else if let Some(change) = update.get("my_chat_member") {
        allowed(number, object(change)?)?
    } else {
        None
    };
    Ok(report.into_iter().collect::<Vec<_>>().into())
}

fn object(value: &Value) -> Result<&Map<String, Value>, Unreadable> {
    value.as_object().ok_or(Unreadable("it is no JSON object"))
}

fn get<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A number some objects deep, as a text.
fn number(object: &Map<String, Value>, outer: &str, name: &str) -> Option<String> {
    object.get(outer)?.get(name)?.as_i64().map(|number| number.to_string())
}

/// What a person has written. In a group only what has words or a file says something: what else comes from there is that
/// somebody joins, leaves or renames it. What other bots say is no person's.
fn written(update: i64, message: &Map<String, Value>) -> Result<Option<Report>, Unreadable> {
    if message.get("from").and_then(|from| from.get("is_bot")).and_then(Value::as_bool) == Some(true) {
        return Ok(None);
    }
    let from = number(message, "from", "id").ok_or(Unreadable("it does not say who has written"))?;
    let chat = number(message, "chat", "id").ok_or(Unreadable("it does not say in which chat"))?;
    let words = get(message, "text").or_else(|| get(message, "caption"));
    let media = files(message);
    let is_private = is_private(message);
    if !is_private && words.is_none() && media.is_empty() {
        return Ok(None);
    }
    let body = text(words.unwrap_or_default());
    // Who has enough of a group has not had enough of us.
    let keyword = keyword(&body).filter(|_| is_private);
    let said = Reported::Reply { from, keyword, text: body, media };
    Ok(Some(Report {
        at: date(message),
        ..report(update, said, chat, number(message, "reply_to_message", "message_id"))
    }))
}

/// Whether a person lets the bot write to them: that it is blocked, or let in again, is told of the chat of the two. What
/// becomes of a bot in a group nobody has said of themselves.
fn allowed(update: i64, change: &Map<String, Value>) -> Result<Option<Report>, Unreadable> {
    if !is_private(change) {
        return Ok(None);
    }
    let by = number(change, "from", "id").ok_or(Unreadable("it does not say who has let the bot in or out"))?;
    let chat = number(change, "chat", "id").ok_or(Unreadable("it does not say in which chat"))?;
    let status = change.get("new_chat_member").and_then(|member| member.get("status")).and_then(Value::as_str);
    let said = match status {
        Some("kicked") => Reported::Blocked { by },
        Some("member") => Reported::Unblocked { by },
        _ => return Ok(None),
    };
    Ok(Some(Report { at: date(change), ..report(update, said, chat, None) }))
}

fn is_private(of: &Map<String, Value>) -> bool {
    of.get("chat").and_then(|chat| chat.get("type")).and_then(Value::as_str) == Some("private")
}

/// When it happened, by Telegram's clock.
fn date(of: &Map<String, Value>) -> Option<Timestamp> {
    let seconds = of.get("date").and_then(Value::as_i64).and_then(|seconds| u32::try_from(seconds).ok())?;
    Some(Timestamp::from_seconds(seconds.into()))
}

/// Which button a person has pressed, below which message. Telegram does not say when.
fn pressed(update: i64, query: &Map<String, Value>) -> Result<Option<Report>, Unreadable> {
    let by = number(query, "from", "id").ok_or(Unreadable("it does not say who has pressed"))?;
    // A button of a game has none.
    let Some(data) = get(query, "data") else { return Ok(None) };
    let message = query.get("message").and_then(Value::as_object);
    let chat = message.and_then(|message| number(message, "chat", "id")).unwrap_or_else(|| by.clone());
    let below = number(query, "message", "message_id");
    Ok(Some(report(update, Reported::Button { payload: text(data), by }, chat, below)))
}

/// Of an update, which is known again by its number.
fn report(update: i64, said: Reported, chat: String, about: Option<String>) -> Report {
    Report {
        provider: PROVIDER.name,
        event_id: format!("{update}/received"),
        about: None,
        provider_id: about,
        recipient: Some(chat),
        has_copies: false,
        said,
        code: None,
        detail: String::new(),
        at: None,
    }
}

/// The ids by which Telegram gives the files of a message out. A picture comes in several sizes, the largest last.
fn files(message: &Map<String, Value>) -> Vec<String> {
    let picture = message.get("photo").and_then(Value::as_array).and_then(|sizes| sizes.last());
    let others = FILES.iter().filter_map(|kind| message.get(*kind));
    let ids = picture.into_iter().chain(others).filter_map(|file| file.get("file_id")?.as_str());
    ids.filter_map(id).collect()
}

/// The keyword that a message is, also as a command: `/stop`, `/stop@the_bot`, and `/start` with what a link has put behind it.
fn keyword(message: &str) -> Option<Keyword> {
    let Some(command) = message.trim_start().strip_prefix('/') else { return domain::keyword(message) };
    let command = command.split_whitespace().next().unwrap_or_default();
    domain::keyword(command.split('@').next().unwrap_or_default())
}

#[cfg(test)]
mod tests;
