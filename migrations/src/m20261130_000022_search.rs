//! How a delivery came and which words were asked for, and the indexes by which deliveries are searched.
//!
//! Nothing here changes after a delivery was first seen, so that every later write of its row stays a heap-only update. The
//! hash of the recipient is written by each claim, and is the same as before but after a change of the secret and where a
//! delivery was put off before a worker saw it: Postgres compares the values.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Deliveries {
    Table,
    Lane,
    /// Null for the usual one.
    Priority,
    Template,
    Locale,
}

/// The expression is the tenant itself. An index that begins with the plain column would be a choice for every statement
/// that looks a row up by tenant and id: Postgres plans those while the table is young, and may keep such a plan.
const OF_TENANT: &str = "CREATE INDEX deliveries_of_tenant ON deliveries ((tenant || ''), created_at)";
const OF_RECIPIENT: &str = "CREATE INDEX deliveries_of_recipient ON deliveries (recipient_hash, created_at)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column in a statement.
        for column in [Deliveries::Lane, Deliveries::Priority, Deliveries::Template, Deliveries::Locale] {
            let column = ColumnDef::new(column).text().take();
            manager.alter_table(Table::alter().table(Deliveries::Table).add_column(column).take()).await?;
        }
        let connection = manager.get_connection();
        connection.execute_unprepared(OF_TENANT).await?;
        connection.execute_unprepared(OF_RECIPIENT).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        connection.execute_unprepared("DROP INDEX deliveries_of_recipient").await?;
        connection.execute_unprepared("DROP INDEX deliveries_of_tenant").await?;
        for column in [Deliveries::Locale, Deliveries::Template, Deliveries::Priority, Deliveries::Lane] {
            manager.alter_table(Table::alter().table(Deliveries::Table).drop_column(column).take()).await?;
        }
        Ok(())
    }
}
