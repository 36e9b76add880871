//! Failed logins, counted by every API together; and who may register users of every tenant.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Logins {
    Table,
    /// Keyed hash of a name, a peer, or both.
    Key,
    /// Failures in a row, each within an hour of the one before.
    Failures,
    LockedUntil,
    /// The name has logged in from this peer.
    Known,
    CountedUntil,
    ForgetAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Logins::Table)
            .col(ColumnDef::new(Logins::Key).binary().not_null().primary_key())
            .col(ColumnDef::new(Logins::Failures).big_integer().not_null())
            .col(ColumnDef::new(Logins::LockedUntil).big_integer())
            .col(ColumnDef::new(Logins::Known).boolean().not_null())
            .col(ColumnDef::new(Logins::CountedUntil).big_integer().not_null())
            .col(ColumnDef::new(Logins::ForgetAt).big_integer().not_null())
            .take();
        manager.create_table(table).await?;
        let index = Index::create().name("logins_by_forget_at").table(Logins::Table).col(Logins::ForgetAt).to_owned();
        manager.create_index(index).await?;
        // The first user was given every scope, and keeps all of them.
        let grant = "UPDATE users SET scopes = scopes || ' tenants' WHERE ' ' || scopes || ' ' LIKE '% admin %' \
                     AND name = (SELECT name FROM users ORDER BY created_at, name LIMIT 1)";
        manager.get_connection().execute_unprepared(grant).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let revoke = "UPDATE users SET scopes = replace(scopes, ' tenants', '')";
        manager.get_connection().execute_unprepared(revoke).await?;
        manager.drop_table(Table::drop().table(Logins::Table).take()).await
    }
}
