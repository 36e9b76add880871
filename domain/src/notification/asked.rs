//! What a notification asks for: the messages that it may go out as, and what of it is taken and has no effect.
//!
//! A publisher over HTTP is told of that in the answer, and over AMQP beside the delivery: both by these rules.

use std::borrow::Cow;

use serde_json::{Map, Value};
use text::FieldError;

use super::{Draft, Notification, Target, Wording};
use crate::{ChannelName, SEND_AT_GRACE, Timestamp};

/// What a notification asks for, or a draft of one in which nothing is wrong.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    channel: Option<&'a ChannelName>,
    wording: &'a Wording,
    fallback: &'a [Target],
    send_at: Option<Timestamp>,
    max_lateness_seconds: Option<u64>,
}

/// One message that a notification may go out as.
pub struct Worded<'a> {
    pub channel: &'a ChannelName,
    /// The words and data that the message goes out with: an item of a fallback takes over some of its parent's.
    pub wording: Cow<'a, Wording>,
    /// The locale that the message itself names, and not its parent.
    pub own_locale: Option<&'a str>,
    /// Where the fields of the message stand, as a JSON pointer.
    place: String,
    brings_data: bool,
    asked: Asked<'a>,
}

impl Notification {
    pub fn asked(&self) -> Asked<'_> {
        Asked {
            channel: Some(&self.channel),
            wording: &self.wording,
            fallback: &self.fallback,
            send_at: self.send_at,
            max_lateness_seconds: self.max_lateness_seconds,
        }
    }
}

impl Draft {
    pub fn asked(&self) -> Asked<'_> {
        Asked {
            channel: self.target.channel.as_ref(),
            wording: &self.target.wording,
            fallback: &self.fallback,
            send_at: self.send_at,
            max_lateness_seconds: self.max_lateness_seconds,
        }
    }
}

impl<'a> Asked<'a> {
    /// Finds everything that is taken and has not the effect that the publisher may think. `sends` says whether a
    /// channel sends any of these data itself, `has_subject` whether its messages have one (None if it is not known),
    /// `look` what templates and media find in one message. Each field is told
    /// of once. For plain words this costs next to nothing: `look` is not called.
    pub fn unheeded(
        self,
        sends: fn(&ChannelName, &Map<String, Value>) -> bool,
        has_subject: fn(&ChannelName) -> Option<bool>,
        look: impl Fn(&Worded<'a>) -> Vec<FieldError>,
    ) -> Vec<FieldError> {
        let mut warnings = self.found(look);
        warnings.extend(self.without_effect(sends));
        warnings.extend(self.subjects_not_sent(has_subject));
        warnings
    }

    /// What `look` finds in the messages that have more than plain words. Each field is told of once.
    pub fn found(self, look: impl Fn(&Worded<'a>) -> Vec<FieldError>) -> Vec<FieldError> {
        let mut fields: Vec<FieldError> = Vec::new();
        for found in self.messages().flat_map(|message| look(&message)) {
            // Several items may go out with the same template and data.
            if fields.iter().all(|told| told.pointer != found.pointer) {
                fields.push(found);
            }
        }
        fields
    }

    /// Warns of a `send_at` that had passed when the notification was `seen`, by more than clocks differ.
    pub fn passed(self, seen: Timestamp) -> Option<FieldError> {
        let passed = self.send_at.is_some_and(|send_at| seen.since(send_at) > SEND_AT_GRACE);
        passed.then(|| field("", "/send_at", "lies in the past: it is sent at once"))
    }

    /// The messages that have more than plain words.
    fn messages(self) -> impl Iterator<Item = Worded<'a>> {
        let has_more =
            |wording: &Wording| wording.template.is_some() || !wording.data.is_empty() || !wording.mail.is_empty();
        let whole = self.wording;
        let own = self.channel.filter(|_| has_more(whole)).map(|channel| Worded {
            channel,
            wording: Cow::Borrowed(whole),
            own_locale: whole.locale.as_deref(),
            place: String::new(),
            brings_data: true,
            asked: self,
        });
        let items = self.fallback.iter().enumerate().filter_map(move |(at, item)| {
            let channel = item.channel.as_ref().filter(|_| has_more(whole) || has_more(&item.wording))?;
            Some(Worded {
                channel,
                wording: Cow::Owned(item.wording_after(whole)),
                own_locale: item.wording.locale.as_deref(),
                place: place_of_item(at),
                brings_data: item.brings_data,
                asked: self,
            })
        });
        own.into_iter().chain(items)
    }

    /// Finds the subjects of channels whose messages have none. That of the notification may be meant for an item of its
    /// fallback.
    fn subjects_not_sent(self, has_subject: fn(&ChannelName) -> Option<bool>) -> Vec<FieldError> {
        let has_none = |channel: Option<&ChannelName>| channel.and_then(has_subject) == Some(false);
        let told = |place: &str, channel: Option<&ChannelName>, wording: &Wording| {
            let given = wording.subject.as_ref().is_some_and(|subject| !subject.is_empty());
            let channel = channel.filter(|_| given && has_none(channel))?;
            Some(field(place, "/subject", format!("is not sent: {channel} has no subject")))
        };
        let all_have_none = || self.fallback.iter().all(|item| has_none(item.channel.as_ref()));
        let whole = told("", self.channel, self.wording).filter(|_| all_have_none());
        let items = self.fallback.iter().enumerate();
        let items = items.filter_map(|(at, item)| told(&place_of_item(at), item.channel.as_ref(), &item.wording));
        whole.into_iter().chain(items).collect()
    }

    /// Finds the fields that are read and change nothing beside the others.
    fn without_effect(self, sends: fn(&ChannelName, &Map<String, Value>) -> bool) -> Vec<FieldError> {
        let mut warnings = Vec::new();
        let mut look = |prefix: &str, own: &Wording, speaks: bool, sends_data: bool| {
            if own.template.is_some() && own.message.as_ref().is_some_and(|message| !message.is_empty()) {
                warnings.push(field(prefix, "/message", "is not sent: the words are those of template"));
            }
            if own.locale.is_some() && !speaks {
                warnings.push(field(prefix, "/locale", "has no effect without a template"));
            }
            if !own.data.is_empty() && !speaks && !sends_data {
                let why = "has no effect without a template: what is only your own belongs into metadata";
                warnings.push(field(prefix, "/data", why));
            }
        };
        let sends_data = |channel: Option<&ChannelName>, data: &Map<String, Value>| {
            channel.is_some_and(|channel| sends(channel, data))
        };
        let whole = self.wording;
        let speaks = whole.template.is_some() || self.fallback.iter().any(|item| item.wording.template.is_some());
        let inherits_data = |item: &Target| !item.brings_data && sends_data(item.channel.as_ref(), &whole.data);
        look("", whole, speaks, sends_data(self.channel, &whole.data) || self.fallback.iter().any(inherits_data));
        for (at, item) in self.fallback.iter().enumerate() {
            let inherits = item.wording.message.is_none() && whole.template.is_some();
            let speaks = item.wording.template.is_some() || inherits;
            let sends = sends_data(item.channel.as_ref(), &item.wording.data);
            look(&place_of_item(at), &item.wording, speaks, sends);
        }
        if self.max_lateness_seconds.is_some() && self.send_at.is_none() {
            warnings.push(field("", "/max_lateness_seconds", "has no effect without send_at"));
        }
        warnings
    }
}

impl Worded<'_> {
    /// A warning about a field of the message, by the field's pointer within the message.
    pub fn of_field(&self, pointer: &str, detail: impl Into<String>) -> FieldError {
        field(&self.place, pointer, detail)
    }

    /// A warning about a field of the data, by a pointer that begins with `/data`. Data that an item takes over stand
    /// where its parent has them.
    pub fn of_data(&self, pointer: &str, detail: impl Into<String>) -> FieldError {
        field(if self.brings_data { &self.place } else { "" }, pointer, detail)
    }

    /// The templates of the whole notification, any of which may be what a field of the data is for.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        let items = self.asked.fallback.iter().map(|item| &item.wording);
        std::iter::once(self.asked.wording).chain(items).filter_map(|wording| wording.template.as_deref())
    }
}

fn place_of_item(at: usize) -> String {
    format!("/fallback/{at}")
}

fn field(place: &str, pointer: &str, detail: impl Into<String>) -> FieldError {
    FieldError { pointer: format!("{place}{pointer}"), detail: detail.into() }
}
