//! What pages about many dead letters show without counting them at each look: what was read of a plan or job last, and how
//! many letters a group has. And the lifts of a recipient are found by it.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum LetterJobs {
    Table,
    /// How many letters it was made of, also those that it leaves out. Null of an edit, which has one.
    Letters,
    /// What was read of it last, as JSON; null once its state has changed.
    Reading,
    /// When that reading began.
    ReadAt,
    /// When the reading began that is under way; null of none.
    ReadingSince,
    /// Nobody reads it again before.
    ReadAgainAt,
}

#[derive(DeriveIden)]
enum LetterGroups {
    Table,
    /// How many of its letters the index has.
    Letters,
}

const COUNT_JOBS: &str = "UPDATE letter_jobs SET letters = (SELECT COUNT(*) FROM letter_job_items AS i \
     WHERE i.job = letter_jobs.id) WHERE action <> 'edit'";
const COUNT_GROUPS: &str = "UPDATE letter_groups SET letters = (SELECT COUNT(*) FROM letters AS l \
     WHERE l.tenant = letter_groups.tenant AND l.fingerprint = letter_groups.fingerprint)";
const LIFTS: &str = "CREATE INDEX suppression_lifts_by_recipient ON suppression_lifts (recipient, lifted_at)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column in a statement.
        let columns = [
            ColumnDef::new(LetterJobs::Letters).big_integer().take(),
            ColumnDef::new(LetterJobs::Reading).text().take(),
            ColumnDef::new(LetterJobs::ReadAt).big_integer().take(),
            ColumnDef::new(LetterJobs::ReadingSince).big_integer().take(),
            ColumnDef::new(LetterJobs::ReadAgainAt).big_integer().not_null().default(0).take(),
        ];
        for column in columns {
            manager.alter_table(Table::alter().table(LetterJobs::Table).add_column(column).take()).await?;
        }
        let letters = ColumnDef::new(LetterGroups::Letters).big_integer().not_null().default(0).take();
        manager.alter_table(Table::alter().table(LetterGroups::Table).add_column(letters).take()).await?;
        let connection = manager.get_connection();
        for statement in [COUNT_JOBS, COUNT_GROUPS, LIFTS] {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX suppression_lifts_by_recipient").await?;
        let letters = Table::alter().table(LetterGroups::Table).drop_column(LetterGroups::Letters).take();
        manager.alter_table(letters).await?;
        let columns = [
            LetterJobs::ReadAgainAt,
            LetterJobs::ReadingSince,
            LetterJobs::ReadAt,
            LetterJobs::Reading,
            LetterJobs::Letters,
        ];
        for column in columns {
            manager.alter_table(Table::alter().table(LetterJobs::Table).drop_column(column).take()).await?;
        }
        Ok(())
    }
}
