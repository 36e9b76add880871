//! What came in from a provider, as a message: the raw body, and beside it what was seen of the request.

use std::collections::BTreeMap;

use amqp::BasicProperties;
use amqp::types::{AMQPValue, FieldTable, ShortString};
use amqp::value::text;
use bytes::Bytes;
use domain::{Secrets, Timestamp};
use secrecy::SecretString;
use serde_json::Value;

use super::{PublisherProperties, name};

/// The AMQP `type` of such a message.
const KIND: &str = "callback";

/// Who has made a request of the fleet's own: see [`Inbound::provider`].
pub const OWN: &str = "chasqui";

/// The token by which a service shows that a message is its own. Whether it does nobody has looked at.
pub(crate) fn token_of(properties: &BasicProperties) -> Option<SecretString> {
    let table = properties.headers().as_ref()?;
    table.inner().get(name::TOKEN).and_then(text).map(SecretString::from)
}

/// Whether a copy of a message is of one from the queue of these that is none of them: [`PublisherProperties::of_no_call`].
pub(crate) fn is_of_no_call(properties: &BasicProperties) -> bool {
    properties.headers().as_ref().is_some_and(|table| table.inner().contains_key(name::INBOUND))
}

/// Whether what is kept of a message is that of a call which a provider has made, and no request of our own.
pub(crate) fn is_of_a_provider(kept: &PublisherProperties) -> bool {
    kept.is_call() && kept.header(name::PROVIDER) != Some(OWN)
}

/// What is kept of the properties of a message: all of a call, and of one from the queue of calls that is none, that it is so.
pub(crate) fn kept_of(
    properties: &BasicProperties,
    call: Option<&Inbound>,
    is_of_its_queue: bool,
) -> PublisherProperties {
    match call {
        Some(call) => call.properties(),
        None if is_of_its_queue => PublisherProperties::of(properties).of_no_call(),
        None => PublisherProperties::of(properties),
    }
}

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
    /// That the fleet itself has believed it: see [`Self::marked`]. Whoever may publish writes the rest as they like.
    pub mark: Option<String>,
}

impl Inbound {
    /// A call of a provider, as it came. It has no mark.
    pub fn call(provider: impl Into<String>, target: impl Into<String>, at: Timestamp, body: impl Into<Bytes>) -> Self {
        Self { provider: provider.into(), target: target.into(), at, body: body.into(), mark: None }
    }

    /// A request of our own: `target` says what is asked for, and `body` is JSON.
    pub fn own(target: &str, body: &Value, at: Timestamp) -> Self {
        Self::call(OWN, target, at, body.to_string())
    }

    /// The same with the mark of the fleet, for whoever has seen that the provider has sent it.
    #[must_use]
    pub fn marked(self, secrets: &Secrets) -> Self {
        let mark = secrets.call_mark(&self.provider, &self.target, self.at, &self.body);
        Self { mark: Some(mark), ..self }
    }

    /// Whether the fleet has believed it, as it is now.
    pub fn is_marked(&self, secrets: &Secrets) -> bool {
        let Self { provider, target, at, body, mark } = self;
        mark.as_deref().is_some_and(|mark| secrets.has_marked_call(provider, target, *at, body, mark))
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
        Some(Self { provider, target, at, body, mark: header(name::MARK) })
    }

    /// The properties of the message.
    pub(crate) fn properties(&self) -> PublisherProperties {
        let header = |name: &'static str, value: &str| (ShortString::from(name), AMQPValue::LongString(value.into()));
        let mut table = BTreeMap::from([
            header(name::PROVIDER, &self.provider),
            header(name::TARGET, &self.target),
            header(name::RECEIVED_AT, &self.at.to_string()),
        ]);
        table.extend(self.mark.as_deref().map(|mark| header(name::MARK, mark)));
        let properties = PublisherProperties::default().with_timestamp(self.at);
        PublisherProperties { kind: Some(KIND.into()), foreign: FieldTable::from(table), ..properties }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Headers, Keyring};
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::properties;

    #[test]
    fn what_came_in_is_read_as_it_was_published() {
        let target = format!("/webhook/twilio?id={}", "ñ%20".repeat(2_000));
        let at = Timestamp::from_micros(1_800_000_000_123_456);
        let inbound = Inbound::call("twilio", target, at, b"\0\xff not text".as_slice());
        let secrets = Secrets::new(&Keyring::new(b"a secret of ours, of 32 bytes or more", None));
        for inbound in [inbound.clone().marked(&secrets), inbound] {
            let written = properties("m-1", &Headers::default(), &inbound.properties());
            assert_eq!(Inbound::read(&written, inbound.body.clone()), Some(inbound));
        }
        for other in
            [BasicProperties::default(), properties("m-1", &Headers::default(), &PublisherProperties::default())]
        {
            assert_eq!(Inbound::read(&other, Bytes::new()), None);
        }
    }

    #[test]
    fn a_copy_says_what_it_is_of() {
        let call = Inbound::call("twilio", "/webhook/twilio", Timestamp::from_micros(1), "{}").properties();
        let report = PublisherProperties::default().of_no_call();
        for (one, expected) in
            [(&call, (true, false)), (&report, (false, true)), (&PublisherProperties::default(), (false, false))]
        {
            assert_eq!((one.is_call(), one.is_of_no_call()), expected);
            assert_eq!(is_of_no_call(&properties("m-1", &Headers::default(), one)), expected.1);
        }
    }

    #[test]
    fn a_token_goes_with_its_message_and_with_no_copy_of_it() {
        let written =
            properties("c-1", &Headers::default(), &PublisherProperties::default().with_token("header.body.signature"));
        let read = token_of(&written).map(|token| token.expose_secret().to_owned());
        assert_eq!(read.as_deref(), Some("header.body.signature"));
        let copied = properties("c-1", &Headers::default(), &PublisherProperties::of(&written));
        assert!(token_of(&copied).is_none() && token_of(&BasicProperties::default()).is_none());
    }

    #[test]
    fn a_mark_is_good_for_the_call_as_it_came() {
        let secrets = Secrets::new(&Keyring::new(b"a secret of ours, of 32 bytes or more", None));
        let came = Inbound::call("telegram", "/webhook/telegram", Timestamp::from_micros(1), "{}");
        assert!(!came.is_marked(&secrets));
        let marked = came.marked(&secrets);
        assert!(marked.is_marked(&secrets));
        for other in [
            Inbound { provider: "twilio".into(), ..marked.clone() },
            Inbound { target: "/webhook/sms".into(), ..marked.clone() },
            Inbound { at: Timestamp::from_micros(2), ..marked.clone() },
            Inbound { body: Bytes::from_static(b"[]"), ..marked.clone() },
            Inbound { mark: None, ..marked },
        ] {
            assert!(!other.is_marked(&secrets), "{other:?}");
        }
    }
}
