//! Why a plan or job could not be read, and since when: whoever looks is told that, and not that it is being read.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum LetterJobs {
    Table,
    /// When the first of the readings failed that have failed since the last that did not; null of none.
    ReadingFailedSince,
    /// Why the last of them failed.
    ReadingFailure,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column in a statement.
        let columns = [
            ColumnDef::new(LetterJobs::ReadingFailedSince).big_integer().take(),
            ColumnDef::new(LetterJobs::ReadingFailure).text().take(),
        ];
        for column in columns {
            manager.alter_table(Table::alter().table(LetterJobs::Table).add_column(column).take()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [LetterJobs::ReadingFailure, LetterJobs::ReadingFailedSince] {
            manager.alter_table(Table::alter().table(LetterJobs::Table).drop_column(column).take()).await?;
        }
        Ok(())
    }
}
