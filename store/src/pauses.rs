//! What operators have paused: one row for each thing that is paused, and none when nothing is.

use domain::{Entry, Pause, PauseKind, Tenant, Timestamp};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::journal;
use crate::sql::{Session, Value, get, time_of, unreadable};
use crate::store::Store;

/// The most pauses for everybody, and of one tenant: every worker keeps all of them in memory.
pub const MAX_PAUSES: usize = 100;

const COLUMNS: &str = "id, kind, name, tenant, why, paused_by, since, until_at, by_platform";

/// What became of the wish to pause something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PauseMade {
    /// As it stands.
    Made(Pause),
    /// There are [`MAX_PAUSES`] already.
    TooMany,
    /// It is paused for this tenant by somebody who acts for all, which nobody else changes.
    OfPlatform,
}

impl Store {
    /// Pauses something, and returns the pause as it stands. What is paused already keeps since when it is; all else is as
    /// it is given now, and what the platform has paused stays its pause. Pauses that have ended by themselves are forgotten.
    /// Repeating it is harmless.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn pause(&self, pause: &Pause, now: Timestamp, told: &Entry) -> Result<PauseMade, StoreError> {
        let mut session = self.inner.db.begin().await?;
        session.lock_for_writing("pauses").await?;
        forget_ended(&mut session, now).await?;
        let there = all(&mut session).await?;
        let standing = there.iter().find(|one| one.id == pause.id);
        if standing.is_some_and(|one| one.by_platform && !pause.by_platform) {
            return Ok(PauseMade::OfPlatform);
        }
        if standing.is_none() && there.iter().filter(|one| one.tenant == pause.tenant).count() >= MAX_PAUSES {
            return Ok(PauseMade::TooMany);
        }
        let stands = put(&mut session, pause).await?;
        journal::insert(&mut session, told).await?;
        session.commit().await?;
        Ok(PauseMade::Made(stands))
    }

    /// Resumes what is paused under this id: where a tenant is given, only what is paused for it, and not by the platform.
    /// Returns the pause as it was; None where there is none.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn resume(&self, id: &str, tenant: Option<&Tenant>, told: &Entry) -> Result<Option<Pause>, StoreError> {
        // Postgres can neither store nor compare a NUL: no pause has such an id.
        if id.contains('\0') {
            return Ok(None);
        }
        let whose = tenant.map(|_| " AND tenant = $2 AND NOT by_platform").unwrap_or_default();
        let sql = format!("DELETE FROM pauses WHERE id = $1{whose} RETURNING {COLUMNS}");
        let values = std::iter::once(id).chain(tenant.map(Tenant::as_str)).map(|text| Value::Text(Some(text)));
        let mut session = self.inner.db.begin().await?;
        let rows = session.query(&sql, &values.collect::<Vec<_>>()).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let resumed = pause_of(row)?;
        journal::insert(&mut session, &told_of(told, resumed.as_ref())).await?;
        session.commit().await?;
        Ok(resumed)
    }

    /// Everything that is paused, and what has ended by itself and was not forgotten yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        all(&mut self.inner.db.reader()).await
    }

    /// Whether anything lately was this tenant's: a user, or one of the last 10,000 deliveries.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn knows_tenant(&self, tenant: &Tenant) -> Result<bool, StoreError> {
        const ANY: &str = "SELECT 1 AS known FROM users WHERE tenant = $1 UNION ALL \
                           SELECT 1 AS known FROM (SELECT tenant FROM deliveries ORDER BY created_at DESC LIMIT 10000) \
                           AS lately WHERE tenant = $1 LIMIT 1";
        let values = [Value::Text(Some(tenant.as_str()))];
        Ok(!self.inner.db.reader().query(ANY, &values).await?.is_empty())
    }
}

/// What was resumed is known by its row alone.
fn told_of(told: &Entry, resumed: Option<&Pause>) -> Entry {
    let Some(pause) = resumed else { return told.clone() };
    let tenant = pause.tenant.clone().unwrap_or_else(|| told.tenant.clone());
    Entry { tenant, ..told.clone() }.with("kind", pause.kind.as_str()).with("name", pause.name.as_str())
}

async fn forget_ended(session: &mut Session, now: Timestamp) -> Result<(), StoreError> {
    const FORGET: &str = "DELETE FROM pauses WHERE until_at <= $1";
    session.query(FORGET, &[Value::Int(Some(now.as_micros()))]).await.map(drop)
}

async fn put(session: &mut Session, pause: &Pause) -> Result<Pause, StoreError> {
    let sql = format!(
        "INSERT INTO pauses ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (id) DO UPDATE SET why = excluded.why, paused_by = excluded.paused_by, \
         until_at = excluded.until_at, by_platform = excluded.by_platform RETURNING {COLUMNS}"
    );
    let values = [
        Value::Text(Some(&pause.id)),
        Value::Text(Some(pause.kind.as_str())),
        Value::Text(Some(&pause.name)),
        Value::Text(pause.tenant.as_ref().map(Tenant::as_str)),
        Value::Text(Some(&pause.why)),
        Value::Text(Some(&pause.by)),
        Value::Int(Some(pause.since.as_micros())),
        Value::Int(pause.until.map(Timestamp::as_micros)),
        Value::Flag(pause.by_platform),
    ];
    let rows = session.query(&sql, &values).await?;
    Ok(rows.first().map_or(Ok(None), pause_of)?.unwrap_or_else(|| pause.clone()))
}

async fn all(session: &mut Session) -> Result<Vec<Pause>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM pauses ORDER BY since DESC, id");
    let rows = session.query(&sql, &[]).await?;
    rows.iter().filter_map(|row| pause_of(row).transpose()).collect()
}

/// None for what only a newer version can pause: it must not keep this one from all other pauses.
fn pause_of(row: &QueryResult) -> Result<Option<Pause>, StoreError> {
    let Some(kind) = PauseKind::parse(&get::<String>(row, "kind")?) else { return Ok(None) };
    let tenant = get::<Option<String>>(row, "tenant")?;
    let tenant = tenant.map(|text| Tenant::parse(&text).ok_or_else(|| unreadable("tenant"))).transpose()?;
    Ok(Some(Pause {
        id: get(row, "id")?,
        kind,
        name: get(row, "name")?,
        tenant,
        why: get(row, "why")?,
        by: get(row, "paused_by")?,
        by_platform: get(row, "by_platform")?,
        since: Timestamp::from_micros(get(row, "since")?),
        until: time_of(row, "until_at")?,
    }))
}
