//! An index that finds the newest captures of each tenant, which are the ones that stay.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Captures {
    Table,
    Tenant,
    CaptureId,
}

const NAME: &str = "captures_by_tenant";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index =
            Index::create().name(NAME).table(Captures::Table).col(Captures::Tenant).col(Captures::CaptureId).to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(NAME).table(Captures::Table).to_owned()).await
    }
}
