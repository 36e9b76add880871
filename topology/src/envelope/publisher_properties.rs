//! The publisher's properties that a republish keeps.

use std::collections::BTreeMap;

use amqp::BasicProperties;
use amqp::types::{AMQPValue, FieldTable, ShortString};
use amqp::value::text;
use domain::Timestamp;
use runtime::traces::TraceHeaders;
use serde::{Deserialize, Serialize, Serializer};

use super::{MAX_SHORT_BYTES, cut, name};
use crate::Owner;

/// The structured mode of CloudEvents over AMQP.
const CLOUD_EVENT: &str = "application/cloudevents+json";
/// The headers of W3C Trace Context.
const OF_TRACES: [&str; 2] = ["traceparent", "tracestate"];

/// The publisher's properties that every republish keeps. Not kept are `user_id` (the broker refuses another user's),
/// `expiration` (it would cut a retry delay short), `priority`, and headers that steer the broker (`x-*`, `CC`, `BCC`):
/// a copied `x-death` loses messages.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PublisherProperties {
    pub(super) content_type: Option<ShortString>,
    pub(super) content_encoding: Option<ShortString>,
    pub(super) correlation_id: Option<ShortString>,
    pub(super) reply_to: Option<ShortString>,
    /// The AMQP `timestamp` in seconds, as received.
    pub(super) timestamp: Option<u64>,
    pub(super) kind: Option<ShortString>,
    pub(super) app_id: Option<ShortString>,
    /// The tenant of the message, where it was told from the publisher's `user_id`, which cannot be kept: see
    /// [`Owner`]. Empty when no tenant is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tenant: Option<ShortString>,
    /// The publisher's own headers.
    #[serde(serialize_with = "storable")]
    pub(super) foreign: FieldTable,
}

/// Writes the headers as JSON. JSON has no NaN and no infinity: a header that holds one is left out, rather than all of
/// them.
fn storable<S: Serializer>(foreign: &FieldTable, serializer: S) -> Result<S::Ok, S::Error> {
    let entries = foreign.inner().iter().filter(|(_, value)| is_storable(value));
    let kept: BTreeMap<_, _> = entries.map(|(name, value)| (name.clone(), value.clone())).collect();
    FieldTable::from(kept).serialize(serializer)
}

pub(super) fn is_storable(value: &AMQPValue) -> bool {
    match value {
        AMQPValue::Float(number) => number.is_finite(),
        AMQPValue::Double(number) => number.is_finite(),
        AMQPValue::FieldArray(items) => items.as_slice().iter().all(is_storable),
        AMQPValue::FieldTable(table) => table.inner().values().all(is_storable),
        _ => true,
    }
}

impl PublisherProperties {
    pub fn of(properties: &BasicProperties) -> Self {
        Self {
            content_type: properties.content_type().clone(),
            content_encoding: properties.content_encoding().clone(),
            correlation_id: properties.correlation_id().clone(),
            reply_to: properties.reply_to().clone(),
            timestamp: *properties.timestamp(),
            kind: properties.kind().clone(),
            app_id: properties.app_id().clone(),
            tenant: None,
            foreign: properties.headers().as_ref().map(foreign).unwrap_or_default(),
        }
    }

    /// Sets the owner that the publisher's own message had, so that every copy has the same.
    #[must_use]
    pub fn with_owner(mut self, owner: &Owner) -> Self {
        self.tenant = owner.noted().map(short);
        self
    }

    /// Sets the AMQP `timestamp`, in whole seconds; an instant before 1970 is left out.
    #[must_use]
    pub fn with_timestamp(mut self, at: Timestamp) -> Self {
        self.timestamp = u64::try_from(at.as_micros().div_euclid(1_000_000)).ok();
        self
    }

    /// Sets the content type, cut at 255 bytes like every text here.
    #[must_use]
    pub fn with_content_type(mut self, content_type: &str) -> Self {
        self.content_type = Some(short(content_type));
        self
    }

    /// Sets the `correlation_id`, cut at 255 bytes like every text here.
    #[must_use]
    pub fn with_correlation(mut self, correlation_id: &str) -> Self {
        self.correlation_id = Some(short(correlation_id));
        self
    }

    /// Sets the token by which whoever gets the message believes it. No republish keeps it.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.foreign.insert(name::TOKEN.into(), AMQPValue::LongString(token.into()));
        self
    }

    /// Notes that the message is from the queue of providers' calls, and is none: without its token nobody believes it again.
    #[must_use]
    pub(crate) fn of_no_call(mut self) -> Self {
        self.foreign.insert(name::INBOUND.into(), AMQPValue::Boolean(true));
        self
    }

    pub(crate) fn is_of_no_call(&self) -> bool {
        self.foreign.inner().contains_key(name::INBOUND)
    }

    /// Whether they are those of a provider's call, or of a request of our own: of no other message these headers are kept.
    pub(crate) fn is_call(&self) -> bool {
        self.foreign.inner().contains_key(name::PROVIDER)
    }

    /// Puts the message into a trace, in the place of one that it may have been in.
    #[must_use]
    pub fn in_trace(mut self, trace: TraceHeaders) -> Self {
        let [traceparent, tracestate] = OF_TRACES;
        self.foreign.insert(traceparent.into(), AMQPValue::LongString(trace.traceparent.into()));
        if !trace.tracestate.is_empty() {
            self.foreign.insert(tracestate.into(), AMQPValue::LongString(trace.tracestate.into()));
        }
        self
    }

    /// The trace that the message is in.
    pub fn trace(&self) -> Option<TraceHeaders> {
        let [traceparent, tracestate] = OF_TRACES;
        TraceHeaders::read(self.header(traceparent)?, self.header(tracestate))
    }

    /// The `correlation_id`, if it is one that an attribute of a CloudEvent may have.
    pub fn correlation(&self) -> Option<&str> {
        self.correlation_id.as_ref().map(ShortString::as_str).filter(|text| is_attribute(text))
    }

    /// A header of the publisher's own, if it is such a text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.foreign.inner().get(name).and_then(text).filter(|text| is_attribute(text))
    }

    /// The properties of an event of this kind: what connects it with the message that it is told of, and nothing else.
    pub(super) fn of_event(&self, kind: &str, at: Timestamp) -> Self {
        Self {
            content_type: Some(CLOUD_EVENT.into()),
            correlation_id: self.correlation_id.clone(),
            kind: Some(short(kind)),
            app_id: Some("chasqui".into()),
            foreign: self.headers_of_its_trace(),
            ..Self::default()
        }
        .with_timestamp(at)
    }

    /// The properties of the delivery of one member of a topic, whose own message has these and was published `at` this time.
    /// Nobody waits for the answer of a member: the publisher is told once, of the topic. Its own headers stay with the
    /// message to the topic, and so does whatever in them was not read.
    pub(crate) fn of_a_member(&self, at: Option<Timestamp>) -> Self {
        let kept = Self {
            content_type: self.content_type.clone(),
            content_encoding: self.content_encoding.clone(),
            correlation_id: self.correlation_id.clone(),
            reply_to: None,
            timestamp: None,
            kind: self.kind.clone(),
            app_id: self.app_id.clone(),
            tenant: self.tenant.clone(),
            foreign: self.headers_of_its_trace(),
        };
        match at {
            Some(at) => kept.with_timestamp(at),
            None => kept,
        }
    }

    fn headers_of_its_trace(&self) -> FieldTable {
        let traced = self.foreign.inner().iter().filter(|(name, _)| OF_TRACES.contains(&name.as_str()));
        FieldTable::from(traced.map(|(name, value)| (name.clone(), value.clone())).collect::<BTreeMap<_, _>>())
    }
}

/// Canonical bytes of the properties that the publisher chose: equal for every copy of one message, whether it was
/// redelivered, moved or dead-lettered by the broker. For `domain::fingerprint_of`.
pub(crate) fn fingerprint_of_properties(properties: &BasicProperties) -> Vec<u8> {
    let foreign = properties.headers().as_ref().map(foreign).unwrap_or_default();
    let texts = [
        properties.content_type(),
        properties.content_encoding(),
        properties.correlation_id(),
        properties.reply_to(),
        properties.kind(),
        properties.app_id(),
        properties.user_id(),
    ];
    let foreign: Vec<(&str, &AMQPValue)> = foreign.inner().iter().map(|(name, value)| (name.as_str(), value)).collect();
    let chosen = (texts.map(Option::as_ref), properties.timestamp(), foreign);
    serde_json::to_vec(&chosen).unwrap_or_default()
}

fn foreign(table: &FieldTable) -> FieldTable {
    let entries = table.inner().iter().filter(|(name, _)| is_foreign(name.as_str()));
    FieldTable::from(entries.map(|(name, value)| (name.clone(), value.clone())).collect::<BTreeMap<_, _>>())
}

/// Whether a header is neither ours nor the broker's. RabbitMQ compares `CC` and `BCC` exactly; other spellings have no
/// effect.
fn is_foreign(name: &str) -> bool {
    let starts = |prefix: &str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    !(starts("x-") || starts("notify-") || name.eq_ignore_ascii_case("cc") || name.eq_ignore_ascii_case("bcc"))
}

fn is_attribute(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

fn short(text: &str) -> ShortString {
    ShortString::try_new(cut(text, MAX_SHORT_BYTES)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use domain::Headers;

    use super::*;
    use crate::envelope::{misread, properties};

    #[test]
    fn the_delivery_of_a_member_of_a_topic_answers_nobody_and_is_in_the_same_trace() {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let headers = BTreeMap::from([
            ("again".into(), AMQPValue::Boolean(true)),
            ("order".into(), AMQPValue::LongString("7".into())),
            ("traceparent".into(), AMQPValue::LongString(trace.into())),
        ]);
        let received = BasicProperties::default()
            .with_reply_to("answers".into())
            .with_correlation_id("c-1".into())
            .with_type("order.shipped".into())
            .with_timestamp(1_700_000_000_000)
            .with_headers(FieldTable::from(headers));
        assert_eq!(misread(&received).len(), 2, "the header that looks like ours, and milliseconds");
        let of_a_member = PublisherProperties::of(&received).of_a_member(Some(Timestamp::from_seconds(1_700_000_000)));
        let written = properties("id-1", &Headers::default(), &of_a_member);
        assert_eq!((written.reply_to(), written.timestamp()), (&None, &Some(1_700_000_000)));
        assert_eq!((written.correlation_id(), written.kind()), (received.correlation_id(), received.kind()));
        let headers: Vec<String> =
            written.headers().iter().flat_map(|table| table.inner().keys()).map(ToString::to_string).collect();
        assert_eq!(headers, ["traceparent"]);
        assert_eq!(misread(&written), []);
    }
}
