//! Who was to carry the last attempt of a delivery rather than whoever did, and why it was passed over.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Deliveries {
    Table,
    PassedOver,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // In no index, so that every write of the row stays a heap-only update.
        let passed_over = ColumnDef::new(Deliveries::PassedOver).text().take();
        manager.alter_table(Table::alter().table(Deliveries::Table).add_column(passed_over).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table(Deliveries::Table).drop_column(Deliveries::PassedOver).take()).await
    }
}
