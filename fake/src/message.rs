//! What a provider was asked to send, and what it says of it later.

use serde_json::Value;

/// One message that a provider was asked to send.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The id that the provider gives it.
    pub(crate) id: String,
    pub(crate) to: String,
    /// The words, as far as the provider can read them.
    pub(crate) text: String,
    /// All of the request, as JSON.
    pub(crate) fields: Value,
    /// Where the provider was asked to report to, if the request says so.
    pub(crate) reports_to: Option<String>,
    /// Whether the provider delivers it, and does not only look at it.
    pub(crate) is_delivered: bool,
}

/// Why a provider refuses: the status of its answer, and its own code if another than the usual one is meant.
pub(crate) struct Refusal<'a> {
    pub(crate) status: u16,
    pub(crate) code: Option<&'a str>,
    /// The words about it. Providers quote the recipient.
    pub(crate) words: String,
}

/// What a provider reports of a message: `delivered`, or `undelivered:30003` with a code of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Said {
    pub(crate) word: String,
    pub(crate) code: Option<String>,
}

impl Said {
    pub(crate) fn read(text: &str) -> Self {
        let (word, code) = text.split_once(':').map_or((text, None), |(word, code)| (word, Some(code.to_owned())));
        Self { word: word.to_owned(), code }
    }
}

/// What a person writes or presses.
pub(crate) struct Inbound {
    pub(crate) from: String,
    pub(crate) to: Option<String>,
    pub(crate) text: String,
    /// What stands behind the button that was pressed, if one was.
    pub(crate) button: Option<String>,
    /// `blocked` or `unblocked`: that they let the bot write to them no more, or again, instead of words.
    pub(crate) change: Option<&'static str>,
}

/// One request of a provider to the fleet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Post {
    /// The path and the query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    /// Whether the provider tries again when it was not answered 2xx.
    pub(crate) repeats: bool,
}
