//! Cancelling: once a cancel is answered, the delivery is never sent.

use domain::{
    ChannelName, Content, Defaults, Entry, Key, Notification, RecipientHash, RecipientHasher, State, Timestamp, mask,
};

use super::input::refuse_nul;
use super::row::state_of;
use crate::error::StoreError;
use crate::journal;
use crate::sql::{Session, Value, content_of, get, key_values};
use crate::store::Store;

/// What cancelling found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cancel {
    /// A job or a waiting delivery was cancelled, now or before: nothing is sent from now on. `maybe_sent` says that an
    /// earlier attempt may have gone out, and that nobody can know.
    Cancelled { maybe_sent: bool },
    /// Nothing was known of the delivery: a tombstone will stop its message when that arrives.
    Unknown,
    /// The delivery is being sent or has ended; nothing was changed. After [`State::FellBack`] follow the chain:
    /// the child's id is `domain::child_id(key, 1)`. `maybe_sent` is that of [`Cancel::Cancelled`].
    TooLate { state: State, maybe_sent: bool },
    /// The delivery was sent, and nothing was changed. Its child waits in case nobody reports: cancel that one, whose id
    /// is `domain::child_id(key, 1)`.
    Escalates(State),
}

/// What is remembered of a delivery that was cancelled before a worker saw its message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    pub channel: ChannelName,
    pub recipient_hash: RecipientHash,
    pub recipient_mask: String,
}

impl Target {
    /// Reads it from the body of a message. None when that cannot be read.
    pub fn of(body: &[u8], defaults: &Defaults, recipients: &RecipientHasher) -> Option<Self> {
        let notification = Notification::decode(body, defaults).ok()?;
        Some(Self {
            recipient_hash: recipients.hash(&notification.destination),
            recipient_mask: mask(&notification.destination),
            channel: notification.channel,
        })
    }
}

/// The most rounds of looking and writing. A claim may insert the row between the two, at most once.
const MAX_ROUNDS: usize = 3;

impl Store {
    /// Deletes the one-shot job, cancels the waiting row, or leaves a tombstone, in one transaction. When no worker has
    /// seen the delivery, `target` reads what is remembered of its recipient from the body of its job, if it has one.
    /// `told` is what an operator's decision has to tell, where it changes something.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn cancel(
        &self,
        key: &Key,
        now: Timestamp,
        target: &(dyn Fn(Option<&[u8]>) -> Option<Target> + Sync),
        told: Option<&Entry>,
    ) -> Result<Cancel, StoreError> {
        refuse_nul(key)?;
        for _ in 0..MAX_ROUNDS {
            let mut session = self.inner.db.begin().await?;
            let Some((answer, is_changed)) = cancel_in(&mut session, key, now, target).await? else { continue };
            if let Some(told) = told.filter(|_| is_changed) {
                journal::insert(&mut session, told).await?;
            }
            session.commit().await?;
            return Ok(answer);
        }
        Err(StoreError::Unavailable("another process keeps changing the same row".into()))
    }
}

/// Whether it changes something is told beside the answer. None where a claim inserted the row meanwhile.
async fn cancel_in(
    session: &mut Session,
    key: &Key,
    now: Timestamp,
    target: &(dyn Fn(Option<&[u8]>) -> Option<Target> + Sync),
) -> Result<Option<(Cancel, bool)>, StoreError> {
    const LOOK: &str = "SELECT state, content, ambiguous, order_kind FROM deliveries \
                        WHERE tenant = $1 AND id = $2 {for_update}";
    const CANCEL: &str = "UPDATE deliveries SET state = 'cancelled', order_kind = 'nothing', order_tier = NULL, \
                          updated_at = $3, version = version + 1 WHERE tenant = $1 AND id = $2";
    let [tenant, id] = key_values(key);
    let rows = session.query(LOOK, &[tenant, id]).await?;
    let Some(row) = rows.first() else {
        let job = delete_job(session, key).await?;
        let answer = if job.is_some() { Cancel::Cancelled { maybe_sent: false } } else { Cancel::Unknown };
        let target = target(job.as_ref().map(|job| job.body.as_slice()));
        return Ok(insert_tombstone(session, key, job, target, now).await?.then_some((answer, true)));
    };
    let maybe_sent = get(row, "ambiguous")?;
    Ok(Some(match state_of(row)? {
        State::Waiting => {
            delete_job(session, key).await?;
            session.query(CANCEL, &[tenant, id, Value::Int(Some(now.as_micros()))]).await?;
            (Cancel::Cancelled { maybe_sent }, true)
        }
        State::Cancelled => {
            let job = delete_job(session, key).await?;
            let was_known = job.is_some() || content_of(row, "content")?.is_some();
            let answer = if was_known { Cancel::Cancelled { maybe_sent } } else { Cancel::Unknown };
            (answer, job.is_some())
        }
        state if state != State::FellBack && get::<String>(row, "order_kind")? == "escalate" => {
            (Cancel::Escalates(state), false)
        }
        state => (Cancel::TooLate { state, maybe_sent }, false),
    }))
}

/// What the tombstone of a deleted job shows of that job.
struct Deleted {
    content: Option<Content>,
    body: Vec<u8>,
    due_at: i64,
    expires_at: Option<i64>,
    created_at: i64,
}

/// Deletes the one-shot job of this key, but not a schedule of the same name.
async fn delete_job(session: &mut Session, key: &Key) -> Result<Option<Deleted>, StoreError> {
    const DELETE: &str = "DELETE FROM jobs WHERE tenant = $1 AND id = $2 AND cron IS NULL \
                          RETURNING content, body, due_at, expires_at, created_at";
    let deleted = session.query(DELETE, &key_values(key)).await?;
    let read = |row| {
        Ok(Deleted {
            content: content_of(row, "content")?,
            body: get(row, "body")?,
            due_at: get(row, "due_at")?,
            expires_at: get(row, "expires_at")?,
            created_at: get(row, "created_at")?,
        })
    };
    deleted.first().map(read).transpose()
}

/// Inserts a cancelled row, with what is known, for a delivery that no worker has seen. False when a claim inserted its
/// row first.
async fn insert_tombstone(
    session: &mut Session,
    key: &Key,
    job: Option<Deleted>,
    target: Option<Target>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const INSERT: &str = "INSERT INTO deliveries (tenant, id, channel, state, epoch, attempt, seq, version, token, \
         lease_until, content, order_kind, order_due_at, ambiguous, expires_at, created_at, updated_at, recipient_hash, \
         recipient_mask) \
         VALUES ($1, $2, $3, 'cancelled', 0, 0, 0, 1, $4, 0, $5, 'nothing', $6, FALSE, $7, $8, $9, $10, $11) \
         ON CONFLICT (tenant, id) DO NOTHING RETURNING id";
    let target = target.as_ref();
    let hash = target.map_or(RecipientHash::UNKNOWN, |target| target.recipient_hash);
    let job = job.as_ref();
    let [tenant, id] = key_values(key);
    let values = [
        tenant,
        id,
        Value::Text(Some(target.map_or("unknown", |target| target.channel.as_str()))),
        Value::Bytes(Some(&[0; 16])),
        Value::Bytes(job.and_then(|job| job.content.as_ref()).map(<[u8; 32]>::as_slice)),
        Value::Int(job.map(|job| job.due_at)),
        Value::Int(job.and_then(|job| job.expires_at)),
        Value::Int(Some(job.map_or(now.as_micros(), |job| job.created_at))),
        Value::Int(Some(now.as_micros())),
        Value::Bytes(Some(hash.as_bytes())),
        Value::Text(Some(target.map_or("***", |target| target.recipient_mask.as_str()))),
    ];
    Ok(!session.query(INSERT, &values).await?.is_empty())
}
