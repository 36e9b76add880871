//! Users who may log in.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Users {
    Table,
    Name,
    Tenant,
    PasswordHash,
    /// Scopes, separated by spaces.
    Scopes,
    FailedLogins,
    LockedUntil,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Users::Table)
            .col(ColumnDef::new(Users::Name).text().not_null().primary_key())
            .col(ColumnDef::new(Users::Tenant).text().not_null())
            .col(ColumnDef::new(Users::PasswordHash).text().not_null())
            .col(ColumnDef::new(Users::Scopes).text().not_null())
            .col(ColumnDef::new(Users::FailedLogins).big_integer().not_null().default(0))
            .col(ColumnDef::new(Users::LockedUntil).big_integer())
            .col(ColumnDef::new(Users::CreatedAt).big_integer().not_null())
            .take();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Users::Table).take()).await
    }
}
