//! The contract between the fleet and the providers that carry its messages.

use std::fmt;
use std::future::Future;
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use domain::{Failure, Fault, Key, Lane, ObjectName, Outcome, Reason, Rendered, Timestamp};
use media::Words;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::checked::Checked;
use crate::redact::redact;

/// One delivery, rendered and ready to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The key is the same for every attempt, so that a provider or a mailbox can recognise a second copy by it.
    pub key: &'a Key,
    /// The destination as the publisher wrote it.
    pub destination: &'a str,
    pub rendered: &'a Rendered,
    /// The publisher's own data, for media that carry some: the data of a push, pictures, the variables of a template.
    pub data: &'a Map<String, Value>,
    /// What goes with a mail beside its words: [`media::email::Mail`].
    pub mail: Option<&'a Map<String, Value>>,
    /// The link by which the recipient leaves the list that the mail is of (RFC 8058).
    pub unsubscribe: Option<&'a str>,
    /// When the message expires. The worker calls a channel only when this is ahead of `now`.
    pub expires_at: Option<Timestamp>,
    /// `expires_at` by the monotonic clock: from this instant on the message must not be handed over.
    pub deadline: Option<Instant>,
    pub now: Timestamp,
    /// The retry budgets that were used before this one. With `attempt`, it is a label that a provider may carry for us
    /// and give back in what it reports later; nothing is decided by it.
    pub epoch: u32,
    /// Which attempt of its epoch this is, from 1.
    pub attempt: u32,
    /// The name of the template that the words come from, if they come from one.
    pub template: Option<&'a str>,
    /// The lane that the message came by, for media that say how urgent a message is.
    pub lane: Lane,
    /// What somebody has asked to go wrong with it. Only the sandbox looks at it.
    pub fault: Option<&'a Fault>,
    /// The files that are stored here and go with it, in the order in which its `attachments` name them.
    pub files: &'a [CarriedFile],
}

/// A file that is stored here, as it goes with one message. A clone is cheap.
#[derive(Clone)]
pub struct CarriedFile {
    pub object: ObjectName,
    /// What it is called in this message.
    pub name: String,
    pub bytes: Bytes,
}

impl fmt::Debug for CarriedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.object, self.bytes.len())
    }
}

/// How one provider sends by one medium.
///
/// Its provider is a folder in `channels/src/providers/`; `docs/adding-a-channel.md` walks through one. The
/// provider and the medium say whose messages it carries; it need not know that itself.
///
/// # What `send` promises
///
/// - **One call, one try.** It neither retries nor sleeps. The worker does, and knows how often.
/// - **Every ending is an [`Outcome`].** A failed send is data. The author chooses on every line whether it is
///   worth another try; there is no conversion that chooses instead.
/// - **Only explicit knowledge.** A complete answer, or the certainty that nothing was handed over, gives `Sent`,
///   `Throttled`, `Retriable` or `Permanent`. Whatever happens after the request may have been written and
///   before the answer was read to its end is `Ambiguous`, because a second copy may be the price of trying again.
/// - **A failure says whom it is about** ([`Failure::about`]): this message, the provider, or our credentials and
///   the account that they are of. By what is about one message, those of others are never kept back.
/// - **Nothing goes out late.** What takes time before the message is handed over is awaited through
///   [`Outgoing::before_it_expires`], and ends in `Expired`.
/// - **It may be dropped at any await.** The worker sets the time limit and calls an elapsed one ambiguous. What a
///   dropped call leaves behind, such as a connection in the middle of a dialogue, must never be used again.
/// - **What the medium refuses never comes here**: [`crate::Enabled::send`] has the destination and the words checked
///   first, by the same rules that the API goes by. What this provider alone refuses is a `Permanent` of its own.
/// - **Limits on everything that is read.** An answer is at most 64 KiB; what is more is not an answer.
/// - **Nothing personal in a [`Failure`]**: no recipient, no body, no credential. Providers like to quote them:
///   pass what they say through [`Outgoing::redact`].
#[async_trait]
pub trait Channel: Send + Sync {
    /// Hands one message to the provider. The caller puts the timeout around it.
    async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome;

    /// Asks the provider whether it would take messages, by a request that sends nothing to anybody. The caller puts the
    /// timeout around it.
    async fn check(&self, _now: Timestamp) -> Checked {
        Checked::NothingToAsk
    }

    /// Whether what the provider accepts reaches people. It does not where the provider is asked to check only.
    fn delivers(&self) -> bool {
        true
    }

    /// How many messages a second the operator lets the provider have. Whoever chooses the provider keeps it.
    fn max_per_second(&self) -> Option<u32> {
        None
    }

    /// Whether all messages go to one place, so that what one of them meets is to be expected by the next. They do not
    /// where each recipient names a server of its own.
    fn is_one_place(&self) -> bool {
        true
    }
}

impl<'a> Outgoing<'a> {
    pub(crate) fn words(&self) -> Words<'a> {
        Words::of(self.rendered, self.data, self.mail)
    }

    /// An id of this delivery that tells nothing about it, the same for every attempt.
    pub(crate) fn uuid(&self) -> Uuid {
        Uuid::new_v5(&Uuid::NAMESPACE_OID, self.key.to_string().as_bytes())
    }

    /// The same as 32 hexadecimal digits. Where a device replaces a message by another of the same name, a second copy is
    /// seen once.
    pub(crate) fn tag(&self) -> String {
        self.uuid().simple().to_string()
    }

    /// A provider's text, made safe for a log, a header and a row: at most 200 characters, without the destination, the
    /// words or the data of this message, and without anything that looks like an address or a phone number.
    pub fn redact(&self, said: &str) -> String {
        self.redact_with(said, std::iter::empty())
    }

    /// The same, without some more texts of this message, in the form in which the provider was given them.
    pub(crate) fn redact_with<'t>(&'t self, said: &str, more: impl Iterator<Item = &'t str>) -> String {
        let subject = self.rendered.subject.as_deref();
        let words = [Some(self.destination), subject, Some(self.rendered.text.as_str()), self.unsubscribe];
        let mut data = Vec::new();
        let mail = self.mail.into_iter().flat_map(Map::values);
        self.data.values().chain(mail).for_each(|value| texts(value, &mut data));
        redact(said, words.into_iter().flatten().chain(data).chain(more))
    }

    /// Awaits a step before the message is handed over, as long as the message may still go out. None when the message
    /// has expired, whether the step has ended or not.
    pub async fn before_it_expires<T>(&self, step: impl Future<Output = T>) -> Option<T> {
        let Some(deadline) = self.deadline else { return Some(step.await) };
        if self.has_expired() {
            return None;
        }
        let done = tokio::time::timeout_at(deadline.into(), step).await.ok();
        done.filter(|_| !self.has_expired())
    }

    /// Whether the message must not be handed over any more.
    pub fn has_expired(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }

    /// The outcome for a message that can never be sent as it is, found before the provider was called.
    pub(crate) fn refuse(provider: &'static str, why: impl AsRef<str>) -> Outcome {
        Outcome::Permanent { reason: Reason::Permanent, failure: Failure::new(provider, None, why) }
    }
}

/// The texts in a value, at any depth: media and the variables of templates lie in lists and objects.
fn texts<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
