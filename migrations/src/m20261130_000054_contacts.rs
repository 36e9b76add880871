//! People whom a tenant knows by name, and where they are reached.

use sea_orm_migration::prelude::*;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Contacts {
    Table,
    Tenant,
    Id,
    /// By which the link that connects an account names the row.
    Handle,
    Name,
    Locale,
    /// Names of groups, with a space before and behind each.
    MemberOf,
    /// The link is derived from this and from the key of this name: another salt ends the link before it.
    Salt,
    KeyId,
    /// Until when the link connects. Nothing once it has.
    LinkUntil,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum ContactAddresses {
    Table,
    Tenant,
    Contact,
    /// The order in which they are tried, from 0.
    Place,
    Channel,
    Destination,
    /// The keyed hash of the destination.
    Recipient,
    Since,
    /// Whoever reads it has shown that they are this contact.
    Proved,
}

const HANDLES: &str = "CREATE UNIQUE INDEX contacts_of_handle ON contacts (handle)";
const RECIPIENTS: &str = "CREATE INDEX contact_addresses_of_recipient ON contact_addresses (recipient)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(contacts(manager)).await?;
        manager.create_table(addresses(manager)).await?;
        for index in [HANDLES, RECIPIENTS] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(ContactAddresses::Table).take()).await?;
        manager.drop_table(Table::drop().table(Contacts::Table).take()).await
    }
}

fn contacts(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table(Contacts::Table)
        .col(key::text(manager, Contacts::Tenant))
        .col(key::text(manager, Contacts::Id))
        .col(ColumnDef::new(Contacts::Handle).binary().not_null())
        .col(ColumnDef::new(Contacts::Name).text().not_null())
        .col(ColumnDef::new(Contacts::Locale).text())
        .col(ColumnDef::new(Contacts::MemberOf).text().not_null())
        .col(ColumnDef::new(Contacts::Salt).binary().not_null())
        .col(ColumnDef::new(Contacts::KeyId).text().not_null())
        .col(ColumnDef::new(Contacts::LinkUntil).big_integer())
        .col(ColumnDef::new(Contacts::CreatedAt).big_integer().not_null())
        .col(ColumnDef::new(Contacts::UpdatedAt).big_integer().not_null())
        .primary_key(Index::create().col(Contacts::Tenant).col(Contacts::Id))
        .take()
}

fn addresses(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table(ContactAddresses::Table)
        .col(key::text(manager, ContactAddresses::Tenant))
        .col(key::text(manager, ContactAddresses::Contact))
        .col(ColumnDef::new(ContactAddresses::Place).big_integer().not_null())
        .col(ColumnDef::new(ContactAddresses::Channel).text().not_null())
        .col(ColumnDef::new(ContactAddresses::Destination).text().not_null())
        .col(ColumnDef::new(ContactAddresses::Recipient).binary().not_null())
        .col(ColumnDef::new(ContactAddresses::Since).big_integer().not_null())
        .col(ColumnDef::new(ContactAddresses::Proved).boolean().not_null())
        .primary_key(
            Index::create().col(ContactAddresses::Tenant).col(ContactAddresses::Contact).col(ContactAddresses::Place),
        )
        .take()
}
