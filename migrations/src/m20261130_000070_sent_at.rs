//! When the provider of a delivery had taken it, where a report has moved its row since.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Deliveries {
    Table,
    /// Null until a report moves the row: before, the row's last change is that time. Null too where nobody ever said that
    /// the provider had taken it, and of rows that a report has moved before this column was there.
    SentAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // In no index, so that every write of the row stays a heap-only update.
        let sent_at = ColumnDef::new(Deliveries::SentAt).big_integer().take();
        manager.alter_table(Table::alter().table(Deliveries::Table).add_column(sent_at).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table(Deliveries::Table).drop_column(Deliveries::SentAt).take()).await
    }
}
