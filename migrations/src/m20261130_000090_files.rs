//! Files of tenants, and how much of them each tenant has.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Files {
    Table,
    /// The name of the object. It is drawn by lot, so that it is one file's of all tenants.
    Object,
    Tenant,
    /// The name that people see.
    Name,
    Bytes,
    /// The SHA-256 of the bytes.
    Digest,
    /// What the scanner has said.
    Scan,
    /// `storing`, `stored` or `removing`.
    State,
    StoredBy,
    CreatedAt,
    ExpiresAt,
    /// Since when it is in its state, or when the fleet last needed it.
    TouchedAt,
}

#[derive(DeriveIden)]
enum FileUsage {
    Table,
    Tenant,
    Files,
    Bytes,
}

/// A tenant's files in the order of their names in the storage.
const OF_TENANTS: &str = "CREATE INDEX files_of_tenant ON files (tenant, object)";
/// The newest of a tenant first.
const NEWEST: &str = "CREATE INDEX files_newest ON files (tenant, created_at, object)";
/// Those that somebody has to look after: few.
const TO_CLEAN: &str = "CREATE INDEX files_to_clean ON files (touched_at) WHERE state <> 'stored'";
const ENDING: &str = "CREATE INDEX files_ending ON files (expires_at) WHERE expires_at IS NOT NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let files = Table::create()
            .table(Files::Table)
            .col(key::text(manager, Files::Object))
            .col(key::text(manager, Files::Tenant))
            .col(ColumnDef::new(Files::Name).text().not_null())
            .col(ColumnDef::new(Files::Bytes).big_integer().not_null())
            .col(ColumnDef::new(Files::Digest).binary().not_null())
            .col(ColumnDef::new(Files::Scan).text().not_null())
            .col(ColumnDef::new(Files::State).text().not_null())
            .col(ColumnDef::new(Files::StoredBy).text().not_null())
            .col(ColumnDef::new(Files::CreatedAt).big_integer().not_null())
            .col(ColumnDef::new(Files::ExpiresAt).big_integer())
            .col(ColumnDef::new(Files::TouchedAt).big_integer().not_null())
            .primary_key(Index::create().col(Files::Object))
            .take();
        manager.create_table(files).await?;
        let usage = Table::create()
            .table(FileUsage::Table)
            .col(key::text(manager, FileUsage::Tenant))
            .col(ColumnDef::new(FileUsage::Files).big_integer().not_null())
            .col(ColumnDef::new(FileUsage::Bytes).big_integer().not_null())
            .primary_key(Index::create().col(FileUsage::Tenant))
            .take();
        manager.create_table(usage).await?;
        for index in [OF_TENANTS, NEWEST, TO_CLEAN, ENDING] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(FileUsage::Table).take()).await?;
        manager.drop_table(Table::drop().table(Files::Table).take()).await
    }
}
