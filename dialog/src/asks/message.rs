//! Writes the messages of an ask: those that ask, with what their reader answers with named and not written, and the edits
//! that tell how far it is, and the end. Always the same for the same copy.

use domain::{Ask, Interactive, Key, Purpose, Secrets, Shown, Timestamp, ask_edit_id, ask_progress_id};
use operations::asks::{called, spoken};
use operations::commands::TOLD_FOR_SECONDS;
use serde_json::{Map, Value, json};
use store::AskCopy;

use crate::choice::words_of;
use crate::people::{SLACK, TELEGRAM};

/// The template of the question, and of what stands in its place once it has ended.
const QUESTION: &str = "ask";
const ENDED: &str = "ask_ended";
/// The channels whose messages can be changed once they were sent. Each reads the object of its own name in the data.
const EDITED: [&str; 2] = [TELEGRAM, SLACK];
/// People wait for it.
const PRIORITY: &str = "urgent";

/// The body of a delivery that asks one person, by the first of their channels and then by the others. None where the secret
/// of the ask is known no more, or its copies went nowhere. How long a channel is waited for is that between two of them: a
/// request that comes again may say otherwise, and the message must be the same. `locale` is that of people of whom nobody knows
/// theirs.
pub(super) fn question(ask: &Ask, copies: &[AskCopy], secrets: &Secrets, locale: &str) -> Option<Value> {
    let first = copies.first()?;
    let mut body = asked_by(ask, first, first.destination.as_deref()?, Map::new(), secrets, locale)?;
    body.insert("id".into(), first.delivery.clone().into());
    body.insert("tenant".into(), ask.key.tenant.as_str().into());
    body.insert("priority".into(), PRIORITY.into());
    body.insert("expires_at".into(), ask.expires_at.to_string().into());
    body.insert("metadata".into(), json!({ "ask": ask.key.id }));
    if first.due_at > ask.created_at {
        body.insert("send_at".into(), first.due_at.to_string().into());
    }
    let fallback = copies.iter().zip(copies.iter().skip(1)).map(|(before, copy)| {
        let mut item = asked_by(ask, copy, copy.destination.as_deref()?, Map::new(), secrets, locale)?;
        let after = copy.due_at.since(before.due_at);
        item.insert("when".into(), "unanswered".into());
        item.insert("after_seconds".into(), after.as_secs().max(1).into());
        Some(Value::Object(item))
    });
    let fallback: Vec<Value> = fallback.collect::<Option<_>>()?;
    if !fallback.is_empty() {
        body.insert("fallback".into(), fallback.into());
    }
    Some(Value::Object(body))
}

/// What a delivery, an item of a fallback and an edit with buttons have in common. `more` are data of the edit.
fn asked_by(
    ask: &Ask,
    copy: &AskCopy,
    destination: &str,
    more: Map<String, Value>,
    secrets: &Secrets,
    locale: &str,
) -> Option<Map<String, Value>> {
    let locale = copy.locale.as_deref().or(Some(locale));
    let ask = &spoken(ask, locale);
    let channel = &copy.channel;
    let choices: Vec<&str> = ask.choices.iter().map(|choice| choice.label.as_str()).collect();
    let expires = shown(ask.expires_at, ask.created_at);
    let fields = [
        ("question", json!(ask.question)),
        ("choices", json!(choices)),
        ("replies", json!(replies(ask))),
        ("expires", json!(expires)),
    ];
    let requested_by = ask.requested_by.as_deref().map(|id| ("requested_by", json!(called(ask, id, locale))));
    let named = fields.into_iter().chain(requested_by).map(|(name, value)| (name.to_owned(), value));
    let data: Map<String, Value> = named.chain(more).collect();
    let shown = Shown { channel, destination, template: Some(QUESTION), message: None, subject: None, data: &data };
    let interactive = Interactive::new(secrets, &ask.seed(), Purpose::Answer, copy.place, &ask.choices, &shown)?;
    let mut written = Map::new();
    written.insert("channel".into(), channel.as_str().into());
    written.insert("destination".into(), destination.into());
    written.insert("template".into(), QUESTION.into());
    written.insert("data".into(), data.into());
    written.insert("interactive".into(), interactive.to_value());
    if let Some(locale) = &copy.locale {
        written.insert("locale".into(), locale.as_str().into());
    }
    Some(written)
}

/// What is typed for each choice, beside the code, and for which label it stands where it is not that itself.
fn replies(ask: &Ask) -> Vec<Value> {
    let reply = |(word, label): (String, Option<&str>)| match label {
        Some(label) => json!({ "word": word, "label": label }),
        None => json!({ "word": word }),
    };
    words_of(ask).into_iter().map(reply).collect()
}

/// The delivery that changes a sent message into one that tells how many have chosen the same by this version of its ask, and
/// keeps its buttons, with its body. None where it is no message that can be changed, or the secret of the ask is known no
/// more. `provider_id` and `locale` are those of [`edit`].
pub(super) fn progress(
    ask: &Ask,
    copy: &AskCopy,
    provider_id: &str,
    counted: u32,
    secrets: &Secrets,
    locale: &str,
) -> Option<(Key, Value)> {
    let (chat, message) = place(copy, provider_id)?;
    let copied = delivery_of(ask, copy);
    let key = Key { tenant: copied.tenant.clone(), id: ask_progress_id(&copied, ask.version) };
    let mut more = Map::new();
    more.insert("progress".into(), json!({ "counted": counted, "quorum": ask.quorum }));
    more.insert(copy.channel.as_str().into(), json!({ "edit": message }));
    let mut body = asked_by(ask, copy, chat, more, secrets, locale)?;
    body.insert("id".into(), key.id.as_str().into());
    body.insert("tenant".into(), key.tenant.as_str().into());
    body.insert("priority".into(), PRIORITY.into());
    body.insert("expires_at".into(), ask.expires_at.to_string().into());
    body.insert("metadata".into(), json!({ "ask": ask.key.id }));
    Some((key, body.into()))
}

/// The delivery that takes a copy.
pub(super) fn delivery_of(ask: &Ask, copy: &AskCopy) -> Key {
    Key { tenant: ask.key.tenant.clone(), id: copy.delivery.clone() }
}

/// The chat of a sent message, and what it is called there. None where it is no message that can be changed.
fn place<'a>(copy: &'a AskCopy, provider_id: &'a str) -> Option<(&'a str, &'a str)> {
    let destination = copy.destination.as_deref().filter(|_| is_edited(copy))?;
    Some(provider_id.split_once('/').unwrap_or((destination, provider_id)))
}

/// The delivery that changes a sent message into one that tells the end and has no button, with its body. None where it is no
/// message that can be changed. `provider_id` is what its provider calls the message, with the chat where it stands before it
/// where that is another than the destination; `locale` is that of people of whom nobody knows theirs.
pub(super) fn edit(ask: &Ask, copy: &AskCopy, provider_id: &str, locale: &str) -> Option<(Key, Value)> {
    let locale = copy.locale.as_deref().or(Some(locale));
    let ask = &spoken(ask, locale);
    let ((chat, message), end) = (place(copy, provider_id)?, ask.end.as_ref()?);
    let copied = delivery_of(ask, copy);
    let key = Key { tenant: copied.tenant.clone(), id: ask_edit_id(&copied) };
    let mut data = Map::new();
    data.insert("question".into(), ask.question.as_str().into());
    data.insert("state".into(), end.state.as_str().into());
    if let Some(choice) = end.choice.as_deref().and_then(|id| ask.choices.iter().find(|choice| choice.id == id)) {
        data.insert("outcome".into(), choice.label.as_str().into());
    }
    if let Some(by) = &end.by {
        data.insert("by".into(), called(ask, by, locale).into());
    }
    let channel = copy.channel.as_str();
    data.insert(channel.into(), json!({ "edit": message }));
    data.insert("buttons".into(), json!([]));
    let body = json!({
        "id": key.id, "tenant": key.tenant.as_str(), "channel": channel, "destination": chat, "template": ENDED,
        "locale": copy.locale, "data": data, "priority": PRIORITY, "ttl_seconds": TOLD_FOR_SECONDS,
        "metadata": { "ask": ask.key.id },
    });
    Some((key, body))
}

/// Whether a message that was sent can be changed.
pub(super) fn is_edited(copy: &AskCopy) -> bool {
    EDITED.contains(&copy.channel.as_str())
}

/// An instant for people: the time alone where the question was asked on the same day.
fn shown(at: Timestamp, asked: Timestamp) -> String {
    let (at, asked) = (at.to_string(), asked.to_string());
    let (day, time) = at.split_once('T').unwrap_or((at.as_str(), ""));
    let time = time.get(..5).unwrap_or(time);
    if asked.starts_with(day) { format!("{time} UTC") } else { format!("{day} {time} UTC") }
}
