//! What the app of Slack's has posted, so that an edit of another message is refused.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many messages are kept. The oldest make room.
const MAX_KEPT: usize = 20_000;

#[derive(Default, Debug)]
struct Memory {
    /// The conversation and the time of each message.
    sent: VecDeque<(String, String)>,
    last: u32,
}

/// What is remembered, for all connections.
#[derive(Default, Debug)]
pub(crate) struct Posts(Mutex<Memory>);

impl Posts {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of the next message: these seconds, and a number of its own behind them.
    pub(crate) fn next_ts(&self, seconds: u64) -> String {
        let mut memory = self.memory();
        memory.last = (memory.last + 1) % 1_000_000;
        format!("{seconds}.{:06}", memory.last)
    }

    pub(crate) fn keep(&self, conversation: &str, ts: &str) {
        if self.has(conversation, ts) {
            return;
        }
        let mut memory = self.memory();
        memory.sent.push_back((conversation.to_owned(), ts.to_owned()));
        if memory.sent.len() > MAX_KEPT {
            memory.sent.pop_front();
        }
    }

    pub(crate) fn has(&self, conversation: &str, ts: &str) -> bool {
        self.memory().sent.iter().any(|(known, at)| known == conversation && at == ts)
    }
}
