//! Keys of services: found by their prefix, believed by the hash of their secret.

use std::fmt;
use std::time::Duration;

use domain::{Content, Entry, Tenant, Timestamp};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::journal;
use crate::sql::{Session, Value, content_of, get, time_of, unreadable};
use crate::store::Store;

/// The most keys of a tenant that are neither revoked nor expired.
pub const MAX_KEYS: usize = 100;
/// How long a use is not noted again.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// A key to make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewKey {
    pub id: String,
    pub tenant: Tenant,
    /// What it is called, for people.
    pub name: String,
    pub prefix: String,
    pub secret_hash: Content,
    pub scopes: Vec<String>,
    pub created_by: String,
    pub expires_at: Option<Timestamp>,
}

/// A key that is known, without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiKey {
    pub id: String,
    pub tenant: Tenant,
    pub name: String,
    pub prefix: String,
    pub secret_hash: Content,
    pub scopes: Vec<String>,
    pub created_by: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// To about a minute.
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    /// The id of the key that was made to follow it.
    pub replaced_by: Option<String>,
}

impl ApiKey {
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|until| until > now)
    }
}

/// What became of a key to make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MadeKey {
    Made(Box<ApiKey>),
    /// There is none of this id, or it is not in force, or another follows it already.
    Unknown,
    /// The tenant has [`MAX_KEYS`] already.
    TooMany,
}

/// The key that follows another, which stays in force until then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rotation {
    /// Of this key, name, tenant and scopes are those of the one before.
    pub id: String,
    pub prefix: String,
    pub secret_hash: Content,
    pub created_by: String,
    pub old_until: Timestamp,
}

/// Where a page ended. Its text is opaque and fits in a URL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyCursor(String);

/// Keys, the newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyPage {
    pub keys: Vec<ApiKey>,
    /// Where the next page begins. None when this page is the last.
    pub next: Option<KeyCursor>,
}

impl KeyCursor {
    /// Reads the text of a cursor; None for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        // No id holds a NUL, which Postgres could not compare.
        Some(text).filter(|text| !text.is_empty() && !text.contains('\0')).map(|text| Self(text.to_owned()))
    }
}

impl fmt::Display for KeyCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const COLUMNS: &str = "id, tenant, name, prefix, secret_hash, scopes, created_by, created_at, expires_at, last_used_at, \
                       revoked_at, replaced_by";

impl Store {
    /// Makes a key at the time of the entry, and notes it in the journal.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create_key(&self, key: &NewKey, told: &Entry) -> Result<MadeKey, StoreError> {
        let mut session = self.inner.db.begin().await?;
        session.lock_for_writing("api_keys").await?;
        if count(&mut session, &key.tenant, told.at).await? >= MAX_KEYS {
            return Ok(MadeKey::TooMany);
        }
        let made = insert(&mut session, key, told.at).await?;
        journal::insert(&mut session, told).await?;
        session.commit().await?;
        Ok(MadeKey::Made(Box::new(made)))
    }

    /// Makes the key that follows this one of a tenant, or of any if none is given, and notes it in the journal.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rotate_key(
        &self,
        id: &str,
        tenant: Option<&Tenant>,
        rotation: &Rotation,
        told: &Entry,
    ) -> Result<MadeKey, StoreError> {
        const REPLACE: &str = "UPDATE api_keys SET replaced_by = $2, \
             expires_at = CASE WHEN expires_at < $3 THEN expires_at ELSE $3 END WHERE id = $1";
        let mut session = self.inner.db.begin().await?;
        session.lock_for_writing("api_keys").await?;
        let old = find(&mut session, "id", id).await?;
        let old = old.filter(|key| tenant.is_none_or(|own| *own == key.tenant));
        let Some(old) = old.filter(|key| key.is_in_force(told.at) && key.replaced_by.is_none()) else {
            return Ok(MadeKey::Unknown);
        };
        if count(&mut session, &old.tenant, told.at).await? >= MAX_KEYS {
            return Ok(MadeKey::TooMany);
        }
        let next = NewKey {
            id: rotation.id.clone(),
            tenant: old.tenant,
            name: old.name,
            prefix: rotation.prefix.clone(),
            secret_hash: rotation.secret_hash,
            scopes: old.scopes,
            created_by: rotation.created_by.clone(),
            expires_at: old.expires_at,
        };
        let made = insert(&mut session, &next, told.at).await?;
        let until = Value::Int(Some(rotation.old_until.as_micros()));
        session.query(REPLACE, &[Value::Text(Some(id)), Value::Text(Some(&rotation.id)), until]).await?;
        journal::insert(&mut session, told).await?;
        session.commit().await?;
        Ok(MadeKey::Made(Box::new(made)))
    }

    /// Revokes a key of a tenant, or of any if none is given, at the time of the entry, and notes it in the journal.
    /// Returns the key as it was; None where there is none of this id. One that is revoked already stays as it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_key(
        &self,
        id: &str,
        tenant: Option<&Tenant>,
        told: &Entry,
    ) -> Result<Option<ApiKey>, StoreError> {
        const REVOKE: &str = "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING id";
        let mut session = self.inner.db.begin().await?;
        let found = find(&mut session, "id", id).await?;
        let Some(key) = found.filter(|key| tenant.is_none_or(|own| *own == key.tenant)) else { return Ok(None) };
        let values = [Value::Text(Some(id)), Value::Int(Some(told.at.as_micros()))];
        if !session.query(REVOKE, &values).await?.is_empty() {
            journal::insert(&mut session, told).await?;
        }
        session.commit().await?;
        Ok(Some(key))
    }

    /// The key of this prefix, whether it is in force or not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn key_by_prefix(&self, prefix: &str) -> Result<Option<ApiKey>, StoreError> {
        find(&mut self.inner.db.reader(), "prefix", prefix).await
    }

    /// The key of this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn api_key(&self, id: &str) -> Result<Option<ApiKey>, StoreError> {
        find(&mut self.inner.db.reader(), "id", id).await
    }

    /// A page of the keys of a tenant, or of all tenants, those that are over as well.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keys(
        &self,
        tenant: Option<&Tenant>,
        after: Option<&KeyCursor>,
        limit: usize,
    ) -> Result<KeyPage, StoreError> {
        let conditions =
            [tenant.map(|_| "tenant = $1"), after.map(|_| if tenant.is_some() { "id < $2" } else { "id < $1" })];
        let conditions: Vec<&str> = std::iter::once("1 = 1").chain(conditions.into_iter().flatten()).collect();
        let (conditions, limited) = (conditions.join(" AND "), limit + 1);
        let sql = format!("SELECT {COLUMNS} FROM api_keys WHERE {conditions} ORDER BY id DESC LIMIT {limited}");
        let values = tenant.map(Tenant::as_str).into_iter().chain(after.map(|cursor| cursor.0.as_str()));
        let values: Vec<Value<'_>> = values.map(|text| Value::Text(Some(text))).collect();
        let rows = self.inner.db.reader().query(&sql, &values).await?;
        let keys: Vec<ApiKey> = rows.iter().take(limit).map(key_of).collect::<Result<_, _>>()?;
        let next = keys.last().filter(|_| rows.len() > limit).map(|key| KeyCursor(key.id.clone()));
        Ok(KeyPage { keys, next })
    }

    /// Notes that a key is used, unless that was noted within a minute.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_key_used(&self, id: &str, now: Timestamp) -> Result<(), StoreError> {
        const NOTE: &str =
            "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)";
        let before = now.minus(NOTED_EVERY).as_micros();
        let values = [Value::Text(Some(id)), Value::Int(Some(now.as_micros())), Value::Int(Some(before))];
        self.inner.db.writer().query(NOTE, &values).await.map(drop)
    }
}

async fn count(session: &mut Session, tenant: &Tenant, now: Timestamp) -> Result<usize, StoreError> {
    const COUNT: &str = "SELECT count(*) AS keys FROM api_keys WHERE tenant = $1 AND revoked_at IS NULL \
                         AND (expires_at IS NULL OR expires_at > $2)";
    let values = [Value::Text(Some(tenant.as_str())), Value::Int(Some(now.as_micros()))];
    let rows = session.query(COUNT, &values).await?;
    let keys = rows.first().map_or(Ok(0), |row| get::<i64>(row, "keys"))?;
    usize::try_from(keys).map_err(|_| unreadable("keys"))
}

async fn insert(session: &mut Session, key: &NewKey, now: Timestamp) -> Result<ApiKey, StoreError> {
    let sql = format!(
        "INSERT INTO api_keys ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, NULL, NULL) \
         RETURNING {COLUMNS}"
    );
    let scopes = key.scopes.join(" ");
    let values = [
        Value::Text(Some(&key.id)),
        Value::Text(Some(key.tenant.as_str())),
        Value::Text(Some(&key.name)),
        Value::Text(Some(&key.prefix)),
        Value::Bytes(Some(&key.secret_hash)),
        Value::Text(Some(&scopes)),
        Value::Text(Some(&key.created_by)),
        Value::Int(Some(now.as_micros())),
        Value::Int(key.expires_at.map(Timestamp::as_micros)),
    ];
    let rows = session.query(&sql, &values).await?;
    rows.first().map_or_else(|| Err(unreadable("id")), key_of)
}

/// `by` is `id` or `prefix`.
async fn find(session: &mut Session, by: &'static str, text: &str) -> Result<Option<ApiKey>, StoreError> {
    // Postgres can neither store nor compare a NUL.
    if text.contains('\0') {
        return Ok(None);
    }
    let sql = format!("SELECT {COLUMNS} FROM api_keys WHERE {by} = $1");
    let rows = session.query(&sql, &[Value::Text(Some(text))]).await?;
    rows.first().map(key_of).transpose()
}

fn key_of(row: &QueryResult) -> Result<ApiKey, StoreError> {
    let scopes: String = get(row, "scopes")?;
    Ok(ApiKey {
        id: get(row, "id")?,
        tenant: Tenant::parse(&get::<String>(row, "tenant")?).ok_or_else(|| unreadable("tenant"))?,
        name: get(row, "name")?,
        prefix: get(row, "prefix")?,
        secret_hash: content_of(row, "secret_hash")?.ok_or_else(|| unreadable("secret_hash"))?,
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        created_by: get(row, "created_by")?,
        created_at: Timestamp::from_micros(get(row, "created_at")?),
        expires_at: time_of(row, "expires_at")?,
        last_used_at: time_of(row, "last_used_at")?,
        revoked_at: time_of(row, "revoked_at")?,
        replaced_by: get(row, "replaced_by")?,
    })
}
