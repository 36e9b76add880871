//! The inboxes of users: where each stands, and what is in it.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// One row of each inbox. It is locked by whoever changes the inbox, so that no change commits below a cursor.
#[derive(DeriveIden)]
enum InboxHeads {
    Table,
    Tenant,
    UserId,
    /// When the inbox was made: a cursor of an inbox before it means nothing here.
    Epoch,
    /// How much has changed.
    Seq,
    Unread,
    Unseen,
    /// How many items there are.
    Kept,
    /// The latest change of an item that was forgotten: whoever knows no later one has missed something.
    Forgotten,
}

#[derive(DeriveIden)]
enum InboxItems {
    Table,
    Tenant,
    UserId,
    /// The change by which it came.
    Seq,
    /// The id of its delivery.
    Id,
    Kind,
    Priority,
    Title,
    Body,
    /// JSON objects.
    Data,
    Action,
    /// What the child of its delivery waits for.
    Escalates,
    PostedAt,
    SeenAt,
    ReadAt,
    ArchivedAt,
    SnoozedUntil,
    /// The change that was the last of it.
    ChangedSeq,
}

const DELIVERIES: &str = "CREATE UNIQUE INDEX inbox_items_of_delivery ON inbox_items (tenant, id)";
const CHANGES: &str = "CREATE INDEX inbox_items_changed ON inbox_items (tenant, user_id, changed_seq)";
const AGES: &str = "CREATE INDEX inbox_items_posted ON inbox_items (posted_at)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(heads(manager)).await?;
        manager.create_table(items(manager)).await?;
        for index in [DELIVERIES, CHANGES, AGES] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(InboxItems::Table).take()).await?;
        manager.drop_table(Table::drop().table(InboxHeads::Table).take()).await
    }
}

fn heads(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(InboxHeads::Table);
    table.col(key::text(manager, InboxHeads::Tenant)).col(key::text(manager, InboxHeads::UserId));
    for number in [
        InboxHeads::Epoch,
        InboxHeads::Seq,
        InboxHeads::Unread,
        InboxHeads::Unseen,
        InboxHeads::Kept,
        InboxHeads::Forgotten,
    ] {
        table.col(ColumnDef::new(number).big_integer().not_null());
    }
    table.primary_key(Index::create().col(InboxHeads::Tenant).col(InboxHeads::UserId)).take()
}

fn items(manager: &SchemaManager<'_>) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(InboxItems::Table);
    table.col(key::text(manager, InboxItems::Tenant)).col(key::text(manager, InboxItems::UserId));
    table.col(ColumnDef::new(InboxItems::Seq).big_integer().not_null());
    table.col(key::text(manager, InboxItems::Id));
    for text in [InboxItems::Kind, InboxItems::Priority, InboxItems::Body] {
        table.col(ColumnDef::new(text).text().not_null());
    }
    for text in [InboxItems::Title, InboxItems::Data, InboxItems::Action, InboxItems::Escalates] {
        table.col(ColumnDef::new(text).text());
    }
    for number in [InboxItems::PostedAt, InboxItems::ChangedSeq] {
        table.col(ColumnDef::new(number).big_integer().not_null());
    }
    for time in [InboxItems::SeenAt, InboxItems::ReadAt, InboxItems::ArchivedAt, InboxItems::SnoozedUntil] {
        table.col(ColumnDef::new(time).big_integer());
    }
    let mut place = Index::create();
    table.primary_key(place.col(InboxItems::Tenant).col(InboxItems::UserId).col(InboxItems::Seq)).take()
}
