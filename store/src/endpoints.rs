//! The endpoints to which a tenant's events are sent as webhooks.

use domain::{Entry, EventName, Key, Tenant, Timestamp};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::journal;
use crate::sql::{Session, Value, count_of, get, key_of, key_values, time_of, unreadable};
use crate::store::Store;

/// The most endpoints of one tenant: each event may become as many deliveries.
pub const MAX_ENDPOINTS: usize = 20;

/// The most requests that an endpoint remembers: the newest.
const MAX_REQUESTS: usize = 32;
/// Stands for a request that nobody repeats.
const NOBODY: &str = "-";

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
    /// The same request has made it before, and its secret is still the first.
    Again(Box<Endpoint>),
    /// The tenant has an endpoint of this URL, this id or this request, which stays as it is.
    Known(Box<Endpoint>),
    /// The tenant has [`MAX_ENDPOINTS`].
    TooMany,
}

/// How the secret of an endpoint is to be changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rotation {
    /// Names the request by one word, so that its repetition changes nothing. None for one that nobody repeats.
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
    /// The same request was the last to change it.
    Again(Box<Endpoint>),
    /// The same request has changed it before, and another one since.
    ChangedSince,
    /// The secret before the last one signs until then, and a receiver may still have no other.
    TooSoon(Timestamp),
    /// The tenant has no endpoint of this id.
    Unknown,
}

/// What is stored of an endpoint: beside itself, which requests have given it a secret.
struct Known {
    endpoint: Endpoint,
    /// In their order, separated by spaces. The one that made it begins with `made:`, because the same word may name one
    /// that changes it.
    requests: String,
}

const COLUMNS: &str = "tenant, id, url, types, created_at, disabled_at, why, generation, previous_until";

impl Endpoint {
    pub fn wants(&self, event: EventName) -> bool {
        self.disabled.is_none() && (self.types.is_empty() || self.types.contains(&event))
    }

    /// Whether it is told whatever happens.
    pub fn wants_all(&self) -> bool {
        self.disabled.is_none() && self.types.is_empty()
    }
}

impl Known {
    fn remembers(&self, request: &str) -> bool {
        self.requests.split_whitespace().any(|word| word == request)
    }

    fn remembers_last(&self, request: &str) -> bool {
        self.requests.split_whitespace().next_back() == Some(request)
    }

    fn is_repeated(&self, asked: &Endpoint, request: &str) -> bool {
        let Self { endpoint, .. } = self;
        self.remembers_last(request) && (&endpoint.url, &endpoint.types) == (&asked.url, &asked.types)
    }

    /// The requests with one more; of too many the oldest are left out.
    fn with_one_more(&self, by: Option<&str>) -> String {
        let mut words: Vec<&str> = self.requests.split_whitespace().chain([by.unwrap_or(NOBODY)]).collect();
        let surplus = words.len().saturating_sub(MAX_REQUESTS);
        words.split_off(surplus).join(" ")
    }
}

impl Store {
    /// Makes an endpoint, unless the tenant has one of this URL or this id, or too many. `by` names the request by one
    /// word, so that its repetition makes no other one; None for one that nobody repeats.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it, with the same `by`.
    pub async fn create_endpoint(
        &self,
        endpoint: &Endpoint,
        by: Option<&str>,
        told: &Entry,
    ) -> Result<Made, StoreError> {
        let by = by.map(|word| format!("made:{word}"));
        let mut session = self.inner.db.begin().await?;
        session.lock_for_writing("endpoints").await?;
        let there = of_tenant(&mut session, &endpoint.key.tenant).await?;
        let is_full = there.len() >= MAX_ENDPOINTS;
        let is_in_the_way = |one: &Known| {
            let Known { endpoint: Endpoint { url, key, .. }, .. } = one;
            *url == endpoint.url || *key == endpoint.key || by.as_ref().is_some_and(|by| one.remembers(by))
        };
        if let Some(known) = there.into_iter().find(is_in_the_way) {
            let is_repeated = by.is_some_and(|by| known.is_repeated(endpoint, &by));
            let known = Box::new(known.endpoint);
            return Ok(if is_repeated { Made::Again(known) } else { Made::Known(known) });
        }
        if is_full {
            return Ok(Made::TooMany);
        }
        insert(&mut session, endpoint, by.as_deref()).await?;
        journal::insert(&mut session, told).await?;
        session.commit().await?;
        Ok(Made::New)
    }

    /// The endpoints of a tenant in the order of their ids, at most [`MAX_ENDPOINTS`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn endpoints(&self, tenant: &Tenant) -> Result<Vec<Endpoint>, StoreError> {
        let there = of_tenant(&mut self.inner.db.reader(), tenant).await?;
        Ok(there.into_iter().map(|known| known.endpoint).collect())
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
    pub async fn rotate_endpoint(&self, key: &Key, rotation: &Rotation, told: &Entry) -> Result<Rotated, StoreError> {
        if key.id.contains('\0') {
            return Ok(Rotated::Unknown);
        }
        let mut session = self.inner.db.begin().await?;
        session.lock_for_writing("endpoints").await?;
        let there = of_tenant(&mut session, &key.tenant).await?.into_iter().find(|one| one.endpoint.key == *key);
        let Some(known) = there else { return Ok(Rotated::Unknown) };
        let by = rotation.by.as_deref();
        if by.is_some_and(|by| known.remembers_last(by)) {
            return Ok(Rotated::Again(Box::new(known.endpoint)));
        }
        if by.is_some_and(|by| known.remembers(by)) {
            return Ok(Rotated::ChangedSince);
        }
        let signs_still = known.endpoint.previous_until.filter(|until| *until > rotation.now);
        // Nobody is cut off where nothing is sent.
        if let Some(until) = signs_still.filter(|_| !rotation.is_forced && known.endpoint.disabled.is_none()) {
            return Ok(Rotated::TooSoon(until));
        }
        let rotated = rotate(&mut session, key, rotation.until, &known.with_one_more(by)).await?;
        if rotated.is_some() {
            journal::insert(&mut session, told).await?;
        }
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
    pub async fn delete_endpoint(&self, key: &Key, told: &Entry) -> Result<bool, StoreError> {
        const DELETE: &str = "DELETE FROM endpoints WHERE tenant = $1 AND id = $2 RETURNING id";
        if key.id.contains('\0') {
            return Ok(false);
        }
        self.change_told(DELETE, &key_values(key), told).await
    }
}

async fn of_tenant(session: &mut Session, tenant: &Tenant) -> Result<Vec<Known>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS}, rotated_by FROM endpoints WHERE tenant = $1 ORDER BY id LIMIT {MAX_ENDPOINTS}");
    let rows = session.query(&sql, &[Value::Text(Some(tenant.as_str()))]).await?;
    rows.iter().map(known_of).collect()
}

async fn rotate(
    session: &mut Session,
    key: &Key,
    until: Timestamp,
    requests: &str,
) -> Result<Option<Endpoint>, StoreError> {
    let sql = format!(
        "UPDATE endpoints SET generation = generation + 1, previous_until = $3, rotated_by = $4, disabled_at = NULL, \
         why = NULL WHERE tenant = $1 AND id = $2 RETURNING {COLUMNS}"
    );
    let [tenant, id] = key_values(key);
    let until = Value::Int(Some(until.as_micros()));
    let rows = session.query(&sql, &[tenant, id, until, Value::Text(Some(requests))]).await?;
    rows.first().map(endpoint_of).transpose()
}

async fn insert(session: &mut Session, endpoint: &Endpoint, by: Option<&str>) -> Result<(), StoreError> {
    let sql =
        format!("INSERT INTO endpoints ({COLUMNS}, rotated_by) VALUES ($1, $2, $3, $4, $5, NULL, NULL, $6, $7, $8)");
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
        Value::Text(by),
    ];
    session.query(&sql, &values).await.map(drop)
}

fn known_of(row: &QueryResult) -> Result<Known, StoreError> {
    let requests = get::<Option<String>>(row, "rotated_by")?.unwrap_or_default();
    Ok(Known { endpoint: endpoint_of(row)?, requests })
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
