//! Forgets what has been in an inbox for too long, or is more than an inbox keeps: the oldest items first.

use std::time::Duration;

use domain::{Tenant, Timestamp};
use sea_orm::QueryResult;

use super::items::{head, place};
use crate::error::StoreError;
use crate::sql::{Session, Value, get, unreadable};
use crate::store::Store;

/// How much an inbox keeps, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InboxLimits {
    /// None for ever.
    pub keep_for: Option<Duration>,
    /// How many items, at least 1.
    pub most: u32,
}

impl Store {
    /// Deletes items that are older or more than the limits say, of some inboxes and at most `batch` of each. Returns how many:
    /// none are left once that is 0. Several calls at once are safe.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn forget_inbox_items(
        &self,
        limits: InboxLimits,
        now: Timestamp,
        batch: u32,
    ) -> Result<usize, StoreError> {
        let before = limits.keep_for.map(|time| now.minus(time));
        let mut forgotten = 0;
        for (tenant, user) in self.inboxes_to_shorten(before, limits.most, batch).await? {
            let mut session = self.inner.db.begin().await?;
            forgotten += shorten(&mut session, (&tenant, &user), before, limits.most, batch).await?;
            session.commit().await?;
        }
        Ok(forgotten)
    }

    async fn inboxes_to_shorten(
        &self,
        before: Option<Timestamp>,
        most: u32,
        batch: u32,
    ) -> Result<Vec<(Tenant, String)>, StoreError> {
        let full = format!("SELECT tenant, user_id FROM inbox_heads WHERE kept > $1 LIMIT {batch}");
        // In the order of the index on their ages.
        let old =
            format!("SELECT tenant, user_id FROM inbox_items WHERE posted_at < $1 ORDER BY posted_at LIMIT {batch}");
        let mut session = self.inner.db.reader();
        let mut rows = session.query(&full, &[Value::Int(Some(i64::from(most)))]).await?;
        if let Some(before) = before {
            rows.extend(session.query(&old, &[Value::Int(Some(before.as_micros()))]).await?);
        }
        let mut inboxes: Vec<(Tenant, String)> = rows.iter().map(inbox_of).collect::<Result<_, _>>()?;
        inboxes.sort_unstable();
        inboxes.dedup();
        Ok(inboxes)
    }
}

fn inbox_of(row: &QueryResult) -> Result<(Tenant, String), StoreError> {
    let tenant: String = get(row, "tenant")?;
    Ok((Tenant::parse(&tenant).ok_or_else(|| unreadable("tenant"))?, get(row, "user_id")?))
}

/// Deletes the oldest items of one inbox. Its row says afterwards which changes nobody can be told of any more. The counters
/// move by that, so that it is a change too: of two that have one number, both are the same.
async fn shorten(
    session: &mut Session,
    (tenant, user): (&Tenant, &str),
    before: Option<Timestamp>,
    most: u32,
    batch: u32,
) -> Result<usize, StoreError> {
    const NOTE: &str = "UPDATE inbox_heads SET seq = seq + 1, kept = kept - $3, unread = unread - $4, unseen = unseen - $5, \
         forgotten = CASE WHEN forgotten < $6 THEN $6 ELSE forgotten END WHERE tenant = $1 AND user_id = $2";
    let Some(head) = head(session, tenant, user, "{for_update}").await? else { return Ok(0) };
    let too_many = (head.kept - i64::from(most)).clamp(0, i64::from(batch));
    let delete = format!(
        "DELETE FROM inbox_items WHERE tenant = $1 AND user_id = $2 AND seq IN (SELECT i.seq FROM inbox_items AS i \
         WHERE i.tenant = $1 AND i.user_id = $2 AND (i.posted_at < $3 OR i.seq IN (SELECT o.seq FROM inbox_items AS o \
         WHERE o.tenant = $1 AND o.user_id = $2 ORDER BY o.seq LIMIT {too_many})) ORDER BY i.seq LIMIT {batch}) \
         RETURNING changed_seq, CAST(CASE WHEN read_at IS NULL THEN 1 ELSE 0 END AS BIGINT) AS unread, \
         CAST(CASE WHEN seen_at IS NULL THEN 1 ELSE 0 END AS BIGINT) AS unseen"
    );
    let [tenant, user] = place(tenant, user);
    let before = Value::Int(Some(before.map_or(i64::MIN, Timestamp::as_micros)));
    let deleted = session.query(&delete, &[tenant, user, before]).await?;
    let of_each = |column: &str| deleted.iter().map(|row| get(row, column)).collect::<Result<Vec<i64>, StoreError>>();
    let Some(latest) = of_each("changed_seq")?.into_iter().max() else { return Ok(0) };
    let (unread, unseen): (i64, i64) = (of_each("unread")?.iter().sum(), of_each("unseen")?.iter().sum());
    let kept = i64::try_from(deleted.len()).unwrap_or(i64::MAX);
    let [kept, unread, unseen, latest] = [kept, unread, unseen, latest].map(|number| Value::Int(Some(number)));
    session.query(NOTE, &[tenant, user, kept, unread, unseen, latest]).await?;
    Ok(deleted.len())
}
