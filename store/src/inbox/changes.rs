//! What users do with what is in their inboxes. Each change locks the row of its inbox first.

use domain::{InboxAct, InboxCounters, InboxMarks, Key, Tenant, Timestamp};
use runtime::failpoint;

use super::items::{InboxItem, head, item, nothing, place};
use crate::error::StoreError;
use crate::sql::{Session, Value, get, key_of, unreadable};
use crate::store::Store;

impl Store {
    /// Does with an item what its user wants, and says where the inbox stands then. None where the item is not in the inbox of
    /// this user.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn change_inbox_item(
        &self,
        key: &Key,
        user: &str,
        act: InboxAct,
        now: Timestamp,
    ) -> Result<Option<InboxCounters>, StoreError> {
        let mut session = self.inner.db.begin().await?;
        let Some(head) = head(&mut session, &key.tenant, user, "{for_update}").await? else { return Ok(None) };
        let Some(item) = item(&mut session, key, user).await? else { return Ok(None) };
        let (before, after) = (item.marks, act.apply(item.marks, now));
        if after == before {
            return Ok(Some(head.counters));
        }
        let more = |after: Option<Timestamp>, before: Option<Timestamp>| {
            i64::from(after.is_none()) - i64::from(before.is_none())
        };
        let counters = InboxCounters {
            seq: head.counters.seq + 1,
            unread: head.counters.unread + more(after.read_at, before.read_at),
            unseen: head.counters.unseen + more(after.seen_at, before.seen_at),
            ..head.counters
        };
        mark(&mut session, &item, after, counters.seq).await?;
        move_head(&mut session, &key.tenant, user, counters).await?;
        session.commit().await?;
        failpoint("inbox.changed_before_told");
        Ok(Some(counters))
    }

    /// Reads everything up to the item that came with the change `through`. Returns the newest of these items, if there is any,
    /// and where the inbox stands then.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn read_inbox(
        &self,
        tenant: &Tenant,
        user: &str,
        through: i64,
        now: Timestamp,
    ) -> Result<(Option<Key>, InboxCounters), StoreError> {
        const NEWEST: &str = "SELECT tenant, id FROM inbox_items WHERE tenant = $1 AND user_id = $2 AND seq <= $3 \
             ORDER BY seq DESC LIMIT 1";
        const COUNT: &str = "SELECT COUNT(*) AS unread, COUNT(CASE WHEN seen_at IS NULL THEN 1 END) AS unseen \
             FROM inbox_items WHERE tenant = $1 AND user_id = $2 AND seq <= $3 AND read_at IS NULL";
        const READ: &str = "UPDATE inbox_items SET read_at = $4, seen_at = COALESCE(seen_at, $4), \
             snoozed_until = NULL, changed_seq = $5 \
             WHERE tenant = $1 AND user_id = $2 AND seq <= $3 AND read_at IS NULL";
        let mut session = self.inner.db.begin().await?;
        let head = head(&mut session, tenant, user, "{for_update}").await?;
        let before = head.map_or_else(nothing, |head| head.counters);
        let [of_tenant, of_user] = place(tenant, user);
        let which = [of_tenant, of_user, Value::Int(Some(through))];
        let newest = session.query(NEWEST, &which).await?.first().map(key_of).transpose()?;
        let counted = session.query(COUNT, &which).await?;
        let counted = counted.first().ok_or_else(|| unreadable("unread"))?;
        let (unread, unseen): (i64, i64) = (get(counted, "unread")?, get(counted, "unseen")?);
        if unread == 0 {
            return Ok((newest, before));
        }
        let (seq, unread, unseen) = (before.seq + 1, before.unread - unread, before.unseen - unseen);
        let [now, change] = [now.as_micros(), seq].map(|number| Value::Int(Some(number)));
        session.query(READ, &[of_tenant, of_user, which[2], now, change]).await?;
        let counters = InboxCounters { seq, unread, unseen, ..before };
        move_head(&mut session, tenant, user, counters).await?;
        session.commit().await?;
        failpoint("inbox.changed_before_told");
        Ok((newest, counters))
    }
}

async fn move_head(
    session: &mut Session,
    tenant: &Tenant,
    user: &str,
    counters: InboxCounters,
) -> Result<(), StoreError> {
    const MOVE: &str = "UPDATE inbox_heads SET seq = $3, unread = $4, unseen = $5 WHERE tenant = $1 AND user_id = $2";
    let [tenant, user] = place(tenant, user);
    let [seq, unread, unseen] = [counters.seq, counters.unread, counters.unseen].map(|number| Value::Int(Some(number)));
    session.query(MOVE, &[tenant, user, seq, unread, unseen]).await.map(drop)
}

async fn mark(session: &mut Session, item: &InboxItem, marks: InboxMarks, seq: i64) -> Result<(), StoreError> {
    const MARK: &str = "UPDATE inbox_items SET seen_at = $4, read_at = $5, archived_at = $6, snoozed_until = $7, \
                        changed_seq = $8 WHERE tenant = $1 AND user_id = $2 AND seq = $3";
    let InboxMarks { seen_at, read_at, archived_at, snoozed_until } = marks;
    let [seen_at, read_at, archived_at, snoozed_until] =
        [seen_at, read_at, archived_at, snoozed_until].map(|at| Value::Int(at.map(Timestamp::as_micros)));
    let [tenant, user] = place(&item.key.tenant, &item.user);
    let (at, seq) = (Value::Int(Some(item.seq)), Value::Int(Some(seq)));
    session.query(MARK, &[tenant, user, at, seen_at, read_at, archived_at, snoozed_until, seq]).await.map(drop)
}
