//! Messages without an id: which row is whose. A copy in hand holds its row by an adoption, so that equal
//! messages that are delivered again at once continue different rows, in one process or in many.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::{Content, Key, Tenant};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

use crate::claim::keys_group;
use crate::record::Outcome;
use crate::row::key_of;
use crate::sql::{Session, Value, get};
use crate::{Store, StoreError};

/// How long a row is kept for the copy that has it, by the database's clock. Nothing is lost when a copy
/// takes longer, see [`Adoption::holds`]; after the crash of a process its messages wait so long at most.
const HELD_FOR: Duration = Duration::from_secs(5);
pub(crate) const HELD_FOR_MICROS: &str = "5000000";
/// After this time a broker that dies has written an acknowledgement down. Less than what is left of an adoption that
/// [`Adoption::holds`].
const SURE_AFTER: Duration = Duration::from_secs(2);

const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// What the ledger knows of a message without an id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sight {
    /// Nothing: it is a delivery of its own.
    New,
    /// It continues the row that its first delivery made.
    Known,
    /// An equal one has ended, and its process crashed before anybody could know whether it was
    /// acknowledged. This may be the same message or another: a delivery of its own that may have been sent.
    Doubtful,
}

/// The identity of one copy of a message without an id. Dropped, it leaves its row to the next copy.
pub struct Adoption {
    store: Store,
    key: Key,
    copy: Uuid,
    sight: Sight,
    /// Since before it was committed.
    since: Instant,
    /// Its message was acknowledged: it may come again only if that is forgotten.
    acknowledged: AtomicBool,
}

impl Store {
    /// Says which delivery a message without an id is. `copy` names the copy in hand, and must be the
    /// token of its claim. A redelivered one takes the oldest row with its fingerprint that nobody has.
    /// While others have them all it waits: it may belong to a process that crashed. Whoever finds no row
    /// after every adoption has run out once is a delivery of its own.
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
        let begun = Instant::now();
        let mut wait = FIRST_WAIT;
        let (key, sight, since) = loop {
            let since = Instant::now();
            match if redelivered { self.look(fingerprint, copy).await? } else { Found::Nothing } {
                Found::Row(key) => break (key, Sight::Known, since),
                Found::Doubt => break (minted, Sight::Doubtful, since),
                Found::OnlyTaken if since - begun <= HELD_FOR + LONGEST_WAIT => {}
                Found::OnlyTaken | Found::Nothing => break (minted, Sight::New, since),
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        };
        Ok(Adoption { store: self.clone(), key, copy, sight, since, acknowledged: AtomicBool::new(false) })
    }

    async fn look(&self, fingerprint: &Content, copy: Uuid) -> Result<Found, StoreError> {
        let (fingerprint, copy) = (Value::Bytes(Some(fingerprint)), Value::Bytes(Some(copy.as_bytes())));
        let mut writer = self.inner.db.writer();
        if let Some(row) = writer.query(&take_free(), &[fingerprint, copy]).await?.first() {
            return Ok(Found::Row(key_of(row)?));
        }
        if !writer.query(&take_doubt(), &[fingerprint]).await?.is_empty() {
            return Ok(Found::Doubt);
        }
        const TAKEN: &str = "SELECT id FROM deliveries WHERE fingerprint = $1 AND NOT settled LIMIT 1";
        let taken = writer.query(TAKEN, &[fingerprint]).await?;
        Ok(if taken.is_empty() { Found::Nothing } else { Found::OnlyTaken })
    }
}

enum Found {
    Row(Key),
    Doubt,
    OnlyTaken,
    Nothing,
}

/// Nothing is ordered for them any more: a copy of theirs is just acknowledged.
const ENDED: &str = "c.state IN ('sent', 'captured', 'expired', 'suppressed', 'cancelled', 'delivered', 'bounced')";

/// A row that has ended belongs to its own message without doubt when it was let go, or when it ended within the last
/// ten minutes and no equal one came within ten.
fn take_free() -> String {
    format!(
        "WITH free AS MATERIALIZED (SELECT c.tenant, c.id FROM deliveries AS c \
         WHERE c.fingerprint = $1 AND NOT c.settled AND (c.adopter IS NULL OR c.adopter = $2 OR (c.adopted_until <= {{now}} \
         AND NOT ({ENDED} AND (c.updated_at < {{now}} - 600000000 OR EXISTS (SELECT 1 FROM deliveries AS o WHERE o.fingerprint = c.fingerprint AND o.id <> c.id \
         AND o.created_at BETWEEN c.created_at - 600000000 AND c.created_at + 600000000))))) \
         ORDER BY c.created_at, c.id LIMIT 1 {{for_update}}) \
         UPDATE deliveries SET adopter = $2, adopted_until = {{now}} + {{held_for}} FROM free \
         WHERE deliveries.tenant = free.tenant AND deliveries.id = free.id RETURNING deliveries.tenant, deliveries.id"
    )
}

/// Each such row makes one copy doubtful, and is nobody's any more.
fn take_doubt() -> String {
    format!(
        "WITH doubt AS MATERIALIZED (SELECT c.tenant, c.id FROM deliveries AS c \
         WHERE c.fingerprint = $1 AND NOT c.settled AND c.adopter IS NOT NULL AND c.adopted_until <= {{now}} AND {ENDED} \
         ORDER BY c.created_at, c.id LIMIT 1 {{for_update}}) \
         UPDATE deliveries SET settled = TRUE FROM doubt \
         WHERE deliveries.tenant = doubt.tenant AND deliveries.id = doubt.id RETURNING deliveries.id"
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

    /// To be asked before the message is acknowledged. False: it took so long that an equal message
    /// continues the row; this one must be given back to the broker, as a delivery of its own.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn holds(&self) -> Result<bool, StoreError> {
        const KEEP: &str = "UPDATE deliveries SET adopted_until = {now} + {held_for} \
                            WHERE tenant = $1 AND id = $2 AND adopter = $3 RETURNING id";
        const TAKEN: &str = "SELECT adopter <> $3 AS taken FROM deliveries \
                             WHERE tenant = $1 AND id = $2 AND adopter IS NOT NULL";
        if self.since.elapsed() < HELD_FOR / 2 {
            return Ok(true);
        }
        let [tenant, id] = [self.key.tenant.as_str(), &self.key.id].map(|text| Value::Text(Some(text)));
        let values = [tenant, id, Value::Bytes(Some(self.copy.as_bytes()))];
        let mut writer = self.store.inner.db.writer();
        if !writer.query(KEEP, &values).await?.is_empty() {
            return Ok(true);
        }
        let taken = writer.query(TAKEN, &values).await?;
        Ok(!taken.first().map(|row| get::<bool>(row, "taken")).transpose()?.unwrap_or(false))
    }

    /// To be called when the acknowledgement was sent. Notes it, so that no other message continues the row, as soon
    /// as the broker cannot forget it any more, or at once in a `hurry`. When the connection was not `kept` until then,
    /// nobody can know whether the message comes again: the row stays as it is. Nobody has to wait for that.
    pub fn acknowledged(
        &self,
        kept: impl FnOnce() -> bool + Send + 'static,
        hurry: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        self.acknowledged.store(true, Ordering::Relaxed);
        let (store, key) = (self.store.clone(), self.key.clone());
        tokio::spawn(async move {
            let _hurry = tokio::time::timeout(SURE_AFTER, hurry).await;
            if kept() {
                store.inner.outcomes.write_unasked(Outcome::Settle(key));
            }
        })
    }
}

impl Drop for Adoption {
    fn drop(&mut self) {
        if !*self.acknowledged.get_mut() {
            let release = Outcome::Release { key: self.key.clone(), copy: self.copy };
            self.store.inner.outcomes.write_unasked(release);
        }
    }
}

pub(crate) async fn settle(session: &mut Session, keys: &[&Key]) -> Result<(), StoreError> {
    const SETTLE: &str = "UPDATE deliveries SET settled = TRUE FROM {u} \
                          WHERE deliveries.tenant = u.tenant AND deliveries.id = u.id";
    session.query_group(SETTLE, &keys_group(keys.iter().copied())).await?;
    Ok(())
}

pub(crate) async fn release(session: &mut Session, copies: &[(&Key, &Uuid)]) -> Result<(), StoreError> {
    const RELEASE: &str = "UPDATE deliveries SET adopter = NULL, adopted_until = NULL FROM {u} \
                           WHERE deliveries.tenant = u.tenant AND deliveries.id = u.id AND deliveries.adopter = u.copy";
    let group = keys_group(copies.iter().map(|(key, _)| *key))
        .bytes("copy", copies.iter().map(|(_, copy)| copy.as_bytes().as_slice()));
    session.query_group(RELEASE, &group).await?;
    Ok(())
}
