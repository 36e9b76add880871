//! The suppression list, with a history of what was lifted; and why a delivery was suppressed.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Suppressions {
    Table,
    Tenant,
    Id,
    Channel,
    /// Keyed hash of the destination in the form in which its medium compares destinations.
    Recipient,
    RecipientMask,
    Reason,
    /// How much is stopped: 1 for what is sent in bulk, 2 for all that is not urgent, 3 for all.
    Breadth,
    Since,
    UntilAt,
    PutBy,
    Note,
}

/// The same columns as those of the list, and what is known of the lift.
#[derive(DeriveIden)]
enum SuppressionLifts {
    Table,
    LiftedAt,
    LiftedBy,
    Why,
}

#[derive(DeriveIden)]
enum Deliveries {
    Table,
    SuppressedFor,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A claim looks a recipient up by this key. The hash comes first: no other column tells so many entries apart.
        let mut key = Index::create()
            .col(Suppressions::Recipient)
            .col(Suppressions::Channel)
            .col(Suppressions::Tenant)
            .col(Suppressions::Reason)
            .take();
        manager.create_table(entry(manager, Suppressions::Table).primary_key(&mut key).take()).await?;
        let ids = Index::create()
            .name("suppressions_by_id")
            .table(Suppressions::Table)
            .col(Suppressions::Tenant)
            .col(Suppressions::Id)
            .unique()
            .take();
        manager.create_index(ids).await?;
        let pages = Index::create()
            .name("suppressions_by_since")
            .table(Suppressions::Table)
            .col(Suppressions::Tenant)
            .col(Suppressions::Since)
            .col(Suppressions::Id)
            .take();
        manager.create_index(pages).await?;
        let lifts = entry(manager, SuppressionLifts::Table)
            .col(ColumnDef::new(SuppressionLifts::LiftedAt).big_integer().not_null())
            .col(ColumnDef::new(SuppressionLifts::LiftedBy).text().not_null())
            .col(ColumnDef::new(SuppressionLifts::Why).text().not_null())
            .take();
        manager.create_table(lifts).await?;
        // No key: one entry may be put on the list and lifted again and again, and each lift is kept.
        let pages = Index::create()
            .name("suppression_lifts_by_time")
            .table(SuppressionLifts::Table)
            .col(Suppressions::Tenant)
            .col(SuppressionLifts::LiftedAt)
            .col(Suppressions::Id)
            .take();
        manager.create_index(pages).await?;
        // In no index, so that every write of the row stays a heap-only update.
        let reason = ColumnDef::new(Deliveries::SuppressedFor).text().take();
        manager.alter_table(Table::alter().table(Deliveries::Table).add_column(reason).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(Table::alter().table(Deliveries::Table).drop_column(Deliveries::SuppressedFor).take())
            .await?;
        manager.drop_table(Table::drop().table(SuppressionLifts::Table).take()).await?;
        manager.drop_table(Table::drop().table(Suppressions::Table).take()).await
    }
}

fn entry(manager: &SchemaManager<'_>, table: impl IntoTableRef) -> TableCreateStatement {
    Table::create()
        .table(table)
        .col(key::text(manager, Suppressions::Tenant))
        .col(key::text(manager, Suppressions::Id))
        .col(key::text(manager, Suppressions::Channel))
        .col(ColumnDef::new(Suppressions::Recipient).binary().not_null())
        .col(ColumnDef::new(Suppressions::RecipientMask).text().not_null())
        .col(key::text(manager, Suppressions::Reason))
        .col(ColumnDef::new(Suppressions::Breadth).big_integer().not_null())
        .col(ColumnDef::new(Suppressions::Since).big_integer().not_null())
        .col(ColumnDef::new(Suppressions::UntilAt).big_integer())
        .col(ColumnDef::new(Suppressions::PutBy).text().not_null())
        .col(ColumnDef::new(Suppressions::Note).text())
        .take()
}
