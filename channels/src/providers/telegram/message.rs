//! A request: which method of the Bot API, and its parameters.
//!
//! Sources: <https://core.telegram.org/bots/api#sendmessage> and
//! <https://core.telegram.org/bots/api#updating-messages>.

use media::telegram::{self, Entity};
use media::{Button, Press};
use serde_json::{Value, json};

use crate::channel::Outgoing;

/// One call of the Bot API.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) parameters: Value,
}

impl Request {
    /// The same for another chat.
    pub(super) fn to(mut self, chat: i64) -> Self {
        self.parameters["chat_id"] = json!(chat);
        self
    }
}

/// The request that sends a message, or changes one. The text goes without tags, what they mean beside it, so that Telegram
/// reads none in it. Links have no preview: nobody but the recipient asks for them.
///
/// # Errors
/// Why Telegram would refuse the message, in a text that begins with the field's name.
pub(super) fn request(outgoing: &Outgoing<'_>) -> Result<Request, String> {
    let (options, text) = (telegram::options(outgoing.data), outgoing.rendered.text.as_str());
    let destination = outgoing.destination;
    let chat = destination.parse::<i64>().map_or_else(|_| json!(destination), |number| json!(number));
    let mut parameters = json!({ "chat_id": chat });
    if let Some(rows) = media::button_rows(outgoing.data) {
        parameters["reply_markup"] = json!({ "inline_keyboard": keyboard(&rows) });
    }
    if let Some(id) = options.edits {
        parameters["message_id"] = json!(id);
    }
    let method = match options.edits {
        Some(_) if text.trim().is_empty() => return Ok(Request { method: "editMessageReplyMarkup", parameters }),
        Some(_) => "editMessageText",
        None => "sendMessage",
    };
    parameters["link_preview_options"] = json!({ "is_disabled": true });
    if options.is_html {
        let styled = telegram::styled(text).map_err(|why| format!("message {why}"))?;
        parameters["text"] = json!(styled.text);
        parameters["entities"] = styled.entities.iter().map(entity).collect();
    } else {
        parameters["text"] = json!(text);
    }
    Ok(Request { method, parameters })
}

fn keyboard(rows: &[Vec<Button<'_>>]) -> Value {
    rows.iter().map(|row| row.iter().map(button).collect::<Value>()).collect()
}

fn button(button: &Button<'_>) -> Value {
    match button.press {
        Press::Data(data) => json!({ "text": button.text, "callback_data": data }),
        Press::Url(url) => json!({ "text": button.text, "url": url }),
    }
}

fn entity(entity: &Entity) -> Value {
    let mut written = json!({ "type": entity.kind, "offset": entity.offset, "length": entity.length });
    for (name, value) in [("url", &entity.url), ("language", &entity.language)] {
        if let Some(value) = value {
            written[name] = json!(value);
        }
    }
    written
}
