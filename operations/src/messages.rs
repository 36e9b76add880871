//! A message to somebody by Telegram or by mail, in the words of services that know these two: it becomes a notification, or a
//! question where somebody is to confirm it. Nothing else is known of it than of those.

mod read;

use domain::{ChannelName, FieldError};
use serde_json::{Map, Value, json};

use self::read::{Channel, Message, Way};
use crate::asks::CheckedAsk;
use crate::checked::{Checked, Refused, Rules, field};

/// The fields of a message, as its client writes them.
pub const FIELDS: [&str; 13] = [
    "id",
    "channel",
    "to",
    "template_key",
    "data",
    "message",
    "subject",
    "locale",
    "priority",
    "require_confirmation",
    "routing",
    "correlation_id",
    "metadata",
];

/// How long the first channel is waited for when a question may go on by another one.
const NEXT_CHANNEL_AFTER_SECONDS: u64 = 120;
/// Stands for a question that cannot be made, while the rest of its request is read. It is never asked.
const UNKNOWN_QUESTION: &str = "?";
/// How long a question stands that says nothing of it, as one of `POST /asks` does.
const ASK_LASTS_SECONDS: u64 = 3_600;

/// What a message comes to.
#[derive(Debug)]
pub enum Meant {
    Notification(Box<Checked>),
    Ask(Box<CheckedAsk>),
}

/// Reads a message of a caller, who is named as the one who asks where somebody is to confirm it.
///
/// # Errors
/// [`Refused`] with everything that is wrong, by the names of the message's own fields.
pub fn read(text: &str, requested_by: &str, rules: &Rules<'_>) -> Result<Meant, Refused> {
    let (message, errors) = Message::read(text).map_err(Refused::Text)?;
    let meant = match message.ways.as_slice() {
        // Without anybody to send it to, nothing more can be said of it.
        [] => Err(Refused::Fields(Vec::new())),
        ways if message.asks => ask(&message, ways, requested_by, rules),
        ways => notification(&message, ways, rules),
    };
    match meant {
        Ok(meant) if errors.is_empty() => Ok(meant),
        Ok(_) => Err(Refused::Fields(errors)),
        Err(refused) => Err(merged(errors, refused, &message)),
    }
}

fn notification(message: &Message, ways: &[Way], rules: &Rules<'_>) -> Result<Meant, Refused> {
    let Some((first, others)) = ways.split_first() else { return Err(Refused::Fields(Vec::new())) };
    let mut body = message.given(&[
        ("id", "id"),
        ("template_key", "template"),
        ("data", "data"),
        ("message", "message"),
        ("subject", "subject"),
        ("locale", "locale"),
        ("priority", "priority"),
        ("metadata", "metadata"),
    ]);
    body.extend(first.target());
    body.extend(message.ttl_seconds.clone().map(|ttl| ("ttl_seconds".to_owned(), ttl)));
    if !others.is_empty() {
        let items: Vec<Value> = others.iter().map(|way| Value::Object(way.target())).collect();
        body.insert("fallback".to_owned(), Value::Array(items));
    }
    if let Some(correlated) = &message.correlation_id {
        let metadata = body.entry("metadata").or_insert_with(|| json!({}));
        if let Value::Object(metadata) = metadata {
            metadata.insert("correlation_id".to_owned(), correlated.clone());
        }
    }
    let text = Value::Object(body).to_string();
    let mut checked = Checked::read(&text, "", None, rules)?;
    checked.warnings = warnings(checked.warnings, ways, message);
    Ok(Meant::Notification(Box::new(checked)))
}

/// What of a message has not the effect that its client may think, by the names that the client knows.
fn warnings(of_notification: Vec<FieldError>, ways: &[Way], message: &Message) -> Vec<FieldError> {
    let mut warnings = by_own_names(of_notification, message);
    let is_by_mail = ways.iter().any(|way| way.channel == Channel::Email);
    if is_by_mail && message.has("message") && !message.has("template_key") && !message.has("subject") {
        warnings.push(field("/subject", "is missing: the mail has none, and some providers take no such mail"));
    }
    warnings
}

/// The same of its own fields, each fault once: what is wrong by several channels was written once.
fn by_own_names(errors: Vec<FieldError>, message: &Message) -> Vec<FieldError> {
    let mut renamed: Vec<FieldError> = Vec::with_capacity(errors.len());
    for error in errors {
        let error = FieldError { pointer: message.pointer_of(&error.pointer), detail: error.detail };
        if !renamed.contains(&error) {
            renamed.push(error);
        }
    }
    renamed
}

/// The other channels are steps of its escalation: nobody is asked by two of them at once.
fn ask(message: &Message, ways: &[Way], requested_by: &str, rules: &Rules<'_>) -> Result<Meant, Refused> {
    let Some((first, others)) = ways.split_first() else { return Err(Refused::Fields(Vec::new())) };
    let mut body =
        message.given(&[("id", "id"), ("message", "question"), ("locale", "locale"), ("metadata", "metadata")]);
    body.extend(message.correlation_id.clone().map(|id| ("correlation_id".to_owned(), id)));
    body.extend(message.ttl_seconds.clone().map(|ttl| ("expires_in".to_owned(), ttl)));
    body.insert("to".to_owned(), json!([first.address()]));
    let lasts = message.ttl_seconds.as_ref().and_then(domain::whole).unwrap_or(ASK_LASTS_SECONDS);
    let count = u64::try_from(others.len()).unwrap_or(u64::MAX);
    // Each channel has its time, however short all of it is.
    let each = (lasts / count.saturating_add(1)).clamp(1, NEXT_CHANNEL_AFTER_SECONDS);
    let step = |(way, at): (&Way, u64)| json!({"after_seconds": each.saturating_mul(at), "to": [way.address()]});
    let steps: Vec<Value> = others.iter().zip(1..).map(step).collect();
    if !steps.is_empty() {
        body.insert("escalate".to_owned(), Value::Array(steps));
    }
    let mut errors = words_of_its_own(message);
    if message.has("template_key") {
        match question(message, first, rules) {
            Ok(question) => drop(body.insert("question".to_owned(), question.into())),
            Err(wrong) => errors.extend(wrong),
        }
    }
    if errors.iter().any(|error| is_of_the_question(&error.pointer)) {
        // What else is wrong is told as well; that the question is missing is not what is wrong with it.
        body.insert("question".to_owned(), UNKNOWN_QUESTION.into());
    }
    match CheckedAsk::of(body, requested_by, rules) {
        Ok(checked) if errors.is_empty() => Ok(Meant::Ask(Box::new(checked))),
        Ok(_) => Err(Refused::Fields(errors)),
        Err(Refused::Fields(more)) => {
            errors.extend(more);
            Err(Refused::Fields(errors))
        }
        Err(refused) => Err(refused),
    }
}

/// The words around a question are the fleet's: what would give it others has no effect, and is refused.
fn words_of_its_own(message: &Message) -> Vec<FieldError> {
    let is_of_template = message.has("template_key");
    let has_no_effect = |name: &&str| message.has(name) && !(*name == "data" && is_of_template);
    let refused = ["subject", "data", "priority"].into_iter().filter(has_no_effect);
    let why = "has no effect with require_confirmation: the question is message, or the text of template_key";
    let mut errors: Vec<FieldError> = refused.map(|name| field(format!("/{name}"), why)).collect();
    if is_of_template && message.has("message") {
        errors.push(field("/template_key", "and message are two questions: give one of them"));
    }
    errors
}

/// The question that a template asks with the data: its text by the first channel, as everybody is asked the same.
fn question(message: &Message, first: &Way, rules: &Rules<'_>) -> Result<String, Vec<FieldError>> {
    let given = message.given(&[("template_key", "template"), ("locale", "locale"), ("data", "data")]);
    let Some(template) = given.get("template").and_then(Value::as_str) else {
        return Err(vec![field("/template", "must be the name of a template")]);
    };
    let channel = ChannelName::parse(first.channel.as_str()).map_err(|_| Vec::new())?;
    let locale = given.get("locale").and_then(Value::as_str);
    let data = given.get("data").map_or_else(|| "{}".to_owned(), Value::to_string);
    let preview = rules.checker.preview(&channel, template, locale, &data);
    match preview.rendered {
        Some(rendered) if preview.errors.is_empty() => Ok(rendered.text.trim().to_owned()),
        _ => Err(preview.errors),
    }
}

/// Whether a fault is of what the question is made of.
fn is_of_the_question(pointer: &str) -> bool {
    ["/template", "/data", "/message"].iter().any(|name| pointer.starts_with(name))
}

/// Everything that is wrong, each field by the name that its client knows.
fn merged(mut errors: Vec<FieldError>, refused: Refused, message: &Message) -> Refused {
    match refused {
        Refused::Tenant { key, error } if errors.is_empty() => Refused::Tenant { key, error },
        refused => {
            let known: Vec<String> = errors.iter().map(|error| error.pointer.clone()).collect();
            let renamed = by_own_names(refused.errors(), message);
            errors.extend(renamed.into_iter().filter(|error| !known.contains(&error.pointer)));
            Refused::Fields(errors)
        }
    }
}

impl Way {
    /// As a notification or an item of its fallback has it.
    fn target(&self) -> Map<String, Value> {
        let mut target = self.when.clone();
        target.insert("channel".to_owned(), self.channel.as_str().into());
        target.insert("destination".to_owned(), self.destination.as_str().into());
        target
    }

    /// As an ask names somebody.
    fn address(&self) -> Value {
        json!({"channel": self.channel.as_str(), "destination": self.destination})
    }
}
