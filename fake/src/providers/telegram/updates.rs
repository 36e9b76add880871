//! What the Bot API has beside messages: who the bot is, and the updates, which a webhook gets or whoever asks.

use std::time::Duration;

use serde_json::{Value, json};

use super::{NAME, SECRET, TOKEN, WEBHOOK, authorized, described, error, is_bot};
use crate::exchange::{Call, Reply, pairs};
use crate::message::{Inbound, Post};
use crate::site::Site;

/// The most updates of one answer.
const MAX_UPDATES: u64 = 100;
/// The longest that anybody is kept waiting for updates: Telegram keeps nobody longer either.
const LONGEST_WAIT_SECONDS: u64 = 50;

/// The bot and the method of a call, which Telegram takes by `GET` and by `POST`.
fn method_of(call: &Call) -> Option<(&str, &str)> {
    let steps: Vec<&str> = call.path.split('/').skip(1).collect();
    let [bot, method] = steps.as_slice() else { return None };
    let is_one = is_bot(bot) && matches!(call.method.as_str(), "GET" | "POST");
    is_one.then_some((*bot, *method))
}

/// Keeps whoever asks for updates waiting as long as `timeout` says, until there is one. The answer to whoever has waited
/// while somebody else asked.
pub(super) async fn awaited(site: &Site, call: &Call) -> Option<Reply> {
    let (bot, method) = method_of(call)?;
    if method != "getUpdates" || authorized(bot).is_err() || !webhook(site).is_empty() {
        return None;
    }
    let parameters = parameters(call);
    let seconds = parameters["timeout"].as_u64().unwrap_or_default().min(LONGEST_WAIT_SECONDS);
    let offset = parameters["offset"].as_u64().unwrap_or_default();
    let is_the_last = site.chats.wait(offset, Duration::from_secs(seconds)).await;
    let words = "terminated by other getUpdates request; make sure that only one bot instance is running";
    (!is_the_last).then(|| described(409, words))
}

/// The answer to a method that sends nothing.
pub(super) fn beside(site: &Site, call: &Call) -> Option<Reply> {
    let (bot, method) = method_of(call)?;
    if !matches!(method, "getMe" | "getUpdates" | "setWebhook" | "deleteWebhook" | "getWebhookInfo") {
        return None;
    }
    Some(authorized(bot).map_or_else(|refused| refused, |()| answered(site, call, method)))
}

/// Where the bot calls somebody; empty where it does not.
fn webhook(site: &Site) -> String {
    let at_first = || if site.calls_back { WEBHOOK.to_owned() } else { String::new() };
    site.chats.webhook().unwrap_or_else(at_first)
}

fn answered(site: &Site, call: &Call, method: &str) -> Reply {
    match method {
        "getMe" => done(&bot()),
        "getUpdates" if !webhook(site).is_empty() => described(
            409,
            "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        ),
        "getUpdates" => get_updates(site, &parameters(call)),
        "getWebhookInfo" => {
            let pending = site.chats.updates(0, usize::MAX).len();
            done(&json!({ "url": webhook(site), "has_custom_certificate": false, "pending_update_count": pending }))
        }
        // Wherever it is: what is posted goes where the fake calls.
        "setWebhook" => {
            site.chats.set_webhook(parameters(call)["url"].as_str().unwrap_or_default().to_owned());
            done(&json!(true))
        }
        _ => {
            site.chats.set_webhook(String::new());
            done(&json!(true))
        }
    }
}

fn done(result: &Value) -> Reply {
    Reply::json(200, &json!({ "ok": true, "result": result }))
}

fn bot() -> Value {
    let number = TOKEN.split(':').next().and_then(|number| number.parse::<i64>().ok());
    json!({ "id": number, "is_bot": true, "first_name": "The fake", "username": NAME })
}

/// The parameters of a method: a JSON object, or the query, whose values are read as JSON where they are some.
fn parameters(call: &Call) -> Value {
    let body = call.json();
    if body.is_object() {
        return body;
    }
    let read = |(name, text): (String, String)| {
        let number = text.parse::<i64>().ok().map(Value::from);
        (name, number.unwrap_or(Value::String(text)))
    };
    Value::Object(pairs(call.query.as_bytes()).into_iter().map(read).collect())
}

/// The updates that there are. Whoever wanted to wait for one has waited.
fn get_updates(site: &Site, parameters: &Value) -> Reply {
    let limit = &parameters["limit"];
    let limit = if limit.is_null() { Some(MAX_UPDATES) } else { limit.as_u64() };
    let Some(limit) = limit.filter(|limit| (1..=MAX_UPDATES).contains(limit)) else {
        return error(400, "Bad Request: limit must be between 1 and 100", &json!({}));
    };
    let offset = parameters["offset"].as_u64().unwrap_or_default();
    let updates = site.chats.updates(offset, usize::try_from(limit).unwrap_or_default());
    done(&Value::Array(updates))
}

/// A chat by its number or its name.
pub(super) fn chat(to: &str) -> Value {
    match to.parse::<i64>() {
        Ok(id) if id > 0 => json!({ "id": id, "type": "private", "first_name": "A person of the fake" }),
        Ok(id) => json!({ "id": id, "type": "supergroup", "title": "A group of the fake" }),
        Err(_) => {
            let name = to.trim_start_matches('@');
            json!({ "id": -1_004_000_000_002_i64, "type": "channel", "title": name, "username": name })
        }
    }
}

/// What a person writes to the bot, or presses: in the chat that `to` names, or with the bot alone. Where nobody is called, it
/// waits for whoever asks.
///
/// # Errors
/// The answer to whoever has it written: what is wrong, or that it waits.
pub(super) fn inbound(site: &Site, inbound: &Inbound) -> Result<Post, Reply> {
    // A plus or a zero before it would be a phone number's.
    let is_chat = |text: &str| text.parse::<i64>().is_ok_and(|number| number.to_string() == text);
    let is_number = |text: &str| is_chat(text) && !text.starts_with('-') && text != "0";
    let mut wrong = Vec::new();
    if !is_number(&inbound.from) {
        wrong.push(json!({ "field": "/from", "detail": "must be the number of a person, such as 4711" }));
    }
    if inbound.change.is_some() && inbound.to.as_ref().is_some_and(|to| *to != inbound.from) {
        wrong.push(json!({ "field": "/change", "detail": "is told of the chat with the bot alone: leave to out" }));
    }
    if inbound.to.as_deref().is_some_and(|to| !is_chat(to)) {
        wrong.push(json!({ "field": "/to", "detail": "must be the number of a chat, such as -4711" }));
    }
    if !wrong.is_empty() {
        return Err(Reply::json(422, &json!({ "errors": wrong })));
    }
    if let Some(change) = inbound.change {
        site.chats.note_blocked(&inbound.from, change == "blocked");
    }
    let update = site.chats.numbered(update(site, inbound));
    if !site.calls_back || webhook(site).is_empty() {
        site.chats.queue(update);
        return Err(Reply::json(202, &json!({ "waits_for": "getUpdates" })));
    }
    let headers =
        vec![("content-type", "application/json".to_owned()), ("x-telegram-bot-api-secret-token", SECRET.to_owned())];
    Ok(Post { target: WEBHOOK.to_owned(), headers, body: update.to_string(), repeats: true })
}

fn update(site: &Site, inbound: &Inbound) -> Value {
    let number = inbound.from.parse::<i64>().unwrap_or_default();
    let from = json!({ "id": number, "is_bot": false, "first_name": "A person of the fake", "language_code": "es" });
    let chat = chat(inbound.to.as_deref().unwrap_or(&inbound.from));
    if let Some(change) = inbound.change {
        return json!({ "my_chat_member": standing(site, &from, &chat, change == "blocked") });
    }
    let mut message = json!({
        "message_id": site.chats.next_id(), "date": site.now(), "chat": chat, "text": inbound.text,
    });
    match &inbound.button {
        Some(data) => {
            let id = format!("{number}{}", site.now());
            let query = json!({ "id": id, "from": from, "message": message, "chat_instance": "1", "data": data });
            json!({ "callback_query": query })
        }
        None => {
            message["from"] = from;
            json!({ "message": message })
        }
    }
}

/// What the bot may do from now on in the chat with a person, who has said so.
fn standing(site: &Site, by: &Value, chat: &Value, is_blocked: bool) -> Value {
    let user = bot();
    let (out, within) =
        (json!({ "status": "kicked", "user": user, "until_date": 0 }), json!({ "status": "member", "user": user }));
    let (before, after) = if is_blocked { (within, out) } else { (out, within) };
    json!({ "chat": chat, "from": by, "date": site.now(), "old_chat_member": before, "new_chat_member": after })
}
