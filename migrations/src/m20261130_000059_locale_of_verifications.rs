//! In which language a code was asked for: the page of its link speaks it to browsers that name none of ours.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Verifications {
    Table,
    /// BCP 47; null where none was named.
    Locale,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = ColumnDef::new(Verifications::Locale).text().take();
        manager.alter_table(Table::alter().table(Verifications::Table).add_column(column).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Verifications::Locale;
        manager.alter_table(Table::alter().table(Verifications::Table).drop_column(column).take()).await
    }
}
