//! Who a delivery is, and what of its recipient may be shown: (tenant, id), a mask.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use uuid::Uuid;

use crate::{EndpointAddress, RedirectTo, Timestamp};

/// The SHA-256 of a body.
pub type Content = [u8; 32];

/// A tenant's name: 1 to 64 characters of `A-Z`, `a-z`, `0-9`, `_`, `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tenant(Arc<str>);

impl Tenant {
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        ((1..=64).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Tenant {
    fn default() -> Self {
        Self("default".into())
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The identity of a delivery. Two messages with one key are copies of one delivery.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    pub tenant: Tenant,
    /// 1 to 255 bytes: the AMQP `message_id`, else the body's `id`, else a new UUIDv7.
    pub id: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.id)
    }
}

/// Namespace of our name-based ids (UUIDv5), a random UUID of our own.
const NAMESPACE: Uuid = Uuid::from_u128(0x5d2b_7a0e_5f5c_4b61_9f0c_1c8a_7f6d_31c4);

/// The id of the fallback at `position` (from 1): always the same, so that a child published twice is
/// one delivery.
pub fn child_id(parent: &Key, position: u32) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{parent}/fallback/{position}").as_bytes()).to_string()
}

/// The id of the delivery by which a member of a topic is told: always the same, so that one that is published twice is one
/// delivery. `topic` is the delivery to the topic.
pub(crate) fn member_id(topic: &Key, user: &str) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{topic}/member/{user}").as_bytes()).to_string()
}

/// The id of the event of what a user has done with an item: always the same for one change of an inbox.
pub(crate) fn inbox_event_id(item: &Key, name: &str, epoch: i64, seq: i64) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{item}/inbox/{name}/{epoch}/{seq}").as_bytes())
}

/// The id of the delivery by which a dead letter goes out by another way: always the same, so that one that is published
/// twice is one delivery. `letter` is the name of the letter.
pub fn redirected_id(of: &Key, letter: &str, to: &RedirectTo) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{of}/redirect/{letter}/{to}").as_bytes()).to_string()
}

/// The id of one firing of a recurring job: always the same, so that schedulers may race.
pub fn fire_id(job: &Key, fire: Timestamp) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{job}/fire/{}", fire.as_micros()).as_bytes()).to_string()
}

/// The id of one firing of a recurring job that somebody has asked for at this instant: always the same, so that asking
/// twice is one delivery. It is none of the ids of its own firings.
pub fn run_id(job: &Key, asked: Timestamp) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{job}/run/{}", asked.as_micros()).as_bytes()).to_string()
}

/// The id of an entry of the suppression list: always the same for one recipient and one reason. `recipient` is the bytes
/// of the keyed hash.
pub(crate) fn suppression_id(tenant: &Tenant, channel: &str, reason: &str, recipient: &[u8]) -> String {
    let name = [format!("{tenant}/suppression/{channel}/{reason}/").as_bytes(), recipient].concat();
    Uuid::new_v5(&NAMESPACE, &name).to_string()
}

/// The id of the pause of one thing: always the same for one name, for everybody or for one tenant. No tenant is called `*`.
pub(crate) fn pause_id(kind: &str, name: &str, tenant: Option<&Tenant>) -> String {
    let tenant = tenant.map_or("*", Tenant::as_str);
    Uuid::new_v5(&NAMESPACE, format!("{tenant}/pause/{kind}/{name}").as_bytes()).to_string()
}

/// The id of the delivery that brings a code for the `send`th time, from 1: always the same, so that a send which is repeated
/// is one delivery.
pub fn verification_send_id(of: &Key, send: u32) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{of}/verification/send/{send}").as_bytes()).to_string()
}

/// The id of the message by which somebody is asked: always the same, so that a question that is published twice is one
/// delivery. `step` is 0 for the question, and more for what is sent later.
pub fn ask_copy_id(ask: &Key, approver: &str, channel: &str, step: u32) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{ask}/ask/{step}/{channel}/{approver}").as_bytes()).to_string()
}

/// The id of the edit by which a message with a question tells the end. `copy` is the id of the message.
pub fn ask_edit_id(copy: &Key) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{copy}/ask/edit").as_bytes()).to_string()
}

/// The id of the edit by which a message with a question tells how many have answered, as of this version of its ask, or of the
/// request to have all of them do so. `of` is the id of the message, or of the ask.
pub fn ask_progress_id(of: &Key, version: u32) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{of}/ask/progress/{version}").as_bytes()).to_string()
}

/// The id of the request to do what follows from the end of an ask.
pub fn ask_end_id(ask: &Key) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{ask}/ask/end").as_bytes()).to_string()
}

/// The id of the message that tells somebody what became of what they have said: always the same for the same answer to the
/// same words. `said` names what they have said, and `verdict` the answer.
pub fn reply_id(tenant: &Tenant, said: &str, verdict: &str) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{tenant}/reply/{verdict}/{said}").as_bytes()).to_string()
}

/// The name by which a link or a button names a row: always the same for one purpose and one row. It fits where an id of
/// any length does not.
pub(crate) fn secret_handle(purpose: &str, row: &Key) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{row}/secret/{purpose}").as_bytes())
}

/// The id of the event of one transition: always the same, so that whoever tells it again tells the same event.
pub(crate) fn event_id(delivery: &Key, epoch: u32, seq: u32, state: &str, attempt: u32) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{delivery}/event/{epoch}/{seq}/{state}/{attempt}").as_bytes())
}

/// The id of the event of one report: always the same, so that whoever is told of it again knows it.
pub(crate) fn heard_id(subject: &Key, provider: &str, event_id: &str, name: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{subject}/heard/{name}/{provider}/{event_id}").as_bytes())
}

/// The id of an event of what is no delivery: always the same, so that whoever tells it again tells the same event. `of`
/// tells it from others of its name.
pub(crate) fn subject_event_id(noun: &str, subject: &Key, name: &str, of: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{subject}/{noun}/event/{name}/{of}").as_bytes())
}

/// The id of the delivery that tells an endpoint of an event: always the same, so that the event may come twice. With
/// another generation of the endpoint's secret the delivery has another body, and so another id.
pub fn webhook_id(event: &Key, endpoint: &str, generation: u32) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{event}/webhook/{endpoint}/{generation}").as_bytes()).to_string()
}

/// The id of the delivery that takes a command to its service: always the same, so that one that is dispatched twice is one.
pub fn command_delivery_id(command: &Key) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{command}/command/dispatch").as_bytes()).to_string()
}

/// The id of a command that somebody has typed into a chat: always the same for the same message.
pub fn typed_command_id(tenant: &Tenant, provider: &str, event_id: &str) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{tenant}/command/typed/{provider}/{event_id}").as_bytes()).to_string()
}

/// The id of the delivery that tells whoever has asked for a command how it has ended: always the same.
pub fn command_end_id(command: &Key) -> String {
    Uuid::new_v5(&NAMESPACE, format!("{command}/command/end").as_bytes()).to_string()
}

/// The hash that tells whether a known id came back with the same body.
pub fn content_of(body: &[u8]) -> Content {
    let mut content = Content::default();
    content.copy_from_slice(digest::digest(&digest::SHA256, body).as_ref());
    content
}

/// The fingerprint that finds an anonymous message again after a redelivery: its body and the
/// properties that its publisher chose.
pub fn fingerprint_of(body: &[u8], properties: &[u8]) -> Content {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&(body.len() as u64).to_be_bytes());
    context.update(body);
    context.update(properties);
    let mut fingerprint = Content::default();
    fingerprint.copy_from_slice(context.finish().as_ref());
    fingerprint
}

/// What people may see of a recipient: the domain of an address, the host of a URL, whose path and query may be secrets,
/// the last two characters of anything else. Of a browser's subscription, the host of its push service and the last two
/// characters of its URL, so that two browsers of a person look different.
pub fn mask(destination: &str) -> String {
    if let Some(masked) = mask_of_subscription(destination) {
        return masked;
    }
    let url = EndpointAddress::parse(destination).map_or(destination, |address| address.url);
    if let Some(origin) = origin_of(url) {
        return format!("{origin}/***");
    }
    if let Some((_, domain)) = destination.rsplit_once('@')
        && !domain.contains(['"', '/', '{', '}'])
    {
        return format!("***@{domain}");
    }
    let tail: Vec<char> = destination.chars().rev().take(2).collect();
    if destination.chars().count() < 5 { "***".into() } else { format!("***{}", tail.iter().rev().collect::<String>()) }
}

fn mask_of_subscription(destination: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Subscription<'a> {
        #[serde(borrow)]
        endpoint: Cow<'a, str>,
    }
    let subscription = Some(destination).filter(|text| text.starts_with('{'))?;
    let subscription: Subscription<'_> = serde_json::from_str(subscription).ok()?;
    let origin = origin_of(&subscription.endpoint)?;
    let path = &subscription.endpoint[origin.len()..];
    let tail: Vec<char> = path.chars().rev().take(2).filter(char::is_ascii_alphanumeric).collect();
    let tail: String = if path.chars().count() < 5 { String::new() } else { tail.iter().rev().collect() };
    Some(format!("{origin}/***{tail}"))
}

/// The scheme and the host of a URL that names no user.
fn origin_of(destination: &str) -> Option<&str> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| destination.starts_with(scheme))?;
    let host = destination[scheme.len()..].split(['/', '?', '#', '\\']).next()?;
    (!host.is_empty() && !host.contains('@')).then(|| &destination[..scheme.len() + host.len()])
}

#[cfg(test)]
mod tests;
