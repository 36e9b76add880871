//! The messages by which people are asked, and by what asks, commands and verifications that have ended are found.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum AskCopies {
    Table,
    Tenant,
    Ask,
    /// The id of the delivery that takes it.
    Delivery,
    /// The place of the approver in the audience.
    Place,
    /// 0 for the question, and more for what is sent later.
    Step,
    /// The place of its channel among those of the approver, from 0.
    Rung,
    Channel,
    /// Forgotten once the ask has ended.
    Destination,
    /// The keyed hash of the destination.
    Recipient,
    Locale,
    DueAt,
}

/// Those of an ask that has ended have no destination.
const OF_RECIPIENT: [&str; 2] = [
    "CREATE INDEX ask_copies_of_recipient ON ask_copies (recipient, channel, due_at)",
    "CREATE INDEX ask_copies_open ON ask_copies (recipient, channel, tenant, due_at) WHERE destination IS NOT NULL",
];
const ENDED: [&str; 3] = [
    "CREATE INDEX asks_ended ON asks (ended_at) WHERE ended_at IS NOT NULL",
    "CREATE INDEX commands_ended ON commands (updated_at) WHERE state IN ('succeeded', 'failed', 'rejected', 'expired')",
    "CREATE INDEX verifications_ended ON verifications (ended_at) WHERE ended_at IS NOT NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(AskCopies::Table)
            .col(key::text(manager, AskCopies::Tenant))
            .col(key::text(manager, AskCopies::Ask))
            .col(key::text(manager, AskCopies::Delivery))
            .col(ColumnDef::new(AskCopies::Place).big_integer().not_null())
            .col(ColumnDef::new(AskCopies::Step).big_integer().not_null())
            .col(ColumnDef::new(AskCopies::Rung).big_integer().not_null())
            .col(ColumnDef::new(AskCopies::Channel).text().not_null())
            .col(ColumnDef::new(AskCopies::Destination).text())
            .col(ColumnDef::new(AskCopies::Recipient).binary().not_null())
            .col(ColumnDef::new(AskCopies::Locale).text())
            .col(ColumnDef::new(AskCopies::DueAt).big_integer().not_null())
            .primary_key(Index::create().col(AskCopies::Tenant).col(AskCopies::Ask).col(AskCopies::Delivery))
            .take();
        manager.create_table(table).await?;
        for index in OF_RECIPIENT.into_iter().chain(ENDED) {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in ["asks_ended", "commands_ended", "verifications_ended"] {
            manager.get_connection().execute_unprepared(&format!("DROP INDEX {index}")).await?;
        }
        manager.drop_table(Table::drop().table(AskCopies::Table).take()).await
    }
}
