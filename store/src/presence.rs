//! Who is connected to which gateway. A row counts for as long as its gateway has its lease: of one that has died, nobody is
//! left once that is over.

use std::time::Duration;

use domain::{Tenant, Timestamp};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::error::StoreError;
use crate::sql::{Value, count_of, get, micros};
use crate::store::Store;

/// For so long after its end the lease of a gateway is kept.
const KEPT_FOR: Duration = Duration::from_secs(3600);

/// The tables of what is of a gateway.
const TABLES: [&str; 3] = ["presence", "gateway_rooms", "gateways"];

/// Where somebody is connected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Present {
    /// With how many gateways.
    pub gateways: u32,
    /// Since when with one of them.
    pub since: Timestamp,
}

/// Somebody who is connected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PresentUser {
    pub user: String,
    /// Sockets and streams, at all gateways.
    pub sockets: u32,
    pub present: Present,
}

impl Store {
    /// Gives a gateway its lease for so long, or lets it keep it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn hold_gateway(&self, node: Uuid, lease: Duration) -> Result<bool, StoreError> {
        self.hold_lease(&lease_of(node), node, lease).await
    }

    /// Notes that somebody is connected to a gateway by so many sockets and streams. Repeating it changes nothing.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn note_present(&self, tenant: &Tenant, user: &str, node: Uuid, sockets: u32) -> Result<(), StoreError> {
        const NOTE: &str = "INSERT INTO presence (tenant, user_id, node, since, sockets) VALUES ($1, $2, $3, {now}, $4) \
                            ON CONFLICT (tenant, user_id, node) DO UPDATE SET sockets = excluded.sockets";
        let [tenant, user, node] = values(tenant, user, &node);
        let values = [tenant, user, node, Value::Int(Some(sockets.into()))];
        self.inner.db.writer().query(NOTE, &values).await.map(drop)
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
        for table in TABLES {
            let end = format!("DELETE FROM {table} WHERE node = $1");
            self.inner.db.writer().query(&end, &[Value::Bytes(Some(node.as_bytes()))]).await?;
        }
        self.leave_lease(&lease_of(node), node).await
    }

    /// Deletes what gateways have left that died. Several calls at once are safe.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn forget_gateways(&self) -> Result<(), StoreError> {
        const LEASES: &str = "DELETE FROM leases WHERE name LIKE 'gateway:%' AND held_until < {now} - $1";
        for table in TABLES {
            let forget = format!(
                "DELETE FROM {table} WHERE NOT EXISTS \
                 (SELECT 1 FROM leases AS l WHERE l.holder = {table}.node AND l.held_until > {{now}})"
            );
            self.inner.db.writer().query(&forget, &[]).await?;
        }
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

    /// Who is connected, after this user and in the order of the ids: those whose ids begin so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn everybody_present(
        &self,
        tenant: &Tenant,
        beginning: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<PresentUser>, StoreError> {
        if beginning.contains('\0') || after.contains('\0') {
            return Ok(Vec::new());
        }
        // Ids are compared byte by byte, and none that is longer and begins so lies behind this.
        let end = format!("{beginning}\u{10ffff}");
        let sql = format!(
            "SELECT user_id, COUNT(*) AS gateways, CAST(SUM(sockets) AS BIGINT) AS sockets, MIN(since) AS since \
             FROM presence AS p WHERE tenant = $1 AND user_id > $2 AND user_id >= $3 AND user_id < $4 \
             AND EXISTS (SELECT 1 FROM leases AS l WHERE l.holder = p.node AND l.held_until > {{now}}) \
             GROUP BY user_id ORDER BY user_id LIMIT {limit}"
        );
        let values = [tenant.as_str(), after, beginning, &end].map(|text| Value::Text(Some(text)));
        let rows = self.inner.db.reader().query(&sql, &values).await?;
        rows.iter().map(present_user_of).collect()
    }

    /// How many people of a tenant are connected.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_present(&self, tenant: &Tenant) -> Result<u32, StoreError> {
        const COUNT: &str = "SELECT COUNT(DISTINCT user_id) AS people FROM presence AS p WHERE tenant = $1 \
             AND EXISTS (SELECT 1 FROM leases AS l WHERE l.holder = p.node AND l.held_until > {now})";
        let rows = self.inner.db.reader().query(COUNT, &[Value::Text(Some(tenant.as_str()))]).await?;
        rows.first().map_or(Ok(0), |row| count_of(row, "people"))
    }
}

fn present_user_of(row: &QueryResult) -> Result<PresentUser, StoreError> {
    let (gateways, since) = (count_of(row, "gateways")?, Timestamp::from_micros(get(row, "since")?));
    let present = Present { gateways, since };
    Ok(PresentUser { user: get(row, "user_id")?, sockets: count_of(row, "sockets")?, present })
}

fn lease_of(node: Uuid) -> String {
    format!("gateway:{node}")
}

fn values<'a>(tenant: &'a Tenant, user: &'a str, node: &'a Uuid) -> [Value<'a>; 3] {
    [Value::Text(Some(tenant.as_str())), Value::Text(Some(user)), Value::Bytes(Some(node.as_bytes()))]
}
