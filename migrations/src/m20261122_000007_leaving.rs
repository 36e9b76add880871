//! Whether the message of a row was about to be acknowledged, because what was ordered for it is published.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Deliveries {
    Table,
    Leaving,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let leaving = ColumnDef::new(Deliveries::Leaving).boolean().not_null().default(false).take();
        manager.alter_table(Table::alter().table(Deliveries::Table).add_column(leaving).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table(Deliveries::Table).drop_column(Deliveries::Leaving).take()).await
    }
}
