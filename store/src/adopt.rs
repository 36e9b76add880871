//! Messages without an id: which row is whose. A copy in hand holds its row by an adoption, so that equal
//! messages that are delivered again at once continue different rows, in one process or in many.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::{Content, HELD_FOR, Kept, Key, SURE_AFTER, SURELY_ITS_OWN, State, Tenant, doubting, is_taken_over};
use sea_orm::QueryResult;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

use crate::claim::keys_group;
use crate::record::Outcome;
use crate::row::{key_of, uuid_of};
use crate::sql::{Session, Value, get};
use crate::{Store, StoreError};

const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// What the ledger knows of a message without an id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sight {
    /// Nothing: it is a delivery of its own.
    New,
    /// It continues the row that its first delivery made.
    Known,
    /// An equal one has ended or goes on under its id, and its process crashed before anybody could know whether it
    /// was acknowledged. This may be the same message or another: a delivery of its own that may have been sent.
    Doubtful,
}

/// The identity of one copy of a message without an id. Dropped, it leaves its row to the next copy.
pub struct Adoption {
    store: Store,
    key: Key,
    copy: Uuid,
    sight: Sight,
    /// The message of its row is surely with the broker as long as this copy is not acknowledged.
    surely: bool,
    /// The row that makes it doubtful.
    doubted: Option<Key>,
    /// Since before it was committed.
    since: Instant,
    /// Its message was acknowledged: it may come again only if that is forgotten.
    acknowledged: AtomicBool,
}

impl Store {
    /// Says which delivery a message without an id is. `copy` names the copy in hand, and must be the
    /// token of its claim. A redelivered one takes the oldest row with its fingerprint that nobody has.
    /// While others have all that are surely owed it waits: one may belong to a process that crashed. Whoever finds no
    /// row after every adoption has run out once, and none has changed hands meanwhile, is a delivery of its own.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it for the same copy.
    pub async fn adopt(
        &self,
        tenant: &Tenant,
        fingerprint: &Content,
        copy: Uuid,
        redelivered: bool,
    ) -> Result<Adoption, StoreError> {
        let minted = Key { tenant: tenant.clone(), id: Uuid::now_v7().to_string() };
        let mut waiting = Waiting { begun: Instant::now(), seen: Vec::new() };
        let mut wait = FIRST_WAIT;
        let (key, sight, surely, doubted, since) = loop {
            let since = Instant::now();
            match if redelivered { self.look(fingerprint, copy, &mut waiting).await? } else { Found::Nothing } {
                Found::Row { key, surely } => break (key, Sight::Known, surely, None, since),
                Found::Doubt(doubted) => break (minted, Sight::Doubtful, true, Some(doubted), since),
                Found::OnlyTaken => {}
                Found::Nothing => break (minted, Sight::New, true, None, since),
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        };
        let (store, acknowledged) = (self.clone(), AtomicBool::new(false));
        Ok(Adoption { store, key, copy, sight, surely, doubted, since, acknowledged })
    }

    /// As [`domain::find`].
    async fn look(&self, fingerprint: &Content, copy: Uuid, waiting: &mut Waiting) -> Result<Found, StoreError> {
        let doubting = doubting(copy);
        let [fingerprint, copy, doubting] =
            [fingerprint.as_slice(), copy.as_bytes(), doubting.as_bytes()].map(|bytes| Value::Bytes(Some(bytes)));
        let mut writer = self.inner.db.writer();
        if let Some(row) = writer.query(&take_free(), &[fingerprint, copy]).await?.first() {
            return Ok(Found::Row { key: key_of(row)?, surely: !get::<bool>(row, "leaving")? });
        }
        let open = writer.query(&open_ones(), &[fingerprint]).await?;
        if open.is_empty() {
            return Ok(Found::Nothing);
        }
        let may_wait = waiting.goes_on(&open)?;
        if let Some(row) = writer.query(&take_doubt(), &[fingerprint, doubting, Value::Flag(may_wait)]).await?.first() {
            return Ok(Found::Doubt(key_of(row)?));
        }
        Ok(if may_wait { Found::OnlyTaken } else { Found::Nothing })
    }
}

enum Found {
    Row {
        key: Key,
        surely: bool,
    },
    Doubt(Key),
    /// The copy may still wait.
    OnlyTaken,
    Nothing,
}

/// How a copy waits for a row that others have.
struct Waiting {
    begun: Instant,
    /// The rows that others had at the last look, until when by the database's clock.
    seen: Vec<Kept<Key, i64>>,
}

impl Waiting {
    /// `open`: the rows that there are at this look. False: every adoption has run out once since it began to wait.
    fn goes_on(&mut self, open: &[QueryResult]) -> Result<bool, StoreError> {
        let mut kept = Vec::with_capacity(open.len());
        let mut now = i64::MIN;
        for row in open {
            now = get(row, "read_at")?;
            if let Some(until) = get::<Option<i64>>(row, "adopted_until")? {
                let owed = !get::<bool>(row, "may_be_gone")?;
                kept.push(Kept { row: key_of(row)?, holder: uuid_of(row, "adopter")?, until, owed });
            }
        }
        if is_taken_over(&self.seen, &kept, &now) {
            self.begun = Instant::now();
        }
        self.seen = kept;
        Ok(self.begun.elapsed() <= HELD_FOR + LONGEST_WAIT)
    }
}

/// It was not let go, and its holder had nothing left to do but to acknowledge. `row` names the table.
fn may_be_gone(row: &str) -> String {
    let over: Vec<_> =
        State::ALL.into_iter().filter(|state| state.is_over()).map(|state| format!("'{state}'")).collect();
    format!("({row}.adopter IS NOT NULL AND ({row}.leaving OR {row}.state IN ({})))", over.join(", "))
}

/// It ran out, and belongs to its own message without doubt only when it changed within the last ten minutes, no equal
/// one came within ten, and no other is on its way.
fn is_doubtful() -> String {
    let near = SURELY_ITS_OWN.as_micros();
    format!(
        "(c.adopted_until <= {{now}} AND {} AND (c.updated_at < {{now}} - {near} OR EXISTS \
         (SELECT 1 FROM deliveries AS o WHERE o.fingerprint = c.fingerprint AND o.id <> c.id \
         AND (NOT o.settled OR o.created_at BETWEEN c.created_at - {near} AND c.created_at + {near}))))",
        may_be_gone("c")
    )
}

/// Rows whose message is surely with the broker go first.
fn take_free() -> String {
    format!(
        "WITH free AS MATERIALIZED (SELECT c.tenant, c.id FROM deliveries AS c \
         WHERE c.fingerprint = $1 AND NOT c.settled \
         AND (c.adopter IS NULL OR c.adopter = $2 OR c.adopted_until <= {{now}}) AND NOT {} \
         ORDER BY {}, c.created_at, c.id LIMIT 1 {{for_update}}) \
         UPDATE deliveries SET adopter = $2, adopted_until = {{now}} + {{held_for}}, leaving = {} FROM free \
         WHERE deliveries.tenant = free.tenant AND deliveries.id = free.id \
         RETURNING deliveries.tenant, deliveries.id, deliveries.leaving",
        is_doubtful(),
        may_be_gone("c"),
        may_be_gone("deliveries")
    )
}

/// Others take the oldest first: a row that changes hands is one of these.
fn open_ones() -> String {
    format!(
        "SELECT c.tenant, c.id, c.adopter, c.adopted_until, {{now}} AS read_at, {} AS may_be_gone \
         FROM deliveries AS c WHERE c.fingerprint = $1 AND NOT c.settled ORDER BY c.created_at, c.id LIMIT 64",
        may_be_gone("c")
    )
}

/// Kept from others as long as an adopted one: each such row makes one copy doubtful. Not while the copy `$3` may wait
/// for one that is surely owed.
fn take_doubt() -> String {
    format!(
        "WITH doubt AS MATERIALIZED (SELECT c.tenant, c.id FROM deliveries AS c \
         WHERE c.fingerprint = $1 AND NOT c.settled AND (c.adopter = $2 OR ({} AND NOT ($3 AND EXISTS \
         (SELECT 1 FROM deliveries AS o WHERE o.fingerprint = $1 AND NOT o.settled AND NOT {})))) \
         ORDER BY c.created_at, c.id LIMIT 1 {{for_update}}) \
         UPDATE deliveries SET adopter = $2, adopted_until = {{now}} + {{held_for}} FROM doubt \
         WHERE deliveries.tenant = doubt.tenant AND deliveries.id = doubt.id RETURNING deliveries.tenant, deliveries.id",
        is_doubtful(),
        may_be_gone("o")
    )
}

impl Adoption {
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The token of this copy's claim.
    pub fn copy(&self) -> Uuid {
        self.copy
    }

    pub fn sight(&self) -> Sight {
        self.sight
    }

    /// To be asked before the message is acknowledged. `leaving`: its delivery has not ended, but goes on by what was
    /// published under its id. Says so in the row, because from then on the message may be gone. False: it took so long
    /// that an equal message continues the row; this one must be given back to the broker, as a delivery of its own.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn holds(&self, leaving: bool) -> Result<bool, StoreError> {
        // Another may have taken it and let it go again.
        const KEEP: &str = "UPDATE deliveries SET adopter = $3, adopted_until = {now} + {held_for}, \
                            leaving = leaving OR $4 \
                            WHERE tenant = $1 AND id = $2 AND (adopter IS NULL OR adopter = $3) RETURNING id";
        const TAKEN: &str = "SELECT adopter <> $3 AS taken FROM deliveries \
                             WHERE tenant = $1 AND id = $2 AND adopter IS NOT NULL";
        if !leaving && self.since.elapsed() < HELD_FOR / 2 {
            return Ok(true);
        }
        let [tenant, id] = [self.key.tenant.as_str(), &self.key.id].map(|text| Value::Text(Some(text)));
        let values = [tenant, id, Value::Bytes(Some(self.copy.as_bytes())), Value::Flag(leaving)];
        let mut writer = self.store.inner.db.writer();
        if !writer.query(KEEP, &values).await?.is_empty() {
            return Ok(true);
        }
        let taken = writer.query(TAKEN, &values[..3]).await?;
        Ok(!taken.first().map(|row| get::<bool>(row, "taken")).transpose()?.unwrap_or(false))
    }

    /// To be called when the acknowledgement was sent. Notes it, so that no other message continues the row, as soon
    /// as the broker cannot forget it any more, or at once in a `hurry`. Unless the broker then says that it `has_it`,
    /// nobody can know whether the message comes again: the row stays as it is. Nobody has to wait for that.
    pub fn acknowledged(
        &self,
        has_it: impl Future<Output = bool> + Send + 'static,
        hurry: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        self.acknowledged.store(true, Ordering::Relaxed);
        let (store, key, doubted) = (self.store.clone(), self.key.clone(), self.doubted.clone());
        tokio::spawn(async move {
            let _hurry = tokio::time::timeout(SURE_AFTER, hurry).await;
            if has_it.await {
                for key in doubted.into_iter().chain([key]) {
                    store.inner.outcomes.write_unasked(Outcome::Settle(key));
                }
            }
        })
    }
}

impl Drop for Adoption {
    fn drop(&mut self) {
        if *self.acknowledged.get_mut() {
            return;
        }
        let outcomes = &self.store.inner.outcomes;
        outcomes.write_unasked(Outcome::Release { key: self.key.clone(), copy: self.copy, surely: self.surely });
        if let Some(key) = self.doubted.take() {
            outcomes.write_unasked(Outcome::Release { key, copy: doubting(self.copy), surely: false });
        }
    }
}

pub(crate) async fn settle(session: &mut Session, keys: &[&Key]) -> Result<(), StoreError> {
    const SETTLE: &str = "UPDATE deliveries SET settled = TRUE FROM {u} \
                          WHERE deliveries.tenant = u.tenant AND deliveries.id = u.id";
    session.query_group(SETTLE, &keys_group(keys.iter().copied())).await?;
    Ok(())
}

/// One copy that lets its row go.
pub(crate) struct Releasing<'a> {
    pub(crate) key: &'a Key,
    pub(crate) copy: &'a Uuid,
    /// The next copy has it without doubt; else it only runs out.
    pub(crate) surely: bool,
}

pub(crate) async fn release(session: &mut Session, copies: &[Releasing<'_>]) -> Result<(), StoreError> {
    const RELEASE: &str = "UPDATE deliveries SET adopter = CASE WHEN u.surely THEN NULL ELSE deliveries.adopter END, \
                           adopted_until = CASE WHEN u.surely THEN NULL ELSE {now} END, \
                           leaving = deliveries.leaving AND NOT u.surely FROM {u} \
                           WHERE deliveries.tenant = u.tenant AND deliveries.id = u.id AND deliveries.adopter = u.copy";
    let group = keys_group(copies.iter().map(|one| one.key))
        .bytes("copy", copies.iter().map(|one| one.copy.as_bytes().as_slice()))
        .flag("surely", copies.iter().map(|one| one.surely));
    session.query_group(RELEASE, &group).await?;
    Ok(())
}
