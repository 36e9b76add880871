//! How gateways are, as each has noted it itself, and the largest of their rooms. A gateway counts for as long as it has its
//! lease.

use domain::{Tenant, Timestamp};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::error::StoreError;
use crate::sql::{Group, Value, count_of, get, time_of, uuid_of};
use crate::store::Store;

/// The most gateways that are read at once.
const MOST: usize = 1_000;

/// What a gateway counts, and how much of it there may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct GatewayFigures {
    /// Sockets and streams of clients that are in.
    pub sockets: u32,
    /// Whose they are.
    pub people: u32,
    /// Rooms in which somebody is.
    pub rooms: u32,
    /// The most sockets and streams of the process.
    pub max_sockets: u32,
    /// Of one person.
    pub max_per_user: u32,
    /// The most rooms of one client.
    pub max_rooms: u32,
}

/// A gateway that has its lease.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gateway {
    /// The id that it has given itself.
    pub node: Uuid,
    pub since: Timestamp,
    /// When it has noted its figures.
    pub noted_at: Timestamp,
    /// Since when it lets its clients go, because it ends.
    pub leaving_since: Option<Timestamp>,
    pub figures: GatewayFigures,
}

/// A room, and how many sockets and streams are in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GatewayRoom {
    pub tenant: Tenant,
    /// As people know it, such as `topic:solicitud_7`.
    pub room: String,
    pub sockets: u32,
}

/// The same of all gateways.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LargeRoom {
    pub room: String,
    pub sockets: u32,
    /// At how many gateways somebody is in it.
    pub gateways: u32,
}

impl Store {
    /// Notes how a gateway is, and its largest rooms in the place of those before.
    ///
    /// # Errors
    /// [`StoreError`]; repeat it.
    pub async fn note_gateway(
        &self,
        node: Uuid,
        figures: GatewayFigures,
        largest: &[GatewayRoom],
        is_leaving: bool,
    ) -> Result<(), StoreError> {
        const NOTE: &str = "INSERT INTO gateways (node, since, noted_at, leaving_since, sockets, people, rooms, \
             max_sockets, max_per_user, max_rooms) \
             VALUES ($1, {now}, {now}, CASE WHEN $8 THEN {now} END, $2, $3, $4, $5, $6, $7) \
             ON CONFLICT (node) DO UPDATE SET noted_at = excluded.noted_at, sockets = excluded.sockets, \
             people = excluded.people, rooms = excluded.rooms, \
             leaving_since = COALESCE(gateways.leaving_since, excluded.leaving_since)";
        const CLEAR: &str = "DELETE FROM gateway_rooms WHERE node = $1";
        const ROOMS: &str = "INSERT INTO gateway_rooms (node, tenant, room, sockets) \
                             SELECT u.node, u.tenant, u.room, u.sockets FROM {u} WHERE TRUE";
        let its = Value::Bytes(Some(node.as_bytes()));
        let mut values = vec![its];
        values.extend(figures.in_order().map(|number| Value::Int(Some(number.into()))));
        values.push(Value::Flag(is_leaving));
        let mut session = self.inner.db.begin().await?;
        session.query(NOTE, &values).await?;
        session.query(CLEAR, &[its]).await?;
        session.query_group(ROOMS, &rooms_of(node.as_bytes(), largest)).await?;
        session.commit().await
    }

    /// The gateways that live, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn gateways(&self) -> Result<Vec<Gateway>, StoreError> {
        let sql = format!(
            "SELECT node, since, noted_at, leaving_since, sockets, people, rooms, max_sockets, max_per_user, max_rooms \
             FROM gateways AS g \
             WHERE EXISTS (SELECT 1 FROM leases AS l WHERE l.holder = g.node AND l.held_until > {{now}}) \
             ORDER BY since, node LIMIT {MOST}"
        );
        let rows = self.inner.db.reader().query(&sql, &[]).await?;
        rows.iter().map(gateway_of).collect()
    }

    /// The largest rooms of a tenant, as far as they are among the largest of their gateways.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn largest_rooms(&self, tenant: &Tenant, limit: usize) -> Result<Vec<LargeRoom>, StoreError> {
        let sql = format!(
            "SELECT room, CAST(SUM(sockets) AS BIGINT) AS inside, COUNT(*) AS gateways FROM gateway_rooms AS r \
             WHERE tenant = $1 \
             AND EXISTS (SELECT 1 FROM leases AS l WHERE l.holder = r.node AND l.held_until > {{now}}) \
             GROUP BY room ORDER BY inside DESC, room LIMIT {limit}"
        );
        let rows = self.inner.db.reader().query(&sql, &[Value::Text(Some(tenant.as_str()))]).await?;
        rows.iter().map(large_room_of).collect()
    }
}

impl GatewayFigures {
    const fn in_order(self) -> [u32; 6] {
        [self.sockets, self.people, self.rooms, self.max_sockets, self.max_per_user, self.max_rooms]
    }
}

fn rooms_of<'a>(node: &'a [u8], largest: &'a [GatewayRoom]) -> Group<'a> {
    Group::of(largest.len())
        .bytes("node", largest.iter().map(|_| node))
        .text("tenant", largest.iter().map(|room| room.tenant.as_str()))
        .text("room", largest.iter().map(|room| room.room.as_str()))
        .int("sockets", largest.iter().map(|room| i64::from(room.sockets)))
}

fn gateway_of(row: &QueryResult) -> Result<Gateway, StoreError> {
    Ok(Gateway {
        node: uuid_of(row, "node")?,
        since: Timestamp::from_micros(get(row, "since")?),
        noted_at: Timestamp::from_micros(get(row, "noted_at")?),
        leaving_since: time_of(row, "leaving_since")?,
        figures: GatewayFigures {
            sockets: count_of(row, "sockets")?,
            people: count_of(row, "people")?,
            rooms: count_of(row, "rooms")?,
            max_sockets: count_of(row, "max_sockets")?,
            max_per_user: count_of(row, "max_per_user")?,
            max_rooms: count_of(row, "max_rooms")?,
        },
    })
}

fn large_room_of(row: &QueryResult) -> Result<LargeRoom, StoreError> {
    Ok(LargeRoom { room: get(row, "room")?, sockets: count_of(row, "inside")?, gateways: count_of(row, "gateways")? })
}
