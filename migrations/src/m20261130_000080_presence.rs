//! Who is connected to which gateway: a row for each person and gateway, from the first socket to the last.

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
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Presence::Table)
            .col(key::text(manager, Presence::Tenant))
            .col(key::text(manager, Presence::UserId))
            .col(ColumnDef::new(Presence::Node).binary().not_null())
            .col(ColumnDef::new(Presence::Since).big_integer().not_null())
            .primary_key(Index::create().col(Presence::Tenant).col(Presence::UserId).col(Presence::Node))
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Presence::Table).take()).await
    }
}
