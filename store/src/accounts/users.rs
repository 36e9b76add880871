//! Who may log in: made, found, listed. What is changed about a user stands in `changes`, whose tokens are refused in
//! `revocations`.

mod changes;
mod revocations;

use domain::{Entry, Tenant, Timestamp};
use sea_orm::QueryResult;
use secrecy::{ExposeSecret as _, SecretString};

pub use self::changes::{Changed, UserChange};
pub use self::revocations::Revocations;
use crate::error::StoreError;
use crate::journal;
use crate::sql::{Session, Value, get, time_of, unreadable};
use crate::store::Store;

/// A user to create. The hash is a PHC string; a scope is a word.
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
    pub created_at: Timestamp,
    /// Since when the user cannot log in.
    pub disabled_at: Option<Timestamp>,
    /// Tokens issued before this, or in the same second, are refused.
    pub tokens_valid_from: Option<Timestamp>,
    pub password_changed_at: Option<Timestamp>,
}

/// Users in the order of their names.
#[derive(Clone, Debug)]
pub struct UserPage {
    pub users: Vec<User>,
    /// The name behind which the next page begins. None when this page is the last.
    pub next: Option<String>,
}

const COLUMNS: &str =
    "name, tenant, password_hash, scopes, created_at, disabled_at, tokens_valid_from, password_changed_at";
/// Whoever gets the name of somebody who was deleted gets none of that user's tokens.
const INSERT: &str = "INSERT INTO users (name, tenant, password_hash, scopes, failed_logins, created_at, tokens_valid_from) \
     SELECT $1, $2, $3, $4, 0, $5, (SELECT deleted_at FROM deleted_users WHERE name = $1)";

impl Store {
    /// Creates a user, and notes it in the journal; false when the name is taken.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create_user(&self, user: NewUser, told: &Entry) -> Result<bool, StoreError> {
        let session = self.inner.db.begin().await?;
        // Without a condition, SQLite would take what follows for one of a join.
        let sql = format!("{INSERT} WHERE 1 = 1 ON CONFLICT (name) DO NOTHING RETURNING name");
        insert(session, &sql, &user, told).await
    }

    /// Creates the first user, and notes it in the journal; false when there is a user already. Of two calls at once one
    /// succeeds.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create_first_user(&self, user: NewUser, told: &Entry) -> Result<bool, StoreError> {
        let mut session = self.inner.db.begin().await?;
        session.lock_for_writing("users").await?;
        let sql = format!("{INSERT} WHERE NOT EXISTS (SELECT 1 FROM users) RETURNING name");
        insert(session, &sql, &user, told).await
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn user(&self, name: &str) -> Result<Option<User>, StoreError> {
        find(&mut self.inner.db.reader(), name, "").await
    }

    /// A page of the users of a tenant, or of all of them; `after` is the name behind which it begins.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn users(
        &self,
        tenant: Option<&Tenant>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<UserPage, StoreError> {
        // Postgres can neither store nor compare a NUL.
        let after = after.unwrap_or_default().replace('\0', "");
        let whose = tenant.map(|_| " AND tenant = $2").unwrap_or_default();
        let sql = format!("SELECT {COLUMNS} FROM users WHERE name > $1{whose} ORDER BY name LIMIT {}", limit + 1);
        let values = std::iter::once(after.as_str()).chain(tenant.map(Tenant::as_str));
        let values: Vec<Value<'_>> = values.map(|text| Value::Text(Some(text))).collect();
        let rows = self.inner.db.reader().query(&sql, &values).await?;
        let users: Vec<User> = rows.iter().take(limit).map(user_of).collect::<Result<_, _>>()?;
        let next = users.last().filter(|_| rows.len() > limit).map(|user| user.name.clone());
        Ok(UserPage { users, next })
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn count_users(&self) -> Result<u64, StoreError> {
        let rows = self.inner.db.reader().query("SELECT count(*) AS users FROM users", &[]).await?;
        let count = rows.first().map_or(Ok(0), |row| get::<i64>(row, "users"))?;
        u64::try_from(count).map_err(|_| unreadable("users"))
    }
}

async fn insert(mut session: Session, sql: &str, user: &NewUser, told: &Entry) -> Result<bool, StoreError> {
    let scopes = user.scopes.join(" ");
    let values = [
        Value::Text(Some(&user.name)),
        Value::Text(Some(user.tenant.as_str())),
        Value::Text(Some(user.password_hash.expose_secret())),
        Value::Text(Some(&scopes)),
        Value::Int(Some(told.at.as_micros())),
    ];
    if session.query(sql, &values).await?.is_empty() {
        return Ok(false);
    }
    journal::insert(&mut session, told).await?;
    session.commit().await?;
    Ok(true)
}

async fn find(session: &mut Session, name: &str, lock: &str) -> Result<Option<User>, StoreError> {
    // Postgres can neither store nor compare a NUL: no user has such a name.
    if name.contains('\0') {
        return Ok(None);
    }
    let sql = format!("SELECT {COLUMNS} FROM users WHERE name = $1 {lock}");
    let rows = session.query(&sql, &[Value::Text(Some(name))]).await?;
    rows.first().map(user_of).transpose()
}

fn user_of(row: &QueryResult) -> Result<User, StoreError> {
    let scopes: String = get(row, "scopes")?;
    Ok(User {
        name: get(row, "name")?,
        tenant: Tenant::parse(&get::<String>(row, "tenant")?).ok_or_else(|| unreadable("tenant"))?,
        password_hash: SecretString::from(get::<String>(row, "password_hash")?),
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        created_at: Timestamp::from_micros(get(row, "created_at")?),
        disabled_at: time_of(row, "disabled_at")?,
        tokens_valid_from: time_of(row, "tokens_valid_from")?,
        password_changed_at: time_of(row, "password_changed_at")?,
    })
}
