//! What operators do with dead letters: plans and the jobs that they become, and what was taken out of the queue.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum LetterJobs {
    Table,
    Id,
    Tenant,
    Action,
    State,
    /// What was asked for, as JSON.
    Wanted,
    Why,
    MadeBy,
    MadeAt,
    StartedBy,
    StartedAt,
    EndedAt,
    /// Letters in a second.
    Rate,
    /// After how many letters it waits for their end; 0 for none.
    Canary,
    CanaryPassed,
    /// Why it pauses.
    Note,
}

#[derive(DeriveIden)]
enum LetterJobItems {
    Table,
    Job,
    Letter,
    Tenant,
    Id,
    Epoch,
    Lane,
    Channel,
    Provider,
    Fingerprint,
    State,
    Why,
    /// How many whole passes did not meet the letter.
    Missed,
    At,
}

#[derive(DeriveIden)]
enum ArchivedLetters {
    Table,
    Letter,
    Tenant,
    Job,
    Kept,
    Body,
    At,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(jobs(manager)).await?;
        let by_tenant = Index::create()
            .name("letter_jobs_by_tenant")
            .table(LetterJobs::Table)
            .col(LetterJobs::Tenant)
            .col(LetterJobs::MadeAt)
            .take();
        manager.create_index(by_tenant).await?;
        manager.create_table(items(manager)).await?;
        let by_letter = Index::create()
            .name("letter_job_items_by_letter")
            .table(LetterJobItems::Table)
            .col(LetterJobItems::Letter)
            .take();
        manager.create_index(by_letter).await?;
        let by_state = Index::create()
            .name("letter_job_items_by_state")
            .table(LetterJobItems::Table)
            .col(LetterJobItems::Job)
            .col(LetterJobItems::State)
            .take();
        manager.create_index(by_state).await?;
        let archive = Table::create()
            .table(ArchivedLetters::Table)
            .col(key::text(manager, ArchivedLetters::Letter))
            .col(key::text(manager, ArchivedLetters::Tenant))
            .col(key::text(manager, ArchivedLetters::Job))
            .col(ColumnDef::new(ArchivedLetters::Kept).binary().not_null())
            .col(ColumnDef::new(ArchivedLetters::Body).binary().not_null())
            .col(ColumnDef::new(ArchivedLetters::At).big_integer().not_null())
            .primary_key(Index::create().col(ArchivedLetters::Letter))
            .take();
        manager.create_table(archive).await?;
        let by_time = Index::create()
            .name("archived_letters_by_time")
            .table(ArchivedLetters::Table)
            .col(ArchivedLetters::At)
            .take();
        manager.create_index(by_time).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(ArchivedLetters::Table).take()).await?;
        manager.drop_table(Table::drop().table(LetterJobItems::Table).take()).await?;
        manager.drop_table(Table::drop().table(LetterJobs::Table).take()).await
    }
}

fn jobs(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table(LetterJobs::Table)
        .col(key::text(manager, LetterJobs::Id))
        .col(key::text(manager, LetterJobs::Tenant))
        .col(ColumnDef::new(LetterJobs::Action).text().not_null())
        .col(ColumnDef::new(LetterJobs::State).text().not_null())
        .col(ColumnDef::new(LetterJobs::Wanted).text().not_null())
        .col(ColumnDef::new(LetterJobs::Why).text().not_null())
        .col(ColumnDef::new(LetterJobs::MadeBy).text().not_null())
        .col(ColumnDef::new(LetterJobs::MadeAt).big_integer().not_null())
        .col(ColumnDef::new(LetterJobs::StartedBy).text())
        .col(ColumnDef::new(LetterJobs::StartedAt).big_integer())
        .col(ColumnDef::new(LetterJobs::EndedAt).big_integer())
        .col(ColumnDef::new(LetterJobs::Rate).big_integer().not_null())
        .col(ColumnDef::new(LetterJobs::Canary).big_integer().not_null())
        .col(ColumnDef::new(LetterJobs::CanaryPassed).boolean().not_null())
        .col(ColumnDef::new(LetterJobs::Note).text())
        .primary_key(Index::create().col(LetterJobs::Id))
        .take()
}

fn items(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table(LetterJobItems::Table)
        .col(key::text(manager, LetterJobItems::Job))
        .col(key::text(manager, LetterJobItems::Letter))
        .col(key::text(manager, LetterJobItems::Tenant))
        .col(key::text(manager, LetterJobItems::Id))
        .col(ColumnDef::new(LetterJobItems::Epoch).big_integer().not_null())
        .col(ColumnDef::new(LetterJobItems::Lane).text().not_null())
        .col(ColumnDef::new(LetterJobItems::Channel).text().not_null())
        .col(ColumnDef::new(LetterJobItems::Provider).text().not_null())
        .col(key::text(manager, LetterJobItems::Fingerprint))
        .col(key::text(manager, LetterJobItems::State))
        .col(ColumnDef::new(LetterJobItems::Why).text().not_null())
        .col(ColumnDef::new(LetterJobItems::Missed).big_integer().not_null())
        .col(ColumnDef::new(LetterJobItems::At).big_integer())
        .primary_key(Index::create().col(LetterJobItems::Job).col(LetterJobItems::Letter))
        .take()
}
