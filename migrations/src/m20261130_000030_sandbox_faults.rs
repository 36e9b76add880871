//! What is to go wrong in the sandbox: one row for each channel of a tenant, with how many messages it holds for yet.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum SandboxFaults {
    Table,
    Tenant,
    Channel,
    /// For so many messages it was asked.
    Asked,
    /// For so many of them it holds yet.
    Remaining,
    /// The status of the answer; null where there is none.
    Status,
    /// Seconds.
    RetryAfter,
    LatencyMs,
    /// Whether there is no answer at all.
    Cut,
    SetBy,
    SetAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(SandboxFaults::Table)
            .col(key::text(manager, SandboxFaults::Tenant))
            .col(key::text(manager, SandboxFaults::Channel))
            .col(ColumnDef::new(SandboxFaults::Asked).big_integer().not_null())
            .col(ColumnDef::new(SandboxFaults::Remaining).big_integer().not_null())
            .col(ColumnDef::new(SandboxFaults::Status).big_integer())
            .col(ColumnDef::new(SandboxFaults::RetryAfter).big_integer())
            .col(ColumnDef::new(SandboxFaults::LatencyMs).big_integer().not_null())
            .col(ColumnDef::new(SandboxFaults::Cut).big_integer().not_null())
            .col(ColumnDef::new(SandboxFaults::SetBy).text().not_null())
            .col(ColumnDef::new(SandboxFaults::SetAt).big_integer().not_null())
            .primary_key(Index::create().col(SandboxFaults::Tenant).col(SandboxFaults::Channel))
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(SandboxFaults::Table).take()).await
    }
}
