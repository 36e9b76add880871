//! From when on which key has hashed recipients: nobody can tell that from a hash.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum RecipientKeys {
    Table,
    /// A row is written when another key than before is used.
    Since,
    /// What the key makes of a text that is always the same, by which it is known again.
    Mark,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(RecipientKeys::Table)
            .col(ColumnDef::new(RecipientKeys::Since).big_integer().not_null())
            .col(ColumnDef::new(RecipientKeys::Mark).binary().not_null())
            .primary_key(Index::create().col(RecipientKeys::Since).col(RecipientKeys::Mark))
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(RecipientKeys::Table).take()).await
    }
}
