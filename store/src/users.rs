//! Who may log in, and how long an account is locked after wrong passwords.

use std::time::Duration;

use domain::{Tenant, Timestamp};
use sea_orm::QueryResult;
use secrecy::{ExposeSecret as _, SecretString};

use crate::row::{count_of, time_of};
use crate::sql::{Session, Value, get, unreadable};
use crate::{Store, StoreError};

/// What to create. The hash is a PHC string; a scope is a word.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub name: String,
    pub tenant: Tenant,
    pub password_hash: SecretString,
    pub scopes: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct User {
    pub name: String,
    pub tenant: Tenant,
    pub password_hash: SecretString,
    pub scopes: Vec<String>,
    /// In a row, since the last success.
    pub failed_logins: u32,
    /// Logins are refused until then.
    pub locked_until: Option<Timestamp>,
}

/// Wrong passwords that cost nothing.
const FREE_FAILURES: u32 = 4;

/// An account is never locked for longer, so that nobody can be kept out for good.
const LONGEST_LOCK: Duration = Duration::from_secs(15 * 60);

const INSERT: &str = "INSERT INTO users (name, tenant, password_hash, scopes, failed_logins, created_at) ";

impl Store {
    /// False when the name is taken.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create_user(&self, user: NewUser) -> Result<bool, StoreError> {
        let mut session = self.inner.db.writer();
        let sql = format!("{INSERT} VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (name) DO NOTHING RETURNING name");
        self.insert_user(&mut session, &sql, &user).await
    }

    /// False when there is a user already: of two at once one succeeds.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create_first_user(&self, user: NewUser) -> Result<bool, StoreError> {
        let mut session = self.inner.db.begin().await?;
        session.lock_users().await?;
        let sql =
            format!("{INSERT} SELECT $1, $2, $3, $4, 0, $5 WHERE NOT EXISTS (SELECT 1 FROM users) RETURNING name");
        let created = self.insert_user(&mut session, &sql, &user).await?;
        session.commit().await?;
        Ok(created)
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn user(&self, name: &str) -> Result<Option<User>, StoreError> {
        const READ: &str = "SELECT name, tenant, password_hash, scopes, failed_logins, locked_until FROM users \
                            WHERE name = $1";
        if name.contains('\0') {
            return Ok(None);
        }
        let rows = self.inner.db.reader().query(READ, &[Value::Text(Some(name))]).await?;
        rows.first().map(user_of).transpose()
    }

    /// After a success forgets the failures; after a failure counts it and, from the fifth in a row, locks
    /// the account: for 1 s, then twice as long each time, at most 15 minutes. Returns until when.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn record_login(&self, name: &str, ok: bool, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        const READ: &str = "SELECT failed_logins FROM users WHERE name = $1 {for_update}";
        const WRITE: &str = "UPDATE users SET failed_logins = $2, locked_until = $3 WHERE name = $1";
        if name.contains('\0') {
            return Ok(None);
        }
        let mut session = self.inner.db.begin().await?;
        let rows = session.query(READ, &[Value::Text(Some(name))]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let failures = if ok { 0 } else { count_of(row, "failed_logins")?.saturating_add(1) };
        let locked = lock_after(failures).map(|lock| now.plus(lock));
        let values = [
            Value::Text(Some(name)),
            Value::Int(Some(i64::from(failures))),
            Value::Int(locked.map(Timestamp::as_micros)),
        ];
        session.query(WRITE, &values).await?;
        session.commit().await?;
        Ok(locked)
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn count_users(&self) -> Result<u64, StoreError> {
        let rows = self.inner.db.reader().query("SELECT count(*) AS users FROM users", &[]).await?;
        let count = rows.first().map_or(Ok(0), |row| get::<i64>(row, "users"))?;
        u64::try_from(count).map_err(|_| unreadable("users"))
    }

    async fn insert_user(&self, session: &mut Session, sql: &str, user: &NewUser) -> Result<bool, StoreError> {
        let scopes = user.scopes.join(" ");
        let values = [
            Value::Text(Some(&user.name)),
            Value::Text(Some(user.tenant.as_str())),
            Value::Text(Some(user.password_hash.expose_secret())),
            Value::Text(Some(&scopes)),
            Value::Int(Some(self.inner.clock.now().as_micros())),
        ];
        Ok(!session.query(sql, &values).await?.is_empty())
    }
}

fn lock_after(failures: u32) -> Option<Duration> {
    let beyond = failures.checked_sub(FREE_FAILURES + 1)?;
    Some(Duration::from_secs(1 << beyond.min(10)).min(LONGEST_LOCK))
}

fn user_of(row: &QueryResult) -> Result<User, StoreError> {
    let scopes: String = get(row, "scopes")?;
    Ok(User {
        name: get(row, "name")?,
        tenant: Tenant::parse(&get::<String>(row, "tenant")?).ok_or_else(|| unreadable("tenant"))?,
        password_hash: SecretString::from(get::<String>(row, "password_hash")?),
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        failed_logins: count_of(row, "failed_logins")?,
        locked_until: time_of(row, "locked_until")?,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::lock_after;

    #[test]
    fn locks_grow_from_the_fifth_failure_to_a_quarter_of_an_hour() {
        let locks: Vec<Option<u64>> = (0..8).map(|n| lock_after(n).map(|lock| lock.as_secs())).collect();
        assert_eq!(locks, [None, None, None, None, None, Some(1), Some(2), Some(4)]);
        assert_eq!(lock_after(u32::MAX), Some(Duration::from_secs(900)));
    }
}
