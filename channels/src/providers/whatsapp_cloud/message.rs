//! The body of a request.
//!
//! Sources: <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages> and
//! <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types>.

use media::whatsapp::{self, Recipient, ReplyButton};
use media::{Content, media_urls};
use serde_json::{Value, json};
use url::Url;

use crate::channel::Outgoing;
use crate::label;

/// The longest text below a picture or another file, in characters.
const MAX_CAPTION_CHARS: usize = 1024;

/// The longest label that comes back with what is reported of a message, in characters.
const MAX_LABEL_CHARS: usize = 512;

/// The body of a message. Links in a text have no preview: nobody but the recipient's phone asks for them.
///
/// # Errors
/// Why WhatsApp would refuse the message, in a text that begins with the field's name.
pub(super) fn message(outgoing: &Outgoing<'_>) -> Result<Value, String> {
    let (kind, content) = content(outgoing)?;
    let mut message = json!({ "messaging_product": "whatsapp", "recipient_type": "individual", "type": kind });
    message[kind] = content;
    match Recipient::of(outgoing.destination) {
        Recipient::Number(number) => message["to"] = json!(number),
        Recipient::Person(id) => message["recipient"] = json!(id),
    }
    if let Some(label) = label(outgoing) {
        message["biz_opaque_callback_data"] = json!(label);
    }
    Ok(message)
}

/// The type of a message, and what stands under its name.
fn content(outgoing: &Outgoing<'_>) -> Result<(&'static str, Value), String> {
    if let Some(template) = whatsapp::template(outgoing.data) {
        return Ok(("template", Value::Object(template.clone())));
    }
    if Content::of(outgoing.data).is_some() {
        return Err(
            "data.content_sid is a template that Twilio keeps, WhatsApp Cloud sends data.whatsapp_template".into()
        );
    }
    let text = &outgoing.rendered.text;
    let buttons = whatsapp::buttons(outgoing.data);
    if !buttons.is_empty() {
        return Ok(("interactive", interactive(text, &buttons)));
    }
    match media_urls(outgoing.data).next() {
        Some(url) => file(url, text),
        None => Ok(("text", json!({ "preview_url": false, "body": text }))),
    }
}

/// Words with reply buttons below them
/// (<https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-reply-buttons-messages>).
fn interactive(text: &str, buttons: &[ReplyButton<'_>]) -> Value {
    let reply =
        |button: &ReplyButton<'_>| json!({ "type": "reply", "reply": { "id": button.id, "title": button.title } });
    let buttons: Vec<Value> = buttons.iter().map(reply).collect();
    json!({ "type": "button", "body": { "text": text }, "action": { "buttons": buttons } })
}

/// A file that WhatsApp fetches, with the text below it. What can have no text below it is sent as a document if it has
/// one.
fn file(url: &str, text: &str) -> Result<(&'static str, Value), String> {
    let chars = text.chars().count();
    if chars > MAX_CAPTION_CHARS {
        return Err(format!("message has {chars} characters, WhatsApp takes {MAX_CAPTION_CHARS} below a file"));
    }
    let name = file_name(url);
    let has_text = !text.trim().is_empty();
    let kind = match kind_of(&name) {
        "audio" | "sticker" if has_text => "document",
        kind => kind,
    };
    let mut file = json!({ "link": url });
    if has_text {
        file["caption"] = json!(text);
    }
    if kind == "document" && !name.is_empty() {
        file["filename"] = json!(name);
    }
    Ok((kind, file))
}

/// The last step of the URL's path.
fn file_name(url: &str) -> String {
    let url = Url::parse(url).ok();
    let last = url.as_ref().and_then(|url| url.path_segments()?.next_back());
    last.unwrap_or_default().to_owned()
}

/// The type of message for a file of this name. A document may be of any kind.
fn kind_of(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "jpg" | "jpeg" | "png" => "image",
        "mp4" | "3gp" => "video",
        "aac" | "amr" | "mp3" | "m4a" | "ogg" | "opus" => "audio",
        "webp" => "sticker",
        _ => "document",
    }
}

/// What WhatsApp gives back with every report about this message. None where it would be too long: the message is then
/// known by WhatsApp's own id alone.
fn label(outgoing: &Outgoing<'_>) -> Option<String> {
    Some(label::fields(outgoing).to_string()).filter(|label| label.chars().count() <= MAX_LABEL_CHARS)
}
