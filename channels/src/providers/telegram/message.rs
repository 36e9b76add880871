//! A request: which method of the Bot API, and its parameters.
//!
//! Sources: <https://core.telegram.org/bots/api#sendmessage> and
//! <https://core.telegram.org/bots/api#updating-messages>.

use media::telegram::{self, Entity};
use media::{Button, Press};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::channel::{CarriedFile, Outgoing};

const SEND_PHOTO: &str = "sendPhoto";
const SEND_DOCUMENT: &str = "sendDocument";
/// The largest picture that Telegram shows (<https://core.telegram.org/bots/api#sending-files>).
const MAX_PHOTO_BYTES: usize = 10 * 1024 * 1024;

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
    let method = match (options.edits, outgoing.files.first()) {
        (Some(_), _) if text.trim().is_empty() => return Ok(Request { method: "editMessageReplyMarkup", parameters }),
        (Some(_), _) => "editMessageText",
        (None, Some(file)) => method_of(file),
        (None, None) => "sendMessage",
    };
    let (words, entities) = match method {
        SEND_PHOTO | SEND_DOCUMENT => ("caption", "caption_entities"),
        _ => {
            parameters["link_preview_options"] = json!({ "is_disabled": true });
            ("text", "entities")
        }
    };
    if options.is_html {
        let styled = telegram::styled(text).map_err(|why| format!("message {why}"))?;
        parameters[words] = json!(styled.text);
        parameters[entities] = styled.entities.iter().map(entity).collect();
    } else {
        parameters[words] = json!(text);
    }
    Ok(Request { method, parameters })
}

/// A picture that is too large to be shown is sent as any other file is.
fn method_of(file: &CarriedFile) -> &'static str {
    let is_shown = file.object.kind().is_picture() && file.bytes.len() <= MAX_PHOTO_BYTES;
    if is_shown { SEND_PHOTO } else { SEND_DOCUMENT }
}

/// The parameters as the form of a request that brings a file: what is no text is written as JSON
/// (<https://core.telegram.org/bots/api#sending-files>).
///
/// # Errors
/// Never for the types of our own table.
pub(super) fn form(request: &Request, file: &CarriedFile) -> reqwest::Result<Form> {
    let mut form = Form::new();
    for (name, value) in request.parameters.as_object().into_iter().flatten() {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        form = form.text(name.clone(), text);
    }
    let length = file.bytes.len() as u64;
    let bytes = Part::stream_with_length(file.bytes.clone(), length).file_name(file.name.clone());
    let field = if request.method == SEND_PHOTO { "photo" } else { "document" };
    Ok(form.part(field, bytes.mime_str(file.object.kind().content_type())?))
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
