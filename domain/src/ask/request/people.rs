//! Reads who is asked: somebody who is known, a group of them, or an address.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use text::{hides, is_unsafe_in_a_line, unseen};

use super::reader::{Reader, kind_of};
use super::{Addressee, AskStep, LASTS_SECONDS, TOO_LATE};
use crate::ChannelName;
use crate::ask::MAX_APPROVERS;
use crate::limits::MAX_ID_BYTES;

/// The most steps of an escalation.
const MAX_STEPS: usize = 5;
/// The most channels by which one person is asked: as many as a notification has fallbacks.
const MAX_CHANNELS: usize = 8;
/// The longest destination, as that of a notification.
const MAX_DESTINATION_BYTES: usize = 4_096;

/// The channels whose chats may be of many: nobody's answer in a group or a channel is heard.
const TELEGRAM: &str = "telegram";
const SLACK: &str = "slack";
/// What the ids of people begin with in Slack.
const PEOPLE_OF_SLACK: [char; 2] = ['U', 'W'];

/// What stands before the colon where somebody is told of who has no name.
const WORDS_OF_OURS: [&str; 8] = ["telegram", "slack", "command line", "whatsapp", "sms", "email", "user", "key"];
/// The colon, and what looks like one.
const COLONS: [char; 5] = [':', '\u{2d0}', '\u{2236}', '\u{a789}', '\u{ff1a}'];

const OF_ONE: [&str; 7] = ["contact", "group", "channels", "channel", "destination", "name", "locale"];
const OF_A_STEP: [&str; 2] = ["after_seconds", "to"];
const SYNONYMS: [(&str, &str); 4] = [
    ("contact", "id person user approver"),
    ("group", "groups role team"),
    ("destination", "to address email phone number chatid recipient"),
    ("locale", "lang language"),
];
const STEP_SYNONYMS: [(&str, &str); 2] =
    [("after_seconds", "after afterseconds delay seconds"), ("to", "recipient recipients approvers audience")];

/// Who is named in `to`, each in their place.
pub(super) fn read_people(fields: &mut Reader<'_>, most: usize) -> Vec<Addressee> {
    if !fields.has("to") {
        fields.take("to");
        fields.refuse("to", "is missing: name who is asked");
        return Vec::new();
    }
    let Some(items) = fields.list("to", most) else { return Vec::new() };
    let mut people = Vec::with_capacity(items.len());
    for (at, item) in items.into_iter().enumerate() {
        let place = format!("to/{at}");
        match item {
            Value::Object(object) => {
                let Some(asked) = read_one(&mut fields.within(&place, object)) else { continue };
                if people.iter().any(|other: &Addressee| other.identity() == asked.identity()) {
                    fields.refuse(&place, "is named before");
                }
                people.push(asked);
            }
            other => {
                let what = "must be an object with contact, with group, or with channel and destination, not";
                fields.refuse(&place, format!("{what} {}", kind_of(&other)));
            }
        }
    }
    people
}

/// The steps of the escalation of a question that stands for so long. One that is later would never be taken.
pub(super) fn read_steps(fields: &mut Reader<'_>, lasts: Duration) -> Vec<AskStep> {
    let Some(items) = fields.list("escalate", MAX_STEPS) else { return Vec::new() };
    let mut steps = Vec::with_capacity(items.len());
    let mut before = Duration::ZERO;
    for (at, item) in items.into_iter().enumerate() {
        let place = format!("escalate/{at}");
        match item {
            Value::Object(object) => {
                let Some(step) = read_step(&mut fields.within(&place, object)) else { continue };
                if step.after >= lasts {
                    fields.refuse(&format!("{place}/after_seconds"), TOO_LATE);
                } else if step.after <= before {
                    fields.refuse(&format!("{place}/after_seconds"), "must be more than that of the step before");
                }
                before = step.after;
                steps.push(step);
            }
            other => {
                let what = "must be an object with after_seconds and to, not";
                fields.refuse(&place, format!("{what} {}", kind_of(&other)));
            }
        }
    }
    steps
}

fn read_step(fields: &mut Reader<'_>) -> Option<AskStep> {
    if !fields.has("after_seconds") {
        fields.refuse("after_seconds", "is missing");
    }
    let after = fields.seconds("after_seconds", (1, LASTS_SECONDS.1));
    let to = read_people(fields, MAX_APPROVERS);
    fields.refuse_unknown(&OF_A_STEP, &STEP_SYNONYMS);
    Some(AskStep { after: after?, to })
}

fn read_one(fields: &mut Reader<'_>) -> Option<Addressee> {
    let kinds = ["contact", "group", "channel"].into_iter().filter(|kind| fields.has(kind)).count();
    if kinds > 1 {
        fields.refuse("", "must have one of contact, group and channel");
        return None;
    }
    let asked = if fields.has("contact") {
        let id = fields.needed("contact", MAX_ID_BYTES);
        let channels = read_channels(fields);
        id.map(|id| Addressee::Contact { id, channels })
    } else if fields.has("group") {
        let name = fields.word("group");
        let channels = read_channels(fields);
        name.map(|name| Addressee::Group { name, channels })
    } else if fields.has("channel") || fields.has("destination") {
        read_address(fields)
    } else {
        fields.refuse("", "must have contact, group, or channel and destination");
        None
    };
    refuse_others(fields, asked.as_ref());
    asked
}

fn read_address(fields: &mut Reader<'_>) -> Option<Addressee> {
    let channel = fields.needed("channel", MAX_ID_BYTES).and_then(|name| channel_named(fields, "channel", &name));
    let destination = fields.needed("destination", MAX_DESTINATION_BYTES);
    let address = channel.as_ref().zip(destination.as_deref());
    if let Some(must) = address.and_then(|(channel, destination)| refusal_as_a_persons(channel, destination)) {
        fields.refuse("destination", must);
    }
    let name = fields.line("name", MAX_ID_BYTES);
    if let Some(must) = name.as_deref().and_then(refusal_as_a_name) {
        fields.refuse("name", must);
    }
    let locale = fields.word("locale");
    Some(Addressee::Address { channel: channel?, destination: destination?, name, locale })
}

/// Why somebody may not be called so, in words that begin with "must". Those whom people are told by, without a name, are told
/// by words of ours, such as `telegram:4712` for an administrator: nobody else is called so. None where they may.
pub fn refusal_as_a_name(name: &str) -> Option<String> {
    if let Some(bad) = name.chars().find(|c| hides(*c) || is_unsafe_in_a_line(*c)) {
        return Some(format!("must not contain {}", unseen(bad)));
    }
    let before = name.split_once(COLONS).map(|(before, _)| before.split_whitespace().collect::<Vec<_>>().join(" "));
    let is_ours = before.is_some_and(|word| WORDS_OF_OURS.contains(&word.to_lowercase().as_str()));
    let must = || "must not begin as administrators and operators are called, such as telegram: or ***".to_owned();
    (is_ours || name.trim_start().starts_with('*')).then(must)
}

/// Why an address is not one person's, in words that begin with "must". None where it may be.
pub fn refusal_as_a_persons(channel: &ChannelName, destination: &str) -> Option<&'static str> {
    match channel.as_str() {
        TELEGRAM if !is_of_a_person(destination) => Some("must be a person's chat: their number"),
        SLACK if !destination.starts_with(PEOPLE_OF_SLACK) => {
            Some("must be a person: their id, which begins with U or W")
        }
        _ => None,
    }
}

/// Whether a chat is of one person: its number is theirs then. Those of groups are negative, and channels have names.
fn is_of_a_person(chat: &str) -> bool {
    chat.parse::<i64>().is_ok_and(|number| number > 0) && !chat.starts_with('+')
}

/// What belongs to another way of naming somebody is named as what it is.
fn refuse_others(fields: &mut Reader<'_>, asked: Option<&Addressee>) {
    let others: &[&str] = match asked {
        Some(Addressee::Address { .. }) => &["channels"],
        Some(_) => &["destination", "name", "locale"],
        None => &OF_ONE,
    };
    for name in others {
        if fields.take(name).is_some() && asked.is_some() {
            let whose = if *name == "channels" { "a contact or a group" } else { "channel and destination" };
            fields.refuse(name, format!("belongs to {whose}"));
        }
    }
    fields.refuse_unknown(&OF_ONE, &SYNONYMS);
}

fn read_channels(fields: &mut Reader<'_>) -> Vec<ChannelName> {
    let Some(items) = fields.list("channels", MAX_CHANNELS) else { return Vec::new() };
    let mut channels = Vec::with_capacity(items.len());
    let mut seen = BTreeSet::new();
    for (at, item) in items.into_iter().enumerate() {
        let place = format!("channels/{at}");
        let Value::String(name) = item else {
            fields.refuse(&place, format!("must be a string, not {}", kind_of(&item)));
            continue;
        };
        let Some(channel) = channel_named(fields, &place, &name) else { continue };
        if seen.insert(channel.clone()) {
            channels.push(channel);
        } else {
            fields.refuse(&place, "is named before");
        }
    }
    channels
}

fn channel_named(fields: &mut Reader<'_>, place: &str, name: &str) -> Option<ChannelName> {
    ChannelName::parse(name).inspect_err(|error| fields.refuse(place, error.to_string())).ok()
}
