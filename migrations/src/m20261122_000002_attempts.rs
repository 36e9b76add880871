//! Attempts that failed, were ambiguous, or were answered too late. A success is in the ledger's row.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Attempts {
    Table,
    Tenant,
    Id,
    /// The token of the claim that made the attempt: a record that is repeated finds its own row.
    Token,
    Epoch,
    N,
    Outcome,
    Provider,
    Code,
    Detail,
    At,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Attempts::Table)
            .col(key::text(manager, Attempts::Tenant))
            .col(key::text(manager, Attempts::Id))
            .col(ColumnDef::new(Attempts::Token).binary().not_null())
            .col(ColumnDef::new(Attempts::Epoch).big_integer().not_null())
            .col(ColumnDef::new(Attempts::N).big_integer().not_null())
            .col(ColumnDef::new(Attempts::Outcome).text().not_null())
            .col(ColumnDef::new(Attempts::Provider).text().not_null())
            .col(ColumnDef::new(Attempts::Code).text())
            .col(ColumnDef::new(Attempts::Detail).text().not_null())
            .col(ColumnDef::new(Attempts::At).big_integer().not_null())
            .primary_key(Index::create().col(Attempts::Tenant).col(Attempts::Id).col(Attempts::Token))
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Attempts::Table).take()).await
    }
}
