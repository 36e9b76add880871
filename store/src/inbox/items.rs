//! What is in an inbox, as its row has it.

use domain::{InboxCounters, InboxMarks, Key, Priority, Tenant, Timestamp, When};
use sea_orm::QueryResult;

use super::post::counters_of;
use crate::error::StoreError;
use crate::sql::{Session, Value, get, key_of, key_values, time_of, unreadable};

pub(super) const COLUMNS: &str = "tenant, user_id, seq, id, kind, priority, title, body, data, action, escalates, \
     posted_at, seen_at, read_at, archived_at, snoozed_until, changed_seq";

/// One item of an inbox.
#[derive(Clone, PartialEq, Eq)]
pub struct InboxItem {
    /// Of its delivery.
    pub key: Key,
    pub user: String,
    /// The change of the inbox by which it came.
    pub seq: i64,
    pub kind: String,
    pub priority: Priority,
    pub title: Option<String>,
    pub body: String,
    /// A JSON object, as is the action.
    pub data: Option<String>,
    pub action: Option<String>,
    /// What the child of its delivery waits for.
    pub escalates: Option<When>,
    pub posted_at: Timestamp,
    pub marks: InboxMarks,
    /// The change of the inbox that was the last of it.
    pub changed_seq: i64,
}

/// Shows no words: they are for their user, never for a log.
impl std::fmt::Debug for InboxItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, seq, marks, changed_seq, .. } = self;
        let mut shown = f.debug_struct("InboxItem");
        shown.field("key", key).field("seq", seq).field("marks", marks).field("changed_seq", changed_seq);
        shown.finish_non_exhaustive()
    }
}

/// Which items are read, by what their user has done with them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum InboxFilter {
    /// All but what is archived.
    #[default]
    Current,
    Unread,
    Unseen,
    Archived,
    All,
}

impl InboxFilter {
    pub const ALL: [Self; 5] = [Self::Current, Self::Unread, Self::Unseen, Self::Archived, Self::All];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Unread => "unread",
            Self::Unseen => "unseen",
            Self::Archived => "archived",
            Self::All => "all",
        }
    }

    pub(super) const fn condition(self) -> &'static str {
        match self {
            Self::Current => "AND archived_at IS NULL",
            Self::Unread => "AND read_at IS NULL",
            Self::Unseen => "AND seen_at IS NULL",
            Self::Archived => "AND archived_at IS NOT NULL",
            Self::All => "",
        }
    }
}

/// From where an inbox is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InboxCursor {
    /// The newest items first, before this one where one is named.
    Newest { filter: InboxFilter, before: Option<i64> },
    /// Every item that has come or changed since then, in the order of the changes.
    Since { seq: i64, epoch: i64 },
}

/// Items, and where their inbox stood before they were read: one that changed meanwhile is told again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InboxPage {
    pub items: Vec<InboxItem>,
    pub counters: InboxCounters,
    /// Since a cursor: whether this is all. Where it is not, these are the newest items, and whoever has others forgets them.
    /// Of the newest: whether there are no older ones.
    pub complete: bool,
}

/// How much an inbox keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct InboxKept {
    pub items: u32,
    /// How many of them are archived.
    pub archived: u32,
}

/// The row of an inbox.
pub(super) struct Head {
    pub(super) counters: InboxCounters,
    pub(super) kept: i64,
    pub(super) forgotten: i64,
}

pub(super) async fn head(
    session: &mut Session,
    tenant: &Tenant,
    user: &str,
    lock: &str,
) -> Result<Option<Head>, StoreError> {
    let sql = format!(
        "SELECT epoch, seq, unread, unseen, kept, forgotten FROM inbox_heads WHERE tenant = $1 AND user_id = $2 {lock}"
    );
    let rows = session.query(&sql, &place(tenant, user)).await?;
    let read = |row: &QueryResult| {
        Ok(Head { counters: counters_of(row)?, kept: get(row, "kept")?, forgotten: get(row, "forgotten")? })
    };
    rows.first().map(read).transpose()
}

pub(super) async fn item(session: &mut Session, key: &Key, user: &str) -> Result<Option<InboxItem>, StoreError> {
    if key.id.contains('\0') || user.contains('\0') {
        return Ok(None);
    }
    let sql = format!("SELECT {COLUMNS} FROM inbox_items WHERE tenant = $1 AND id = $2 AND user_id = $3");
    let [tenant, id] = key_values(key);
    let rows = session.query(&sql, &[tenant, id, Value::Text(Some(user))]).await?;
    rows.first().map(item_of).transpose()
}

pub(super) fn item_of(row: &QueryResult) -> Result<InboxItem, StoreError> {
    let (priority, escalates): (String, Option<String>) = (get(row, "priority")?, get(row, "escalates")?);
    let at = |column| time_of(row, column);
    Ok(InboxItem {
        key: key_of(row)?,
        user: get(row, "user_id")?,
        seq: get(row, "seq")?,
        kind: get(row, "kind")?,
        priority: Priority::parse(&priority).ok_or_else(|| unreadable("priority"))?,
        title: get(row, "title")?,
        body: get(row, "body")?,
        data: get(row, "data")?,
        action: get(row, "action")?,
        escalates: escalates.map(|word| When::parse(&word).ok_or_else(|| unreadable("escalates"))).transpose()?,
        posted_at: Timestamp::from_micros(get(row, "posted_at")?),
        marks: InboxMarks {
            seen_at: at("seen_at")?,
            read_at: at("read_at")?,
            archived_at: at("archived_at")?,
            snoozed_until: at("snoozed_until")?,
        },
        changed_seq: get(row, "changed_seq")?,
    })
}

/// An inbox that nobody has put anything into.
pub(super) const fn nothing() -> InboxCounters {
    InboxCounters { seq: 0, epoch: 0, unread: 0, unseen: 0 }
}

pub(super) fn place<'a>(tenant: &'a Tenant, user: &'a str) -> [Value<'a>; 2] {
    [Value::Text(Some(tenant.as_str())), Value::Text(Some(user))]
}
