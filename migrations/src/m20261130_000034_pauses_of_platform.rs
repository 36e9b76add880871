//! Which pauses somebody has made who acts for all tenants: nobody else lets them go on.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Pauses {
    Table,
    /// Of what is paused for one tenant nobody has noted before who it was: the tenant may resume that, as it could.
    ByPlatform,
}

const OF_ALL: &str = "UPDATE pauses SET by_platform = TRUE WHERE tenant IS NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let by_platform = ColumnDef::new(Pauses::ByPlatform).boolean().not_null().default(false).take();
        manager.alter_table(Table::alter().table(Pauses::Table).add_column(by_platform).take()).await?;
        manager.get_connection().execute_unprepared(OF_ALL).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table(Pauses::Table).drop_column(Pauses::ByPlatform).take()).await
    }
}
