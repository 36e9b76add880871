//! The asks that somebody may mean who answers in words: found by the hash of whoever has written, through the messages that
//! have asked. No tenant keeps those of another from being found.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Ask, ChannelName, Key, RecipientHash, Timestamp};
use sea_orm::QueryResult;

use super::row::{ASK, ask_of, place_of};
use crate::error::StoreError;
use crate::sql::{Session, Value, get, key_of, keys_group};
use crate::store::Store;

/// The most open asks that are looked at for one answer in words, and the most of them of one tenant.
const MOST_OPEN: usize = 200;
const MOST_OF_TENANT: usize = 50;
/// The most asks besides that have ended.
const MOST_ENDED: usize = 20;
/// The most messages that are read for those of a tenant, and for those that have ended: an ask may have several for one
/// person.
const MOST_ROWS: usize = 200;

/// An ask for which somebody was written to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AskedPerson {
    pub ask: Ask,
    /// Their place in the audience.
    pub place: u16,
    pub locale: Option<String>,
}

/// The same before the ask was read.
struct Named {
    key: Key,
    place: u16,
    locale: Option<String>,
}

impl Store {
    /// The asks for which somebody of one of these hashes was written to by this channel, and which are open or have ended
    /// since then: first the newest open one of each tenant, then the next of each, at most 50 of one tenant and 200 in all,
    /// and then at most 20 that have ended. One that only a newer version can read is left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn asks_of_recipient(
        &self,
        channel: &ChannelName,
        recipients: &[RecipientHash],
        since: Timestamp,
    ) -> Result<Vec<AskedPerson>, StoreError> {
        let mut session = self.inner.db.reader();
        let mut named = open(&mut session, channel, recipients).await?;
        named.extend(ended(&mut session, channel, recipients, since).await?);
        let keys: Vec<Key> = named.iter().map(|named| named.key.clone()).collect::<BTreeSet<_>>().into_iter().collect();
        let sql = format!("SELECT {ASK} FROM asks WHERE (tenant, id) IN (SELECT u.tenant, u.id FROM {{u}})");
        let rows = session.query_group(&sql, &keys_group(keys.iter())).await?;
        let asks = rows.iter().filter_map(|row| ask_of(row).ok());
        let asks: BTreeMap<Key, Ask> = asks.map(|ask| (ask.key.clone(), ask)).collect();
        let person = |Named { key, place, locale }: Named| {
            asks.get(&key).map(|ask| AskedPerson { ask: ask.clone(), place, locale })
        };
        Ok(named.into_iter().filter_map(person).collect())
    }
}

/// Of each tenant in turn. Neither the next tenant nor its messages are looked for by more than the beginning of an index,
/// however often somebody was asked.
async fn open(
    session: &mut Session,
    channel: &ChannelName,
    recipients: &[RecipientHash],
) -> Result<Vec<Named>, StoreError> {
    const NEXT_TENANT: &str = "SELECT tenant FROM ask_copies WHERE recipient = $1 AND channel = $2 AND tenant > $3 \
         AND destination IS NOT NULL ORDER BY tenant LIMIT 1";
    let of_tenant = format!(
        "SELECT c.tenant, c.ask AS id, c.place, c.locale FROM (SELECT tenant, ask, place, locale FROM ask_copies \
         WHERE recipient = $1 AND channel = $2 AND tenant = $3 AND destination IS NOT NULL \
         ORDER BY due_at DESC LIMIT {MOST_ROWS}) AS c \
         JOIN asks AS a ON a.tenant = c.tenant AND a.id = c.ask WHERE a.state = 'open' ORDER BY a.created_at DESC, a.id"
    );
    let mut of_tenants: BTreeMap<String, Vec<QueryResult>> = BTreeMap::new();
    for recipient in recipients {
        let mut tenant = String::new();
        for _ in 0..MOST_OPEN {
            let next = session.query(NEXT_TENANT, &values(recipient, channel, Value::Text(Some(&tenant)))).await?;
            let Some(next) = next.first() else { break };
            tenant = get(next, "tenant")?;
            let rows = session.query(&of_tenant, &values(recipient, channel, Value::Text(Some(&tenant)))).await?;
            of_tenants.entry(tenant.clone()).or_default().extend(rows);
        }
    }
    let mut turns = Vec::new();
    for rows in of_tenants.values() {
        turns.extend(named_once(rows, MOST_OF_TENANT)?.into_iter().enumerate());
    }
    turns.sort_by_key(|(turn, _)| *turn);
    Ok(turns.into_iter().map(|(_, named)| named).take(MOST_OPEN).collect())
}

async fn ended(
    session: &mut Session,
    channel: &ChannelName,
    recipients: &[RecipientHash],
    since: Timestamp,
) -> Result<Vec<Named>, StoreError> {
    let sql = format!(
        "SELECT c.tenant, c.ask AS id, c.place, c.locale FROM (SELECT tenant, ask, place, locale FROM ask_copies \
         WHERE recipient = $1 AND channel = $2 ORDER BY due_at DESC LIMIT {MOST_ROWS}) AS c \
         JOIN asks AS a ON a.tenant = c.tenant AND a.id = c.ask WHERE a.ended_at > $3 ORDER BY a.created_at DESC, a.id"
    );
    let mut rows = Vec::new();
    for recipient in recipients {
        let since = Value::Int(Some(since.as_micros()));
        rows.extend(session.query(&sql, &values(recipient, channel, since)).await?);
    }
    named_once(&rows, MOST_ENDED)
}

fn values<'a>(recipient: &'a RecipientHash, channel: &'a ChannelName, third: Value<'a>) -> [Value<'a>; 3] {
    [Value::Bytes(Some(recipient.as_bytes())), Value::Text(Some(channel.as_str())), third]
}

/// Each person of each ask once, in their order, and so many at most.
fn named_once(rows: &[QueryResult], most: usize) -> Result<Vec<Named>, StoreError> {
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    for row in rows {
        let (key, place) = (key_of(row)?, place_of(row)?);
        if found.len() < most && seen.insert((key.clone(), place)) {
            found.push(Named { key, place, locale: get(row, "locale")? });
        }
    }
    Ok(found)
}
