//! What providers reported of deliveries later. Rows are inserted and never changed: `deliveries` gets no index for them,
//! because a report brings the key of its delivery with it.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Receipts {
    Table,
    /// Tenant and id are empty where the report names no delivery of ours.
    Tenant,
    Id,
    Provider,
    /// The provider's id of the event: a repeat has the same.
    EventId,
    Epoch,
    Attempt,
    Said,
    Class,
    ProviderId,
    Code,
    Detail,
    /// By the provider's clock.
    HappenedAt,
    ReceivedAt,
}

const BY_TIME: &str = "receipts_received_at";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Receipts::Table)
            .col(key::text(manager, Receipts::Tenant))
            .col(key::text(manager, Receipts::Id))
            .col(key::text(manager, Receipts::Provider))
            .col(key::text(manager, Receipts::EventId))
            .col(ColumnDef::new(Receipts::Epoch).big_integer().not_null())
            .col(ColumnDef::new(Receipts::Attempt).big_integer().not_null())
            .col(ColumnDef::new(Receipts::Said).text().not_null())
            .col(ColumnDef::new(Receipts::Class).text())
            .col(ColumnDef::new(Receipts::ProviderId).text())
            .col(ColumnDef::new(Receipts::Code).text())
            .col(ColumnDef::new(Receipts::Detail).text().not_null())
            .col(ColumnDef::new(Receipts::HappenedAt).big_integer())
            .col(ColumnDef::new(Receipts::ReceivedAt).big_integer().not_null())
            .primary_key(
                Index::create().col(Receipts::Id).col(Receipts::Tenant).col(Receipts::Provider).col(Receipts::EventId),
            )
            .take();
        manager.create_table(table).await?;
        let by_time = Index::create().name(BY_TIME).table(Receipts::Table).col(Receipts::ReceivedAt).to_owned();
        manager.create_index(by_time).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Receipts::Table).take()).await
    }
}
