//! Takes a message apart: to whom by which channels, and what is given on as it is.

use domain::{FieldError, MAX_ID_BYTES, parse_object};
use serde_json::{Map, Value};

use super::FIELDS;
use crate::checked::field;
use crate::reader::{Reader, field_meant};

const OF_TO: [&str; 2] = ["telegram_chat_id", "email"];
const OF_ROUTING: [&str; 2] = ["fallback", "ttl_seconds"];
const OF_AN_ITEM: [&str; 3] = ["channel", "when", "after_seconds"];

/// By what it goes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Via {
    Telegram,
    Email,
    /// Telegram, where they have it.
    Auto,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Channel {
    Telegram,
    Email,
}

/// One channel to somebody.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Way {
    pub(super) channel: Channel,
    pub(super) destination: String,
    /// When it is tried, as an item of a fallback says it. Empty for once the one before it has failed.
    pub(super) when: Map<String, Value>,
}

/// A message as far as it could be read.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Message {
    /// In the order in which they are tried.
    pub(super) ways: Vec<Way>,
    /// Somebody is to confirm it.
    pub(super) asks: bool,
    pub(super) ttl_seconds: Option<Value>,
    pub(super) correlation_id: Option<Value>,
    /// What is given on as it is, by the message's own names.
    given: Map<String, Value>,
}

/// Which other channels it may go by.
enum Fallback {
    /// Nothing was said.
    Usual,
    No,
    Yes,
    These(Vec<(Channel, Map<String, Value>)>),
}

impl Via {
    const ALL: [Self; 3] = [Self::Telegram, Self::Email, Self::Auto];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Telegram => "telegram",
            Self::Email => "email",
            Self::Auto => "auto",
        }
    }
}

impl Channel {
    const ALL: [Self; 2] = [Self::Telegram, Self::Email];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Telegram => "telegram",
            Self::Email => "email",
        }
    }

    /// The field of `to` that has their destination.
    const fn of_to(self) -> &'static str {
        match self {
            Self::Telegram => OF_TO[0],
            Self::Email => OF_TO[1],
        }
    }
}

/// It becomes part of the metadata of a notification, which nobody has written who is told what is wrong with it.
fn correlation_id(reader: &mut Reader) -> Option<Value> {
    let text = reader.line("correlation_id")?;
    if text.len() > MAX_ID_BYTES {
        reader.refuse("correlation_id", format!("must have at most {MAX_ID_BYTES} bytes"));
        return None;
    }
    Some(Value::String(text))
}

impl Message {
    /// Reads a message, and says what is wrong with what is its own.
    ///
    /// # Errors
    /// What is wrong with a text that is no JSON object.
    pub(super) fn read(text: &str) -> Result<(Self, Vec<FieldError>), Vec<FieldError>> {
        let object = parse_object(text.as_bytes()).map_err(|error| error.fields)?;
        let mut reader = Reader::of(object);
        let via = reader.one_of("channel", &Via::ALL, Via::as_str).unwrap_or(Via::Auto);
        let to = people(&mut reader);
        let (fallback, ttl_seconds) = routing(&mut reader);
        let asks = reader.flag("require_confirmation");
        let correlation_id = correlation_id(&mut reader);
        let mut given = Map::new();
        for name in FIELDS {
            given.extend(reader.value(name).map(|value| (name.to_owned(), value)));
        }
        reader.refuse_unknown(meant);
        let ways = ways(&mut reader, via, &to, fallback);
        Ok((Self { ways, asks, ttl_seconds, correlation_id, given }, reader.errors))
    }

    /// The fields that are given on, each under the name that it has there.
    pub(super) fn given(&self, names: &[(&str, &str)]) -> Map<String, Value> {
        let given = names.iter().filter_map(|(own, there)| Some(((*there).to_owned(), self.given.get(*own)?.clone())));
        given.collect()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// The field of the message that stands for this one of a notification or an ask.
    pub(super) fn pointer_of(&self, pointer: &str) -> String {
        let (place, rest) = match pointer.strip_prefix("/fallback/").or_else(|| pointer.strip_prefix("/escalate/")) {
            Some(rest) => {
                let (at, rest) = rest.split_once('/').unwrap_or((rest, ""));
                (at.parse::<usize>().map_or(0, |at| at.saturating_add(1)), rest)
            }
            None => (0, pointer.trim_start_matches('/')),
        };
        let of_to = || self.ways.get(place).map_or("", |way| way.channel.of_to());
        match rest {
            "destination" | "channel" | "to/0/destination" | "to/0/channel" => format!("/to/{}", of_to()),
            "template" => "/template_key".to_owned(),
            "question" => "/message".to_owned(),
            "ttl_seconds" | "expires_in" => "/routing/ttl_seconds".to_owned(),
            "when" | "after_seconds" if place > 0 => format!("/routing/fallback/{}/{rest}", place - 1),
            // Its other channels take over its words and data: a client has written them once.
            _ if place > 0 && is_of_words(rest) => format!("/{rest}"),
            _ => pointer.to_owned(),
        }
    }
}

/// Whether a field of an item of a fallback is one that the message has itself.
fn is_of_words(rest: &str) -> bool {
    let name = rest.split('/').next().unwrap_or_default();
    ["data", "message", "subject", "locale"].contains(&name)
}

/// Where they are reached. A number of a chat may be written as a number.
fn people(reader: &mut Reader) -> Vec<(Channel, String)> {
    const OTHERS: [(&str, &[&str]); 2] =
        [("telegram_chat_id", &["chat_id", "telegram"]), ("email", &["mail", "address"])];
    let object = match reader.value("to") {
        Some(Value::Object(object)) => object,
        Some(_) => {
            reader.refuse("to", "must be an object with telegram_chat_id, with email, or with both");
            return Vec::new();
        }
        None => {
            reader.refuse("to", "is missing: an object with telegram_chat_id, with email, or with both");
            return Vec::new();
        }
    };
    let mut own = Reader::of(object);
    let mut found = Vec::new();
    for channel in Channel::ALL {
        match own.value(channel.of_to()) {
            None => {}
            Some(Value::String(text)) if text.is_empty() => {}
            Some(Value::String(text)) => found.push((channel, text)),
            Some(Value::Number(number)) if channel == Channel::Telegram => found.push((channel, number.to_string())),
            Some(_) => own.refuse(channel.of_to(), "must be a string"),
        }
    }
    own.refuse_unknown(|name| field_meant(name, OF_TO, &OTHERS));
    adopt(reader, "/to", own.errors);
    found
}

fn routing(reader: &mut Reader) -> (Fallback, Option<Value>) {
    let object = match reader.value("routing") {
        None => return (Fallback::Usual, None),
        Some(Value::Object(object)) => object,
        Some(_) => {
            reader.refuse("routing", "must be an object with fallback, with ttl_seconds, or with both");
            return (Fallback::Usual, None);
        }
    };
    let mut own = Reader::of(object);
    let fallback = match own.value("fallback") {
        None => Fallback::Usual,
        Some(Value::Bool(true)) => Fallback::Yes,
        Some(Value::Bool(false)) => Fallback::No,
        Some(Value::Array(items)) => Fallback::These(listed(&mut own, items)),
        Some(_) => {
            own.refuse("fallback", "must be true, false, or a list of channels");
            Fallback::Usual
        }
    };
    let ttl_seconds = own.value("ttl_seconds");
    own.refuse_unknown(|name| field_meant(name, OF_ROUTING, &[]));
    adopt(reader, "/routing", own.errors);
    (fallback, ttl_seconds)
}

/// The items of a fallback: names of channels, or objects that say when as well.
fn listed(reader: &mut Reader, items: Vec<Value>) -> Vec<(Channel, Map<String, Value>)> {
    let mut found: Vec<(Channel, Map<String, Value>)> = Vec::new();
    for (at, item) in items.into_iter().enumerate() {
        let place = format!("fallback/{at}");
        let (name, when) = match item {
            Value::String(name) => (Some(name), Map::new()),
            Value::Object(mut item) => {
                let name = item.remove("channel").and_then(|name| name.as_str().map(str::to_owned));
                for unknown in item.keys().filter(|name| !OF_AN_ITEM.contains(&name.as_str())) {
                    let unknown = crate::reader::unknown(unknown, field_meant(unknown, OF_AN_ITEM, &[]));
                    reader.errors.push(FieldError { pointer: format!("/{place}{}", unknown.pointer), ..unknown });
                }
                item.retain(|name, _| OF_AN_ITEM.contains(&name.as_str()));
                (name, item)
            }
            _ => (None, Map::new()),
        };
        let name = name.unwrap_or_default().to_ascii_lowercase();
        match Channel::ALL.into_iter().find(|channel| channel.as_str() == name) {
            Some(channel) if found.iter().any(|(known, _)| *known == channel) => {
                reader.refuse(&place, "is named before");
            }
            Some(channel) => found.push((channel, when)),
            None => reader.refuse(&place, "must be telegram or email"),
        }
    }
    found
}

/// The channels in their order. One that is named has its destination in `to`.
fn ways(reader: &mut Reader, via: Via, to: &[(Channel, String)], fallback: Fallback) -> Vec<Way> {
    let has = |channel: Channel| to.iter().any(|(one, _)| *one == channel);
    let first = match via {
        Via::Telegram => Channel::Telegram,
        Via::Email => Channel::Email,
        Via::Auto if has(Channel::Telegram) || !has(Channel::Email) => Channel::Telegram,
        Via::Auto => Channel::Email,
    };
    let others = match fallback {
        Fallback::These(items) => items,
        Fallback::No => Vec::new(),
        Fallback::Usual if via != Via::Auto => Vec::new(),
        Fallback::Usual | Fallback::Yes => {
            Channel::ALL.into_iter().filter(|one| has(*one)).map(|one| (one, Map::new())).collect()
        }
    };
    let others = others.into_iter().filter(|(channel, _)| *channel != first);
    let mut ways = Vec::new();
    for (channel, when) in std::iter::once((first, Map::new())).chain(others) {
        match to.iter().find(|(one, _)| *one == channel) {
            Some((_, destination)) => ways.push(Way { channel, destination: destination.clone(), when }),
            None if reader.errors.iter().any(|error| error.pointer.starts_with("/to")) => {}
            None => {
                let pointer = format!("/to/{}", channel.of_to());
                reader.errors.push(field(pointer, format!("is missing: it is to go by {}", channel.as_str())));
            }
        }
    }
    ways
}

fn adopt(reader: &mut Reader, place: &str, errors: Vec<FieldError>) {
    let placed = |error: FieldError| FieldError { pointer: format!("{place}{}", error.pointer), ..error };
    reader.errors.extend(errors.into_iter().map(placed));
}

fn meant(name: &str) -> Option<&'static str> {
    const OTHERS: [(&str, &[&str]); 5] = [
        ("id", &["message_id", "idempotency_key"]),
        ("message", &["text", "body", "content"]),
        ("template_key", &["template", "template_id"]),
        ("data", &["variables", "params"]),
        ("to", &["recipient", "destination"]),
    ];
    field_meant(name, FIELDS, &OTHERS)
}
