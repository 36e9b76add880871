//! Whether the dead letter of a row's epoch is surely in the dead-letter queue, so that no copy publishes another one.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Deliveries {
    Table,
    HasLetter,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let has_letter = ColumnDef::new(Deliveries::HasLetter).boolean().not_null().default(false).take();
        manager.alter_table(Table::alter().table(Deliveries::Table).add_column(has_letter).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table(Deliveries::Table).drop_column(Deliveries::HasLetter).take()).await
    }
}
