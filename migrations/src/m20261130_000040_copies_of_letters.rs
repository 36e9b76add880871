//! How many equal letters without an id there are of one name: each of them is a message of its own.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Letters {
    Table,
    /// As many as the last pass has met.
    Copies,
}

#[derive(DeriveIden)]
enum LetterJobItems {
    Table,
    /// As many as the job is to move.
    Copies,
    /// With so many of them it is done.
    Moved,
}

#[derive(DeriveIden)]
enum ArchivedLetters {
    Table,
    /// 0 of a letter with an id, of which there is one however often it was kept.
    Copies,
}

const KEPT_BEFORE: &str = "UPDATE archived_letters SET copies = 1 WHERE EXISTS (SELECT 1 FROM letter_job_items AS i \
     WHERE i.job = archived_letters.job AND i.letter = archived_letters.letter AND i.id = '')";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let met = Table::alter().table(Letters::Table).add_column(number(Letters::Copies, 1)).take();
        manager.alter_table(met).await?;
        let wanted = Table::alter().table(LetterJobItems::Table).add_column(number(LetterJobItems::Copies, 1)).take();
        manager.alter_table(wanted).await?;
        let moved = Table::alter().table(LetterJobItems::Table).add_column(number(LetterJobItems::Moved, 0)).take();
        manager.alter_table(moved).await?;
        let kept = Table::alter().table(ArchivedLetters::Table).add_column(number(ArchivedLetters::Copies, 0)).take();
        manager.alter_table(kept).await?;
        manager.get_connection().execute_unprepared(KEPT_BEFORE).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let kept = Table::alter().table(ArchivedLetters::Table).drop_column(ArchivedLetters::Copies).take();
        manager.alter_table(kept).await?;
        let moved = Table::alter().table(LetterJobItems::Table).drop_column(LetterJobItems::Moved).take();
        manager.alter_table(moved).await?;
        let wanted = Table::alter().table(LetterJobItems::Table).drop_column(LetterJobItems::Copies).take();
        manager.alter_table(wanted).await?;
        manager.alter_table(Table::alter().table(Letters::Table).drop_column(Letters::Copies).take()).await
    }
}

fn number(name: impl IntoIden, of_what_is_there: i64) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().default(of_what_is_there).take()
}
