//! What is to go wrong in the sandbox: one row for each channel of a tenant, which counts down.

use std::time::Duration;

use domain::{ChannelName, Entry, Fault, Tenant, Timestamp};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::journal;
use crate::sql::{Session, Value, count_of, get, unreadable};
use crate::store::Store;

/// The most that are listed at once: whoever lists them keeps them in memory.
const MOST: usize = 1_000;

const COLUMNS: &str = "tenant, channel, asked, remaining, status, retry_after, latency_ms, cut, set_by, set_at";

/// What is to go wrong with the next attempts of a channel, and for how many of them yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SandboxFault {
    pub tenant: Tenant,
    pub channel: ChannelName,
    /// For so many messages it was asked.
    pub next: u32,
    /// For so many of them it holds yet.
    pub left: u32,
    pub fault: Fault,
    pub by: String,
    pub at: Timestamp,
}

impl Store {
    /// Sets it in the place of whatever was set for the channel. Repeating it begins its count anew.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn set_sandbox_fault(&self, set: &SandboxFault, told: &Entry) -> Result<(), StoreError> {
        let mut session = self.inner.db.begin().await?;
        put(&mut session, set).await?;
        journal::insert(&mut session, told).await?;
        session.commit().await
    }

    /// Whether there is anything of a tenant: a delivery, a dead letter, a job, a user or a key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_tenant_known(&self, tenant: &Tenant) -> Result<bool, StoreError> {
        // The first is asked for by its index on the expression.
        const LOOK: &str = "SELECT 1 AS known WHERE EXISTS (SELECT 1 FROM deliveries AS d WHERE (d.tenant || '') = $1) \
             OR EXISTS (SELECT 1 FROM letters AS l WHERE l.tenant = $1) \
             OR EXISTS (SELECT 1 FROM jobs AS j WHERE j.tenant = $1) \
             OR EXISTS (SELECT 1 FROM users AS u WHERE u.tenant = $1) \
             OR EXISTS (SELECT 1 FROM api_keys AS k WHERE k.tenant = $1)";
        Ok(!self.inner.db.hasty_query(LOOK, &[Value::Text(Some(tenant.as_str()))]).await?.is_empty())
    }

    /// Clears what is set for a channel, and returns it as it was. None where nothing is left of it.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] repeat it.
    pub async fn clear_sandbox_fault(
        &self,
        tenant: &Tenant,
        channel: &ChannelName,
        told: &Entry,
    ) -> Result<Option<SandboxFault>, StoreError> {
        let sql = format!(
            "DELETE FROM sandbox_faults WHERE tenant = $1 AND channel = $2 AND remaining > 0 RETURNING {COLUMNS}"
        );
        let mut session = self.inner.db.begin().await?;
        let rows = session.query(&sql, &key(tenant, channel)).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let cleared = fault_of(row)?;
        journal::insert(&mut session, told).await?;
        session.commit().await?;
        Ok(Some(cleared))
    }

    /// What is in force for a tenant, or for anybody, by the channel: the first 1,000 of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sandbox_faults(&self, tenant: Option<&Tenant>) -> Result<Vec<SandboxFault>, StoreError> {
        let whose = tenant.map(|_| " AND tenant = $1").unwrap_or_default();
        let sql = format!(
            "SELECT {COLUMNS} FROM sandbox_faults WHERE remaining > 0{whose} ORDER BY tenant, channel LIMIT {MOST}"
        );
        let values: Vec<Value<'_>> = tenant.map(|tenant| Value::Text(Some(tenant.as_str()))).into_iter().collect();
        let rows = self.inner.db.reader().query(&sql, &values).await?;
        rows.iter().map(fault_of).collect()
    }

    /// Takes one of what is left for a channel: several workers at once never take more than there are. None where nothing
    /// is left.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] one may be taken.
    pub async fn take_sandbox_fault(
        &self,
        tenant: &Tenant,
        channel: &ChannelName,
    ) -> Result<Option<Fault>, StoreError> {
        let sql = format!(
            "UPDATE sandbox_faults SET remaining = remaining - 1 \
             WHERE tenant = $1 AND channel = $2 AND remaining > 0 RETURNING {COLUMNS}"
        );
        let rows = self.inner.db.writer().query(&sql, &key(tenant, channel)).await?;
        rows.first().map(|row| Ok(fault_of(row)?.fault)).transpose()
    }
}

fn key<'a>(tenant: &'a Tenant, channel: &'a ChannelName) -> [Value<'a>; 2] {
    [Value::Text(Some(tenant.as_str())), Value::Text(Some(channel.as_str()))]
}

async fn put(session: &mut Session, set: &SandboxFault) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO sandbox_faults ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (tenant, channel) DO UPDATE SET asked = excluded.asked, remaining = excluded.remaining, \
         status = excluded.status, retry_after = excluded.retry_after, latency_ms = excluded.latency_ms, \
         cut = excluded.cut, set_by = excluded.set_by, set_at = excluded.set_at"
    );
    let SandboxFault { tenant, channel, next, left, fault, by, at } = set;
    let whole = |number: u128| Value::Int(Some(i64::try_from(number).unwrap_or(i64::MAX)));
    let [tenant, channel] = key(tenant, channel);
    let values = [
        tenant,
        channel,
        Value::Int(Some(i64::from(*next))),
        Value::Int(Some(i64::from(*left))),
        Value::Int(fault.status.map(i64::from)),
        fault.retry_after.map_or(Value::Int(None), |wait| whole(wait.as_secs().into())),
        whole(fault.latency.as_millis()),
        Value::Int(Some(fault.cut.into())),
        Value::Text(Some(by.as_str())),
        Value::Int(Some(at.as_micros())),
    ];
    session.query(&sql, &values).await.map(drop)
}

fn fault_of(row: &QueryResult) -> Result<SandboxFault, StoreError> {
    let optional = |name: &str| get::<Option<i64>>(row, name);
    let positive = |number: i64| u64::try_from(number).unwrap_or_default();
    let status = optional("status")?.and_then(|status| u16::try_from(status).ok());
    let retry_after = optional("retry_after")?.map(|wait| Duration::from_secs(positive(wait)));
    let latency = Duration::from_millis(positive(get(row, "latency_ms")?));
    let cut = get::<i64>(row, "cut")? != 0;
    Ok(SandboxFault {
        tenant: Tenant::parse(&get::<String>(row, "tenant")?).ok_or_else(|| unreadable("tenant"))?,
        channel: ChannelName::parse(&get::<String>(row, "channel")?).map_err(|_| unreadable("channel"))?,
        next: count_of(row, "asked")?,
        left: count_of(row, "remaining")?,
        fault: Fault { status, retry_after, latency, cut },
        by: get(row, "set_by")?,
        at: Timestamp::from_micros(get(row, "set_at")?),
    })
}
