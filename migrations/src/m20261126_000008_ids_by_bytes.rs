//! Ids are compared byte by byte, whatever language the database was made for, and before their tenant.
//!
//! With the usual `en_US.UTF-8` Postgres would ask the C library for the order of two ids at every step through an
//! index, and would sort them otherwise than SQLite and `domain` do. And at nearly every step the tenants would be
//! compared first, to find that they are equal. SQLite compares bytes as it is, and cannot change a primary key.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Whose primary keys hold an id.
const TABLES: [&str; 3] = ["deliveries", "attempts", "jobs"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// Rebuilds the indexes, but not the tables.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        collate(manager, "\"C\"").await?;
        order_deliveries_by(manager, "id, tenant").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        order_deliveries_by(manager, "tenant, id").await?;
        collate(manager, "\"default\"").await
    }
}

async fn order_deliveries_by(manager: &SchemaManager<'_>, columns: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let alter = format!("ALTER TABLE deliveries DROP CONSTRAINT deliveries_pkey, ADD PRIMARY KEY ({columns})");
    manager.get_connection().execute_unprepared(&alter).await.map(drop)
}

async fn collate(manager: &SchemaManager<'_>, collation: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    for table in TABLES {
        let columns = ["tenant", "id"].map(|column| format!("ALTER COLUMN {column} TYPE text COLLATE {collation}"));
        let alter = format!("ALTER TABLE {table} {}", columns.join(", "));
        manager.get_connection().execute_unprepared(&alter).await?;
    }
    Ok(())
}
