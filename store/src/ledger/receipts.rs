//! What providers reported of deliveries later: kept as it came, each event once, and joined when a delivery is read.
//! No recipient stands here, and nothing that a person wrote.

use std::collections::HashSet;

use domain::{Key, Report, Timestamp};
use sea_orm::QueryResult;

use super::keeping::{FIND, Keeping, KeptReport, Name, name, name_of, names};
use crate::error::StoreError;
use crate::sql::{Value, count_of, get, key_values, time_of};
use crate::store::Store;

/// One report, as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    pub provider: String,
    /// The provider's id of the event.
    pub event_id: String,
    pub epoch: u32,
    /// The attempt that it is about, from 1.
    pub attempt: u32,
    /// What is reported, in one word.
    pub said: String,
    /// What is more exact than the word.
    pub class: Option<String>,
    /// The id that the provider gave to the message.
    pub provider_id: Option<String>,
    pub code: Option<String>,
    pub detail: String,
    /// By the provider's clock.
    pub happened_at: Option<Timestamp>,
    pub received_at: Timestamp,
}

impl Store {
    /// Which of these reports are repeats: kept already, or the same as one before it in the list. In their order.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn are_repeats(&self, reports: &[Report]) -> Result<Vec<bool>, StoreError> {
        let kept = self.inner.db.reader().query_group(FIND, &names(reports)).await?;
        let mut known = kept.iter().map(name_of).collect::<Result<HashSet<Name>, StoreError>>()?;
        Ok(reports.iter().map(|report| !known.insert(name(report))).collect())
    }

    /// Keeps reports; returns what became of each, in their order. One that is kept already stays as it is. Several calls at
    /// once are safe: a report is new to one of them.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it. What is kept by a try whose answer was lost is not new to the next one.
    pub async fn keep_reports(
        &self,
        reports: &[Report],
        received_at: Timestamp,
    ) -> Result<Vec<KeptReport>, StoreError> {
        let (names, reports) = (reports.iter().map(name).collect(), reports.to_vec());
        self.inner.writers.reports.write(Keeping { names, reports, received_at }).await
    }

    /// What was reported of a delivery, in the order in which it came.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn receipts(&self, key: &Key) -> Result<Vec<Receipt>, StoreError> {
        const READ: &str = "SELECT provider, event_id, epoch, attempt, said, class, provider_id, code, detail, \
             happened_at, received_at FROM receipts WHERE tenant = $1 AND id = $2 \
             ORDER BY received_at, happened_at, event_id";
        if key.id.contains('\0') {
            return Ok(Vec::new());
        }
        self.inner.db.reader().query(READ, &key_values(key)).await?.iter().map(receipt_of).collect()
    }

    /// Deletes receipts that were received before `before` and whose delivery is not known, or not any more: the oldest
    /// first and at most `limit`. Several calls at once are safe.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn forget_receipts(&self, before: Timestamp, limit: u32) -> Result<usize, StoreError> {
        const DELETE: &str = "DELETE FROM receipts WHERE (id, tenant, provider, event_id) IN (\
             SELECT r.id, r.tenant, r.provider, r.event_id FROM receipts r WHERE r.received_at < $1 AND NOT EXISTS (\
             SELECT 1 FROM deliveries d WHERE d.tenant = r.tenant AND d.id = r.id) \
             ORDER BY r.received_at LIMIT $2) RETURNING event_id";
        let values = [Value::Int(Some(before.as_micros())), Value::Int(Some(i64::from(limit)))];
        Ok(self.inner.db.writer().query(DELETE, &values).await?.len())
    }
}

fn receipt_of(row: &QueryResult) -> Result<Receipt, StoreError> {
    Ok(Receipt {
        provider: get(row, "provider")?,
        event_id: get(row, "event_id")?,
        epoch: count_of(row, "epoch")?,
        attempt: count_of(row, "attempt")?,
        said: get(row, "said")?,
        class: get(row, "class")?,
        provider_id: get(row, "provider_id")?,
        code: get(row, "code")?,
        detail: get(row, "detail")?,
        happened_at: time_of(row, "happened_at")?,
        received_at: Timestamp::from_micros(get(row, "received_at")?),
    })
}
