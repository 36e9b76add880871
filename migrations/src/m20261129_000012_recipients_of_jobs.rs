//! The channel and the masked recipient of a job, so that lists show them without reading bodies. A job that was stored
//! before this migration has neither.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Jobs {
    Table,
    Channel,
    RecipientMask,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column in a statement.
        for column in [Jobs::Channel, Jobs::RecipientMask] {
            let column = ColumnDef::new(column).text().take();
            manager.alter_table(Table::alter().table(Jobs::Table).add_column(column).take()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [Jobs::RecipientMask, Jobs::Channel] {
            manager.alter_table(Table::alter().table(Jobs::Table).drop_column(column).take()).await?;
        }
        Ok(())
    }
}
