//! The endpoints to which a tenant's events are sent as webhooks.

use domain::{EventName, Key, Tenant, Timestamp};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{Session, Value, count_of, get, key_of, key_values, time_of, unreadable};
use crate::store::Store;

/// The most endpoints of one tenant: each event may become as many deliveries.
pub const MAX_ENDPOINTS: usize = 20;

/// One endpoint. Its secrets are derived, and not here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    pub key: Key,
    pub url: String,
    /// The events that it wants; empty for all.
    pub types: Vec<EventName>,
    pub created_at: Timestamp,
    /// Since when nothing is sent to it, and why.
    pub disabled: Option<(Timestamp, String)>,
    /// Which of its secrets signs, from 1.
    pub generation: u32,
    /// Until when the secret of the generation before signs as well.
    pub previous_until: Option<Timestamp>,
}

/// What became of an endpoint that was to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Made {
    New,
    /// The tenant has an endpoint of this URL or this id, which stays as it is.
    Known(Box<Endpoint>),
    /// The tenant has [`MAX_ENDPOINTS`].
    TooMany,
}

/// How the secret of an endpoint is to be changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rotation {
    /// Names the request, so that its repetition changes nothing. None for one that nobody repeats.
    pub by: Option<String>,
    pub now: Timestamp,
    /// Until when the secret before the new one signs as well.
    pub until: Timestamp,
    /// Whether the secret before the last one may be cut off while it signs.
    pub is_forced: bool,
}

/// What became of the secret of an endpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Rotated {
    New(Box<Endpoint>),
    /// The same request has changed it before.
    Again(Box<Endpoint>),
    /// The secret before the last one signs until then, and a receiver may still have no other.
    TooSoon(Timestamp),
    /// The tenant has no endpoint of this id.
    Unknown,
}

const COLUMNS: &str = "tenant, id, url, types, created_at, disabled_at, why, generation, previous_until";

impl Endpoint {
    pub fn wants(&self, event: EventName) -> bool {
        self.disabled.is_none() && (self.types.is_empty() || self.types.contains(&event))
    }
}

impl Store {
    /// Makes an endpoint, unless the tenant has one of this URL or this id, or too many.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn create_endpoint(&self, endpoint: &Endpoint) -> Result<Made, StoreError> {
        let mut session = self.inner.db.begin().await?;
        session.lock_for_writing("endpoints").await?;
        let there = of_tenant(&mut session, &endpoint.key.tenant).await?;
        let is_full = there.len() >= MAX_ENDPOINTS;
        if let Some(known) = there.into_iter().find(|one| one.url == endpoint.url || one.key == endpoint.key) {
            return Ok(Made::Known(Box::new(known)));
        }
        if is_full {
            return Ok(Made::TooMany);
        }
        insert(&mut session, endpoint).await?;
        session.commit().await?;
        Ok(Made::New)
    }

    /// The endpoints of a tenant in the order of their ids, at most [`MAX_ENDPOINTS`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn endpoints(&self, tenant: &Tenant) -> Result<Vec<Endpoint>, StoreError> {
        of_tenant(&mut self.inner.db.reader(), tenant).await
    }

    /// # Errors
    /// [`StoreError`].
    pub async fn endpoint(&self, key: &Key) -> Result<Option<Endpoint>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM endpoints WHERE tenant = $1 AND id = $2");
        if key.id.contains('\0') {
            return Ok(None);
        }
        let rows = self.inner.db.reader().query(&sql, &key_values(key)).await?;
        rows.first().map(endpoint_of).transpose()
    }

    /// Whether anybody has an endpoint to which something is sent.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_endpoints(&self) -> Result<bool, StoreError> {
        const ANY: &str = "SELECT id FROM endpoints WHERE disabled_at IS NULL LIMIT 1";
        Ok(!self.inner.db.reader().query(ANY, &[]).await?.is_empty())
    }

    /// Begins the next generation of an endpoint's secret, lets that of the last one sign until then, and enables the
    /// endpoint.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it, with the same [`Rotation::by`].
    pub async fn rotate_endpoint(&self, key: &Key, rotation: &Rotation) -> Result<Rotated, StoreError> {
        const READ: &str = "SELECT rotated_by FROM endpoints WHERE tenant = $1 AND id = $2";
        if key.id.contains('\0') {
            return Ok(Rotated::Unknown);
        }
        let mut session = self.inner.db.begin().await?;
        session.lock_for_writing("endpoints").await?;
        let there = of_tenant(&mut session, &key.tenant).await?.into_iter().find(|one| one.key == *key);
        let Some(known) = there else { return Ok(Rotated::Unknown) };
        let rows = session.query(READ, &key_values(key)).await?;
        let last = rows.first().map(|row| get::<Option<String>>(row, "rotated_by")).transpose()?.flatten();
        if last.is_some() && last == rotation.by {
            return Ok(Rotated::Again(Box::new(known)));
        }
        let signs_still = known.previous_until.filter(|until| *until > rotation.now);
        // Nobody is cut off where nothing is sent.
        if let Some(until) = signs_still.filter(|_| !rotation.is_forced && known.disabled.is_none()) {
            return Ok(Rotated::TooSoon(until));
        }
        let rotated = rotate(&mut session, key, rotation).await?;
        session.commit().await?;
        Ok(rotated.map_or(Rotated::Unknown, |endpoint| Rotated::New(Box::new(endpoint))))
    }

    /// Sends nothing more to an endpoint, and notes why; false where there is none, or nothing is sent to it already.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn disable_endpoint(&self, key: &Key, why: &str) -> Result<bool, StoreError> {
        const DISABLE: &str = "UPDATE endpoints SET disabled_at = $3, why = $4 \
                               WHERE tenant = $1 AND id = $2 AND disabled_at IS NULL RETURNING id";
        if key.id.contains('\0') {
            return Ok(false);
        }
        let [tenant, id] = key_values(key);
        let now = Value::Int(Some(self.inner.clock.now().as_micros()));
        Ok(!self.inner.db.writer().query(DISABLE, &[tenant, id, now, Value::Text(Some(why))]).await?.is_empty())
    }

    /// Deletes an endpoint; false when there was none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_endpoint(&self, key: &Key) -> Result<bool, StoreError> {
        const DELETE: &str = "DELETE FROM endpoints WHERE tenant = $1 AND id = $2 RETURNING id";
        if key.id.contains('\0') {
            return Ok(false);
        }
        Ok(!self.inner.db.writer().query(DELETE, &key_values(key)).await?.is_empty())
    }
}

async fn of_tenant(session: &mut Session, tenant: &Tenant) -> Result<Vec<Endpoint>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM endpoints WHERE tenant = $1 ORDER BY id LIMIT {MAX_ENDPOINTS}");
    let rows = session.query(&sql, &[Value::Text(Some(tenant.as_str()))]).await?;
    rows.iter().map(endpoint_of).collect()
}

async fn rotate(session: &mut Session, key: &Key, rotation: &Rotation) -> Result<Option<Endpoint>, StoreError> {
    let sql = format!(
        "UPDATE endpoints SET generation = generation + 1, previous_until = $3, rotated_by = $4, disabled_at = NULL, \
         why = NULL WHERE tenant = $1 AND id = $2 RETURNING {COLUMNS}"
    );
    let [tenant, id] = key_values(key);
    let until = Value::Int(Some(rotation.until.as_micros()));
    let rows = session.query(&sql, &[tenant, id, until, Value::Text(rotation.by.as_deref())]).await?;
    rows.first().map(endpoint_of).transpose()
}

async fn insert(session: &mut Session, endpoint: &Endpoint) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO endpoints ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, NULL, NULL, $6, $7)");
    let types = endpoint.types.iter().map(|event| event.as_str()).collect::<Vec<_>>().join(" ");
    let [tenant, id] = key_values(&endpoint.key);
    let values = [
        tenant,
        id,
        Value::Text(Some(&endpoint.url)),
        Value::Text(Some(&types)),
        Value::Int(Some(endpoint.created_at.as_micros())),
        Value::Int(Some(i64::from(endpoint.generation))),
        Value::Int(endpoint.previous_until.map(Timestamp::as_micros)),
    ];
    session.query(&sql, &values).await.map(drop)
}

/// An event of a newer version is left out: this version tells of none.
fn endpoint_of(row: &QueryResult) -> Result<Endpoint, StoreError> {
    let types: String = get(row, "types")?;
    let known = |word: &str| EventName::ALL.into_iter().find(|event| event.as_str() == word);
    let read: Vec<EventName> = types.split_whitespace().filter_map(known).collect();
    if read.is_empty() && !types.trim().is_empty() {
        return Err(unreadable("types"));
    }
    let why = get::<Option<String>>(row, "why")?.unwrap_or_default();
    Ok(Endpoint {
        key: key_of(row)?,
        url: get(row, "url")?,
        types: read,
        created_at: Timestamp::from_micros(get(row, "created_at")?),
        disabled: time_of(row, "disabled_at")?.map(|at| (at, why)),
        generation: count_of(row, "generation")?,
        previous_until: time_of(row, "previous_until")?,
    })
}
