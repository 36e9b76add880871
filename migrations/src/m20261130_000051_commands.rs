//! What services are told to do, and how far they say that they are.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Commands {
    Table,
    Tenant,
    Id,
    Service,
    Action,
    /// A JSON object.
    Arguments,
    /// The id of the ask that decides.
    Ask,
    /// The id of the delivery that takes it to its service.
    Delivery,
    State,
    Version,
    RequestedBy,
    ConfirmedBy,
    CorrelationId,
    Output,
    /// Where whoever has asked for it is told its end, as JSON; NULL once that was done.
    Reply,
    CreatedAt,
    UpdatedAt,
    ExpiresAt,
    /// It has ended, no message has brought that, and nobody has published it yet.
    Untold,
}

const DUE: &str = "CREATE INDEX commands_due ON commands (expires_at, tenant, id) \
     WHERE state IN ('pending_confirmation', 'dispatched', 'running')";
const LISTED: &str = "CREATE INDEX commands_listed ON commands (tenant, created_at, id)";
const OF_ASK: &str = "CREATE INDEX commands_of_ask ON commands (ask, tenant) WHERE ask IS NOT NULL";
const UNTOLD: &str = "CREATE INDEX commands_untold ON commands (updated_at, tenant, id) WHERE untold";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Commands::Table)
            .col(key::text(manager, Commands::Tenant))
            .col(key::text(manager, Commands::Id))
            .col(ColumnDef::new(Commands::Service).text().not_null())
            .col(ColumnDef::new(Commands::Action).text().not_null())
            .col(ColumnDef::new(Commands::Arguments).text().not_null())
            .col(ColumnDef::new(Commands::Ask).text())
            .col(ColumnDef::new(Commands::Delivery).text())
            .col(key::text(manager, Commands::State))
            .col(ColumnDef::new(Commands::Version).big_integer().not_null())
            .col(ColumnDef::new(Commands::RequestedBy).text().not_null())
            .col(ColumnDef::new(Commands::ConfirmedBy).text())
            .col(ColumnDef::new(Commands::CorrelationId).text())
            .col(ColumnDef::new(Commands::Output).text())
            .col(ColumnDef::new(Commands::Reply).text())
            .col(ColumnDef::new(Commands::CreatedAt).big_integer().not_null())
            .col(ColumnDef::new(Commands::UpdatedAt).big_integer().not_null())
            .col(ColumnDef::new(Commands::ExpiresAt).big_integer().not_null())
            .col(ColumnDef::new(Commands::Untold).boolean().not_null())
            .primary_key(Index::create().col(Commands::Tenant).col(Commands::Id))
            .take();
        manager.create_table(table).await?;
        for index in [DUE, LISTED, OF_ASK, UNTOLD] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Commands::Table).take()).await
    }
}
