//! Failed logins, counted for everybody who uses this ledger: by name and peer together, by peer, and by name.
//!
//! Somebody who guesses from one place is locked out there, and nobody else is. A place from which a name has logged in
//! before is known: it may log in with the right password while others guess at that name, or at other names from that
//! place. Somebody without the right password must not learn which places are known, so neither the counts nor the
//! locks ever depend on that.

use std::time::Duration;

use domain::{Content, Timestamp};

use crate::error::StoreError;
use crate::sql::{Value, content_of, count_of, get, time_of};
use crate::store::Store;

/// How many failures cost nothing: of one name from one peer, of all names from one peer, of one name from all peers.
const FREE_FAILURES: [u32; 3] = [4, 49, 99];
/// The longest time for which anybody is locked out at once.
const LONGEST_LOCK: Duration = Duration::from_secs(15 * 60);
/// Failures are forgotten when none has followed for so long.
const COUNTED_FOR: Duration = Duration::from_secs(60 * 60);
/// How long a place stays known after its last success.
const KNOWN_FOR: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// The most rows that are forgotten with each failure: more than a failure adds.
const FORGET_AT_ONCE: i64 = 100;

/// Hashes of who is logging in from where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Login {
    pub name_and_peer: Content,
    pub peer: Content,
    pub name: Content,
}

impl Login {
    fn keys(&self) -> [&Content; 3] {
        [&self.name_and_peer, &self.peer, &self.name]
    }
}

/// What the ledger says of a login before its password is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Standing {
    /// The name has logged in from this peer before.
    pub known: bool,
    /// The name is locked out for failures from this peer, whether the place is known or not.
    pub locked_here: bool,
    /// The latest end of three locks: of the name from this peer, of the peer, and of the name.
    pub locked_until: Option<Timestamp>,
}

impl Store {
    /// # Errors
    /// [`StoreError`].
    pub async fn login_standing(&self, login: &Login, now: Timestamp) -> Result<Standing, StoreError> {
        const READ: &str = "SELECT key, locked_until, known FROM logins WHERE key IN ($1, $2, $3) AND forget_at > $4";
        let [name_and_peer, peer, name] = login.keys().map(|key| Value::Bytes(Some(key)));
        let values = [name_and_peer, peer, name, Value::Int(Some(now.as_micros()))];
        let rows = self.inner.db.reader().query(READ, &values).await?;
        let mut standing = Standing::default();
        for row in &rows {
            let locked_until = time_of(row, "locked_until")?.filter(|&until| until > now);
            standing.locked_until = standing.locked_until.max(locked_until);
            if content_of(row, "key")? == Some(login.name_and_peer) {
                standing.known = get(row, "known")?;
                standing.locked_here = locked_until.is_some();
            }
        }
        Ok(standing)
    }

    /// Counts a failure. Each one beyond the free ones locks for a time, which begins at 1 s and doubles up to 15
    /// minutes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn login_failed(&self, login: &Login, now: Timestamp) -> Result<(), StoreError> {
        self.count_failure(login.keys().into_iter().zip(FREE_FAILURES).collect(), now).await
    }

    /// Counts a login that was refused because of what others have done. It counts only for its name and peer together:
    /// somebody who goes on is locked out in the end, and nobody else is locked out for longer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn login_refused(&self, login: &Login, now: Timestamp) -> Result<(), StoreError> {
        self.count_failure(login.keys().into_iter().zip(FREE_FAILURES).take(1).collect(), now).await
    }

    async fn count_failure(&self, mut counts: Vec<(&Content, u32)>, now: Timestamp) -> Result<(), StoreError> {
        const COUNT: &str = "INSERT INTO logins (key, failures, locked_until, known, counted_until, forget_at) \
             VALUES ($1, 1, NULL, FALSE, $2, $2) ON CONFLICT (key) DO UPDATE SET \
             failures = CASE WHEN logins.counted_until > $3 THEN logins.failures + 1 ELSE 1 END, \
             counted_until = excluded.counted_until, \
             forget_at = CASE WHEN logins.forget_at > excluded.forget_at THEN logins.forget_at ELSE excluded.forget_at END \
             RETURNING failures";
        const LOCK: &str = "UPDATE logins SET locked_until = $2 WHERE key = $1";
        const FORGET: &str = "DELETE FROM logins WHERE key IN \
             (SELECT key FROM logins WHERE forget_at <= $1 ORDER BY forget_at LIMIT $2 {skip_locked})";
        // The rows are always locked in the same order, so that two failures at once never wait for each other.
        counts.sort_unstable();
        let counted_until = now.plus(COUNTED_FOR).as_micros();
        let mut session = self.inner.db.begin().await?;
        for (key, free) in counts {
            let key = Value::Bytes(Some(key));
            let values = [key, Value::Int(Some(counted_until)), Value::Int(Some(now.as_micros()))];
            let rows = session.query(COUNT, &values).await?;
            let failures = rows.first().map_or(Ok(1), |row| count_of(row, "failures"))?;
            let locked = lock_after(failures, free).map(|lock| now.plus(lock).as_micros());
            session.query(LOCK, &[key, Value::Int(locked)]).await?;
        }
        session.query(FORGET, &[Value::Int(Some(now.as_micros())), Value::Int(Some(FORGET_AT_ONCE))]).await?;
        session.commit().await
    }

    /// Forgets the failures of this name from this peer, and makes the peer a known place of this name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn login_succeeded(&self, login: &Login, now: Timestamp) -> Result<(), StoreError> {
        const KNOW: &str = "INSERT INTO logins (key, failures, locked_until, known, counted_until, forget_at) \
             VALUES ($1, 0, NULL, TRUE, 0, $2) ON CONFLICT (key) DO UPDATE SET \
             failures = 0, locked_until = NULL, known = TRUE, counted_until = 0, forget_at = excluded.forget_at";
        let values = [Value::Bytes(Some(&login.name_and_peer)), Value::Int(Some(now.plus(KNOWN_FOR).as_micros()))];
        self.inner.db.writer().query(KNOW, &values).await.map(drop)
    }
}

fn lock_after(failures: u32, free: u32) -> Option<Duration> {
    let beyond = failures.checked_sub(free + 1)?;
    Some(Duration::from_secs(1 << beyond.min(10)).min(LONGEST_LOCK))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::lock_after;

    #[test]
    fn locks_grow_from_beyond_the_free_failures_to_a_quarter_of_an_hour() {
        let locks: Vec<Option<u64>> = (0..8).map(|n| lock_after(n, 4).map(|lock| lock.as_secs())).collect();
        assert_eq!(locks, [None, None, None, None, None, Some(1), Some(2), Some(4)]);
        assert_eq!(lock_after(49, 49), None);
        assert_eq!(lock_after(u32::MAX, 49), Some(Duration::from_secs(900)));
    }
}
