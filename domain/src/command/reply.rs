//! Where whoever has asked for a command is told how it has ended.

use std::fmt;

use serde_json::{Value, json};

use crate::ChannelName;

/// Where somebody is told. It is not printed by mistake.
#[derive(Clone, PartialEq, Eq)]
pub struct ReplyTo {
    pub channel: ChannelName,
    pub destination: String,
    pub locale: Option<String>,
}

impl ReplyTo {
    /// As a message has it.
    pub fn to_value(&self) -> Value {
        json!({ "channel": self.channel.as_str(), "destination": self.destination, "locale": self.locale })
    }

    /// As the row has it.
    pub fn stored(&self) -> String {
        self.to_value().to_string()
    }

    /// None for a text that no version has stored.
    pub fn of_stored(text: &str) -> Option<Self> {
        Self::of(&serde_json::from_str(text).ok()?)
    }

    /// None for what is no such object.
    pub fn of(value: &Value) -> Option<Self> {
        let channel = ChannelName::parse(value.get("channel")?.as_str()?).ok()?;
        let destination = value.get("destination")?.as_str().filter(|text| !text.is_empty())?.to_owned();
        let locale = value.get("locale").and_then(Value::as_str).map(str::to_owned);
        Some(Self { channel, destination, locale })
    }
}

impl fmt::Debug for ReplyTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplyTo({})", self.channel)
    }
}
