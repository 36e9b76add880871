//! Which copy of a message without an id has a row in hand, and until when nobody else may continue it.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Deliveries {
    Table,
    Adopter,
    AdoptedUntil,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// One statement for each column: SQLite adds one at a time. Neither is indexed: every acknowledgement
    /// changes them, and rows are found by their fingerprint.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let alter = || Table::alter().table(Deliveries::Table).take();
        manager.alter_table(alter().add_column(ColumnDef::new(Deliveries::Adopter).binary()).take()).await?;
        manager.alter_table(alter().add_column(ColumnDef::new(Deliveries::AdoptedUntil).big_integer()).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let alter = || Table::alter().table(Deliveries::Table).take();
        manager.alter_table(alter().drop_column(Deliveries::AdoptedUntil).take()).await?;
        manager.alter_table(alter().drop_column(Deliveries::Adopter).take()).await
    }
}
