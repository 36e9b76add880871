//! Messages without an id: which row belongs to which copy. A copy in hand, the claimant, leases its row, so that equal
//! messages that are delivered again at once continue different rows, in one process or in many. The columns of the
//! table call the claimant the row's adopter.

pub(crate) mod end;
mod find;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::{ACKNOWLEDGED_FOR_CERTAIN_AFTER, Content, Key, ROW_LEASED_FOR, Tenant, suspecting};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use uuid::Uuid;

use self::find::{Found, Waiting, find};
use super::write::LedgerWrite;
use crate::error::StoreError;
use crate::sql::{Value, get, key_values};
use crate::store::Store;

const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// What the ledger knows of a message without an id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sight {
    /// The ledger knows nothing of the message: it is a delivery of its own.
    New,
    /// The message continues the row that its first delivery made.
    Known,
    /// The ledger suspects that the message is one it knows: an equal message has ended or goes on under its id, and
    /// its process crashed before anybody could know whether it was acknowledged. The message in hand may be that one
    /// or another, so it is a delivery of its own whose first attempt counts as ambiguous.
    Suspected,
}

/// The identity of one copy of a message without an id, and the copy's lease of its row. Dropping the lease releases
/// the row for the next copy.
pub struct RowLease {
    store: Store,
    key: Key,
    claimant: Uuid,
    sight: Sight,
    /// The message of the row is certainly with the broker as long as this copy is not acknowledged.
    certain: bool,
    /// The row that the message in hand may be the message of.
    suspected: Option<Key>,
    /// A moment before the lease was committed.
    since: Instant,
    /// The message was acknowledged: it comes again only if the broker forgets that.
    acknowledged: AtomicBool,
}

impl Store {
    /// Says which delivery a message without an id is. `copy` names the copy in hand, and must be the token of its
    /// claim. A redelivered copy leases the oldest row with its fingerprint that no other copy has leased. While others
    /// have leased all rows whose message is certainly with the broker, the copy waits: one of the claimants may be a
    /// process that crashed. A copy is a delivery of its own when every lease has run out once, no row has changed
    /// hands meanwhile, and the copy has still found none.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it for the same copy.
    pub async fn lease_row(
        &self,
        tenant: &Tenant,
        fingerprint: &Content,
        copy: Uuid,
        redelivered: bool,
    ) -> Result<RowLease, StoreError> {
        let minted = Key { tenant: tenant.clone(), id: Uuid::now_v7().to_string() };
        let mut waiting = Waiting::begin(LONGEST_WAIT);
        let mut wait = FIRST_WAIT;
        let (key, sight, certain, suspected, since) = loop {
            let since = Instant::now();
            let found = if redelivered {
                find(&mut self.inner.db.writer(), fingerprint, copy, &mut waiting).await?
            } else {
                Found::Nothing
            };
            match found {
                Found::Row { key, certain } => break (key, Sight::Known, certain, None, since),
                Found::Suspect(suspected) => break (minted, Sight::Suspected, true, Some(suspected), since),
                Found::OnlyLeased => {}
                Found::Nothing => break (minted, Sight::New, true, None, since),
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        };
        let (store, acknowledged) = (self.clone(), AtomicBool::new(false));
        Ok(RowLease { store, key, claimant: copy, sight, certain, suspected, since, acknowledged })
    }
}

impl RowLease {
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The token of this copy's claim.
    pub fn copy(&self) -> Uuid {
        self.claimant
    }

    pub fn sight(&self) -> Sight {
        self.sight
    }

    /// Asks whether this copy still has its row, and renews the lease; must be asked before the message is
    /// acknowledged. `republished` says that the delivery has not ended, but goes on by what was published under its
    /// id; the row then records this, because from then on its message may be gone. False means that the copy took so
    /// long that an equal message continues the row: this copy must be given back to the broker, and comes again as a
    /// delivery of its own.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn holds(&self, republished: bool) -> Result<bool, StoreError> {
        // Another claimant may have leased the row meanwhile, and released it again.
        const RENEW: &str = "UPDATE deliveries SET adopter = $3, adopted_until = {now} + {leased_for}, \
                            leaving = leaving OR $4 \
                            WHERE tenant = $1 AND id = $2 AND (adopter IS NULL OR adopter = $3) RETURNING id";
        const IS_TAKEN: &str = "SELECT adopter <> $3 AS taken FROM deliveries \
                             WHERE tenant = $1 AND id = $2 AND adopter IS NOT NULL";
        if !republished && self.since.elapsed() < ROW_LEASED_FOR / 2 {
            return Ok(true);
        }
        let [tenant, id] = key_values(&self.key);
        let values = [tenant, id, Value::Bytes(Some(self.claimant.as_bytes())), Value::Flag(republished)];
        let mut writer = self.store.inner.db.writer();
        if !writer.query(RENEW, &values).await?.is_empty() {
            return Ok(true);
        }
        let taken = writer.query(IS_TAKEN, &values[..3]).await?;
        Ok(!taken.first().map(|row| get::<bool>(row, "taken")).transpose()?.unwrap_or(false))
    }

    /// Must be called when the acknowledgement was sent. The row is marked as settled, so that no other message
    /// continues it, as soon as the broker cannot forget the acknowledgement any more, or at once when `hurry` ends.
    /// Unless the broker then says that it `has_it`, nobody can know whether the message comes again, and the row stays
    /// as it is. Nobody has to wait for the mark.
    pub fn acknowledged(
        &self,
        has_it: impl Future<Output = bool> + Send + 'static,
        hurry: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        self.acknowledged.store(true, Ordering::Relaxed);
        let (store, key, suspected) = (self.store.clone(), self.key.clone(), self.suspected.clone());
        tokio::spawn(async move {
            let _hurry = tokio::time::timeout(ACKNOWLEDGED_FOR_CERTAIN_AFTER, hurry).await;
            if has_it.await {
                for key in suspected.into_iter().chain([key]) {
                    store.inner.writers.outcomes.write_unasked(LedgerWrite::Settle(key));
                }
            }
        })
    }
}

impl Drop for RowLease {
    fn drop(&mut self) {
        if *self.acknowledged.get_mut() {
            return;
        }
        let release = |key, claimant, certain| {
            self.store.inner.writers.outcomes.write_unasked(LedgerWrite::Release { key, claimant, certain });
        };
        release(self.key.clone(), self.claimant, self.certain);
        if let Some(suspected) = self.suspected.take() {
            release(suspected, suspecting(self.claimant), false);
        }
    }
}
