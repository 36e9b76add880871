//! What operators read: a delivery with its attempts, its warnings, and what the sandbox captured.

use std::collections::BTreeSet;

use domain::{Attempt, AttemptOutcome, ChannelName, FieldError, Key, RecipientHash, Row, Tenant, Timestamp};
use sea_orm::QueryResult;

use super::captures::{self, Between, CapturedPage, CapturedView};
use super::row::{COLUMNS, row_of};
use super::{attempts, warnings};
use crate::error::StoreError;
use crate::sql::{Session, Value, get, key_values, time_of, unreadable};
use crate::store::Store;

/// A delivery, with what is recorded of its attempts.
#[derive(Clone, PartialEq, Debug)]
pub struct DeliveryView {
    pub row: Row,
    /// When the delivery is to be sent, or was to be sent before it was cancelled. None when it was never deferred.
    pub due_at: Option<Timestamp>,
    /// The attempts in the order of epoch, number and time. A success is one of them.
    pub attempts: Vec<Attempt>,
    /// How many answers came after another claim had taken over: each is an attempt `late`.
    pub late_answers: u32,
}

impl Store {
    /// The delivery with its attempts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delivery(&self, key: &Key) -> Result<Option<DeliveryView>, StoreError> {
        if key.id.contains('\0') {
            return Ok(None);
        }
        let sql = format!("SELECT {COLUMNS} FROM deliveries AS d WHERE d.tenant = $1 AND d.id = $2");
        let mut session = self.inner.db.reader();
        let rows = session.query(&sql, &key_values(key)).await?.iter().map(shown_of).collect::<Result<_, _>>()?;
        Ok(with_attempts(&mut session, rows).await?.pop())
    }

    /// The row of a delivery, without its attempts. Rows that are wanted at once are read together.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn row(&self, key: &Key) -> Result<Option<Row>, StoreError> {
        if key.id.contains('\0') {
            return Ok(None);
        }
        self.inner.writers.rows.write(key.clone()).await
    }

    /// The warnings that [`Store::warn`] stored.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn warnings(&self, key: &Key) -> Result<Vec<FieldError>, StoreError> {
        if key.id.contains('\0') {
            return Ok(Vec::new());
        }
        warnings::read(&mut self.inner.db.reader(), key).await
    }

    /// Captures in ascending order: those after `after_id`, or the newest when there is none. A page has at most
    /// `limit` of them, at most 1,000, and at most 4 MiB of texts, but at least one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn captures(&self, after_id: Option<i64>, limit: u32) -> Result<Vec<CapturedView>, StoreError> {
        let wanted = Between { tenant: None, after: after_id, before: None };
        let mut session = self.inner.db.page_reader().await?;
        let page = captures::page(&mut session, wanted, limit).await?;
        session.commit().await?;
        Ok(page.captures)
    }

    /// The same as [`Store::captures`] for one tenant, told whether there is more. Without `after_id` they are the last
    /// ones before `before_id`, or the newest.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn captures_of(
        &self,
        tenant: &Tenant,
        after_id: Option<i64>,
        before_id: Option<i64>,
        limit: u32,
    ) -> Result<CapturedPage, StoreError> {
        let wanted = Between { tenant: Some(tenant), after: after_id, before: before_id };
        let mut session = self.inner.db.page_reader().await?;
        let page = captures::page(&mut session, wanted, limit).await?;
        session.commit().await?;
        Ok(page)
    }

    /// The tenants that have a delivery by this channel to a recipient, by every hash that it may have.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn tenants_of(
        &self,
        channel: &ChannelName,
        recipient: &[RecipientHash],
    ) -> Result<BTreeSet<Tenant>, StoreError> {
        if recipient.is_empty() {
            return Ok(BTreeSet::new());
        }
        let mut values = vec![Value::Text(Some(channel.as_str()))];
        let among = among(recipient, &mut values);
        let sql = format!("SELECT DISTINCT d.tenant FROM deliveries AS d WHERE d.channel = $1 AND {among}");
        let rows = self.inner.db.reader().query(&sql, &values).await?;
        let tenant =
            |row: &QueryResult| Tenant::parse(&get::<String>(row, "tenant")?).ok_or_else(|| unreadable("tenant"));
        rows.iter().map(tenant).collect()
    }
}

/// The condition that the recipient has one of these hashes, of which there is one at least.
fn among<'a>(recipient: &'a [RecipientHash], values: &mut Vec<Value<'a>>) -> String {
    let first = values.len() + 1;
    values.extend(recipient.iter().map(|hash| Value::Bytes(Some(hash.as_bytes()))));
    let places: Vec<String> = (first..=values.len()).map(|place| format!("${place}")).collect();
    format!("d.recipient_hash IN ({})", places.join(", "))
}

/// A row as it is shown, with what it has beside what decisions need.
pub(crate) struct Shown {
    pub(crate) row: Row,
    due_at: Option<Timestamp>,
    /// When the provider had it, where a report has moved the row since.
    sent_at: Option<Timestamp>,
}

pub(crate) fn shown_of(row: &QueryResult) -> Result<Shown, StoreError> {
    Ok(Shown { row: row_of(row)?, due_at: time_of(row, "order_due_at")?, sent_at: time_of(row, "sent_at")? })
}

pub(crate) async fn with_attempts(session: &mut Session, rows: Vec<Shown>) -> Result<Vec<DeliveryView>, StoreError> {
    let keys: Vec<&Key> = rows.iter().map(|shown| &shown.row.key).collect();
    let mut of = attempts::read(session, &keys).await?;
    let view = |Shown { row, due_at, sent_at }: Shown| {
        let mut attempts = of.remove(&row.key).unwrap_or_default();
        if attempts::is_in_row(&row, &attempts) {
            let at = attempts::sent_at(&row, sent_at, &attempts);
            attempts.push(attempts::success_of(&row, at));
        }
        attempts.sort_by_key(|attempt| (attempt.epoch, attempt.n, attempt.at));
        let late = attempts.iter().filter(|attempt| attempt.outcome == AttemptOutcome::Late).count();
        DeliveryView { row, due_at, attempts, late_answers: u32::try_from(late).unwrap_or(u32::MAX) }
    };
    Ok(rows.into_iter().map(view).collect())
}
