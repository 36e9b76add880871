//! What the bot of Telegram's remembers: the messages that it has sent, and the updates that nobody has taken yet.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

/// How many messages and how many updates are kept. The oldest make room.
const MAX_KEPT: usize = 20_000;

/// One message as it stands in its chat.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Sent {
    to: String,
    id: u32,
    /// Text, entities and buttons.
    content: Value,
    /// Whether only the buttons are given, and the rest stays.
    is_markup: bool,
}

/// What an edit would do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Known {
    /// There is no such message.
    Nothing,
    /// The message is so already.
    Same,
    /// It changes the message.
    Another,
}

#[derive(Default, Debug)]
struct Memory {
    messages: BTreeMap<(u32, String), Value>,
    updates: VecDeque<Value>,
    last_message: u32,
    last_update: u32,
}

/// What is remembered, for all connections.
#[derive(Default, Debug)]
pub(crate) struct Chats(Mutex<Memory>);

impl Sent {
    /// What a request that was taken says, by the fields that are kept of it.
    pub(crate) fn of(fields: &Value) -> Option<Self> {
        let (parameters, chat) = (&fields["parameters"], &fields["parameters"]["chat_id"]);
        let is_markup = fields["method"] == "editMessageReplyMarkup";
        let to = chat.as_str().map_or_else(|| chat.to_string(), str::to_owned);
        let id = u32::try_from(fields["message_id"].as_u64()?).ok()?;
        Some(Self { to, id, content: content(parameters), is_markup })
    }
}

impl Chats {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn next_id(&self) -> u32 {
        let mut memory = self.memory();
        memory.last_message = memory.last_message.wrapping_add(1).max(1);
        memory.last_message
    }

    /// Keeps a message as it is now.
    pub(crate) fn keep(&self, sent: Sent) {
        let mut memory = self.memory();
        let place = (sent.id, sent.to);
        let content = match memory.messages.get(&place) {
            Some(before) if sent.is_markup => with_markup(before, &sent.content),
            _ => sent.content,
        };
        memory.messages.insert(place, content);
        while memory.messages.len() > MAX_KEPT {
            memory.messages.pop_first();
        }
    }

    /// What an edit with these parameters would do to the message of that number.
    pub(crate) fn known(&self, to: &str, id: u32, parameters: &Value) -> Known {
        let memory = self.memory();
        let Some(before) = memory.messages.get(&(id, to.to_owned())) else { return Known::Nothing };
        let edit = content(parameters);
        let after = if parameters["text"].is_null() { with_markup(before, &edit) } else { edit };
        if *before == after { Known::Same } else { Known::Another }
    }

    /// Numbers an update.
    pub(crate) fn numbered(&self, mut update: Value) -> Value {
        let mut memory = self.memory();
        memory.last_update = memory.last_update.wrapping_add(1).max(1);
        update["update_id"] = json!(memory.last_update);
        update
    }

    /// Keeps an update until somebody has asked for it.
    pub(crate) fn queue(&self, update: Value) {
        let mut memory = self.memory();
        if memory.updates.len() >= MAX_KEPT {
            memory.updates.pop_front();
        }
        memory.updates.push_back(update);
    }

    /// The updates from this number on. Whoever asks so has taken all before it.
    pub(crate) fn updates(&self, offset: u64, limit: usize) -> Vec<Value> {
        let mut memory = self.memory();
        memory.updates.retain(|update| update["update_id"].as_u64().is_some_and(|id| id >= offset));
        memory.updates.iter().take(limit).cloned().collect()
    }
}

/// What of a request is seen in the chat. No buttons and an empty keyboard are the same.
fn content(parameters: &Value) -> Value {
    let rows = &parameters["reply_markup"]["inline_keyboard"];
    let rows = if rows.is_null() { json!([]) } else { rows.clone() };
    let entities = parameters["entities"].as_array().cloned().unwrap_or_default();
    json!({ "text": parameters["text"], "entities": entities, "rows": rows })
}

fn with_markup(before: &Value, edit: &Value) -> Value {
    let mut after = before.clone();
    after["rows"] = edit["rows"].clone();
    after
}
