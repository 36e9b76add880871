//! The chain: one process at a time gives entries their places, each with a seal that is made of the one before it.

use std::fmt;
use std::time::Duration;

use domain::{Content, JournalKeys, JournalRow, Timestamp};
use sea_orm::QueryResult;
use uuid::Uuid;

use super::list::{COLUMNS, row_of};
use crate::error::StoreError;
use crate::sql::{Group, Session, Value, count_of, get, micros};
use crate::store::Store;

/// How many entries one transaction seals.
const BATCH: usize = 500;

/// The end of the chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalHead {
    /// How many entries are sealed.
    pub seq: i64,
    /// The seal of the last; empty before the first.
    pub mac: Vec<u8>,
}

/// An entry at its place in the chain, as the database has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SealedRow {
    pub(super) seq: i64,
    pub(super) mac: Vec<u8>,
    pub(super) row: JournalRow,
}

impl JournalHead {
    /// Reads a head as it is told: its place, a colon, and its seal in hexadecimal digits. None for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (seq, mac) = text.split_once(':')?;
        let seq: i64 = seq.parse().ok().filter(|seq| *seq > 0)?;
        if mac.len() != 2 * Content::default().len() || !mac.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let byte = |at: usize| u8::from_str_radix(&mac[at..at + 2], 16).ok();
        let mac = (0..mac.len()).step_by(2).map(byte).collect::<Option<Vec<u8>>>()?;
        Some(Self { seq, mac })
    }
}

impl fmt::Display for JournalHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.seq)?;
        self.mac.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Store {
    /// Whether there is something to seal, or an end of the chain that was not told within so long. It only reads: a
    /// journal in which nothing happens costs no write.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn journal_waits(&self, told_within: Duration) -> Result<bool, StoreError> {
        const LOOK: &str = "SELECT (SELECT COUNT(*) FROM (SELECT id FROM journal WHERE seq IS NULL LIMIT 1) AS o) \
             + (SELECT COUNT(*) FROM journal_head WHERE id = 1 AND seq > 0 AND told_at <= {now} - $1) AS waits";
        let rows = self.inner.db.reader().query(LOOK, &[Value::Int(Some(micros(told_within)))]).await?;
        rows.first().map_or(Ok(false), |row| Ok(count_of(row, "waits")? > 0))
    }

    /// Makes `owner` the sealer for `lease`, or keeps it the sealer. False when another is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lead_journal(&self, owner: Uuid, lease: Duration) -> Result<bool, StoreError> {
        const MAKE: &str = "INSERT INTO journal_head (id, seq, mac, sealed_at, lease_until, told_at) \
             VALUES (1, 0, $1, 0, 0, 0) ON CONFLICT (id) DO NOTHING";
        const LEAD: &str = "UPDATE journal_head SET lease_owner = $1, lease_until = {now} + $2 \
             WHERE id = 1 AND (lease_until <= {now} OR lease_owner = $1) RETURNING id";
        let mut session = self.inner.db.writer();
        let values = [Value::Bytes(Some(owner.as_bytes())), Value::Int(Some(micros(lease)))];
        let leads = session.query(LEAD, &values).await?;
        if !leads.is_empty() {
            return Ok(true);
        }
        // Where there is no row yet, the next look leads.
        session.query(MAKE, &[Value::Bytes(Some(&[]))]).await?;
        Ok(false)
    }

    /// Seals entries that have no place yet, in one transaction, and returns how many: at most 500. None where `owner` is not
    /// the sealer any more. Whoever still believes to be the sealer waits for the row of the head, and finds that out.
    ///
    /// # Errors
    /// [`StoreError`]; after any of them nothing is sealed.
    pub async fn seal_journal(&self, owner: Uuid, keys: &JournalKeys) -> Result<Option<usize>, StoreError> {
        const HEAD: &str = "SELECT seq, mac FROM journal_head WHERE id = 1 AND lease_owner = $1 {for_update}";
        const MOVE: &str = "UPDATE journal_head SET seq = $1, mac = $2, sealed_at = {now} WHERE id = 1 AND seq = $3 \
             RETURNING id";
        let open = format!("SELECT {COLUMNS} FROM journal WHERE seq IS NULL ORDER BY at, id LIMIT {BATCH}");
        let mut session = self.inner.db.begin().await?;
        let heads = session.query(HEAD, &[Value::Bytes(Some(owner.as_bytes()))]).await?;
        let Some(head) = heads.first().map(head_of).transpose()? else { return Ok(None) };
        let rows = session.query(&open, &[]).await?;
        if rows.is_empty() {
            return Ok(Some(0));
        }
        let rows: Vec<JournalRow> = rows.iter().map(row_of).collect::<Result<_, _>>()?;
        let seals = seals(keys, &head, &rows);
        set(&mut session, &rows, &seals).await?;
        let (last, mac) = seals.last().map_or((head.seq, head.mac.as_slice()), |(seq, mac)| (*seq, mac.as_slice()));
        let values = [Value::Int(Some(last)), Value::Bytes(Some(mac)), Value::Int(Some(head.seq))];
        if session.query(MOVE, &values).await?.is_empty() {
            return Err(contended());
        }
        session.commit().await?;
        Ok(Some(rows.len()))
    }

    /// The end of the chain. None before the first entry was sealed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn journal_head(&self) -> Result<Option<JournalHead>, StoreError> {
        const HEAD: &str = "SELECT seq, mac FROM journal_head WHERE id = 1 AND seq > 0";
        self.inner.db.reader().query(HEAD, &[]).await?.first().map(head_of).transpose()
    }

    /// The end of the chain, to one caller in each `every`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn journal_head_to_tell(&self, every: Duration) -> Result<Option<JournalHead>, StoreError> {
        const TELL: &str = "UPDATE journal_head SET told_at = {now} WHERE id = 1 AND seq > 0 AND told_at <= {now} - $1 \
             RETURNING seq, mac";
        let rows = self.inner.db.writer().query(TELL, &[Value::Int(Some(micros(every)))]).await?;
        rows.first().map(head_of).transpose()
    }

    /// Entries of the chain after a place, in its order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn sealed_rows(&self, after: i64, limit: u32) -> Result<Vec<SealedRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS}, seq, mac FROM journal WHERE seq > $1 ORDER BY seq, id LIMIT {limit}");
        let rows = self.inner.db.reader().query(&sql, &[Value::Int(Some(after))]).await?;
        rows.iter().map(sealed_of).collect()
    }

    /// How many entries that were told before this time have no place in the chain yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn count_unsealed(&self, before: Timestamp) -> Result<u32, StoreError> {
        const COUNT: &str = "SELECT COUNT(*) AS open FROM journal WHERE seq IS NULL AND at < $1";
        let rows = self.inner.db.reader().query(COUNT, &[Value::Int(Some(before.as_micros()))]).await?;
        rows.first().map_or(Ok(0), |row| count_of(row, "open"))
    }
}

/// The places and seals of rows that follow a head.
fn seals(keys: &JournalKeys, head: &JournalHead, rows: &[JournalRow]) -> Vec<(i64, Content)> {
    let mut seals: Vec<(i64, Content)> = Vec::with_capacity(rows.len());
    for (seq, row) in (head.seq + 1..).zip(rows) {
        let before = seals.last().map_or(head.mac.as_slice(), |(_, mac)| mac.as_slice());
        let seal = keys.seal(seq, before, row);
        seals.push((seq, seal));
    }
    seals
}

async fn set(session: &mut Session, rows: &[JournalRow], seals: &[(i64, Content)]) -> Result<(), StoreError> {
    const SEAL: &str = "UPDATE journal SET seq = u.seq, mac = u.mac FROM {u} \
         WHERE journal.id = u.id AND journal.seq IS NULL RETURNING journal.id";
    let group = Group::of(rows.len())
        .text("id", rows.iter().map(|row| row.id.as_str()))
        .int("seq", seals.iter().map(|(seq, _)| *seq))
        .bytes("mac", seals.iter().map(|(_, mac)| mac.as_slice()));
    let sealed = session.query_group(SEAL, &group).await?;
    if sealed.len() == rows.len() { Ok(()) } else { Err(contended()) }
}

fn contended() -> StoreError {
    StoreError::Unavailable("another process seals the journal".into())
}

fn head_of(row: &QueryResult) -> Result<JournalHead, StoreError> {
    Ok(JournalHead { seq: get(row, "seq")?, mac: get(row, "mac")? })
}

/// A seal that was taken away counts as an empty one, which none is.
fn sealed_of(row: &QueryResult) -> Result<SealedRow, StoreError> {
    let mac = get::<Option<Vec<u8>>>(row, "mac")?.unwrap_or_default();
    Ok(SealedRow { seq: get(row, "seq")?, mac, row: row_of(row)? })
}
