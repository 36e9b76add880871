//! When somebody has written last by a channel that takes words only for some time after that.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Heard {
    Table,
    Recipient,
    Channel,
    /// By the sender's clock, and no later than when it came in.
    LastAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Heard::Table)
            .col(ColumnDef::new(Heard::Recipient).binary().not_null())
            .col(key::text(manager, Heard::Channel))
            .col(ColumnDef::new(Heard::LastAt).big_integer().not_null())
            .primary_key(Index::create().col(Heard::Recipient).col(Heard::Channel))
            .take();
        manager.create_table(table).await?;
        let by_age = Index::create().name("heard_by_age").table(Heard::Table).col(Heard::LastAt).take();
        manager.create_index(by_age).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Heard::Table).take()).await
    }
}
