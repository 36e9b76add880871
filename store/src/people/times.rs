//! When somebody was last put on the suppression list for a reason or taken off it, or asked for either. Calls of providers
//! are heard in any order: what was said before that changes the list no more.

use domain::{ChannelName, RecipientHash, SuppressedFor, Suppression, Tenant, Timestamp};

use crate::error::StoreError;
use crate::sql::{Session, Value};

/// Something that is said at a time of somebody who is, or is not, to be written to.
pub(crate) struct Word<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) channel: &'a ChannelName,
    /// Every hash that they may have.
    pub(crate) recipient: Vec<RecipientHash>,
    pub(crate) reason: SuppressedFor,
    pub(crate) at: Timestamp,
}

/// Which of two words of the same time counts.
#[derive(Clone, Copy)]
pub(crate) enum Tie {
    /// The one that is noted now: nobody is written to who may not want it.
    Counts,
    /// The one that was noted before.
    Yields,
}

impl<'a> Word<'a> {
    /// That of an entry, whose recipient may have been known by another hash before.
    pub(crate) fn of(entry: &'a Suppression, before: Option<RecipientHash>, at: Timestamp) -> Self {
        let recipient = std::iter::once(entry.recipient).chain(before).collect();
        Self { tenant: &entry.tenant, channel: &entry.channel, recipient, reason: entry.reason, at }
    }
}

/// Notes a word, which belongs in a transaction with what follows from it. False where a later word is known by any of the
/// hashes: then nothing follows. The rows are locked until the transaction ends, also where they stay as they are, so that
/// the last of several words that are heard at once counts.
pub(crate) async fn note(session: &mut Session, word: &Word<'_>, tie: Tie) -> Result<bool, StoreError> {
    let earlier = match tie {
        Tie::Counts => "<=",
        Tie::Yields => "<",
    };
    let sql = format!(
        "INSERT INTO suppression_times (recipient, channel, tenant, reason, last_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (recipient, channel, tenant, reason) DO UPDATE SET last_at = excluded.last_at \
         WHERE suppression_times.last_at {earlier} excluded.last_at RETURNING last_at"
    );
    let mut hashes: Vec<&RecipientHash> = word.recipient.iter().collect();
    // In one order, so that nobody waits for whoever waits for them.
    hashes.sort_unstable_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
    let mut is_last = true;
    for hash in hashes {
        let values = [
            Value::Bytes(Some(hash.as_bytes())),
            Value::Text(Some(word.channel.as_str())),
            Value::Text(Some(word.tenant.as_str())),
            Value::Text(Some(word.reason.as_str())),
            Value::Int(Some(word.at.as_micros())),
        ];
        is_last &= !session.query(&sql, &values).await?.is_empty();
    }
    Ok(is_last)
}

/// Notes that the entries that meet the condition are lifted now, in the transaction that lifts them.
pub(crate) async fn note_lifts(
    session: &mut Session,
    condition: &str,
    values: &[Value<'_>],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut values = values.to_vec();
    values.push(Value::Int(Some(now.as_micros())));
    let sql = format!(
        "INSERT INTO suppression_times (recipient, channel, tenant, reason, last_at) \
         SELECT recipient, channel, tenant, reason, CAST(${} AS BIGINT) FROM suppressions WHERE {condition} \
         ORDER BY recipient, channel, tenant, reason \
         ON CONFLICT (recipient, channel, tenant, reason) DO UPDATE SET last_at = excluded.last_at \
         WHERE suppression_times.last_at < excluded.last_at",
        values.len()
    );
    session.query(&sql, &values).await.map(drop)
}
