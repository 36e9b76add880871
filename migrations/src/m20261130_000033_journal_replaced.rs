//! Nothing takes the place of what the journal was told. `INSERT OR REPLACE` of SQLite removes the row that is in its way,
//! and asks no trigger that keeps rows from being deleted. Postgres knows no such statement.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A row is also in the way of another by the number that SQLite gives each.
const KEEP: &str = "CREATE TRIGGER journal_is_not_replaced BEFORE INSERT ON journal \
     WHEN EXISTS (SELECT 1 FROM journal WHERE id = NEW.id OR rowid = NEW.rowid) \
     BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        on_sqlite(manager, KEEP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        on_sqlite(manager, "DROP TRIGGER journal_is_not_replaced").await
    }
}

async fn on_sqlite(manager: &SchemaManager<'_>, sql: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == DbBackend::Sqlite {
        manager.get_connection().execute_unprepared(sql).await?;
    }
    Ok(())
}
