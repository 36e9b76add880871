//! Whose addresses are being verified, and what the guard against pumping counts. No code stands here, and no address.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Verifications {
    Table,
    Tenant,
    Id,
    /// By which links name it.
    Handle,
    Purpose,
    Channel,
    /// The keyed hash of the address.
    Recipient,
    RecipientMask,
    /// The keyed hash of all addresses that its code may go to.
    Addresses,
    /// Keyed hashes by which is counted: of a number without its last digits, of who has asked, and of their session.
    Prefix,
    Client,
    Session,
    DialCode,
    State,
    Version,
    Salt,
    KeyId,
    Checks,
    Sends,
    LastSentAt,
    /// The request that has shown the right code.
    ApprovedBy,
    /// Why it was blocked, in words with spaces between them.
    Reasons,
    CreatedAt,
    ExpiresAt,
    EndedAt,
    /// It has ended, and nobody has published that yet.
    Untold,
}

/// Every address that the code of a verification may go to, of those that the guard let through.
#[derive(DeriveIden)]
enum VerificationAddresses {
    Table,
    Tenant,
    Verification,
    /// Its keyed hash.
    Address,
    CreatedAt,
}

/// Those by which is counted leave out what was blocked: whoever tries very often makes no count slower.
const INDEXES: [&str; 9] = [
    "CREATE UNIQUE INDEX verifications_of_handle ON verifications (handle)",
    "CREATE INDEX verifications_due ON verifications (expires_at, tenant, id) WHERE state = 'pending'",
    "CREATE INDEX verifications_untold ON verifications (ended_at, tenant, id) WHERE untold",
    "CREATE INDEX verifications_of_tenant ON verifications (tenant, created_at, id)",
    "CREATE INDEX verifications_of_prefix ON verifications (prefix, created_at) WHERE state <> 'blocked'",
    "CREATE INDEX verifications_of_client ON verifications (client, created_at) WHERE state <> 'blocked'",
    "CREATE INDEX verifications_of_session ON verifications (session, created_at) WHERE state <> 'blocked'",
    "CREATE INDEX verifications_of_dial_code ON verifications (dial_code, created_at) WHERE state <> 'blocked'",
    "CREATE INDEX verification_addresses_of_address ON verification_addresses (address, created_at)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Verifications::Table)
            .col(key::text(manager, Verifications::Tenant))
            .col(key::text(manager, Verifications::Id))
            .col(ColumnDef::new(Verifications::Handle).binary().not_null())
            .col(ColumnDef::new(Verifications::Purpose).text().not_null())
            .col(ColumnDef::new(Verifications::Channel).text().not_null())
            .col(ColumnDef::new(Verifications::Recipient).binary().not_null())
            .col(ColumnDef::new(Verifications::RecipientMask).text().not_null())
            .col(ColumnDef::new(Verifications::Addresses).binary().not_null())
            .col(ColumnDef::new(Verifications::Prefix).binary())
            .col(ColumnDef::new(Verifications::Client).binary())
            .col(ColumnDef::new(Verifications::Session).binary())
            .col(ColumnDef::new(Verifications::DialCode).text())
            .col(key::text(manager, Verifications::State))
            .col(ColumnDef::new(Verifications::Version).big_integer().not_null())
            .col(ColumnDef::new(Verifications::Salt).binary().not_null())
            .col(ColumnDef::new(Verifications::KeyId).text().not_null())
            .col(ColumnDef::new(Verifications::Checks).big_integer().not_null())
            .col(ColumnDef::new(Verifications::Sends).big_integer().not_null())
            .col(ColumnDef::new(Verifications::LastSentAt).big_integer())
            .col(ColumnDef::new(Verifications::ApprovedBy).text())
            .col(ColumnDef::new(Verifications::Reasons).text().not_null())
            .col(ColumnDef::new(Verifications::CreatedAt).big_integer().not_null())
            .col(ColumnDef::new(Verifications::ExpiresAt).big_integer().not_null())
            .col(ColumnDef::new(Verifications::EndedAt).big_integer())
            .col(ColumnDef::new(Verifications::Untold).boolean().not_null())
            .primary_key(Index::create().col(Verifications::Tenant).col(Verifications::Id))
            .take();
        manager.create_table(table).await?;
        let addresses = Table::create()
            .table(VerificationAddresses::Table)
            .col(key::text(manager, VerificationAddresses::Tenant))
            .col(key::text(manager, VerificationAddresses::Verification))
            .col(ColumnDef::new(VerificationAddresses::Address).binary().not_null())
            .col(ColumnDef::new(VerificationAddresses::CreatedAt).big_integer().not_null())
            .primary_key(
                Index::create()
                    .col(VerificationAddresses::Tenant)
                    .col(VerificationAddresses::Verification)
                    .col(VerificationAddresses::Address),
            )
            .take();
        manager.create_table(addresses).await?;
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(VerificationAddresses::Table).take()).await?;
        manager.drop_table(Table::drop().table(Verifications::Table).take()).await
    }
}
