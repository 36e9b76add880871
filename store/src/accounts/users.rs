//! Who may log in.

use domain::Tenant;
use sea_orm::QueryResult;
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::StoreError;
use crate::sql::{Session, Value, get, unreadable};
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
}

const INSERT: &str = "INSERT INTO users (name, tenant, password_hash, scopes, failed_logins, created_at) ";

impl Store {
    /// Creates a user; false when the name is taken.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create_user(&self, user: NewUser) -> Result<bool, StoreError> {
        let mut session = self.inner.db.writer();
        let sql = format!("{INSERT} VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (name) DO NOTHING RETURNING name");
        self.insert_user(&mut session, &sql, &user).await
    }

    /// Creates the first user; false when there is a user already. Of two calls at once one succeeds.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create_first_user(&self, user: NewUser) -> Result<bool, StoreError> {
        let mut session = self.inner.db.begin().await?;
        session.lock_for_writing("users").await?;
        let sql =
            format!("{INSERT} SELECT $1, $2, $3, $4, 0, $5 WHERE NOT EXISTS (SELECT 1 FROM users) RETURNING name");
        let created = self.insert_user(&mut session, &sql, &user).await?;
        session.commit().await?;
        Ok(created)
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn user(&self, name: &str) -> Result<Option<User>, StoreError> {
        const READ: &str = "SELECT name, tenant, password_hash, scopes FROM users \
                            WHERE name = $1";
        if name.contains('\0') {
            return Ok(None);
        }
        let rows = self.inner.db.reader().query(READ, &[Value::Text(Some(name))]).await?;
        rows.first().map(user_of).transpose()
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

fn user_of(row: &QueryResult) -> Result<User, StoreError> {
    let scopes: String = get(row, "scopes")?;
    Ok(User {
        name: get(row, "name")?,
        tenant: Tenant::parse(&get::<String>(row, "tenant")?).ok_or_else(|| unreadable("tenant"))?,
        password_hash: SecretString::from(get::<String>(row, "password_hash")?),
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
    })
}
