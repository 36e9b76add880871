//! The body of a request: one mail to one recipient.

use domain::Rendered;
use media::email;
use serde_json::{Value, json};

use crate::channel::Outgoing;
use crate::label;
use crate::sender::Sender;

/// The body of Mail Send.
///
/// The label comes back with every event of this mail. Its values are texts, as SendGrid wants them, and together never
/// have the 10,000 bytes that are allowed.
///
/// The text goes before the HTML, because SendGrid wants them in this order. Nothing is said of tracking, so that the
/// account's own settings hold.
///
/// # Errors
/// Why SendGrid would refuse the mail, in a text that begins with the field's name.
pub(super) fn message(from: &Sender, sandbox: bool, outgoing: &Outgoing<'_>) -> Result<Value, String> {
    let to = email::parse(outgoing.destination).map_err(|why| format!("destination {why}"))?;
    let subject = outgoing.rendered.subject.as_deref().unwrap_or_default();
    if subject.trim().is_empty() {
        return Err("subject must not be empty: SendGrid takes no mail without one".into());
    }
    let content = content(outgoing.rendered)?;
    let mut message = json!({
        "personalizations": [{ "to": [{ "email": to.as_str() }], "custom_args": label::fields(outgoing) }],
        "from": { "email": from.address.as_str() },
        "subject": subject,
        "content": content,
        "headers": { "Message-ID": from.message_id(outgoing.key), "Auto-Submitted": "auto-generated" },
    });
    if let Some(name) = &from.name {
        message["from"]["name"] = json!(name);
    }
    if let Some(reply_to) = &from.reply_to {
        message["reply_to"] = json!({ "email": reply_to.as_str() });
    }
    if let Some(template) = outgoing.template {
        // The longest name of a template has 64 characters; a category may have 255.
        message["categories"] = json!([template]);
    }
    if sandbox {
        message["mail_settings"] = json!({ "sandbox_mode": { "enable": true } });
    }
    Ok(message)
}

/// The parts that have words, because SendGrid takes no empty one.
fn content(rendered: &Rendered) -> Result<Vec<Value>, String> {
    let parts = [("text/plain", Some(&rendered.text)), ("text/html", rendered.html.as_ref())];
    let filled = parts.into_iter().filter_map(|(kind, words)| {
        let words = words.filter(|words| !words.is_empty())?;
        Some(json!({ "type": kind, "value": words }))
    });
    let content: Vec<Value> = filled.collect();
    if content.is_empty() {
        return Err("message must not be empty: SendGrid takes no mail without words".into());
    }
    Ok(content)
}
