//! Reads an entry of the suppression list as it was written: everything that is wrong is named at once.

use domain::{
    ChannelName, FieldError, SuppressedFor, SuppressionScope, Timestamp, nearest, parse_object, pointer_step,
};
use media::DestinationError;
use serde_json::{Map, Value};

use super::{Entry, FIELDS, words_in_a_line};
use crate::checked::{Refused, field};

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
        let mut reader = Reader { object, errors: Vec::new() };
        let (channel, destination) = reader.target();
        let reason = reader.one_of("reason", &SuppressedFor::ALL, SuppressedFor::as_str);
        let scope = reader.one_of("scope", &SuppressionScope::ALL, SuppressionScope::as_str);
        let until = reader.until(now);
        let note = reader.note();
        reader.unknown();
        match (channel, destination) {
            (Some(channel), Some(destination)) if reader.errors.is_empty() => {
                let reason = reason.unwrap_or(SuppressedFor::Manual);
                Ok(Self { channel, destination, reason, scope: scope.unwrap_or(reason.usual_scope()), until, note })
            }
            _ => Err(reader.errors),
        }
    }
}

/// Takes fields out of the object and collects what is wrong with them.
struct Reader {
    object: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Reader {
    fn refuse(&mut self, name: &str, detail: impl Into<String>) {
        self.errors.push(field(format!("/{name}"), detail));
    }

    /// Takes a text out of the object. `null` counts as absent, and so does an empty text.
    fn text(&mut self, name: &str) -> Option<String> {
        match self.object.remove(name)? {
            Value::Null => None,
            Value::String(text) => Some(text).filter(|text| !text.is_empty()),
            _ => {
                self.refuse(name, "must be a string");
                None
            }
        }
    }

    fn target(&mut self) -> (Option<ChannelName>, Option<String>) {
        let wrong = self.errors.len();
        let (channel, destination) = (self.text("channel"), self.text("destination"));
        let is_unreadable = |errors: &[FieldError], name: &str| errors[wrong..].iter().any(|one| one.pointer == name);
        if channel.is_none() && !is_unreadable(&self.errors, "/channel") {
            self.refuse("channel", "is missing: the channel on which nothing is to be sent");
        }
        if destination.is_none() && !is_unreadable(&self.errors, "/destination") {
            self.refuse("destination", "is missing: the recipient, as a notification names it");
        }
        let channel = channel.and_then(|text| match ChannelName::parse(&text) {
            Ok(channel) => Some(channel),
            Err(error) => {
                self.refuse("channel", error.to_string());
                None
            }
        });
        if let Some(channel) = &channel {
            // A channel that is not known is told also where the destination is missing.
            match media::check_destination(channel, destination.as_deref().unwrap_or_default()) {
                Err(DestinationError::UnknownChannel(why)) => self.refuse("channel", why),
                Err(DestinationError::Bad(why)) if destination.is_some() => self.refuse("destination", why),
                Err(DestinationError::Bad(_)) | Ok(()) => {}
            }
        }
        (channel, destination)
    }

    /// The one of these values whose word a field has.
    fn one_of<T: Copy>(&mut self, name: &str, all: &[T], word: impl Fn(T) -> &'static str) -> Option<T> {
        let text = self.text(name)?;
        let found = all.iter().copied().find(|&value| word(value) == text);
        if found.is_none() {
            let words: Vec<&str> = all.iter().map(|&value| word(value)).collect();
            let meant = nearest(&text, words.iter().copied()).map(|near| format!(": did you mean {near}?"));
            self.refuse(name, format!("must be one of {}{}", words.join(", "), meant.unwrap_or_default()));
        }
        found
    }

    fn until(&mut self, now: Timestamp) -> Option<Timestamp> {
        let text = self.text("until")?;
        match Timestamp::parse_rfc3339(&text) {
            Ok(at) if at > now => return Some(at),
            Ok(_) => self.refuse("until", "lies in the past: leave it out for an entry that stays until it is lifted"),
            Err(error) => self.refuse("until", error.to_string()),
        }
        None
    }

    fn note(&mut self) -> Option<String> {
        let note = self.text("note")?;
        if let Err(why) = words_in_a_line(&note) {
            self.refuse("note", why);
        }
        Some(note)
    }

    fn unknown(&mut self) {
        let unknown: Vec<String> =
            self.object.keys().filter(|name| !FIELDS.contains(&name.as_str())).cloned().collect();
        for name in unknown {
            let hint = meant(&name).map(|known| format!(": did you mean {known}?")).unwrap_or_default();
            self.errors.push(field(format!("/{}", pointer_step(&name)), format!("is not known here{hint}")));
        }
    }
}

/// Finds the field of an entry that a name stands for.
fn meant(name: &str) -> Option<&'static str> {
    const OTHERS: [(&str, &[&str]); 4] = [
        ("destination", &["to", "recipient", "address", "email", "phone", "number"]),
        ("until", &["expires_at", "ends_at", "expiry"]),
        ("note", &["comment", "description", "text"]),
        ("reason", &["why", "cause", "type", "kind"]),
    ];
    let written_otherwise = || OTHERS.iter().find(|(_, names)| nearest(name, names.iter().copied()).is_some());
    nearest(name, FIELDS).or_else(|| written_otherwise().map(|(known, _)| *known))
}
