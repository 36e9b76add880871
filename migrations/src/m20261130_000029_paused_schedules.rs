//! Which schedules operators have paused: since when, by whom and why; all null for one that runs.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Jobs {
    Table,
    PausedAt,
    PausedBy,
    PausedWhy,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column in a statement.
        let columns = [
            ColumnDef::new(Jobs::PausedAt).big_integer().take(),
            ColumnDef::new(Jobs::PausedBy).text().take(),
            ColumnDef::new(Jobs::PausedWhy).text().take(),
        ];
        for column in columns {
            manager.alter_table(Table::alter().table(Jobs::Table).add_column(column).take()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [Jobs::PausedWhy, Jobs::PausedBy, Jobs::PausedAt] {
            manager.alter_table(Table::alter().table(Jobs::Table).drop_column(column).take()).await?;
        }
        Ok(())
    }
}
