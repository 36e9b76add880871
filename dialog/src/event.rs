//! Reads an event that the fleet has told.

use domain::{ChannelName, EventName, Key, SubjectEvent, Tenant};
use serde_json::{Map, Value};

/// The channel whose events are told to no endpoint: each would be about telling another.
const OWN: &str = "webhook";
/// The code of a delivery whose receiver wants no more.
const GONE: &str = "gone";

/// An event, as far as somebody must know it to tell it on.
pub(crate) struct Event {
    /// The tenant and the event's id.
    pub(crate) key: Key,
    /// None for what is told of no delivery, such as an ask.
    pub(crate) name: Option<EventName>,
    /// The tenant and the id of the delivery that it is about, or of the ask, the command or the verification.
    pub(crate) delivery: Key,
    channel: ChannelName,
    /// All of it.
    pub(crate) whole: Map<String, Value>,
}

/// What is noted in a delivery to an endpoint, and comes back with its events.
pub(crate) struct Noted<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) mark: &'a str,
}

impl Event {
    /// None for what is no event that this version knows.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let Value::Object(whole) = serde_json::from_slice(body).ok()? else { return None };
        let tenant = Tenant::parse(text(&whole, "tenant")?)?;
        let (channel, name) = text(&whole, "type")?.strip_prefix("chasqui.")?.rsplit_once('.')?;
        let known = || EventName::ALL.into_iter().find(|known| known.as_str() == name);
        let name = if SubjectEvent::NOUNS.contains(&channel) { None } else { Some(known()?) };
        let key = Key { tenant: tenant.clone(), id: text(&whole, "id")?.to_owned() };
        let delivery = Key { tenant, id: text(&whole, "subject")?.to_owned() };
        Some(Self { key, name, delivery, channel: ChannelName::parse(channel).ok()?, whole })
    }

    /// Whether it is about a webhook.
    pub(crate) fn is_of_a_webhook(&self) -> bool {
        self.channel.as_str() == OWN
    }

    /// The endpoint that has said that it wants no more, if that is what has happened.
    pub(crate) fn has_gone(&self) -> Option<Noted<'_>> {
        let data = self.whole.get("data")?.as_object()?;
        let is_gone = self.is_of_a_webhook() && self.name == Some(EventName::Dead) && text(data, "code") == Some(GONE);
        let noted = data.get("metadata")?.as_object().filter(|_| is_gone)?;
        Some(Noted { endpoint: text(noted, "endpoint")?, mark: text(noted, "mark")? })
    }

    /// Whether it has what only the message knows: what its publisher has noted, and what connects it with its request. An
    /// event that is told again from the row has not, and the same id.
    pub(crate) fn has_details(&self) -> bool {
        let data = self.whole.get("data").and_then(Value::as_object);
        let is_noted = |name| data.is_some_and(|data| data.contains_key(name));
        ["metadata", "metadata_left_out"].into_iter().any(is_noted)
            || ["correlationid", "traceparent", "tracestate"].into_iter().any(|name| self.whole.contains_key(name))
    }

    /// All of it but what its publisher has noted, which may be too large to be told on.
    pub(crate) fn without_metadata(&self) -> Map<String, Value> {
        let mut whole = self.whole.clone();
        if let Some(data) = whole.get_mut("data").and_then(Value::as_object_mut) {
            data.remove("metadata");
            data.insert("metadata_left_out".into(), true.into());
        }
        whole
    }
}

fn text<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str()
}
