//! Reads the items of a fallback, and the fields that are left of a body or an item when every known field was read.

use std::time::Duration;

use serde_json::Value;
use text::nearest;

use super::Expiry;
use super::draft::Target;
use super::fields::Fields;
use super::json::MAX_FIELDS;
use super::names::{Meant, UnknownField, unknown};
use super::values::{kind_of, whole};
use crate::{ChannelName, Escalation, INAPP, InboxAddress, Interactive, When};

const MAX_FALLBACKS: usize = 8;
/// The longest wait for a report: 30 days. No provider reports later.
const MAX_AFTER_SECONDS: u64 = 2_592_000;
/// The word for an item that is tried once the channel before it has failed, as every item is by itself.
const FAILED: &str = "failed";

/// When an item is tried, as it is written.
enum Tried {
    Failed,
    When(When),
    /// The word is wrong, so that nothing can be said of what stands beside it.
    Wrong,
}

impl Fields {
    /// Reads every item as its own delivery will be read.
    pub(super) fn fallback(&mut self, unknown: &mut Vec<UnknownField>) -> Vec<Target> {
        let items = match self.take("fallback") {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(other) => {
                self.refuse("/fallback", format!("must be a list, not {}", kind_of(&other)));
                return Vec::new();
            }
        };
        if items.len() > MAX_FALLBACKS {
            self.refuse("/fallback", format!("must have at most {MAX_FALLBACKS} items"));
        }
        let mut targets = Vec::with_capacity(items.len().min(MAX_FALLBACKS));
        for (at, item) in items.into_iter().enumerate().take(MAX_FALLBACKS) {
            let prefix = format!("/fallback/{at}");
            match item {
                Value::Object(object) if object.len() <= MAX_FIELDS => {
                    let mut fields = Self::of(object);
                    targets.push(fields.item(&prefix));
                    unknown.extend(fields.unknown(&prefix));
                    self.errors.append(&mut fields.errors);
                }
                item => {
                    let many = item.is_object();
                    let why = if many {
                        "must have at most 256 fields"
                    } else {
                        "must be an object with channel and destination"
                    };
                    self.refuse(prefix, why);
                    // An empty item keeps the items after this one in their places.
                    targets.push(Target::default());
                }
            }
        }
        targets
    }

    fn item(&mut self, prefix: &str) -> Target {
        let channel = self.channel(prefix, None);
        let destination = self.destination(prefix);
        let wording = self.wording_as_given(prefix);
        let escalation = self.escalation(prefix);
        let interactive = self.interactive(prefix);
        let brings_data = self.given.names().contains(&"data");
        Target { channel, destination, wording, brings_data, escalation, interactive }
    }

    /// Reads what the fleet has written for the reader of one message.
    pub(super) fn interactive(&mut self, prefix: &str) -> Option<Interactive> {
        let value = self.take("interactive")?;
        match Interactive::read(&value) {
            Ok(interactive) => Some(interactive),
            Err(errors) => {
                errors.into_iter().for_each(|error| {
                    self.refuse(format!("{prefix}/interactive{}", error.pointer), error.detail);
                });
                None
            }
        }
    }

    fn escalation(&mut self, prefix: &str) -> Option<Escalation> {
        let pointer = format!("{prefix}/after_seconds");
        let tried = self.tried(prefix);
        let tried = self.until(prefix, tried);
        let Some(value) = self.take("after_seconds") else {
            if matches!(tried, Tried::When(_)) {
                self.refuse(pointer, "is missing: give how long to wait, beside when");
            }
            return None;
        };
        let seconds = whole(&value).filter(|seconds| (1..=MAX_AFTER_SECONDS).contains(seconds));
        match (tried, seconds) {
            (Tried::When(when), Some(seconds)) => Some(Escalation { when, after: Duration::from_secs(seconds) }),
            (Tried::Failed, Some(_)) => {
                self.refuse(pointer, "has no effect without when: undelivered: what has failed falls back at once");
                None
            }
            (Tried::Wrong, Some(_)) => None,
            (_, None) => {
                let most = format!("must be a whole number of seconds from 1 to {MAX_AFTER_SECONDS} (30 days)");
                self.refuse(pointer, most);
                None
            }
        }
    }

    fn tried(&mut self, prefix: &str) -> Tried {
        let Some(text) = self.string(prefix, "when") else {
            let is_wrong = self.has_error_at(&format!("{prefix}/when"));
            return if is_wrong { Tried::Wrong } else { Tried::Failed };
        };
        let word = text.to_ascii_lowercase();
        if word == FAILED {
            return Tried::Failed;
        }
        // What is only to be seen is written as unread, until it is seen.
        When::parse(&word).filter(|when| *when != When::Unseen).map_or_else(
            || {
                let hint = nearest(&word, [FAILED, When::Undelivered.as_str(), When::Unread.as_str()]);
                let hint = hint.map(|word| format!(": did you mean {word}?")).unwrap_or_default();
                self.refuse(format!("{prefix}/when"), format!("must be failed, undelivered or unread{hint}"));
                Tried::Wrong
            },
            Tried::When,
        )
    }

    /// Reads what ends the wait of an item that is tried while its message is unread.
    fn until(&mut self, prefix: &str, tried: Tried) -> Tried {
        let Some(text) = self.string(prefix, "until") else { return tried };
        let pointer = format!("{prefix}/until");
        match (tried, text.to_ascii_lowercase().as_str()) {
            (Tried::When(When::Unread), "read") => Tried::When(When::Unread),
            (Tried::When(When::Unread), "seen") => Tried::When(When::Unseen),
            (Tried::When(When::Unread), word) => {
                let hint = nearest(word, ["seen", "read"]).map(|word| format!(": did you mean {word}?"));
                self.refuse(pointer, format!("must be seen or read{}", hint.unwrap_or_default()));
                Tried::Wrong
            }
            (Tried::Wrong, _) => Tried::Wrong,
            (tried, _) => {
                self.refuse(pointer, "has no effect without when: unread");
                tried
            }
        }
    }

    /// Refuses the waits that end when the notification has expired: their items would never be sent.
    pub(super) fn refuse_after(&mut self, expiry: Expiry, fallback: &[Target]) {
        let Expiry::Ttl(ttl) = expiry else { return };
        for (at, item) in fallback.iter().enumerate() {
            if item.escalation.is_some_and(|escalation| escalation.after.as_secs() >= ttl) {
                let why = "must be less than ttl_seconds: what has expired is not sent";
                self.refuse(format!("/fallback/{at}/after_seconds"), why);
            }
        }
    }

    /// Refuses items that wait for an answer where the message before them asks for none: nobody could give it.
    pub(super) fn refuse_unanswered(&mut self, asks: bool, fallback: &[Target]) {
        let before = std::iter::once(asks).chain(fallback.iter().map(|item| item.interactive.is_some()));
        for ((at, item), asks) in fallback.iter().enumerate().zip(before) {
            if !asks && item.escalation.is_some_and(|escalation| escalation.when == When::Unanswered) {
                let why = "belongs to questions and codes, which the fleet writes itself: give failed or undelivered";
                self.refuse(format!("/fallback/{at}/when"), why);
            }
        }
    }

    /// Refuses items that wait for a reader where no inbox has the message before them, and items that come after a topic: each
    /// of its members would be told at the one destination of the item.
    pub(super) fn refuse_beside_inboxes(&mut self, first: (Option<&ChannelName>, Option<&str>), fallback: &[Target]) {
        let others = fallback.iter().map(|item| (item.channel.as_ref(), item.destination.as_deref()));
        for ((at, item), (channel, destination)) in
            fallback.iter().enumerate().zip(std::iter::once(first).chain(others))
        {
            let Some(channel) = channel else { continue };
            let is_in_app = channel.as_str() == INAPP;
            if !is_in_app && item.escalation.is_some_and(|escalation| escalation.when.is_of_an_inbox()) {
                let why = format!("unread is known of {INAPP} alone: give failed or undelivered");
                self.refuse(format!("/fallback/{at}/when"), why);
            }
            let topic = destination.filter(|_| is_in_app).and_then(InboxAddress::parse);
            if matches!(topic, Some(InboxAddress::Topic(_))) {
                let why = "is not taken after a topic: a fallback is of one user";
                self.refuse(format!("/fallback/{at}"), why);
            }
        }
    }

    /// The fields that are left, each with the known field that it was probably meant to be.
    pub(super) fn unknown(&mut self, prefix: &str) -> Vec<UnknownField> {
        if self.object.is_empty() {
            return Vec::new();
        }
        let unknown = unknown(prefix, &self.object, self.given.names());
        for error in self.errors.iter_mut().filter(|error| error.detail.starts_with("is missing")) {
            let Some(missing) = error.pointer.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')) else {
                continue;
            };
            let stands_for = |field: &str| field == missing || (missing == "message" && field == "template");
            let written = unknown.iter().find(|one| matches!(one.meant, Meant::Ours(field) if stands_for(field)));
            if let Some(written) = written {
                error.detail.push_str(&format!("; is it what you wrote as {}?", written.name()));
            }
        }
        unknown
    }
}
