//! Who has which dead letters: a job that has a letter is found by the delivery of that letter, and a reader knows since
//! when it reads in the place of another one, which may have letters in hand.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum LetterJobItems {
    Table,
    Tenant,
    Id,
    Epoch,
}

#[derive(DeriveIden)]
enum LetterReader {
    Table,
    /// When one became the reader whose predecessor had not left.
    TakenOverAt,
}

const BY_DELIVERY: &str = "letter_job_items_by_delivery";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let by_delivery = Index::create()
            .name(BY_DELIVERY)
            .table(LetterJobItems::Table)
            .col(LetterJobItems::Tenant)
            .col(LetterJobItems::Id)
            .col(LetterJobItems::Epoch)
            .take();
        manager.create_index(by_delivery).await?;
        let taken_over_at = ColumnDef::new(LetterReader::TakenOverAt).big_integer().take();
        manager.alter_table(Table::alter().table(LetterReader::Table).add_column(taken_over_at).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let reader = Table::alter().table(LetterReader::Table).drop_column(LetterReader::TakenOverAt).take();
        manager.alter_table(reader).await?;
        manager.drop_index(Index::drop().name(BY_DELIVERY).table(LetterJobItems::Table).to_owned()).await
    }
}
