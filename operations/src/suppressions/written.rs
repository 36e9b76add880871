//! Reads an entry of the suppression list as it was written: everything that is wrong is named at once.

use domain::{ChannelName, FieldError, SuppressedFor, SuppressionScope, Timestamp, parse_object};
use media::DestinationError;
use serde_json::{Map, Value};

use super::{Entry, FIELDS};
use crate::checked::Refused;
use crate::reader::{Reader, field_meant, words_in_a_line};

impl Entry {
    /// # Errors
    /// [`Refused::Text`] for anything but a JSON object, else [`Refused::Fields`] with every bad field.
    pub fn read(text: &str, now: Timestamp) -> Result<Self, Refused> {
        let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
        Self::of(object, now).map_err(Refused::Fields)
    }

    /// # Errors
    /// Every field that is wrong.
    pub fn of(object: Map<String, Value>, now: Timestamp) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader::of(object);
        let (channel, destination) = target(&mut reader);
        let reason = reader.one_of("reason", &SuppressedFor::ALL, SuppressedFor::as_str);
        let scope = reader.one_of("scope", &SuppressionScope::ALL, SuppressionScope::as_str);
        let until = reader.time_ahead("until", now, "an entry that stays until it is lifted");
        let note = note(&mut reader);
        reader.refuse_unknown(meant);
        match (channel, destination) {
            (Some(channel), Some(destination)) if reader.errors.is_empty() => {
                let reason = reason.unwrap_or(SuppressedFor::Manual);
                Ok(Self { channel, destination, reason, scope: scope.unwrap_or(reason.usual_scope()), until, note })
            }
            _ => Err(reader.errors),
        }
    }
}

/// The channel and the recipient. A channel that is not known is told also where the recipient is missing.
fn target(reader: &mut Reader) -> (Option<ChannelName>, Option<String>) {
    let channel = reader.required("channel", "the channel on which nothing is to be sent");
    let destination = reader.required("destination", "the recipient, as a notification names it");
    let channel = channel.and_then(|text| match ChannelName::parse(&text) {
        Ok(channel) => Some(channel),
        Err(error) => {
            reader.refuse("channel", error.to_string());
            None
        }
    });
    if let Some(channel) = &channel {
        match media::check_destination(channel, destination.as_deref().unwrap_or_default()) {
            Err(DestinationError::UnknownChannel(why)) => reader.refuse("channel", why),
            Err(DestinationError::Bad(why)) if destination.is_some() => reader.refuse("destination", why),
            Err(DestinationError::Bad(_)) | Ok(()) => {}
        }
    }
    (channel, destination)
}

fn note(reader: &mut Reader) -> Option<String> {
    let note = reader.text("note")?;
    if let Err(why) = words_in_a_line(&note) {
        reader.refuse("note", why);
    }
    Some(note)
}

/// Finds the field of an entry that a name stands for.
fn meant(name: &str) -> Option<&'static str> {
    const OTHERS: [(&str, &[&str]); 4] = [
        ("destination", &["to", "recipient", "address", "email", "phone", "number"]),
        ("until", &["expires_at", "ends_at", "expiry"]),
        ("note", &["comment", "description", "text"]),
        ("reason", &["why", "cause", "type", "kind"]),
    ];
    field_meant(name, FIELDS, &OTHERS)
}
