//! Who is connected to which gateway: a row for each person and gateway, from the first socket to the last. And how each
//! gateway is, as it has noted that itself: its figures and its largest rooms.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Presence {
    Table,
    Tenant,
    UserId,
    /// The id that the gateway has given itself, and has a lease by.
    Node,
    Since,
    /// Sockets and streams of the person there.
    Sockets,
}

/// A gateway. Whether it lives its lease says.
#[derive(DeriveIden)]
enum Gateways {
    Table,
    Node,
    Since,
    NotedAt,
    /// Since when it lets its clients go.
    LeavingSince,
    /// How many there are.
    Sockets,
    People,
    Rooms,
    /// How many there may be: of it, of a person, and of rooms of a client.
    MaxSockets,
    MaxPerUser,
    MaxRooms,
}

/// The largest rooms of a gateway, those that are one person's left out.
#[derive(DeriveIden)]
enum GatewayRooms {
    Table,
    Node,
    Tenant,
    /// As people know it: `topic:solicitud_7`.
    Room,
    Sockets,
}

const OF_TENANT: &str = "CREATE INDEX gateway_rooms_of_tenant ON gateway_rooms (tenant)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(presence(manager)).await?;
        manager.create_table(gateways()).await?;
        manager.create_table(rooms(manager)).await?;
        manager.get_connection().execute_unprepared(OF_TENANT).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(GatewayRooms::Table).take()).await?;
        manager.drop_table(Table::drop().table(Gateways::Table).take()).await?;
        manager.drop_table(Table::drop().table(Presence::Table).take()).await
    }
}

fn presence(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table(Presence::Table)
        .col(key::text(manager, Presence::Tenant))
        .col(key::text(manager, Presence::UserId))
        .col(ColumnDef::new(Presence::Node).binary().not_null())
        .col(ColumnDef::new(Presence::Since).big_integer().not_null())
        .col(ColumnDef::new(Presence::Sockets).big_integer().not_null())
        .primary_key(Index::create().col(Presence::Tenant).col(Presence::UserId).col(Presence::Node))
        .take()
}

fn gateways() -> TableCreateStatement {
    let mut table = Table::create();
    table.table(Gateways::Table);
    table.col(ColumnDef::new(Gateways::Node).binary().not_null());
    for number in [
        Gateways::Since,
        Gateways::NotedAt,
        Gateways::Sockets,
        Gateways::People,
        Gateways::Rooms,
        Gateways::MaxSockets,
        Gateways::MaxPerUser,
        Gateways::MaxRooms,
    ] {
        table.col(ColumnDef::new(number).big_integer().not_null());
    }
    table.col(ColumnDef::new(Gateways::LeavingSince).big_integer());
    table.primary_key(Index::create().col(Gateways::Node)).take()
}

fn rooms(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table(GatewayRooms::Table)
        .col(ColumnDef::new(GatewayRooms::Node).binary().not_null())
        .col(key::text(manager, GatewayRooms::Tenant))
        .col(key::text(manager, GatewayRooms::Room))
        .col(ColumnDef::new(GatewayRooms::Sockets).big_integer().not_null())
        .primary_key(Index::create().col(GatewayRooms::Node).col(GatewayRooms::Tenant).col(GatewayRooms::Room))
        .take()
}
