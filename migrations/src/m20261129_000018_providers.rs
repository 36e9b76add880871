//! How providers are, as the workers have last found it.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Providers {
    Table,
    Name,
    /// Of its breaker.
    State,
    /// Until when nobody gives it messages.
    OpenUntil,
    ChangedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Providers::Table)
            .col(key::text(manager, Providers::Name))
            .col(ColumnDef::new(Providers::State).text().not_null())
            .col(ColumnDef::new(Providers::OpenUntil).big_integer())
            .col(ColumnDef::new(Providers::ChangedAt).big_integer().not_null())
            .primary_key(Index::create().col(Providers::Name))
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Providers::Table).take()).await
    }
}
