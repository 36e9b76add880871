//! The body of a request: one mail, with its copies.

use domain::Rendered;
use media::email::{self, Address, Mail};
use serde_json::{Map, Value, json};

use crate::channel::Outgoing;
use crate::files::File;
use crate::label;
use crate::sender::{ONE_CLICK, Sender};

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
pub(super) fn message(
    from: &Sender,
    sandbox: bool,
    outgoing: &Outgoing<'_>,
    files: &[File<'_>],
) -> Result<Value, String> {
    let to = email::parse(outgoing.destination).map_err(|why| format!("destination {why}"))?;
    let subject = outgoing.rendered.subject.as_deref().unwrap_or_default();
    if subject.trim().is_empty() {
        return Err("subject must not be empty: SendGrid takes no mail without one".into());
    }
    let content = content(outgoing.rendered)?;
    let mail = Mail::to(&to, outgoing.mail);
    let mut message = json!({
        "personalizations": [{ "to": [{ "email": to.as_str() }], "custom_args": label::fields(outgoing) }],
        "from": { "email": from.address.as_str() },
        "subject": subject,
        "content": content,
        "headers": headers(from, &mail, outgoing),
    });
    if let Some(name) = &from.name {
        message["from"]["name"] = json!(name);
    }
    match mail.reply_to.as_slice() {
        [] => {
            if let Some(usual) = &from.reply_to {
                message["reply_to"] = json!({ "email": usual.as_str() });
            }
        }
        [one] => message["reply_to"] = json!({ "email": one.as_str() }),
        several => message["reply_to_list"] = addresses(several),
    }
    for (name, copies) in [("cc", &mail.cc), ("bcc", &mail.bcc)] {
        if !copies.is_empty() {
            message["personalizations"][0][name] = addresses(copies);
        }
    }
    if !files.is_empty() {
        message["attachments"] = files.iter().map(attachment).collect();
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

fn headers(from: &Sender, mail: &Mail<'_>, outgoing: &Outgoing<'_>) -> Map<String, Value> {
    let own = [
        ("Message-ID".to_owned(), json!(from.message_id(outgoing.key))),
        ("Auto-Submitted".to_owned(), json!("auto-generated")),
    ];
    let given = mail.headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
    let list = outgoing
        .unsubscribe
        .into_iter()
        .flat_map(|link| [("List-Unsubscribe", format!("<{link}>")), ("List-Unsubscribe-Post", ONE_CLICK.to_owned())]);
    let list = list.map(|(name, value)| (name.to_owned(), json!(value)));
    own.into_iter().chain(given).chain(list).collect()
}

fn addresses(list: &[Address]) -> Value {
    list.iter().map(|address| json!({ "email": address.as_str() })).collect()
}

fn attachment(file: &File<'_>) -> Value {
    let mut written = json!({
        "filename": file.filename,
        "type": file.content_type,
        "content": file.base64(),
        "disposition": "attachment",
    });
    if let Some(id) = file.content_id {
        written["disposition"] = json!("inline");
        written["content_id"] = json!(id);
    }
    written
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
