//! Who is connected to which gateway. A row counts for as long as its gateway has its lease: of one that has died, nobody is
//! left once that is over.

use std::time::Duration;

use domain::{Tenant, Timestamp};
use uuid::Uuid;

use crate::error::StoreError;
use crate::sql::{Value, count_of, get, micros};
use crate::store::Store;

/// For so long after its end the lease of a gateway is kept.
const KEPT_FOR: Duration = Duration::from_secs(3600);

/// Where somebody is connected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Present {
    /// With how many gateways.
    pub gateways: u32,
    /// Since when with one of them.
    pub since: Timestamp,
}

impl Store {
    /// Gives a gateway its lease for so long, or lets it keep it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn hold_gateway(&self, node: Uuid, lease: Duration) -> Result<bool, StoreError> {
        self.hold_lease(&lease_of(node), node, lease).await
    }

    /// Notes that somebody is connected to a gateway. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn note_present(&self, tenant: &Tenant, user: &str, node: Uuid) -> Result<(), StoreError> {
        const NOTE: &str = "INSERT INTO presence (tenant, user_id, node, since) VALUES ($1, $2, $3, {now}) \
                            ON CONFLICT (tenant, user_id, node) DO NOTHING";
        self.inner.db.writer().query(NOTE, &values(tenant, user, &node)).await.map(drop)
    }

    /// Notes that somebody is connected to a gateway no more.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn note_absent(&self, tenant: &Tenant, user: &str, node: Uuid) -> Result<(), StoreError> {
        const NOTE: &str = "DELETE FROM presence WHERE tenant = $1 AND user_id = $2 AND node = $3";
        self.inner.db.writer().query(NOTE, &values(tenant, user, &node)).await.map(drop)
    }

    /// Notes that a gateway has ended, and nobody is connected to it.
    ///
    /// # Errors
    /// [`StoreError`]; without it the lease ends by itself.
    pub async fn end_gateway(&self, node: Uuid) -> Result<(), StoreError> {
        const END: &str = "DELETE FROM presence WHERE node = $1";
        self.inner.db.writer().query(END, &[Value::Bytes(Some(node.as_bytes()))]).await?;
        self.leave_lease(&lease_of(node), node).await
    }

    /// Deletes what gateways have left that died. Several calls at once are safe.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn forget_gateways(&self) -> Result<(), StoreError> {
        const FORGET: &str = "DELETE FROM presence WHERE NOT EXISTS \
             (SELECT 1 FROM leases AS l WHERE l.holder = presence.node AND l.held_until > {now})";
        const LEASES: &str = "DELETE FROM leases WHERE name LIKE 'gateway:%' AND held_until < {now} - $1";
        self.inner.db.writer().query(FORGET, &[]).await?;
        self.inner.db.writer().query(LEASES, &[Value::Int(Some(micros(KEPT_FOR)))]).await.map(drop)
    }

    /// Where somebody is connected. None for somebody who is not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn present(&self, tenant: &Tenant, user: &str) -> Result<Option<Present>, StoreError> {
        const READ: &str = "SELECT COUNT(*) AS gateways, MIN(since) AS since FROM presence AS p \
             WHERE tenant = $1 AND user_id = $2 \
             AND EXISTS (SELECT 1 FROM leases AS l WHERE l.holder = p.node AND l.held_until > {now})";
        let values = [Value::Text(Some(tenant.as_str())), Value::Text(Some(user))];
        let rows = self.inner.db.reader().query(READ, &values).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let since = get::<Option<i64>>(row, "since")?;
        let gateways = count_of(row, "gateways")?;
        Ok(since.map(|since| Present { gateways, since: Timestamp::from_micros(since) }))
    }
}

fn lease_of(node: Uuid) -> String {
    format!("gateway:{node}")
}

fn values<'a>(tenant: &'a Tenant, user: &'a str, node: &'a Uuid) -> [Value<'a>; 3] {
    [Value::Text(Some(tenant.as_str())), Value::Text(Some(user)), Value::Bytes(Some(node.as_bytes()))]
}
