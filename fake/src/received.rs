//! What has come, and how it was answered.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::exchange::Reply;
use crate::message::Message;

/// How many are kept. The oldest make room.
const MAX_KEPT: usize = 20_000;

/// One request to a provider.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) provider: &'static str,
    /// None where the provider could not read it, or did not take whoever sent it.
    pub(crate) message: Option<Message>,
    pub(crate) reply: Reply,
    /// Whether the answer was never given.
    pub(crate) cut: bool,
    pub(crate) rule: Option<u64>,
    pub(crate) at: u64,
}

impl Received {
    fn shown(&self) -> Value {
        let message = self.message.as_ref();
        let refused = (!self.reply.accepts()).then_some(&self.reply.body);
        json!({
            "provider": self.provider,
            "id": message.map(|message| &message.id),
            "to": message.map(|message| &message.to),
            "text": message.map(|message| &message.text),
            "fields": message.map(|message| &message.fields),
            "status": self.reply.status,
            "refused": refused,
            "cut": self.cut,
            "rule": self.rule,
            "at": self.at,
        })
    }
}

#[derive(Default, Debug)]
pub(crate) struct Log {
    kept: VecDeque<Received>,
    /// How many were dropped to make room.
    dropped: u64,
}

impl Log {
    pub(crate) fn push(&mut self, received: Received) {
        if self.kept.len() >= MAX_KEPT {
            self.kept.pop_front();
            self.dropped += 1;
        }
        self.kept.push_back(received);
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The message to which a provider gave this id.
    pub(crate) fn find(&self, id: &str) -> Option<(&'static str, Message)> {
        let mut kept = self.kept.iter().rev();
        let found = kept.find(|received| received.message.as_ref().is_some_and(|message| message.id == id))?;
        Some((found.provider, found.message.clone()?))
    }

    /// What has come for one provider and one recipient, or for all.
    pub(crate) fn shown(&self, provider: Option<&str>, to: Option<&str>) -> Value {
        let is_asked_for = |received: &&Received| {
            let recipient = received.message.as_ref().map(|message| message.to.as_str());
            provider.is_none_or(|provider| provider == received.provider) && (to.is_none() || to == recipient)
        };
        let shown: Vec<Value> = self.kept.iter().filter(is_asked_for).map(Received::shown).collect();
        json!({ "received": shown, "dropped": self.dropped })
    }
}
