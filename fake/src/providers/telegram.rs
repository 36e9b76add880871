//! Telegram's Bot API: messages of a bot and their edits, and what people write and press, posted to a webhook or kept for
//! whoever asks.
//!
//! Source: <https://core.telegram.org/bots/api>. Its errors have no codes but the status: a code here is the words of a
//! description. What stands in descriptions is published by <https://github.com/tdlib/telegram-bot-api>.

mod updates;

use serde_json::{Value, json};

use super::Provider;
use crate::chats::{Known, Sent};
use crate::exchange::{Call, Reply};
use crate::message::{Message, Refusal};
use crate::site::Site;

const TOKEN: &str = "4711000000:AAfake-bot-token";
const NAME: &str = "fake_bot";
const SECRET: &str = "fake-webhook-secret";
const WEBHOOK: &str = "/webhook/telegram";

/// The longest text, in units of UTF-16, and the longest data of a button, in bytes.
const MAX_TEXT_UNITS: usize = 4096;
const MAX_DATA_BYTES: usize = 64;
/// The longest text with which a press is answered, in characters.
const MAX_ANSWER_CHARS: usize = 200;
/// The method that answers a press.
const ANSWER: &str = "answerCallbackQuery";

/// The words in which a group says that it has another number.
const UPGRADED: &str = "group chat was upgraded to a supergroup chat";
/// The number that such a group has then.
const NEW_NUMBER: i64 = -1_004_000_000_001;

/// Chats in which something is wrong, whoever writes there: the number, the status, and the words.
const REFUSING: &[(i64, u16, &str)] = &[
    (4_710_001, 400, "chat not found"),
    (4_710_002, 403, "bot was blocked by the user"),
    (4_710_003, 403, "user is deactivated"),
    (4_710_004, 403, "bot can't initiate conversation with a user"),
    (-4_710_005, 403, "bot was kicked from the group chat"),
    (-4_710_006, 400, UPGRADED),
];

pub(super) static PROVIDER: Provider = Provider {
    name: "telegram",
    settings,
    takes: |call| {
        let steps = call.posted_to();
        matches!(steps.as_slice(), [bot, "sendMessage" | "editMessageText" | "editMessageReplyMarkup" | ANSWER] if is_bot(bot))
    },
    read,
    accepted,
    keep: |site, message| {
        if let Some(sent) = Sent::of(&message.fields) {
            site.chats.keep(sent);
        }
    },
    refused,
    beside: updates::beside,
    reports: None,
    inbound: Some(updates::inbound),
};

fn settings(site: &Site) -> Vec<(&'static str, String)> {
    // Where nobody is called, what people write waits for whoever asks.
    let (name, value) = if site.calls_back { ("TELEGRAM_WEBHOOK_SECRET", SECRET) } else { ("TELEGRAM_POLL", "true") };
    vec![
        ("TELEGRAM_BOT_TOKEN", TOKEN.to_owned()),
        ("TELEGRAM_BASE_URL", site.base_url.clone()),
        (name, value.to_owned()),
    ]
}

/// Keeps whoever asks for updates waiting. The answer to whoever has waited while somebody else asked.
pub(super) async fn awaited(site: &Site, call: &Call) -> Option<Reply> {
    updates::awaited(site, call).await
}

/// Whether a step of a path is one of a bot, whoever that is.
fn is_bot(step: &str) -> bool {
    step.starts_with("bot")
}

fn authorized(bot: &str) -> Result<(), Reply> {
    if bot.strip_prefix("bot") == Some(TOKEN) { Ok(()) } else { Err(error(401, "Unauthorized", &json!({}))) }
}

fn read(site: &Site, call: &Call) -> Result<Message, Reply> {
    let steps = call.posted_to();
    let (bot, method) = (steps.first().copied().unwrap_or_default(), steps.get(1).copied().unwrap_or_default());
    authorized(bot)?;
    let body = call.json();
    if method == ANSWER {
        return answer_of_a_press(&body);
    }
    let chat = &body["chat_id"];
    let to = chat.as_str().map_or_else(|| chat.to_string(), str::to_owned);
    if chat.is_null() || to.is_empty() {
        return Err(bad("chat_id is empty"));
    }
    let number = to.parse::<i64>().ok();
    if let Some((_, status, words)) = REFUSING.iter().find(|(chat, ..)| number == Some(*chat)) {
        return Err(described(*status, words));
    }
    if site.chats.is_blocked_by(&to) {
        return Err(described(403, "bot was blocked by the user"));
    }
    if method != "editMessageReplyMarkup" {
        check_text(&body)?;
    }
    check_buttons(&body["reply_markup"]["inline_keyboard"])?;
    let id = if method == "sendMessage" { site.chats.next_id() } else { edited(site, &to, &body)? };
    let fields = json!({ "method": method, "parameters": body, "message_id": id, "date": site.now() });
    Ok(Message {
        id: id.to_string(),
        text: body["text"].as_str().unwrap_or_default().to_owned(),
        to,
        reports_to: None,
        is_delivered: true,
        fields,
    })
}

/// What whoever has pressed a button is shown. It goes to the press, whose number stands for the recipient's.
fn answer_of_a_press(body: &Value) -> Result<Message, Reply> {
    let Some(query) = body["callback_query_id"].as_str().filter(|id| !id.is_empty()) else {
        return Err(bad("query is too old and response timeout expired or query ID is invalid"));
    };
    let text = body["text"].as_str().unwrap_or_default();
    if text.chars().count() > MAX_ANSWER_CHARS {
        return Err(bad("MESSAGE_TOO_LONG"));
    }
    Ok(Message {
        id: query.to_owned(),
        to: query.to_owned(),
        text: text.to_owned(),
        fields: json!({ "method": ANSWER, "parameters": body }),
        reports_to: None,
        is_delivered: false,
    })
}

fn check_text(body: &Value) -> Result<(), Reply> {
    let text = body["text"].as_str().unwrap_or_default();
    let units = text.encode_utf16().count();
    if text.trim().is_empty() {
        return Err(bad("message text is empty"));
    }
    if text.trim().encode_utf16().count() > MAX_TEXT_UNITS {
        return Err(bad("message is too long"));
    }
    for entity in body["entities"].as_array().into_iter().flatten() {
        let part = |name: &str| entity[name].as_u64().and_then(|number| usize::try_from(number).ok());
        let end = part("offset").zip(part("length")).map(|(offset, length)| offset.saturating_add(length));
        if end.is_none_or(|end| end > units) {
            return Err(bad("ENTITY_BOUNDS_INVALID"));
        }
    }
    Ok(())
}

/// A button has words, and one thing that it does.
fn check_buttons(rows: &Value) -> Result<(), Reply> {
    let buttons = rows.as_array().into_iter().flatten().flat_map(|row| row.as_array().into_iter().flatten());
    for button in buttons {
        if button["text"].as_str().is_none_or(|text| text.trim().is_empty()) {
            return Err(bad("text of an inline keyboard button is empty"));
        }
        match (&button["callback_data"], &button["url"]) {
            (Value::String(data), Value::Null) if (1..=MAX_DATA_BYTES).contains(&data.len()) => {}
            (Value::String(_), Value::Null) => return Err(bad("BUTTON_DATA_INVALID")),
            (Value::Null, Value::String(_)) => {}
            _ => return Err(bad("inline keyboard button must have exactly one action")),
        }
    }
    Ok(())
}

/// The message that is to be edited, if there is one and the edit changes it.
fn edited(site: &Site, to: &str, body: &Value) -> Result<u32, Reply> {
    let id = body["message_id"].as_u64().and_then(|id| u32::try_from(id).ok()).unwrap_or_default();
    match site.chats.known(to, id, body) {
        Known::Another => Ok(id),
        Known::Same => Err(bad(
            "message is not modified: specified new message content and reply markup are exactly the same as a current \
             content and reply markup of the message",
        )),
        Known::Nothing => Err(bad("message to edit not found")),
    }
}

fn accepted(message: &Message) -> Reply {
    if message.fields["method"] == ANSWER {
        return Reply::json(200, &json!({ "ok": true, "result": true }));
    }
    let Value::Object(fields) = &message.fields else { return Reply::json(200, &json!({ "ok": true })) };
    let (id, date) = (fields.get("message_id"), fields.get("date"));
    let chat = updates::chat(&message.to);
    let result = json!({ "message_id": id, "date": date, "chat": chat, "text": message.text });
    Reply::json(200, &json!({ "ok": true, "result": result }))
}

fn refused(refusal: &Refusal<'_>) -> Reply {
    match (refusal.status, refusal.code) {
        (429, None) => error(429, "Too Many Requests: retry after 1", &json!({ "retry_after": 1 })),
        (status, Some(code)) => described(status, code),
        (status, None) => described(status, &refusal.words),
    }
}

fn bad(words: &str) -> Reply {
    described(400, words)
}

/// An error whose description begins as Telegram begins it for that status.
fn described(status: u16, words: &str) -> Reply {
    let description = match status {
        400 => format!("Bad Request: {words}"),
        401 => "Unauthorized".to_owned(),
        403 => format!("Forbidden: {words}"),
        404 => "Not Found".to_owned(),
        409 => format!("Conflict: {words}"),
        _ => words.to_owned(),
    };
    let parameters = if words == UPGRADED { json!({ "migrate_to_chat_id": NEW_NUMBER }) } else { json!({}) };
    error(status, &description, &parameters)
}

fn error(status: u16, description: &str, parameters: &Value) -> Reply {
    let mut body = json!({ "ok": false, "error_code": status, "description": description });
    if parameters.as_object().is_some_and(|given| !given.is_empty()) {
        body["parameters"] = parameters.clone();
    }
    Reply::json(status, &body)
}
