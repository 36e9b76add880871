//! What the Bot API has beside messages: who the bot is, and the updates, which a webhook gets or whoever asks.

use serde_json::{Value, json};

use super::{NAME, SECRET, TOKEN, WEBHOOK, authorized, bad, described, error, is_bot};
use crate::exchange::{Call, Reply, pairs};
use crate::message::{Inbound, Post};
use crate::site::Site;

/// The most updates of one answer.
const MAX_UPDATES: u64 = 100;

/// The answer to a method that sends nothing. Telegram takes each by `GET` and by `POST`.
pub(super) fn beside(site: &Site, call: &Call) -> Option<Reply> {
    let steps: Vec<&str> = call.path.split('/').skip(1).collect();
    let [bot, method] = steps.as_slice() else { return None };
    let is_known = matches!(
        *method,
        "getMe" | "getUpdates" | "setWebhook" | "deleteWebhook" | "getWebhookInfo" | "answerCallbackQuery"
    );
    if !is_bot(bot) || !is_known || !matches!(call.method.as_str(), "GET" | "POST") {
        return None;
    }
    Some(authorized(bot).map_or_else(|refused| refused, |()| answered(site, call, method)))
}

fn answered(site: &Site, call: &Call, method: &str) -> Reply {
    match method {
        "getMe" => {
            done(&json!({ "id": number_of_the_bot(), "is_bot": true, "first_name": "The fake", "username": NAME }))
        }
        "getUpdates" if site.calls_back => described(
            409,
            "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        ),
        "getUpdates" => get_updates(site, &parameters(call)),
        "getWebhookInfo" => {
            let url = if site.calls_back { WEBHOOK } else { "" };
            done(&json!({ "url": url, "has_custom_certificate": false, "pending_update_count": 0 }))
        }
        "answerCallbackQuery" if parameters(call)["callback_query_id"].is_null() => {
            bad("query is too old and response timeout expired or query ID is invalid")
        }
        _ => done(&json!(true)),
    }
}

fn done(result: &Value) -> Reply {
    Reply::json(200, &json!({ "ok": true, "result": result }))
}

fn number_of_the_bot() -> Option<i64> {
    TOKEN.split(':').next()?.parse().ok()
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

/// Nobody is kept waiting, whatever `timeout` says.
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
    if inbound.to.as_deref().is_some_and(|to| !is_chat(to)) {
        wrong.push(json!({ "field": "/to", "detail": "must be the number of a chat, such as -4711" }));
    }
    if !wrong.is_empty() {
        return Err(Reply::json(422, &json!({ "errors": wrong })));
    }
    let update = site.chats.numbered(update(site, inbound));
    if !site.calls_back {
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
