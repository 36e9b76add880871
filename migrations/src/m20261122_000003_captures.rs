//! What the sandbox captured instead of sending it, in clear, the newest only.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Captures {
    Table,
    CaptureId,
    Tenant,
    Id,
    At,
    Channel,
    Destination,
    Subject,
    Text,
    Html,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Captures::Table)
            .col(ColumnDef::new(Captures::CaptureId).big_integer().not_null().auto_increment().primary_key())
            .col(ColumnDef::new(Captures::Tenant).text().not_null())
            .col(ColumnDef::new(Captures::Id).text().not_null())
            .col(ColumnDef::new(Captures::At).big_integer().not_null())
            .col(ColumnDef::new(Captures::Channel).text().not_null())
            .col(ColumnDef::new(Captures::Destination).text().not_null())
            .col(ColumnDef::new(Captures::Subject).text())
            .col(ColumnDef::new(Captures::Text).text().not_null())
            .col(ColumnDef::new(Captures::Html).text())
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Captures::Table).take()).await
    }
}
