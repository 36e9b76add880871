//! What a provider keeps until somebody asks for it, told by whoever knows the provider: this role knows none.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A provider that is asked, because it has nobody to call.
#[derive(Clone)]
pub struct Polling {
    /// Whose updates they are.
    pub provider: &'static str,
    /// What stands for the target of the call that a webhook would have got.
    pub target: &'static str,
    pub ask: Ask,
    pub answer: Answer,
}

/// Asks for what has come since. With a number, all before that is taken, and is told to nobody any more.
pub type Ask = Arc<dyn Fn(Option<i64>) -> Later<Result<Vec<Update>, NotTold>> + Send + Sync>;

/// Answers what waits for an answer. An error says why it is not answered.
pub type Answer = Arc<dyn Fn(String) -> Later<Result<(), String>> + Send + Sync>;

/// What is there once it was awaited.
pub type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// One thing that a provider has kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Update {
    /// Whoever asks from the next number on has taken this one.
    pub number: i64,
    /// What a webhook would have been called with.
    pub body: String,
    /// What is to be answered, if anything is.
    pub query: Option<String>,
}

/// Why nothing was told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotTold {
    /// Nothing will be until somebody puts right what the text says, here or with the provider.
    Refused(String),
    /// What comes goes elsewhere: the text says where, and what to do.
    Elsewhere(String),
    /// The next question may be answered, not before this time is over.
    Now { why: String, wait: Option<Duration> },
}
