//! What the bot of Telegram's remembers: the messages that it has sent, whom it calls, and the updates that nobody has taken
//! yet.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time;

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
    /// The URL that was set, empty once it was deleted; none as long as nobody has said anything of it.
    webhook: Option<String>,
    /// How often updates were asked for.
    questions: u64,
    /// Who has blocked the bot, by their numbers.
    blocked: BTreeSet<String>,
}

/// What is remembered, for all connections.
#[derive(Default, Debug)]
pub(crate) struct Chats {
    memory: Mutex<Memory>,
    /// Something has changed for those who wait for updates.
    news: Notify,
}

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
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
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
        drop(memory);
        self.news.notify_waiters();
    }

    /// Notes that a person does not let the bot write to them, or does again.
    pub(crate) fn note_blocked(&self, person: &str, is_blocked: bool) {
        let mut memory = self.memory();
        if !is_blocked {
            memory.blocked.remove(person);
        } else if memory.blocked.len() < MAX_KEPT {
            memory.blocked.insert(person.to_owned());
        }
    }

    pub(crate) fn is_blocked_by(&self, person: &str) -> bool {
        self.memory().blocked.contains(person)
    }

    pub(crate) fn webhook(&self) -> Option<String> {
        self.memory().webhook.clone()
    }

    /// Sets the URL that is called; an empty one is none. Whoever waits for updates waits no longer.
    pub(crate) fn set_webhook(&self, url: String) {
        self.memory().webhook = Some(url);
        self.news.notify_waiters();
    }

    /// Waits until there are updates from this number on, but no longer than that. False where somebody else has asked
    /// meanwhile: the last who asks is told.
    pub(crate) async fn wait(&self, offset: u64, at_most: Duration) -> bool {
        let question = self.begin_question(offset);
        let told = async {
            loop {
                // Made before the look, so that nothing that comes in between is missed.
                let news = self.news.notified();
                if let Some(is_the_last) = self.looked(question) {
                    return is_the_last;
                }
                news.await;
            }
        };
        time::timeout(at_most, told).await.unwrap_or(true)
    }

    /// Whoever asks has taken all before this number, and ends the wait of whoever has asked before.
    fn begin_question(&self, offset: u64) -> u64 {
        let mut memory = self.memory();
        take_before(&mut memory, offset);
        memory.questions += 1;
        let question = memory.questions;
        drop(memory);
        self.news.notify_waiters();
        question
    }

    /// Whether a question is the last one, once there is anything to tell whoever has asked it.
    fn looked(&self, question: u64) -> Option<bool> {
        let memory = self.memory();
        let is_the_last = memory.questions == question;
        let is_called = memory.webhook.as_ref().is_some_and(|url| !url.is_empty());
        (!is_the_last || is_called || !memory.updates.is_empty()).then_some(is_the_last)
    }

    /// The updates from this number on. Whoever asks so has taken all before it.
    pub(crate) fn updates(&self, offset: u64, limit: usize) -> Vec<Value> {
        let mut memory = self.memory();
        take_before(&mut memory, offset);
        memory.updates.iter().take(limit).cloned().collect()
    }
}

fn take_before(memory: &mut Memory, offset: u64) {
    memory.updates.retain(|update| update["update_id"].as_u64().is_some_and(|id| id >= offset));
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
