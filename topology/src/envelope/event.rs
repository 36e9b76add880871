//! Writes an event: the structured JSON of CloudEvents 1.0, and the properties of its message.

mod heard;
mod inbox;
mod subject;

use std::fmt::Display;

use bytes::Bytes;
use domain::{Event, EventName, MAX_BODY_BYTES, Notification, Order, Row, State, SuppressedFor, Timestamp, child_id};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::PublisherProperties;

use self::inbox::Inbox;

pub(crate) use self::heard::write_heard;
pub(crate) use self::inbox::write_inbox;
pub(crate) use self::subject::write_subject;

/// Who tells: the same for every process of every fleet, because a repeat may come from another process.
const SOURCE: &str = "/chasqui";

/// The attributes of CloudEvents 1.0, with its extensions for correlation and tracing, and our own for the tenant.
#[derive(Serialize)]
struct CloudEvent<'a, D> {
    specversion: &'static str,
    id: &'a str,
    source: &'static str,
    #[serde(rename = "type")]
    kind: &'a str,
    subject: &'a str,
    #[serde(serialize_with = "shown")]
    time: Timestamp,
    datacontenttype: &'static str,
    tenant: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlationid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracestate: Option<&'a str>,
    data: D,
}

impl<'a, D> CloudEvent<'a, D> {
    /// An event that no publisher's message stands behind.
    fn new(id: &'a str, kind: &'a str, subject: &'a str, time: Timestamp, tenant: &'a str, data: D) -> Self {
        Self {
            specversion: "1.0",
            id,
            source: SOURCE,
            kind,
            subject,
            time,
            datacontenttype: "application/json",
            tenant,
            correlationid: None,
            traceparent: None,
            tracestate: None,
            data,
        }
    }
}

/// What `GET /deliveries/{id}` shows, as far as the row knows it, by the same names. What there is none of is left out.
#[derive(Serialize)]
struct Data<'a> {
    id: &'a str,
    tenant: &'a str,
    channel: &'a str,
    state: &'static str,
    epoch: u32,
    attempt: u32,
    ambiguous: bool,
    #[serde(serialize_with = "shown")]
    created_at: Timestamp,
    #[serde(serialize_with = "shown")]
    updated_at: Timestamp,
    #[serde(serialize_with = "shown_if", skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passed_over: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed_for: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    #[serde(serialize_with = "shown_if", skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    child: Option<String>,
    #[serde(serialize_with = "shown_if", skip_serializing_if = "Option::is_none")]
    escalates_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inbox: Option<Inbox<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a Map<String, Value>>,
    /// The publisher's `metadata` is too large to be told with the rest.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    metadata_left_out: bool,
}

/// An event as it is published.
pub(crate) struct WrittenEvent {
    pub(crate) id: String,
    pub(crate) routing_key: String,
    pub(crate) body: Bytes,
    pub(crate) publisher_properties: PublisherProperties,
}

/// Writes an event. `publisher_properties` are those of the message that it is told of, and `notification` is that
/// message, where it could be read: a row that was cancelled before it was seen does not know its channel.
pub(crate) fn write_event(
    event: &Event<'_>,
    notification: Option<&Notification>,
    publisher_properties: &PublisherProperties,
) -> WrittenEvent {
    let row = event.row;
    let seen = notification.filter(|_| row.content.is_none()).map(|notification| notification.channel.as_str());
    let channel = seen.unwrap_or(row.channel.as_str());
    let (id, name, tenant) = (event.id().to_string(), event.name, row.key.tenant.as_str());
    let kind = format!("chasqui.{channel}.{name}");
    let data = data(event, channel, notification);
    let mut told = CloudEvent {
        correlationid: publisher_properties.correlation(),
        traceparent: publisher_properties.header("traceparent"),
        tracestate: publisher_properties.header("tracestate"),
        ..CloudEvent::new(&id, &kind, &row.key.id, row.updated_at, tenant, data)
    };
    let mut body = serde_json::to_vec(&told).unwrap_or_default();
    if body.len() > MAX_BODY_BYTES {
        (told.data.metadata, told.data.metadata_left_out) = (None, true);
        body = serde_json::to_vec(&told).unwrap_or_default();
    }
    // None of the three words can hold a dot, which would divide one word of the key into two.
    let routing_key = format!("{tenant}.{channel}.{name}");
    let publisher_properties = publisher_properties.of_event(&kind, row.updated_at);
    WrittenEvent { routing_key, body: Bytes::from(body), publisher_properties, id }
}

fn data<'a>(event: &Event<'a>, channel: &'a str, notification: Option<&'a Notification>) -> Data<'a> {
    let Event { name, row, order, inbox } = *event;
    let waits = matches!(name, EventName::Retrying | EventName::Ambiguous);
    let (reason, detail) = match order {
        Order::DeadLetter { reason, error } if event.state().is_dead_lettered() => {
            (Some(reason.as_str()), Some(error.as_str()))
        }
        _ => (None, None),
    };
    let escalates_at = order.escalates_at();
    let Row { key, epoch, attempt, ambiguous, created_at, updated_at, expires_at, .. } = row;
    Data {
        id: &key.id,
        tenant: key.tenant.as_str(),
        channel,
        state: event.state().as_str(),
        epoch: *epoch,
        attempt: if name == EventName::Replayed { 0 } else { *attempt },
        ambiguous: *ambiguous,
        created_at: *created_at,
        updated_at: *updated_at,
        expires_at: *expires_at,
        provider: row.provider.as_deref(),
        provider_id: row.provider_id.as_deref(),
        passed_over: row.passed_over.as_deref(),
        code: row.code.as_deref(),
        reason,
        detail,
        suppressed_for: row.listed_for().map(SuppressedFor::as_str),
        next: if waits { next(order) } else { None },
        due_at: if let (true, Order::Schedule { due }) = (waits, order) { Some(*due) } else { None },
        parent: row.parent.as_deref(),
        child: (event.state() == State::FellBack || escalates_at.is_some()).then(|| child_id(key, 1)),
        escalates_at,
        inbox: inbox.map(Inbox::from),
        metadata: notification.map(|notification| &notification.metadata).filter(|metadata| !metadata.is_empty()),
        metadata_left_out: false,
    }
}

fn next(order: &Order) -> Option<String> {
    match order {
        Order::Retry { tier } => Some(format!("retry.{tier}")),
        Order::Schedule { due } => Some(format!("scheduled at {due}")),
        _ => None,
    }
}

fn shown<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn shown_if<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.collect_str(at),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests;
