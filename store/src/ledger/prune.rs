//! Forgets ended deliveries that are older than the retention, and rows that nobody will continue, a small batch at a
//! time.

use std::time::Duration;

use domain::{Key, State, Timestamp};

use crate::error::StoreError;
use crate::sql::{Session, Value, get, key_of, keys_group};
use crate::store::Store;

/// What one batch deleted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pruned {
    pub deliveries: usize,
    /// When the newest of these deliveries was first seen. The next batch begins there, so that it does not read again
    /// the rows that stay.
    pub up_to: Option<Timestamp>,
}

/// How old an unsent row of a message without an id must be before it is deleted. The message of a row that was given
/// back comes again within moments, and finds the row. A message that has not come by this time went out under another
/// row, or still waits in its queue and will make a row of its own: nothing was ever handed to a provider under this
/// one.
const GIVEN_BACK_FOR: Duration = Duration::from_secs(3600);
/// The same age for a message with a time limit, which may be counted from when its row was made.
const GIVEN_BACK_WITH_A_TIME_LIMIT_FOR: Duration = Duration::from_secs(86_400);

impl Store {
    /// Deletes rows of messages without an id that were given back long ago before anything was sent under them, at
    /// most `limit`. Reads the whole ledger. Several calls at once are safe.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn forget_given_back(&self, now: Timestamp, limit: u32) -> Result<usize, StoreError> {
        const FIND: &str = "SELECT tenant, id FROM deliveries WHERE fingerprint IS NOT NULL AND state = 'waiting' \
             AND order_kind IN ('nothing', 'give_back') AND attempt = 0 AND epoch = 0 \
             AND NOT (ambiguous OR settled OR leaving) AND (adopter IS NULL OR adopted_until <= {now}) \
             AND updated_at < CASE WHEN expires_at IS NULL THEN $1 ELSE $2 END LIMIT $3 {for_update}";
        let values = [
            Value::Int(Some(now.minus(GIVEN_BACK_FOR).as_micros())),
            Value::Int(Some(now.minus(GIVEN_BACK_WITH_A_TIME_LIMIT_FOR).as_micros())),
            Value::Int(Some(i64::from(limit))),
        ];
        let mut session = self.inner.db.begin().await?;
        let rows = session.query(FIND, &values).await?;
        let keys: Vec<Key> = rows.iter().map(key_of).collect::<Result<_, _>>()?;
        delete(&mut session, &keys).await?;
        session.commit().await?;
        Ok(keys.len())
    }

    /// Deletes ended deliveries that were first seen from `from` on and before `before`, the oldest first and at most
    /// `limit`, with their attempts, warnings and receipts. A delivery that is on its way, dead or held stays for ever, unless
    /// its message came without an id and nobody has continued it since `before`: there is no id to publish it again
    /// under. Several calls at once are safe.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn prune(&self, from: Timestamp, before: Timestamp, limit: u32) -> Result<Pruned, StoreError> {
        let values = [
            Value::Int(Some(from.as_micros())),
            Value::Int(Some(before.as_micros())),
            Value::Int(Some(i64::from(limit))),
        ];
        let mut session = self.inner.db.begin().await?;
        let rows = session.query(&find_ended(), &values).await?;
        let keys: Vec<Key> = rows.iter().map(key_of).collect::<Result<_, _>>()?;
        delete(&mut session, &keys).await?;
        session.commit().await?;
        let up_to = rows.last().map(|row| get(row, "created_at")).transpose()?.map(Timestamp::from_micros);
        Ok(Pruned { deliveries: keys.len(), up_to })
    }
}

async fn delete(session: &mut Session, keys: &[Key]) -> Result<(), StoreError> {
    for table in ["attempts", "warnings", "receipts", "deliveries"] {
        let delete = format!("DELETE FROM {table} WHERE (tenant, id) IN (SELECT u.tenant, u.id FROM {{u}})");
        session.query_group(&delete, &keys_group(keys.iter())).await?;
    }
    Ok(())
}

/// Finds ended rows in the order of the index on `created_at`. Their state is read from the rows, because no index may
/// hold it.
fn find_ended() -> String {
    let ended: Vec<_> =
        State::ALL.into_iter().filter(|state| state.is_final()).map(|state| format!("'{state}'")).collect();
    format!(
        "SELECT tenant, id, created_at FROM deliveries WHERE created_at >= $1 AND created_at < $2 AND (state IN ({}) \
         OR (fingerprint IS NOT NULL AND state IN ('sending', 'waiting') AND NOT settled AND NOT leaving \
         AND updated_at < $2 AND lease_until <= {{now}} AND (adopter IS NULL OR adopted_until <= {{now}}))) \
         ORDER BY created_at LIMIT $3 {{for_update}}",
        ended.join(", ")
    )
}
