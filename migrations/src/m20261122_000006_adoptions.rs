//! Which copy of a message without an id has leased a row (its adopter), and until when nobody else may continue the
//! row.

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
    /// SQLite adds one column in a statement. Neither column is indexed: every acknowledgement changes them, and rows
    /// are found by their fingerprint.
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
