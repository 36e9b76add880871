//! Jobs that are due later, with their bodies: until a job is published, this is the only copy.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Jobs {
    Table,
    Tenant,
    Id,
    /// The expression, zone and name of a recurring job; all null for a one-shot job.
    Cron,
    Zone,
    Name,
    Lane,
    Body,
    Content,
    Epoch,
    Seq,
    Attempt,
    Carried,
    DueAt,
    ExpiresAt,
    MaxLatenessSeconds,
    CreatedAt,
    LastFiredAt,
    LeaseOwner,
    LeaseUntil,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(table(manager)).await?;
        let due = Index::create().name("jobs_due_at").table(Jobs::Table).col(Jobs::DueAt).take();
        manager.create_index(due).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Jobs::Table).take()).await
    }
}

fn table(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table(Jobs::Table)
        .col(key::text(manager, Jobs::Tenant))
        .col(key::text(manager, Jobs::Id))
        .col(ColumnDef::new(Jobs::Cron).text())
        .col(ColumnDef::new(Jobs::Zone).text())
        .col(ColumnDef::new(Jobs::Name).text())
        .col(ColumnDef::new(Jobs::Lane).text().not_null())
        .col(ColumnDef::new(Jobs::Body).binary().not_null())
        .col(ColumnDef::new(Jobs::Content).binary().not_null())
        .col(ColumnDef::new(Jobs::Epoch).big_integer().not_null())
        .col(ColumnDef::new(Jobs::Seq).big_integer().not_null())
        .col(ColumnDef::new(Jobs::Attempt).big_integer().not_null())
        .col(ColumnDef::new(Jobs::Carried).binary().not_null())
        .col(ColumnDef::new(Jobs::DueAt).big_integer().not_null())
        .col(ColumnDef::new(Jobs::ExpiresAt).big_integer())
        .col(ColumnDef::new(Jobs::MaxLatenessSeconds).big_integer())
        .col(ColumnDef::new(Jobs::CreatedAt).big_integer().not_null())
        .col(ColumnDef::new(Jobs::LastFiredAt).big_integer())
        .col(ColumnDef::new(Jobs::LeaseOwner).binary())
        .col(ColumnDef::new(Jobs::LeaseUntil).big_integer().not_null().default(0))
        .primary_key(Index::create().col(Jobs::Tenant).col(Jobs::Id))
        .take()
}
