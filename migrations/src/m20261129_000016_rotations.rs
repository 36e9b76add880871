//! By which request the secret of an endpoint was changed last, so that its repetition changes nothing.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Endpoints {
    Table,
    RotatedBy,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let rotated_by = ColumnDef::new(Endpoints::RotatedBy).text().take();
        manager.alter_table(Table::alter().table(Endpoints::Table).add_column(rotated_by).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table(Endpoints::Table).drop_column(Endpoints::RotatedBy).take()).await
    }
}
