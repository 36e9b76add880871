//! What operators do with dead letters beyond moving them: letters that are opened to be edited, what was sent in the place
//! of which letter, and the channel that a job redirects to.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum LetterJobs {
    Table,
    /// Of a redirect: the channel.
    Target,
    /// Of a close: how many passes had begun when it was started.
    AfterPass,
}

#[derive(DeriveIden)]
enum OpenedLetters {
    Table,
    Letter,
    Tenant,
    AskedAt,
    /// Everything of it but its body; null until a pass has met it.
    Kept,
    Body,
}

#[derive(DeriveIden)]
enum LetterEdits {
    Table,
    Tenant,
    /// Of the delivery that was sent in its place.
    Id,
    /// Of the delivery that had died.
    EditedFrom,
    Letter,
    Job,
    /// What differs, as JSON, without what is personal.
    Difference,
    EditedBy,
    Why,
    At,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let target = ColumnDef::new(LetterJobs::Target).text().take();
        manager.alter_table(Table::alter().table(LetterJobs::Table).add_column(target).take()).await?;
        let after_pass = ColumnDef::new(LetterJobs::AfterPass).big_integer().take();
        manager.alter_table(Table::alter().table(LetterJobs::Table).add_column(after_pass).take()).await?;
        manager.create_table(opened(manager)).await?;
        manager.create_table(edits(manager)).await?;
        let by_origin = Index::create()
            .name("letter_edits_by_origin")
            .table(LetterEdits::Table)
            .col(LetterEdits::Tenant)
            .col(LetterEdits::EditedFrom)
            .take();
        manager.create_index(by_origin).await?;
        let by_job = Index::create()
            .name("letter_edits_by_job")
            .table(LetterEdits::Table)
            .col(LetterEdits::Job)
            .col(LetterEdits::Letter)
            .take();
        manager.create_index(by_job).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(LetterEdits::Table).take()).await?;
        manager.drop_table(Table::drop().table(OpenedLetters::Table).take()).await?;
        manager.alter_table(Table::alter().table(LetterJobs::Table).drop_column(LetterJobs::AfterPass).take()).await?;
        manager.alter_table(Table::alter().table(LetterJobs::Table).drop_column(LetterJobs::Target).take()).await
    }
}

fn opened(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table(OpenedLetters::Table)
        .col(key::text(manager, OpenedLetters::Letter))
        .col(key::text(manager, OpenedLetters::Tenant))
        .col(ColumnDef::new(OpenedLetters::AskedAt).big_integer().not_null())
        .col(ColumnDef::new(OpenedLetters::Kept).binary())
        .col(ColumnDef::new(OpenedLetters::Body).binary())
        .primary_key(Index::create().col(OpenedLetters::Letter))
        .take()
}

fn edits(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table(LetterEdits::Table)
        .col(key::text(manager, LetterEdits::Tenant))
        .col(key::text(manager, LetterEdits::Id))
        .col(key::text(manager, LetterEdits::EditedFrom))
        .col(key::text(manager, LetterEdits::Letter))
        .col(key::text(manager, LetterEdits::Job))
        .col(ColumnDef::new(LetterEdits::Difference).text().not_null())
        .col(ColumnDef::new(LetterEdits::EditedBy).text().not_null())
        .col(ColumnDef::new(LetterEdits::Why).text().not_null())
        .col(ColumnDef::new(LetterEdits::At).big_integer().not_null())
        .primary_key(Index::create().col(LetterEdits::Id).col(LetterEdits::Tenant))
        .take()
}
