//! Who is told what is for a topic, and how far its members are told.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum TopicMembers {
    Table,
    Tenant,
    Topic,
    UserId,
    Since,
}

/// A message to a topic.
#[derive(DeriveIden)]
enum FanOuts {
    Table,
    Tenant,
    /// The id of its delivery.
    Id,
    /// The member who was told last, in the order of their ids.
    Member,
    /// How many were told.
    Told,
    BeganAt,
    EndedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let members = Table::create()
            .table(TopicMembers::Table)
            .col(key::text(manager, TopicMembers::Tenant))
            .col(key::text(manager, TopicMembers::Topic))
            .col(key::text(manager, TopicMembers::UserId))
            .col(ColumnDef::new(TopicMembers::Since).big_integer().not_null())
            .primary_key(Index::create().col(TopicMembers::Tenant).col(TopicMembers::Topic).col(TopicMembers::UserId))
            .take();
        manager.create_table(members).await?;
        let fan_outs = Table::create()
            .table(FanOuts::Table)
            .col(key::text(manager, FanOuts::Tenant))
            .col(key::text(manager, FanOuts::Id))
            .col(key::text(manager, FanOuts::Member))
            .col(ColumnDef::new(FanOuts::Told).big_integer().not_null())
            .col(ColumnDef::new(FanOuts::BeganAt).big_integer().not_null())
            .col(ColumnDef::new(FanOuts::EndedAt).big_integer())
            .primary_key(Index::create().col(FanOuts::Tenant).col(FanOuts::Id))
            .take();
        manager.create_table(fan_outs).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(FanOuts::Table).take()).await?;
        manager.drop_table(Table::drop().table(TopicMembers::Table).take()).await
    }
}
