//! Reads a contact as it was written: everything that is wrong is named at once.

use std::collections::BTreeSet;

use domain::{ChannelName, FieldError, is_plain_name, parse_object, refusal_as_a_name, refusal_as_a_persons};
use media::DestinationError;
use serde_json::{Map, Value};
use store::MAX_ADDRESSES;

use super::FIELDS;
use crate::check::Checker;
use crate::checked::{Refused, field};
use crate::reader::{Reader, field_meant};

/// The most groups of one person.
const MAX_GROUPS: usize = 20;
/// The longest tag of a language.
const MAX_LOCALE_BYTES: usize = 64;

const OF_AN_ADDRESS: [&str; 2] = ["channel", "destination"];

/// A contact that can be put, as [`Asked::read`] makes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    pub(super) name: Option<String>,
    pub(super) locale: Option<String>,
    pub(super) groups: Vec<String>,
    pub(super) addresses: Vec<(ChannelName, String)>,
}

impl Asked {
    /// # Errors
    /// [`Refused::Text`] for anything but a JSON object, else [`Refused::Fields`] with every bad field.
    pub fn read(text: &str, checker: &Checker) -> Result<Self, Refused> {
        let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
        let mut reader = Reader::of(object);
        let name = reader.line("name");
        if let Some(must) = name.as_deref().and_then(refusal_as_a_name) {
            reader.refuse("name", must);
        }
        let locale = locale(&mut reader);
        let groups = groups(&mut reader);
        let addresses = addresses(&mut reader, checker);
        reader.refuse_unknown(meant);
        if reader.errors.is_empty() {
            Ok(Self { name, locale, groups, addresses })
        } else {
            Err(Refused::Fields(reader.errors))
        }
    }
}

fn locale(reader: &mut Reader) -> Option<String> {
    let text = reader.text("locale")?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if text.len() > MAX_LOCALE_BYTES || !text.bytes().all(allowed) {
        reader.refuse("locale", "must be a language, such as es-AR");
        return None;
    }
    Some(text)
}

fn groups(reader: &mut Reader) -> Vec<String> {
    let names = list(reader, "groups", MAX_GROUPS);
    let mut groups: Vec<String> = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        match name.as_str() {
            Some(name) if groups.iter().any(|known| known == name) => {
                reader.refuse(&format!("groups/{at}"), "is named before");
            }
            Some(name) if !name.is_empty() && is_plain_name(name) => groups.push(name.to_owned()),
            _ => reader.refuse(&format!("groups/{at}"), "must be 1 to 64 letters, digits, '_' or '-'"),
        }
    }
    groups
}

fn addresses(reader: &mut Reader, checker: &Checker) -> Vec<(ChannelName, String)> {
    let mut addresses = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, item) in list(reader, "addresses", MAX_ADDRESSES).into_iter().enumerate() {
        let place = format!("/addresses/{at}");
        let Value::Object(object) = item else {
            reader.errors.push(field(place, "must be an object with channel and destination"));
            continue;
        };
        match address(object, &place, checker) {
            Ok((channel, destination)) => {
                if seen.insert((channel.clone(), media::compared(&channel, &destination))) {
                    addresses.push((channel, destination));
                } else {
                    reader.errors.push(field(place, "is given before"));
                }
            }
            Err(errors) => reader.errors.extend(errors),
        }
    }
    addresses
}

fn address(
    object: Map<String, Value>,
    place: &str,
    checker: &Checker,
) -> Result<(ChannelName, String), Vec<FieldError>> {
    const OTHERS: [(&str, &[&str]); 1] = [("destination", &["address", "recipient", "number"])];
    let mut reader = Reader::of(object);
    let channel = reader.required("channel", "the channel by which they are reached");
    let destination = reader.required("destination", "where they are reached, as a notification names it");
    let channel = channel.and_then(|name| match ChannelName::parse(&name) {
        Ok(channel) => Some(channel),
        Err(error) => {
            reader.refuse("channel", error.to_string());
            None
        }
    });
    if let Some(channel) = &channel {
        match (media::check_destination(channel, destination.as_deref().unwrap_or_default()), &destination) {
            (Err(DestinationError::UnknownChannel(why)), _) => reader.refuse("channel", format!("is an {why}")),
            (_, Some(destination)) => {
                // A contact is one person: nobody's answer from a group or a channel of many is heard.
                let nobodys = || refusal_as_a_persons(channel, destination).map(str::to_owned);
                if let Some(why) = checker.refusal_of(channel, destination).or_else(nobodys) {
                    reader.refuse("destination", why);
                }
            }
            (_, None) => {}
        }
    }
    reader.refuse_unknown(|name| field_meant(name, OF_AN_ADDRESS, &OTHERS));
    match (channel, destination) {
        (Some(channel), Some(destination)) if reader.errors.is_empty() => Ok((channel, destination)),
        _ => Err(reader
            .errors
            .into_iter()
            .map(|error| FieldError { pointer: format!("{place}{}", error.pointer), ..error })
            .collect()),
    }
}

/// A list of a few; none for one that is absent or wrong.
fn list(reader: &mut Reader, name: &str, most: usize) -> Vec<Value> {
    match reader.value(name) {
        None => Vec::new(),
        Some(Value::Array(items)) if items.len() <= most => items,
        Some(Value::Array(items)) => {
            reader.refuse(name, format!("has {} items, and may have {most}", items.len()));
            Vec::new()
        }
        Some(_) => {
            reader.refuse(name, "must be a list");
            Vec::new()
        }
    }
}

fn meant(name: &str) -> Option<&'static str> {
    const OTHERS: [(&str, &[&str]); 3] = [
        ("addresses", &["channels", "destinations", "contacts"]),
        ("groups", &["group", "roles", "member_of"]),
        ("locale", &["language", "lang"]),
    ];
    field_meant(name, FIELDS, &OTHERS)
}
