//! Cancelling: after the answer, it is never sent.

use domain::{Content, Key, State, Timestamp};

use crate::row::{content_of, state_of};
use crate::sql::{Session, Value};
use crate::{Store, StoreError, refuse_nul};

/// What cancelling found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cancel {
    /// A job or a waiting delivery was cancelled, now or before.
    Cancelled,
    /// Nothing was known of it: a tombstone will stop it when it comes.
    Unknown,
    /// It is being sent or has ended; nothing was changed. After [`State::FellBack`] follow the chain:
    /// the child's id is `domain::child_id(key, 1)`.
    TooLate(State),
}

/// A claim may insert the row between the look and the tombstone, at most once.
const MAX_ROUNDS: usize = 3;

impl Store {
    /// In one transaction: deletes the one-shot job, cancels the waiting row, or leaves a tombstone.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn cancel(&self, key: &Key, now: Timestamp) -> Result<Cancel, StoreError> {
        refuse_nul(key)?;
        for _ in 0..MAX_ROUNDS {
            let mut session = self.inner.db.begin().await?;
            if let Some(answer) = cancel_in(&mut session, key, now).await? {
                session.commit().await?;
                return Ok(answer);
            }
        }
        Err(StoreError::Unavailable("another process keeps changing the same row".into()))
    }
}

async fn cancel_in(session: &mut Session, key: &Key, now: Timestamp) -> Result<Option<Cancel>, StoreError> {
    const LOOK: &str = "SELECT state, content FROM deliveries WHERE tenant = $1 AND id = $2 {for_update}";
    const CANCEL: &str = "UPDATE deliveries SET state = 'cancelled', order_kind = 'nothing', order_tier = NULL, \
                          order_due_at = NULL, updated_at = $3, version = version + 1 WHERE tenant = $1 AND id = $2";
    let [tenant, id] = [Value::Text(Some(key.tenant.as_str())), Value::Text(Some(&key.id))];
    let rows = session.query(LOOK, &[tenant, id]).await?;
    let Some(row) = rows.first() else {
        let job = delete_job(session, key).await?;
        let answer = if job.is_some() { Cancel::Cancelled } else { Cancel::Unknown };
        return Ok(insert_tombstone(session, key, job, now).await?.then_some(answer));
    };
    Ok(Some(match state_of(row)? {
        State::Waiting => {
            delete_job(session, key).await?;
            session.query(CANCEL, &[tenant, id, Value::Int(Some(now.as_micros()))]).await?;
            Cancel::Cancelled
        }
        State::Cancelled => {
            let job = delete_job(session, key).await?;
            let was_known = job.is_some() || content_of(row, "content")?.is_some();
            if was_known { Cancel::Cancelled } else { Cancel::Unknown }
        }
        state => Cancel::TooLate(state),
    }))
}

/// Deletes the one-shot job of this key; returns its content. A schedule of the same name stays.
async fn delete_job(session: &mut Session, key: &Key) -> Result<Option<Content>, StoreError> {
    const DELETE: &str = "DELETE FROM jobs WHERE tenant = $1 AND id = $2 AND cron IS NULL RETURNING content";
    let values = [Value::Text(Some(key.tenant.as_str())), Value::Text(Some(&key.id))];
    let deleted = session.query(DELETE, &values).await?;
    Ok(deleted.first().map(|row| content_of(row, "content")).transpose()?.flatten())
}

/// A cancelled row for a delivery that no worker has seen: its channel and recipient are not known. The
/// content is that of its job, if it had one. False when a claim was faster.
async fn insert_tombstone(
    session: &mut Session,
    key: &Key,
    content: Option<Content>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const INSERT: &str = "INSERT INTO deliveries (tenant, id, channel, state, epoch, attempt, seq, version, token, \
         lease_until, content, order_kind, ambiguous, created_at, updated_at, recipient_hash, recipient_mask) \
         VALUES ($1, $2, 'unknown', 'cancelled', 0, 0, 0, 1, $3, 0, $4, 'nothing', FALSE, $5, $5, $6, '***') \
         ON CONFLICT (tenant, id) DO NOTHING RETURNING id";
    let values = [
        Value::Text(Some(key.tenant.as_str())),
        Value::Text(Some(&key.id)),
        Value::Bytes(Some(&[0; 16])),
        Value::Bytes(content.as_ref().map(<[u8; 32]>::as_slice)),
        Value::Int(Some(now.as_micros())),
        Value::Bytes(Some(&[0; 32])),
    ];
    Ok(!session.query(INSERT, &values).await?.is_empty())
}
