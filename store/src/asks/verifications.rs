//! Verifications of addresses: begun once and judged then, an attempt counted before it is looked at, and each change written
//! over the version that it was decided from.

mod list;

use domain::{
    BlockReason, ChannelName, Checked, Counters, Key, Purpose, RecipientHash, Sending, Timestamp, Verification,
    VerificationMoved, VerificationState,
};
use sea_orm::QueryResult;
use uuid::Uuid;

pub use self::list::{ConversionBy, Converted, VerificationCursor, VerificationFilter, VerificationPage};
use super::counters::keep_addresses;
use super::row::salt_of;
use super::{MAX_TRIES, is_storable, overtaken};
use crate::error::StoreError;
use crate::sql::{Session, Value, content_of, count_of, get, key_of, key_values, time_of, unreadable};
use crate::store::Store;

/// The columns that [`verification_of`] reads.
pub(super) const VERIFICATION: &str = "tenant, id, purpose, channel, recipient, recipient_mask, addresses, prefix, \
     client, session, dial_code, state, version, salt, key_id, checks, sends, last_sent_at, approved_by, reasons, \
     created_at, expires_at, ended_at, locale";

/// What became of a verification that was to be begun.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum VerificationMade {
    /// As it was written: pending, or blocked.
    New(Box<Verification>),
    /// The tenant has one of this id, which stays as it is: the same one again, or another.
    Known(Box<Verification>),
}

impl Store {
    /// Begins a verification, unless the tenant has one of its id: pending, or blocked where `judge` finds reasons in what was
    /// counted. `addresses` are all to which its code may go.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn begin_verification(
        &self,
        verification: &Verification,
        addresses: &[RecipientHash],
        now: Timestamp,
        judge: impl FnOnce(&Counters) -> Vec<BlockReason>,
    ) -> Result<VerificationMade, StoreError> {
        let (mut session, counters) = self.counting(verification, addresses, now).await?;
        let judged = verification.clone().guarded(judge(&counters));
        if !insert(&mut session, &judged).await? {
            let known = read(&mut session, &verification.key).await?.ok_or_else(overtaken)?;
            return Ok(VerificationMade::Known(Box::new(known)));
        }
        if judged.state != VerificationState::Blocked {
            keep_addresses(&mut session, &judged, addresses).await?;
        }
        session.commit().await?;
        Ok(VerificationMade::New(Box::new(judged)))
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn verification(&self, key: &Key) -> Result<Option<Verification>, StoreError> {
        if !is_storable(&key.id) {
            return Ok(None);
        }
        read(&mut self.inner.db.reader(), key).await
    }

    /// The verification that a link names ([`domain::Ticket::handle`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn verification_of_ticket(&self, handle: Uuid) -> Result<Option<Verification>, StoreError> {
        let sql = format!("SELECT {VERIFICATION} FROM verifications WHERE handle = $1");
        let rows = self.inner.db.reader().query(&sql, &[Value::Bytes(Some(handle.as_bytes()))]).await?;
        rows.first().map(verification_of).transpose()
    }

    /// Counts an attempt in a statement of its own, has it looked at by `is_right`, and writes what follows. `by` names the
    /// request. None where the tenant has no such verification. An attempt whose answer is lost stays counted.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn check_verification(
        &self,
        key: &Key,
        by: Option<&str>,
        now: Timestamp,
        is_right: impl Fn(&Verification) -> bool,
    ) -> Result<Option<(Checked, Option<VerificationMoved>)>, StoreError> {
        if !is_storable(&key.id) {
            return Ok(None);
        }
        let Some(mut verification) = self.count_check(key).await? else { return Ok(None) };
        // Whoever comes later has counted more; this attempt is as many as it was when it came.
        let checks = verification.checks;
        for _ in 0..MAX_TRIES {
            let (checked, moved) = verification.checked(by, now, || is_right(&verification));
            let is_written = match &moved {
                Some(moved) => swap(&mut self.inner.db.writer(), &moved.verification).await?,
                None => true,
            };
            if is_written {
                return Ok(Some((checked, moved)));
            }
            let Some(read) = self.verification(key).await? else { return Ok(None) };
            verification = Verification { checks, ..read };
        }
        Err(overtaken())
    }

    /// Counts a send, unless it comes too soon or too often. None where the tenant has no such verification. Whoever is
    /// answered [`Sending::Now`] sends.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn send_verification(&self, key: &Key, now: Timestamp) -> Result<Option<Sending>, StoreError> {
        for _ in 0..MAX_TRIES {
            let Some(verification) = self.verification(key).await? else { return Ok(None) };
            let sending = verification.sent(now);
            let Sending::Now(moved) = &sending else { return Ok(Some(sending)) };
            if swap(&mut self.inner.db.writer(), &moved.verification).await? {
                return Ok(Some(sending));
            }
        }
        Err(overtaken())
    }

    /// Ends a verification that is not wanted any more. None where it has ended, or where the tenant has none of this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn cancel_verification(
        &self,
        key: &Key,
        now: Timestamp,
    ) -> Result<Option<VerificationMoved>, StoreError> {
        for _ in 0..MAX_TRIES {
            let Some(verification) = self.verification(key).await? else { return Ok(None) };
            let Some(moved) = verification.cancelled(now) else { return Ok(None) };
            if swap(&mut self.inner.db.writer(), &moved.verification).await? {
                return Ok(Some(moved));
            }
        }
        Err(overtaken())
    }

    async fn count_check(&self, key: &Key) -> Result<Option<Verification>, StoreError> {
        let sql = format!(
            "UPDATE verifications SET checks = checks + 1 WHERE tenant = $1 AND id = $2 RETURNING {VERIFICATION}"
        );
        let rows = self.inner.db.writer().query(&sql, &key_values(key)).await?;
        rows.first().map(verification_of).transpose()
    }
}

async fn read(session: &mut Session, key: &Key) -> Result<Option<Verification>, StoreError> {
    let sql = format!("SELECT {VERIFICATION} FROM verifications WHERE tenant = $1 AND id = $2");
    session.query(&sql, &key_values(key)).await?.first().map(verification_of).transpose()
}

/// False when the tenant has one of this id. What is blocked at once is untold.
async fn insert(session: &mut Session, new: &Verification) -> Result<bool, StoreError> {
    let sql = format!(
        "INSERT INTO verifications ({VERIFICATION}, handle, untold) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
         $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26) ON CONFLICT DO NOTHING RETURNING id"
    );
    let (reasons, handle) = (reasons_of(new), Purpose::Verify.handle(&new.key));
    let [prefix, client, asker] =
        [&new.prefix, &new.client, &new.session].map(|hash| hash.as_ref().map(<[u8; 32]>::as_slice));
    let [tenant, id] = key_values(&new.key);
    let values = [
        tenant,
        id,
        Value::Text(Some(&new.purpose)),
        Value::Text(Some(new.channel.as_str())),
        Value::Bytes(Some(new.recipient.as_bytes())),
        Value::Text(Some(&new.recipient_mask)),
        Value::Bytes(Some(new.addresses.as_bytes())),
        Value::Bytes(prefix),
        Value::Bytes(client),
        Value::Bytes(asker),
        Value::Text(new.dial_code.as_deref()),
        Value::Text(Some(new.state.as_str())),
        Value::Int(Some(i64::from(new.version))),
        Value::Bytes(Some(&new.salt)),
        Value::Text(Some(&new.key_id)),
        Value::Int(Some(i64::from(new.checks))),
        Value::Int(Some(i64::from(new.sends))),
        Value::Int(new.last_sent_at.map(Timestamp::as_micros)),
        Value::Text(new.approved_by.as_deref()),
        Value::Text(Some(&reasons)),
        Value::Int(Some(new.created_at.as_micros())),
        Value::Int(Some(new.expires_at.as_micros())),
        Value::Int(new.ended_at.map(Timestamp::as_micros)),
        Value::Text(new.locale.as_deref()),
        Value::Bytes(Some(handle.as_bytes())),
        Value::Flag(new.state == VerificationState::Blocked),
    ];
    Ok(!session.query(&sql, &values).await?.is_empty())
}

/// Writes the next version over the one before it, and leaves the count of attempts alone. An end is untold until somebody
/// notes that it was told ([`Store::verifications_told`]). False when the row has another version by now.
async fn swap(session: &mut Session, next: &Verification) -> Result<bool, StoreError> {
    const SWAP: &str = "UPDATE verifications SET state = $3, version = $4, sends = $5, last_sent_at = $6, \
         approved_by = $7, ended_at = $8, reasons = $10, untold = $11 \
         WHERE tenant = $1 AND id = $2 AND version = $9 RETURNING id";
    let reasons = reasons_of(next);
    let [tenant, id] = key_values(&next.key);
    let values = [
        tenant,
        id,
        Value::Text(Some(next.state.as_str())),
        Value::Int(Some(i64::from(next.version))),
        Value::Int(Some(i64::from(next.sends))),
        Value::Int(next.last_sent_at.map(Timestamp::as_micros)),
        Value::Text(next.approved_by.as_deref()),
        Value::Int(next.ended_at.map(Timestamp::as_micros)),
        Value::Int(Some(i64::from(next.version) - 1)),
        Value::Text(Some(&reasons)),
        Value::Flag(next.state != VerificationState::Pending),
    ];
    Ok(!session.query(SWAP, &values).await?.is_empty())
}

fn reasons_of(verification: &Verification) -> String {
    let reasons: Vec<&str> = verification.reasons.iter().map(|reason| reason.as_str()).collect();
    reasons.join(" ")
}

pub(super) fn verification_of(row: &QueryResult) -> Result<Verification, StoreError> {
    let reasons: String = get(row, "reasons")?;
    let reasons: Option<Vec<BlockReason>> = reasons.split_whitespace().map(BlockReason::parse).collect();
    let hash =
        |column: &str| RecipientHash::from_bytes(&get::<Vec<u8>>(row, column)?).ok_or_else(|| unreadable(column));
    Ok(Verification {
        key: key_of(row)?,
        purpose: get(row, "purpose")?,
        locale: get(row, "locale")?,
        channel: ChannelName::parse(&get::<String>(row, "channel")?).map_err(|_| unreadable("channel"))?,
        recipient: hash("recipient")?,
        recipient_mask: get(row, "recipient_mask")?,
        addresses: hash("addresses")?,
        prefix: content_of(row, "prefix")?,
        client: content_of(row, "client")?,
        session: content_of(row, "session")?,
        dial_code: get(row, "dial_code")?,
        state: VerificationState::parse(&get::<String>(row, "state")?).ok_or_else(|| unreadable("state"))?,
        version: count_of(row, "version")?,
        salt: salt_of(row)?,
        key_id: get(row, "key_id")?,
        checks: count_of(row, "checks")?,
        sends: count_of(row, "sends")?,
        last_sent_at: time_of(row, "last_sent_at")?,
        approved_by: get(row, "approved_by")?,
        reasons: reasons.ok_or_else(|| unreadable("reasons"))?,
        created_at: Timestamp::from_micros(get(row, "created_at")?),
        expires_at: Timestamp::from_micros(get(row, "expires_at")?),
        ended_at: time_of(row, "ended_at")?,
    })
}
