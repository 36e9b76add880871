//! When somebody was last put on the suppression list or taken off it, or asked for either: what was said before that and
//! is heard after it changes the list no more. The list alone cannot tell: whoever asked to be taken off it, and was not on
//! it, leaves nothing there.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum SuppressionTimes {
    Table,
    Recipient,
    Channel,
    Tenant,
    Reason,
    LastAt,
}

/// What is known already: since when an entry is there, and when one was lifted.
const KNOWN: &str = "INSERT INTO suppression_times (recipient, channel, tenant, reason, last_at) \
     SELECT k.recipient, k.channel, k.tenant, k.reason, MAX(k.known_at) FROM (\
     SELECT recipient, channel, tenant, reason, since AS known_at FROM suppressions UNION ALL \
     SELECT recipient, channel, tenant, reason, lifted_at AS known_at FROM suppression_lifts) AS k \
     GROUP BY k.recipient, k.channel, k.tenant, k.reason";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(SuppressionTimes::Table)
            .col(ColumnDef::new(SuppressionTimes::Recipient).binary().not_null())
            .col(key::text(manager, SuppressionTimes::Channel))
            .col(key::text(manager, SuppressionTimes::Tenant))
            .col(key::text(manager, SuppressionTimes::Reason))
            .col(ColumnDef::new(SuppressionTimes::LastAt).big_integer().not_null())
            .primary_key(
                Index::create()
                    .col(SuppressionTimes::Recipient)
                    .col(SuppressionTimes::Channel)
                    .col(SuppressionTimes::Tenant)
                    .col(SuppressionTimes::Reason),
            )
            .take();
        manager.create_table(table).await?;
        manager.get_connection().execute_unprepared(KNOWN).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(SuppressionTimes::Table).take()).await
    }
}
