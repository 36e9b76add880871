//! Telegram as it calls the webhook: what people write to the bot, and which buttons they press.

use std::time::Instant;

use anyhow::Result;
use e2e::Process;
use serde_json::json;

use crate::calling::{self, Endpoint};

/// What the webhook was set with.
pub(crate) const SECRET: &str = "telegram-of-the-measurement";
const WEBHOOK: Endpoint = Endpoint {
    path: "/webhook/telegram",
    headers: &[("X-Telegram-Bot-Api-Secret-Token", SECRET)],
    answered: "HTTP/1.1 200",
};

/// An update by which somebody has written in a chat of their own with the bot.
pub(crate) fn words(update: u64, by: u64, text: &str) -> String {
    let chat = json!({ "id": by, "type": "private" });
    json!({ "update_id": update, "message": { "message_id": update, "from": { "id": by }, "chat": chat, "text": text } })
        .to_string()
}

/// An update by which somebody has pressed a button there.
pub(crate) fn press(update: u64, by: u64, data: &str) -> String {
    let message = json!({ "message_id": 1, "chat": { "id": by, "type": "private" } });
    let query = json!({ "id": update.to_string(), "from": { "id": by }, "message": message, "data": data });
    json!({ "update_id": update, "callback_query": query }).to_string()
}

/// Calls the webhook with each of these as [`calling::call`] does.
pub(crate) async fn call(api: &Process, bodies: Vec<String>, rate: Option<f64>) -> Result<Vec<Instant>> {
    calling::call(api, WEBHOOK, bodies, rate).await
}
