//! Warnings about a delivery: fields that were not read when it was first seen. Few deliveries have any, so they have a
//! table of their own.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Warnings {
    Table,
    Tenant,
    Id,
    /// One warning a line: a JSON pointer, a tab, a sentence.
    Lines,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Warnings::Table)
            .col(key::text(manager, Warnings::Tenant))
            .col(key::text(manager, Warnings::Id))
            .col(ColumnDef::new(Warnings::Lines).text().not_null())
            .primary_key(Index::create().col(Warnings::Tenant).col(Warnings::Id))
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Warnings::Table).take()).await
    }
}
