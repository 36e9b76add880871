//! The endpoints to which a tenant's events are sent. Their secrets are derived, and stored nowhere.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Endpoints {
    Table,
    Tenant,
    Id,
    Url,
    /// The names of the events that are wanted, separated by spaces; empty for all.
    Types,
    CreatedAt,
    /// Nothing is sent to it from then on.
    DisabledAt,
    Why,
    /// Which of its secrets signs.
    Generation,
    /// Until when the secret of the generation before signs as well.
    PreviousUntil,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Endpoints::Table)
            .col(key::text(manager, Endpoints::Tenant))
            .col(key::text(manager, Endpoints::Id))
            .col(ColumnDef::new(Endpoints::Url).text().not_null())
            .col(ColumnDef::new(Endpoints::Types).text().not_null())
            .col(ColumnDef::new(Endpoints::CreatedAt).big_integer().not_null())
            .col(ColumnDef::new(Endpoints::DisabledAt).big_integer())
            .col(ColumnDef::new(Endpoints::Why).text())
            .col(ColumnDef::new(Endpoints::Generation).big_integer().not_null())
            .col(ColumnDef::new(Endpoints::PreviousUntil).big_integer())
            .primary_key(Index::create().col(Endpoints::Tenant).col(Endpoints::Id))
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Endpoints::Table).take()).await
    }
}
