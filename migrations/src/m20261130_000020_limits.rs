//! How many messages of each window the workers have leased, where the operator limits a provider.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Limits {
    Table,
    Provider,
    Medium,
    WindowSeconds,
    /// When the window began.
    Began,
    /// How many messages of it have been leased.
    Used,
    /// How many of them by the last lease.
    Leased,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Limits::Table)
            .col(key::text(manager, Limits::Provider))
            .col(key::text(manager, Limits::Medium))
            .col(ColumnDef::new(Limits::WindowSeconds).big_integer().not_null())
            .col(ColumnDef::new(Limits::Began).big_integer().not_null())
            .col(ColumnDef::new(Limits::Used).big_integer().not_null())
            .col(ColumnDef::new(Limits::Leased).big_integer().not_null())
            .primary_key(
                Index::create().col(Limits::Provider).col(Limits::Medium).col(Limits::WindowSeconds).col(Limits::Began),
            )
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Limits::Table).take()).await
    }
}
