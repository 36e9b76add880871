//! Puts items into inboxes, in the commit of the outcomes of their deliveries. An inbox has a delivery once.

use std::collections::{BTreeMap, HashSet};

use domain::{InboxCounters, Key, Row, When};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{Group, Session, get, key_of, keys_group};

/// An item as it goes into an inbox. When it was posted, and with which priority, its delivery says.
#[derive(Clone, PartialEq, Eq)]
pub struct Post {
    pub user: String,
    pub kind: String,
    pub title: Option<String>,
    pub body: String,
    /// A JSON object.
    pub data: Option<String>,
    /// A JSON object.
    pub action: Option<String>,
    /// What the child of the delivery waits for in vain: it is called off by that.
    pub escalates: Option<When>,
}

/// Shows the kind only: the words are for their user, never for a log.
impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Post").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// An inbox, by its tenant and its user.
type Place<'a> = (&'a str, &'a str);

/// Adds to an inbox, or makes it. Whoever changes an inbox locks this row: so changes have numbers without a gap, and none
/// commits below one that is known.
const ADD: &str = "INSERT INTO inbox_heads (tenant, user_id, epoch, seq, unread, unseen, kept, forgotten) \
     SELECT u.tenant, u.user_id, u.epoch, u.added, u.added, u.added, u.added, 0 FROM {u} \
     WHERE TRUE ON CONFLICT (tenant, user_id) DO UPDATE SET seq = inbox_heads.seq + excluded.seq, \
     unread = inbox_heads.unread + excluded.unread, unseen = inbox_heads.unseen + excluded.unseen, \
     kept = inbox_heads.kept + excluded.kept RETURNING tenant, user_id, epoch, seq, unread, unseen";

const INSERT: &str = "INSERT INTO inbox_items (tenant, user_id, seq, id, kind, priority, title, body, data, action, \
     escalates, posted_at, changed_seq) SELECT u.tenant, u.user_id, u.seq, u.id, u.kind, u.priority, u.title, u.body, \
     u.data, u.action, u.escalates, u.posted_at, u.seq FROM {u}";

/// Inserts the items of these deliveries; the answers, where their inboxes stand after that, are in the same order.
pub(crate) async fn insert(session: &mut Session, posts: &[(&Row, &Post)]) -> Result<Vec<InboxCounters>, StoreError> {
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    let known = known(session, posts).await?;
    let fresh: Vec<(&Row, &Post)> = posts.iter().copied().filter(|(row, _)| !known.contains(&row.key)).collect();
    let heads = add(session, posts, &fresh).await?;
    let mut next: BTreeMap<Place<'_>, i64> = BTreeMap::new();
    for (row, post) in &fresh {
        *next.entry(place_of(row, post)).or_default() += 1;
    }
    for (place, added) in &mut next {
        *added = head_of(&heads, *place)?.seq - *added;
    }
    let seqs: Vec<i64> = fresh
        .iter()
        .filter_map(|(row, post)| {
            let last = next.get_mut(&place_of(row, post))?;
            *last += 1;
            Some(*last)
        })
        .collect();
    session.query_group(INSERT, &items(&fresh, &seqs)).await?;
    posts.iter().map(|(row, post)| head_of(&heads, place_of(row, post))).collect()
}

fn place_of<'a>(row: &'a Row, post: &'a Post) -> Place<'a> {
    (row.key.tenant.as_str(), post.user.as_str())
}

fn head_of(heads: &BTreeMap<(String, String), InboxCounters>, place: Place<'_>) -> Result<InboxCounters, StoreError> {
    let head = heads.get(&(place.0.to_owned(), place.1.to_owned()));
    head.copied().ok_or_else(|| StoreError::Unavailable("an inbox has not answered".into()))
}

/// The deliveries that an inbox has already: their rows were lost, or forgotten, and they were published again.
async fn known(session: &mut Session, posts: &[(&Row, &Post)]) -> Result<HashSet<Key>, StoreError> {
    const KNOWN: &str = "SELECT i.tenant, i.id FROM {u} JOIN inbox_items AS i ON i.tenant = u.tenant AND i.id = u.id";
    let rows = session.query_group(KNOWN, &keys_group(posts.iter().map(|(row, _)| &row.key))).await?;
    rows.iter().map(key_of).collect()
}

/// Adds to each inbox what is new in it, in the order of their keys, so that several processes lock them in one order.
async fn add(
    session: &mut Session,
    posts: &[(&Row, &Post)],
    fresh: &[(&Row, &Post)],
) -> Result<BTreeMap<(String, String), InboxCounters>, StoreError> {
    let mut added: BTreeMap<Place<'_>, (i64, i64)> = BTreeMap::new();
    for (row, post) in posts {
        added.entry(place_of(row, post)).or_insert((0, row.updated_at.as_micros()));
    }
    for (row, post) in fresh {
        added.entry(place_of(row, post)).and_modify(|(count, _)| *count += 1);
    }
    let group = Group::of(added.len())
        .text("tenant", added.keys().map(|(tenant, _)| *tenant))
        .text("user_id", added.keys().map(|(_, user)| *user))
        .int("added", added.values().map(|(count, _)| *count))
        .int("epoch", added.values().map(|(_, at)| *at));
    let rows = session.query_group(ADD, &group).await?;
    let read = |row: &QueryResult| Ok(((get(row, "tenant")?, get(row, "user_id")?), counters_of(row)?));
    rows.iter().map(read).collect()
}

pub(super) fn counters_of(row: &QueryResult) -> Result<InboxCounters, StoreError> {
    Ok(InboxCounters {
        seq: get(row, "seq")?,
        epoch: get(row, "epoch")?,
        unread: get(row, "unread")?,
        unseen: get(row, "unseen")?,
    })
}

fn items<'a>(fresh: &[(&'a Row, &'a Post)], seqs: &[i64]) -> Group<'a> {
    let rows = || fresh.iter().map(|(row, _)| *row);
    let each = || fresh.iter().map(|(_, post)| *post);
    Group::of(fresh.len())
        .text("tenant", rows().map(|row| row.key.tenant.as_str()))
        .text("user_id", each().map(|post| post.user.as_str()))
        .int("seq", seqs.iter().copied())
        .text("id", rows().map(|row| row.key.id.as_str()))
        .text("kind", each().map(|post| post.kind.as_str()))
        .text("priority", rows().map(|row| row.origin.priority.as_str()))
        .text("title", each().map(|post| post.title.as_deref()))
        .text("body", each().map(|post| post.body.as_str()))
        .text("data", each().map(|post| post.data.as_deref()))
        .text("action", each().map(|post| post.action.as_deref()))
        .text("escalates", each().map(|post| post.escalates.map(When::as_str)))
        .int("posted_at", rows().map(|row| row.updated_at.as_micros()))
}
