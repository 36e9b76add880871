//! What the gateway asks of people's inboxes. Whoever knows them answers: this role stores and decides nothing.

use std::pin::Pin;
use std::sync::Arc;

use serde_json::value::RawValue;

use crate::person::Person;

/// The inboxes.
#[derive(Clone)]
pub struct Inbox {
    /// The item of this id, as `GET /inbox` shows it. None where there is none, or none any more.
    pub item: Asked<String, Option<Box<RawValue>>>,
    /// What has come after a place.
    pub since: Asked<Since, News>,
    /// Notes that a client has shown an item. False where there is no such item.
    pub seen: Asked<String, bool>,
}

/// What is asked about somebody's inbox.
type Asked<About, Answer> = Arc<dyn Fn(Person, About) -> Later<Answer> + Send + Sync>;

/// What is there once it was awaited. An error says why the inbox cannot be asked now.
pub type Later<T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send>>;

/// The last that a client knows of an inbox; nothing, where it has none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Since {
    pub epoch: Option<i64>,
    pub seq: Option<i64>,
}

/// What has come or changed after that, the oldest change first; without a place, the newest items.
#[derive(Debug)]
pub struct News {
    pub items: Vec<Box<RawValue>>,
    /// Whether these are all. If not, they are the newest, and a client forgets what else it has.
    pub complete: bool,
    pub epoch: i64,
    pub seq: i64,
    pub unread: i64,
    pub unseen: i64,
}
