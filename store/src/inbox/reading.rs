//! How users read their inboxes.

use domain::{InboxCounters, InboxMarks, Key, Tenant, When};
use sea_orm::QueryResult;

use super::items::{
    COLUMNS, InboxCursor, InboxFilter, InboxItem, InboxKept, InboxPage, head, item, item_of, nothing, place,
};
use crate::error::StoreError;
use crate::sql::{Session, Value, count_of, get, key_of, key_values, time_of};
use crate::store::Store;

/// The longest chain of deliveries that is followed upwards: a notification may have fewer.
const MAX_CHAIN: usize = 16;

impl Store {
    /// Where an inbox stands. All is zero where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn inbox_counters(&self, tenant: &Tenant, user: &str) -> Result<InboxCounters, StoreError> {
        let head = head(&mut self.inner.db.reader(), tenant, user, "").await?;
        Ok(head.map_or_else(nothing, |head| head.counters))
    }

    /// How much an inbox keeps.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn inbox_kept(&self, tenant: &Tenant, user: &str) -> Result<InboxKept, StoreError> {
        const COUNT: &str = "SELECT COUNT(*) AS items, COUNT(archived_at) AS archived FROM inbox_items \
                             WHERE tenant = $1 AND user_id = $2";
        let rows = self.inner.db.reader().query(COUNT, &place(tenant, user)).await?;
        let read =
            |row: &QueryResult| Ok(InboxKept { items: count_of(row, "items")?, archived: count_of(row, "archived")? });
        rows.first().map_or(Ok(InboxKept::default()), read)
    }

    /// Reads an inbox, at most `limit` items.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn inbox(
        &self,
        tenant: &Tenant,
        user: &str,
        from: InboxCursor,
        limit: usize,
    ) -> Result<InboxPage, StoreError> {
        let mut session = self.inner.db.reader();
        // First where it stands: what changes while the items are read is in the next answer once more.
        let head = head(&mut session, tenant, user, "").await?;
        let counters = head.as_ref().map_or_else(nothing, |head| head.counters);
        let (filter, before) = match from {
            InboxCursor::Newest { filter, before } => (filter, before),
            InboxCursor::Since { seq, epoch } => {
                let forgotten = head.map_or(0, |head| head.forgotten);
                let is_known = epoch == counters.epoch && (forgotten..=counters.seq).contains(&seq);
                let items = if is_known { changed(&mut session, tenant, user, seq, limit).await? } else { None };
                // What was forgotten between the two looks is missing in the changes.
                if let Some(items) = items
                    && forgotten_up_to(&mut session, tenant, user).await? <= seq
                {
                    return Ok(InboxPage { items, counters, complete: true });
                }
                let newest = newest(&mut session, tenant, user, (InboxFilter::default(), None), limit).await?.0;
                return Ok(InboxPage { items: newest, counters, complete: false });
            }
        };
        let (items, complete) = newest(&mut session, tenant, user, (filter, before), limit).await?;
        Ok(InboxPage { items, counters, complete })
    }

    /// The item of a delivery, if it is in the inbox of this user.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn inbox_item(&self, key: &Key, user: &str) -> Result<Option<InboxItem>, StoreError> {
        item(&mut self.inner.db.reader(), key, user).await
    }

    /// The items that are read by reading up to `through` and whose children wait for that, after `after` and in their order:
    /// each with the change by which it came.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn inbox_escalations(
        &self,
        (tenant, user): (&Tenant, &str),
        (after, through): (i64, i64),
        limit: usize,
    ) -> Result<Vec<(i64, Key)>, StoreError> {
        let sql = format!(
            "SELECT tenant, id, seq FROM inbox_items WHERE tenant = $1 AND user_id = $2 AND seq > $3 AND seq <= $4 \
             AND ((escalates = '{}' AND read_at IS NULL) OR (escalates = '{}' AND seen_at IS NULL)) \
             ORDER BY seq LIMIT {limit}",
            When::Unread.as_str(),
            When::Unseen.as_str()
        );
        let [tenant, user] = place(tenant, user);
        let values = [tenant, user, Value::Int(Some(after)), Value::Int(Some(through))];
        let rows = self.inner.db.reader().query(&sql, &values).await?;
        rows.iter().map(|row| Ok((get(row, "seq")?, key_of(row)?))).collect()
    }

    /// Whether what the child of this delivery waits for in vain has come: somewhere above it there is an item that was read, or
    /// seen where that is enough. Of what comes behind a child of an item it is asked in the same way.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_answered_by_a_reader(&self, parent: &Key) -> Result<bool, StoreError> {
        const ITEM: &str = "SELECT escalates, seen_at, read_at FROM inbox_items WHERE tenant = $1 AND id = $2";
        const ABOVE: &str = "SELECT parent FROM deliveries WHERE tenant = $1 AND id = $2";
        let (mut session, mut of) = (self.inner.db.reader(), parent.clone());
        for _ in 0..MAX_CHAIN {
            if let Some(row) = session.query(ITEM, &key_values(&of)).await?.first() {
                let escalates: Option<String> = get(row, "escalates")?;
                let (seen_at, read_at) = (time_of(row, "seen_at")?, time_of(row, "read_at")?);
                let marks = InboxMarks { seen_at, read_at, ..InboxMarks::default() };
                return Ok(escalates.as_deref().and_then(When::parse).is_some_and(|when| marks.answer(when)));
            }
            let rows = session.query(ABOVE, &key_values(&of)).await?;
            let above = rows.first().map(|row| get::<Option<String>>(row, "parent")).transpose()?;
            let Some(id) = above.flatten() else { return Ok(false) };
            of.id = id;
        }
        Ok(false)
    }
}

/// The newest items, and whether there are no older ones.
async fn newest(
    session: &mut Session,
    tenant: &Tenant,
    user: &str,
    (filter, before): (InboxFilter, Option<i64>),
    limit: usize,
) -> Result<(Vec<InboxItem>, bool), StoreError> {
    let (condition, one_more) = (filter.condition(), limit.saturating_add(1));
    let sql = format!(
        "SELECT {COLUMNS} FROM inbox_items WHERE tenant = $1 AND user_id = $2 AND seq < $3 {condition} \
         ORDER BY seq DESC LIMIT {one_more}"
    );
    let [tenant, user] = place(tenant, user);
    let rows = session.query(&sql, &[tenant, user, Value::Int(Some(before.unwrap_or(i64::MAX)))]).await?;
    let items = rows.iter().take(limit).map(item_of).collect::<Result<_, _>>()?;
    Ok((items, rows.len() <= limit))
}

/// The latest change of an item that was forgotten.
async fn forgotten_up_to(session: &mut Session, tenant: &Tenant, user: &str) -> Result<i64, StoreError> {
    Ok(head(session, tenant, user, "").await?.map_or(0, |head| head.forgotten))
}

/// Everything that has come or changed after this change, in the order of the changes. None where that is more than the limit.
async fn changed(
    session: &mut Session,
    tenant: &Tenant,
    user: &str,
    since: i64,
    limit: usize,
) -> Result<Option<Vec<InboxItem>>, StoreError> {
    let one_more = limit.saturating_add(1);
    let sql = format!(
        "SELECT {COLUMNS} FROM inbox_items WHERE tenant = $1 AND user_id = $2 AND changed_seq > $3 \
         ORDER BY changed_seq, seq LIMIT {one_more}"
    );
    let [tenant, user] = place(tenant, user);
    let rows = session.query(&sql, &[tenant, user, Value::Int(Some(since))]).await?;
    if rows.len() > limit {
        return Ok(None);
    }
    rows.iter().map(item_of).collect::<Result<_, _>>().map(Some)
}
