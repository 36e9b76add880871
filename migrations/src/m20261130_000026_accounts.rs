//! Users who are disabled or whose tokens are revoked, the keys of services, and the sessions of browsers.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Users {
    Table,
    DisabledAt,
    /// A token that was issued before this, or in the same second, is refused.
    TokensValidFrom,
    PasswordChangedAt,
}

#[derive(DeriveIden)]
enum DeletedUsers {
    Table,
    Name,
    /// Tokens that the user had by then are refused, also when the name is given to somebody else.
    DeletedAt,
}

#[derive(DeriveIden)]
enum ApiKeys {
    Table,
    Id,
    Tenant,
    Name,
    /// What is shown of the key, and what it is found by.
    Prefix,
    SecretHash,
    /// Scopes, separated by spaces.
    Scopes,
    CreatedBy,
    CreatedAt,
    ExpiresAt,
    LastUsedAt,
    RevokedAt,
    /// The id of the key that was made to follow it.
    ReplacedBy,
}

#[derive(DeriveIden)]
enum Sessions {
    Table,
    TokenHash,
    UserName,
    CreatedAt,
    LastSeenAt,
    ExpiresAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [Users::DisabledAt, Users::TokensValidFrom, Users::PasswordChangedAt] {
            let column = ColumnDef::new(column).big_integer().take();
            manager.alter_table(Table::alter().table(Users::Table).add_column(column).take()).await?;
        }
        manager.create_table(deleted_users()).await?;
        manager.create_table(api_keys(manager)).await?;
        manager.create_table(sessions()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Sessions::Table).take()).await?;
        manager.drop_table(Table::drop().table(ApiKeys::Table).take()).await?;
        manager.drop_table(Table::drop().table(DeletedUsers::Table).take()).await?;
        // SQLite drops no column that an index has.
        let index = Index::drop().name("users_by_tokens_valid_from").table(Users::Table).to_owned();
        manager.drop_index(index).await?;
        for column in [Users::DisabledAt, Users::TokensValidFrom, Users::PasswordChangedAt] {
            manager.alter_table(Table::alter().table(Users::Table).drop_column(column).take()).await?;
        }
        Ok(())
    }
}

/// The name is text as in `users`: a comparison of two texts that are ordered otherwise uses no index.
fn deleted_users() -> TableCreateStatement {
    Table::create()
        .table(DeletedUsers::Table)
        .col(ColumnDef::new(DeletedUsers::Name).text().not_null().primary_key())
        .col(ColumnDef::new(DeletedUsers::DeletedAt).big_integer().not_null())
        .take()
}

fn api_keys(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table(ApiKeys::Table)
        .col(key::text(manager, ApiKeys::Id))
        .col(key::text(manager, ApiKeys::Tenant))
        .col(ColumnDef::new(ApiKeys::Name).text().not_null())
        .col(key::text(manager, ApiKeys::Prefix))
        .col(ColumnDef::new(ApiKeys::SecretHash).binary().not_null())
        .col(ColumnDef::new(ApiKeys::Scopes).text().not_null())
        .col(ColumnDef::new(ApiKeys::CreatedBy).text().not_null())
        .col(ColumnDef::new(ApiKeys::CreatedAt).big_integer().not_null())
        .col(ColumnDef::new(ApiKeys::ExpiresAt).big_integer())
        .col(ColumnDef::new(ApiKeys::LastUsedAt).big_integer())
        .col(ColumnDef::new(ApiKeys::RevokedAt).big_integer())
        .col(ColumnDef::new(ApiKeys::ReplacedBy).text())
        .primary_key(Index::create().col(ApiKeys::Id))
        .take()
}

fn sessions() -> TableCreateStatement {
    Table::create()
        .table(Sessions::Table)
        .col(ColumnDef::new(Sessions::TokenHash).binary().not_null().primary_key())
        .col(ColumnDef::new(Sessions::UserName).text().not_null())
        .col(ColumnDef::new(Sessions::CreatedAt).big_integer().not_null())
        .col(ColumnDef::new(Sessions::LastSeenAt).big_integer().not_null())
        .col(ColumnDef::new(Sessions::ExpiresAt).big_integer().not_null())
        .take()
}

fn indexes() -> [IndexCreateStatement; 6] {
    [
        Index::create().name("users_by_tokens_valid_from").table(Users::Table).col(Users::TokensValidFrom).take(),
        Index::create()
            .name("deleted_users_by_deleted_at")
            .table(DeletedUsers::Table)
            .col(DeletedUsers::DeletedAt)
            .take(),
        Index::create().name("api_keys_by_prefix").table(ApiKeys::Table).col(ApiKeys::Prefix).unique().take(),
        Index::create().name("api_keys_by_tenant").table(ApiKeys::Table).col(ApiKeys::Tenant).col(ApiKeys::Id).take(),
        Index::create().name("sessions_by_user").table(Sessions::Table).col(Sessions::UserName).take(),
        Index::create().name("sessions_by_expires_at").table(Sessions::Table).col(Sessions::ExpiresAt).take(),
    ]
}
