//! Indexes by which the journal is read for one actor or one kind of entries, the newest first.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Journal {
    Table,
    Id,
    Kind,
    Actor,
    At,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, column) in [("journal_of_actor", Journal::Actor), ("journal_of_kind", Journal::Kind)] {
            let index =
                Index::create().name(name).table(Journal::Table).col(column).col(Journal::At).col(Journal::Id).take();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["journal_of_kind", "journal_of_actor"] {
            manager.drop_index(Index::drop().name(name).table(Journal::Table).take()).await?;
        }
        Ok(())
    }
}
