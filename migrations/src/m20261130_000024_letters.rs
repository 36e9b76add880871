//! What is in the dead-letter queue, as it was last read: the letters, their groups, and who reads.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Letters {
    Table,
    /// The name of the letter.
    Letter,
    Tenant,
    /// Of its delivery; empty when it has none.
    Id,
    Epoch,
    Lane,
    Channel,
    Provider,
    /// The outcome of the last attempt.
    Class,
    Code,
    Template,
    Reason,
    Error,
    Fingerprint,
    Attempts,
    DeadAt,
    ExpiresAt,
    /// The pass that has met it last.
    Seen,
}

#[derive(DeriveIden)]
enum LetterGroups {
    Table,
    Words,
    Sample,
    Life,
    ChangedAt,
    FirstAt,
    LastAt,
    ChangedBy,
    Note,
}

#[derive(DeriveIden)]
enum LetterReader {
    Table,
    Id,
    /// How many passes have begun.
    Pass,
    LeaseOwner,
    LeaseUntil,
    /// When somebody asked for a pass last.
    AskedAt,
    /// When the last pass that reached the end of the queue began.
    ReadAt,
    Problem,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(letters(manager)).await?;
        let by_group = Index::create()
            .name("letters_by_group")
            .table(Letters::Table)
            .col(Letters::Tenant)
            .col(Letters::Fingerprint)
            .col(Letters::DeadAt)
            .take();
        manager.create_index(by_group).await?;
        let by_time = Index::create()
            .name("letters_by_time")
            .table(Letters::Table)
            .col(Letters::Tenant)
            .col(Letters::DeadAt)
            .col(Letters::Letter)
            .take();
        manager.create_index(by_time).await?;
        let by_delivery = Index::create()
            .name("letters_by_delivery")
            .table(Letters::Table)
            .col(Letters::Tenant)
            .col(Letters::Id)
            .take();
        manager.create_index(by_delivery).await?;
        manager.create_table(groups(manager)).await?;
        manager.create_table(reader()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(LetterReader::Table).take()).await?;
        manager.drop_table(Table::drop().table(LetterGroups::Table).take()).await?;
        manager.drop_table(Table::drop().table(Letters::Table).take()).await
    }
}

fn letters(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table(Letters::Table)
        .col(key::text(manager, Letters::Letter))
        .col(key::text(manager, Letters::Tenant))
        .col(key::text(manager, Letters::Id))
        .col(ColumnDef::new(Letters::Epoch).big_integer().not_null())
        .col(ColumnDef::new(Letters::Lane).text().not_null())
        .col(ColumnDef::new(Letters::Channel).text().not_null())
        .col(ColumnDef::new(Letters::Provider).text().not_null())
        .col(ColumnDef::new(Letters::Class).text().not_null())
        .col(ColumnDef::new(Letters::Code).text().not_null())
        .col(ColumnDef::new(Letters::Template).text().not_null())
        .col(ColumnDef::new(Letters::Reason).text().not_null())
        .col(ColumnDef::new(Letters::Error).text().not_null())
        .col(key::text(manager, Letters::Fingerprint))
        .col(ColumnDef::new(Letters::Attempts).big_integer().not_null())
        .col(ColumnDef::new(Letters::DeadAt).big_integer().not_null())
        .col(ColumnDef::new(Letters::ExpiresAt).big_integer())
        .col(ColumnDef::new(Letters::Seen).big_integer().not_null())
        .primary_key(Index::create().col(Letters::Letter))
        .take()
}

fn groups(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table(LetterGroups::Table)
        .col(key::text(manager, Letters::Tenant))
        .col(key::text(manager, Letters::Fingerprint))
        .col(ColumnDef::new(Letters::Channel).text().not_null())
        .col(ColumnDef::new(Letters::Provider).text().not_null())
        .col(ColumnDef::new(Letters::Class).text().not_null())
        .col(ColumnDef::new(Letters::Code).text().not_null())
        .col(ColumnDef::new(Letters::Template).text().not_null())
        .col(ColumnDef::new(Letters::Reason).text().not_null())
        .col(ColumnDef::new(LetterGroups::Words).text().not_null())
        .col(ColumnDef::new(LetterGroups::Sample).text().not_null())
        .col(ColumnDef::new(LetterGroups::Life).text().not_null())
        .col(ColumnDef::new(LetterGroups::ChangedAt).big_integer().not_null())
        .col(ColumnDef::new(LetterGroups::FirstAt).big_integer().not_null())
        .col(ColumnDef::new(LetterGroups::LastAt).big_integer().not_null())
        .col(ColumnDef::new(LetterGroups::ChangedBy).text())
        .col(ColumnDef::new(LetterGroups::Note).text())
        .primary_key(Index::create().col(Letters::Tenant).col(Letters::Fingerprint))
        .take()
}

fn reader() -> TableCreateStatement {
    Table::create()
        .table(LetterReader::Table)
        .col(ColumnDef::new(LetterReader::Id).big_integer().not_null().primary_key())
        .col(ColumnDef::new(LetterReader::Pass).big_integer().not_null())
        .col(ColumnDef::new(LetterReader::LeaseOwner).binary())
        .col(ColumnDef::new(LetterReader::LeaseUntil).big_integer().not_null())
        .col(ColumnDef::new(LetterReader::AskedAt).big_integer().not_null())
        .col(ColumnDef::new(LetterReader::ReadAt).big_integer().not_null())
        .col(ColumnDef::new(LetterReader::Problem).text())
        .take()
}
