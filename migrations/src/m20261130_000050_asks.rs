//! What people are asked, and what they have answered.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Asks {
    Table,
    Tenant,
    Id,
    /// By which links and buttons name it.
    Handle,
    Kind,
    Question,
    /// JSON.
    Choices,
    /// JSON: ids of people, and no destination.
    Audience,
    Quorum,
    FourEyes,
    MayChange,
    RequestedBy,
    CorrelationId,
    /// The queue of whoever waits for the end.
    ReplyTo,
    State,
    Version,
    /// Its secrets are derived from this and from the key of this name: neither is of any use without the key.
    Salt,
    KeyId,
    Attempts,
    Sends,
    CreatedAt,
    ExpiresAt,
    Chosen,
    EndedBy,
    EndedAt,
    /// The keyed hash of what was asked of whom.
    Content,
    /// It has ended by no message, and nobody has published that yet.
    Untold,
}

#[derive(DeriveIden)]
enum Answers {
    Table,
    Tenant,
    Ask,
    Approver,
    /// As its sender names it.
    Id,
    Choice,
    Via,
    At,
    Late,
    /// The version of the ask that it has made.
    Version,
    Evidence,
}

const HANDLES: &str = "CREATE UNIQUE INDEX asks_of_handle ON asks (handle)";
const DUE: &str = "CREATE INDEX asks_due ON asks (expires_at, tenant, id) WHERE state = 'open'";
const UNTOLD: &str = "CREATE INDEX asks_untold ON asks (ended_at, tenant, id) WHERE untold";
const PAGES: &str = "CREATE INDEX asks_of_tenant ON asks (tenant, created_at, id)";
const CORRELATED: &str =
    "CREATE INDEX asks_correlated ON asks (tenant, correlation_id, created_at, id) WHERE correlation_id IS NOT NULL";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(asks(manager)).await?;
        for index in [HANDLES, DUE, UNTOLD, PAGES, CORRELATED] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        manager.create_table(answers(manager)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(Answers::Table).take()).await?;
        manager.drop_table(Table::drop().table(Asks::Table).take()).await
    }
}

fn asks(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table(Asks::Table)
        .col(key::text(manager, Asks::Tenant))
        .col(key::text(manager, Asks::Id))
        .col(ColumnDef::new(Asks::Handle).binary().not_null())
        .col(ColumnDef::new(Asks::Kind).text().not_null())
        .col(ColumnDef::new(Asks::Question).text().not_null())
        .col(ColumnDef::new(Asks::Choices).text().not_null())
        .col(ColumnDef::new(Asks::Audience).text().not_null())
        .col(ColumnDef::new(Asks::Quorum).big_integer().not_null())
        .col(ColumnDef::new(Asks::FourEyes).boolean().not_null())
        .col(ColumnDef::new(Asks::MayChange).boolean().not_null())
        .col(ColumnDef::new(Asks::RequestedBy).text())
        .col(ColumnDef::new(Asks::CorrelationId).text())
        .col(ColumnDef::new(Asks::ReplyTo).text())
        .col(key::text(manager, Asks::State))
        .col(ColumnDef::new(Asks::Version).big_integer().not_null())
        .col(ColumnDef::new(Asks::Salt).binary().not_null())
        .col(ColumnDef::new(Asks::KeyId).text().not_null())
        .col(ColumnDef::new(Asks::Attempts).big_integer().not_null())
        .col(ColumnDef::new(Asks::Sends).big_integer().not_null())
        .col(ColumnDef::new(Asks::CreatedAt).big_integer().not_null())
        .col(ColumnDef::new(Asks::ExpiresAt).big_integer().not_null())
        .col(ColumnDef::new(Asks::Chosen).text())
        .col(ColumnDef::new(Asks::EndedBy).text())
        .col(ColumnDef::new(Asks::EndedAt).big_integer())
        .col(ColumnDef::new(Asks::Content).binary().not_null())
        .col(ColumnDef::new(Asks::Untold).boolean().not_null())
        .primary_key(Index::create().col(Asks::Tenant).col(Asks::Id))
        .take()
}

fn answers(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table(Answers::Table)
        .col(key::text(manager, Answers::Tenant))
        .col(key::text(manager, Answers::Ask))
        .col(key::text(manager, Answers::Approver))
        .col(key::text(manager, Answers::Id))
        .col(ColumnDef::new(Answers::Choice).text().not_null())
        .col(ColumnDef::new(Answers::Via).text().not_null())
        .col(ColumnDef::new(Answers::At).big_integer().not_null())
        .col(ColumnDef::new(Answers::Late).boolean().not_null())
        .col(ColumnDef::new(Answers::Version).big_integer().not_null())
        .col(ColumnDef::new(Answers::Evidence).text().not_null())
        .primary_key(Index::create().col(Answers::Tenant).col(Answers::Ask).col(Answers::Approver).col(Answers::Id))
        .take()
}
