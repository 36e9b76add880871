//! The ledger: one row per delivery, with what was ordered for it last. No bodies, no destinations.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Deliveries {
    Table,
    Tenant,
    Id,
    Channel,
    State,
    Epoch,
    Attempt,
    Seq,
    Version,
    Token,
    LeaseUntil,
    Content,
    Fingerprint,
    Settled,
    OrderKind,
    OrderTier,
    OrderDueAt,
    OrderReason,
    OrderError,
    Ambiguous,
    ThrottledSince,
    ExpiresAt,
    CreatedAt,
    UpdatedAt,
    RecipientHash,
    RecipientMask,
    Parent,
    Provider,
    ProviderId,
    Code,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(table(manager)).await?;
        // Only columns that never change are indexed: on Postgres every later write of the row is then
        // a heap-only update, which touches no index at all. `created_at` serves the lists of operators
        // and the pruning; lists filtered by state or tenant read it backwards.
        let created =
            Index::create().name("deliveries_created_at").table(Deliveries::Table).col(Deliveries::CreatedAt).take();
        manager.create_index(created).await?;
        // Messages without an id are rare; a redelivered one is found by its fingerprint.
        let connection = manager.get_connection();
        let fingerprints = "CREATE INDEX deliveries_fingerprint ON deliveries (fingerprint, created_at) \
                            WHERE fingerprint IS NOT NULL";
        connection.execute_unprepared(fingerprints).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            // This leaves room on each page for the second, slightly longer version of every row: a group updates all
            // of its rows before their first versions can be removed. Measured in groups of 256: at 75, one update in
            // three stayed heap-only, and table and indexes ended up larger than at 50.
            connection.execute_unprepared("ALTER TABLE deliveries SET (fillfactor = 45)").await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Deliveries::Table).take()).await
    }
}

fn table(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table(Deliveries::Table)
        .col(key::text(manager, Deliveries::Tenant))
        .col(key::text(manager, Deliveries::Id))
        .col(ColumnDef::new(Deliveries::Channel).text().not_null())
        .col(ColumnDef::new(Deliveries::State).text().not_null())
        .col(ColumnDef::new(Deliveries::Epoch).big_integer().not_null())
        .col(ColumnDef::new(Deliveries::Attempt).big_integer().not_null())
        .col(ColumnDef::new(Deliveries::Seq).big_integer().not_null())
        .col(ColumnDef::new(Deliveries::Version).big_integer().not_null())
        .col(ColumnDef::new(Deliveries::Token).binary().not_null())
        .col(ColumnDef::new(Deliveries::LeaseUntil).big_integer().not_null())
        .col(ColumnDef::new(Deliveries::Content).binary())
        .col(ColumnDef::new(Deliveries::Fingerprint).binary())
        .col(ColumnDef::new(Deliveries::Settled).boolean().not_null().default(false))
        .col(ColumnDef::new(Deliveries::OrderKind).text().not_null())
        .col(ColumnDef::new(Deliveries::OrderTier).big_integer())
        .col(ColumnDef::new(Deliveries::OrderDueAt).big_integer())
        .col(ColumnDef::new(Deliveries::OrderReason).text())
        .col(ColumnDef::new(Deliveries::OrderError).text())
        .col(ColumnDef::new(Deliveries::Ambiguous).boolean().not_null())
        .col(ColumnDef::new(Deliveries::ThrottledSince).big_integer())
        .col(ColumnDef::new(Deliveries::ExpiresAt).big_integer())
        .col(ColumnDef::new(Deliveries::CreatedAt).big_integer().not_null())
        .col(ColumnDef::new(Deliveries::UpdatedAt).big_integer().not_null())
        .col(ColumnDef::new(Deliveries::RecipientHash).binary().not_null())
        .col(ColumnDef::new(Deliveries::RecipientMask).text().not_null())
        .col(ColumnDef::new(Deliveries::Parent).text())
        .col(ColumnDef::new(Deliveries::Provider).text())
        .col(ColumnDef::new(Deliveries::ProviderId).text())
        .col(ColumnDef::new(Deliveries::Code).text())
        // The id comes first: nearly every step through the index compares equal tenants, and one comparison is enough
        // then.
        .primary_key(Index::create().col(Deliveries::Id).col(Deliveries::Tenant))
        .take()
}
