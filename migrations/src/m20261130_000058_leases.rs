//! What one process of the fleet does at a time, who does it, and until when nobody else may.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Leases {
    Table,
    /// What is done.
    Name,
    /// The id that the process has given itself.
    Holder,
    HeldUntil,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Leases::Table)
            .col(key::text(manager, Leases::Name))
            .col(ColumnDef::new(Leases::Holder).binary().not_null())
            .col(ColumnDef::new(Leases::HeldUntil).big_integer().not_null())
            .primary_key(Index::create().col(Leases::Name))
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Leases::Table).take()).await
    }
}
