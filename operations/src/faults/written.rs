//! Reads what is to go wrong as it was written: everything that is wrong is named at once.

use std::ops::RangeInclusive;
use std::time::Duration;

use domain::{ChannelName, Fault, FieldError, nearest, parse_object};
use serde_json::{Map, Value};

use super::{Asked, FIELDS};
use crate::checked::Refused;
use crate::reader::{Reader, no_such};

/// With so many messages at most.
const NEXT: RangeInclusive<u64> = 1..=1_000_000;
/// What a provider answers that does not take a message.
const STATUSES: RangeInclusive<u64> = 400..=599;
/// A day, in seconds.
const RETRY_AFTER: RangeInclusive<u64> = 1..=86_400;
/// Ten minutes, in milliseconds.
const LATENCIES: RangeInclusive<u64> = 0..=600_000;

impl Asked {
    /// # Errors
    /// [`Refused::Text`] for anything but a JSON object, else [`Refused::Fields`] with every bad field.
    pub fn read(text: &str) -> Result<Self, Refused> {
        let object = parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
        Self::of(object).map_err(Refused::Fields)
    }

    /// # Errors
    /// Every field that is wrong.
    pub fn of(object: Map<String, Value>) -> Result<Self, Vec<FieldError>> {
        let mut reader = Reader::of(object);
        let channel = channel(&mut reader);
        let next = reader.number("next", NEXT).and_then(|next| u32::try_from(next).ok());
        if next.is_none() && !reader.has_refused("next") {
            reader.refuse("next", "is missing: with how many messages it is to go wrong");
        }
        let fault = fault(&mut reader);
        reader.refuse_unknown(meant);
        match (channel, next) {
            (Some(channel), Some(next)) if reader.errors.is_empty() => Ok(Self { channel, next, fault }),
            _ => Err(reader.errors),
        }
    }
}

fn channel(reader: &mut Reader) -> Option<ChannelName> {
    let name = reader.required("channel", "the channel whose messages it concerns")?;
    if !media::known().contains(&name.as_str()) {
        reader.refuse("channel", no_such(&name, media::known()));
        return None;
    }
    ChannelName::parse(&name).ok()
}

fn fault(reader: &mut Reader) -> Fault {
    let status = reader.number("status", STATUSES).and_then(|status| u16::try_from(status).ok());
    let retry_after = reader.number("retry_after", RETRY_AFTER).map(Duration::from_secs);
    let latency = Duration::from_millis(reader.number("latency_ms", LATENCIES).unwrap_or_default());
    let cut = reader.flag("cut");
    if retry_after.is_some() && status.is_none() && !reader.has_refused("status") {
        reader.refuse("retry_after", "needs a status");
    }
    if cut && status.is_some() {
        reader.refuse("cut", "leaves no answer, and so no status: leave one of them out");
    }
    let fault = Fault { status, retry_after, latency, cut };
    if fault == Fault::default() && !["status", "latency_ms", "cut"].iter().any(|name| reader.has_refused(name)) {
        reader.refuse("status", "is missing, and so is everything else that goes wrong");
    }
    fault
}

/// Finds the field of a fault that a name stands for.
fn meant(name: &str) -> Option<&'static str> {
    const OTHERS: [(&str, &[&str]); 5] = [
        ("next", &["count", "number", "times", "n"]),
        ("status", &["answer", "code", "fail", "error"]),
        ("latency_ms", &["latency", "delay_ms", "delay"]),
        ("cut", &["timeout", "no_answer"]),
        ("channel", &["provider", "medium"]),
    ];
    let written_otherwise = || OTHERS.iter().find(|(_, names)| nearest(name, names.iter().copied()).is_some());
    nearest(name, FIELDS).or_else(|| written_otherwise().map(|(known, _)| *known))
}
