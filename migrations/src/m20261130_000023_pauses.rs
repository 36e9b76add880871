//! What operators have paused.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Pauses {
    Table,
    /// Made of the three that follow, of which the last may be missing.
    Id,
    Kind,
    Name,
    /// Whose deliveries wait; none for everybody's.
    Tenant,
    Why,
    PausedBy,
    Since,
    /// When it ends by itself.
    UntilAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Pauses::Table)
            .col(key::text(manager, Pauses::Id))
            .col(ColumnDef::new(Pauses::Kind).text().not_null())
            .col(ColumnDef::new(Pauses::Name).text().not_null())
            .col(ColumnDef::new(Pauses::Tenant).text())
            .col(ColumnDef::new(Pauses::Why).text().not_null())
            .col(ColumnDef::new(Pauses::PausedBy).text().not_null())
            .col(ColumnDef::new(Pauses::Since).big_integer().not_null())
            .col(ColumnDef::new(Pauses::UntilAt).big_integer())
            .primary_key(Index::create().col(Pauses::Id))
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Pauses::Table).take()).await
    }
}
