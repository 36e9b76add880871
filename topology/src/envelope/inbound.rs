//! What came in from a provider, as a message: the raw body, and beside it what was seen of the request.

use std::collections::BTreeMap;

use amqp::BasicProperties;
use amqp::types::{AMQPValue, FieldTable, ShortString};
use amqp::value::text;
use bytes::Bytes;
use domain::Timestamp;
use serde_json::Value;

use super::{PublisherProperties, name};

/// The AMQP `type` of such a message.
const KIND: &str = "callback";

/// Who has made a request of the fleet's own: see [`Inbound::provider`].
pub const OWN: &str = "chasqui";

/// A request of a provider that was believed, or one of our own. Nothing of it was interpreted yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inbound {
    /// Who has signed it; [`OWN`] for what the fleet has written itself.
    pub provider: String,
    /// The path and the query of the request, as they came.
    pub target: String,
    /// When it came. Of two calls in one second the later one counts, so that seconds, as the property has them, are not
    /// enough.
    pub at: Timestamp,
    pub body: Bytes,
}

impl Inbound {
    /// A request of our own: `target` says what is asked for, and `body` is JSON.
    pub fn own(target: &str, body: &Value, at: Timestamp) -> Self {
        Self { provider: OWN.to_owned(), target: target.to_owned(), at, body: Bytes::from(body.to_string()) }
    }

    pub fn is_own(&self) -> bool {
        self.provider == OWN
    }

    /// Reads the message; none for one that is no request of a provider.
    pub fn read(properties: &BasicProperties, body: Bytes) -> Option<Self> {
        let table = properties.headers().as_ref()?;
        let header = |name: &str| table.inner().get(name).and_then(text).map(str::to_owned);
        let seconds = || i64::try_from((*properties.timestamp())?).ok().map(Timestamp::from_seconds);
        let exact = header(name::RECEIVED_AT).and_then(|at| Timestamp::parse_rfc3339(&at).ok());
        let at = exact.or_else(seconds)?;
        let (provider, target) = (header(name::PROVIDER)?, header(name::TARGET)?);
        Some(Self { provider, target, at, body })
    }

    /// The properties of the message.
    pub(crate) fn properties(&self) -> PublisherProperties {
        let header = |name: &'static str, value: &str| (ShortString::from(name), AMQPValue::LongString(value.into()));
        let table = BTreeMap::from([
            header(name::PROVIDER, &self.provider),
            header(name::TARGET, &self.target),
            header(name::RECEIVED_AT, &self.at.to_string()),
        ]);
        let properties = PublisherProperties::default().with_timestamp(self.at);
        PublisherProperties { kind: Some(KIND.into()), foreign: FieldTable::from(table), ..properties }
    }
}

#[cfg(test)]
mod tests {
    use domain::Headers;

    use super::*;
    use crate::properties;

    #[test]
    fn what_came_in_is_read_as_it_was_published() {
        let inbound = Inbound {
            provider: "twilio".into(),
            target: format!("/webhook/twilio?id={}", "ñ%20".repeat(2_000)),
            at: Timestamp::from_micros(1_800_000_000_123_456),
            body: Bytes::from_static(b"\0\xff not text"),
        };
        let written = properties("m-1", &Headers::default(), &inbound.properties());
        assert_eq!(Inbound::read(&written, inbound.body.clone()), Some(inbound));
        for other in
            [BasicProperties::default(), properties("m-1", &Headers::default(), &PublisherProperties::default())]
        {
            assert_eq!(Inbound::read(&other, Bytes::new()), None);
        }
    }
}
