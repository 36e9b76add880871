//! Who did what: the journal, to which rows are only added, and the head of its chain.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::key;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[derive(DeriveIden)]
enum Journal {
    Table,
    Id,
    Tenant,
    Kind,
    Subject,
    Actor,
    At,
    /// JSON, exactly as it was written: it is sealed byte by byte.
    Data,
    /// The place in the chain; null until the sealer has come by.
    Seq,
    Mac,
}

#[derive(DeriveIden)]
enum JournalHead {
    Table,
    Id,
    Seq,
    /// Of the last entry that is sealed; empty before the first.
    Mac,
    SealedAt,
    LeaseOwner,
    LeaseUntil,
    /// When the head was told outside of the database.
    ToldAt,
}

const UNSEALED: &str = "CREATE INDEX journal_unsealed ON journal (at, id) WHERE seq IS NULL";

/// A told row changes once, when it is sealed. Whoever owns the table can drop these triggers: what they do then shows
/// in the chain.
const ON_POSTGRES: [&str; 5] = [
    "CREATE FUNCTION journal_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
     RAISE EXCEPTION 'the journal is only added to'; END $$",
    "CREATE TRIGGER journal_is_kept BEFORE DELETE ON journal FOR EACH ROW EXECUTE FUNCTION journal_is_kept()",
    "CREATE TRIGGER journal_is_not_emptied BEFORE TRUNCATE ON journal \
     FOR EACH STATEMENT EXECUTE FUNCTION journal_is_kept()",
    "CREATE TRIGGER journal_is_told_first BEFORE INSERT ON journal FOR EACH ROW \
     WHEN (NEW.seq IS NOT NULL OR NEW.mac IS NOT NULL) EXECUTE FUNCTION journal_is_kept()",
    "CREATE TRIGGER journal_is_sealed_once BEFORE UPDATE ON journal FOR EACH ROW \
     WHEN (OLD.seq IS NOT NULL OR OLD.mac IS NOT NULL OR NEW.seq IS NULL OR NEW.mac IS NULL \
     OR ROW(NEW.id, NEW.tenant, NEW.kind, NEW.subject, NEW.actor, NEW.at, NEW.data) \
     IS DISTINCT FROM ROW(OLD.id, OLD.tenant, OLD.kind, OLD.subject, OLD.actor, OLD.at, OLD.data)) \
     EXECUTE FUNCTION journal_is_kept()",
];

const ON_SQLITE: [&str; 3] = [
    "CREATE TRIGGER journal_is_kept BEFORE DELETE ON journal \
     BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END",
    "CREATE TRIGGER journal_is_told_first BEFORE INSERT ON journal WHEN NEW.seq IS NOT NULL OR NEW.mac IS NOT NULL \
     BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END",
    "CREATE TRIGGER journal_is_sealed_once BEFORE UPDATE ON journal \
     WHEN OLD.seq IS NOT NULL OR OLD.mac IS NOT NULL OR NEW.seq IS NULL OR NEW.mac IS NULL OR NEW.id IS NOT OLD.id \
     OR NEW.tenant IS NOT OLD.tenant OR NEW.kind IS NOT OLD.kind OR NEW.subject IS NOT OLD.subject \
     OR NEW.actor IS NOT OLD.actor OR NEW.at IS NOT OLD.at OR NEW.data IS NOT OLD.data \
     BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(journal(manager)).await?;
        manager.create_index(index("journal_by_time", [Journal::At, Journal::Id])).await?;
        manager.create_index(index("journal_of_tenant", [Journal::Tenant, Journal::At, Journal::Id])).await?;
        manager.create_index(index("journal_of_subject", [Journal::Subject, Journal::At, Journal::Id])).await?;
        manager.create_index(index("journal_by_seq", [Journal::Seq]).unique().take()).await?;
        manager.create_table(head()).await?;
        let connection = manager.get_connection();
        connection.execute_unprepared(UNSEALED).await?;
        let triggers = match manager.get_database_backend() {
            DbBackend::Postgres => ON_POSTGRES.as_slice(),
            _ => ON_SQLITE.as_slice(),
        };
        for trigger in triggers {
            connection.execute_unprepared(trigger).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(JournalHead::Table).take()).await?;
        manager.drop_table(Table::drop().table(Journal::Table).take()).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared("DROP FUNCTION journal_is_kept()").await?;
        }
        Ok(())
    }
}

fn journal(manager: &SchemaManager<'_>) -> TableCreateStatement {
    Table::create()
        .table(Journal::Table)
        .col(key::text(manager, Journal::Id))
        .col(key::text(manager, Journal::Tenant))
        .col(key::text(manager, Journal::Kind))
        .col(key::text(manager, Journal::Subject))
        .col(key::text(manager, Journal::Actor))
        .col(ColumnDef::new(Journal::At).big_integer().not_null())
        .col(ColumnDef::new(Journal::Data).text().not_null())
        .col(ColumnDef::new(Journal::Seq).big_integer())
        .col(ColumnDef::new(Journal::Mac).binary())
        .primary_key(Index::create().col(Journal::Id))
        .take()
}

fn index<const N: usize>(name: &str, columns: [Journal; N]) -> IndexCreateStatement {
    let mut index = Index::create().name(name).table(Journal::Table).take();
    for column in columns {
        index.col(column);
    }
    index
}

fn head() -> TableCreateStatement {
    Table::create()
        .table(JournalHead::Table)
        .col(ColumnDef::new(JournalHead::Id).big_integer().not_null().primary_key())
        .col(ColumnDef::new(JournalHead::Seq).big_integer().not_null())
        .col(ColumnDef::new(JournalHead::Mac).binary().not_null())
        .col(ColumnDef::new(JournalHead::SealedAt).big_integer().not_null())
        .col(ColumnDef::new(JournalHead::LeaseOwner).binary())
        .col(ColumnDef::new(JournalHead::LeaseUntil).big_integer().not_null())
        .col(ColumnDef::new(JournalHead::ToldAt).big_integer().not_null())
        .take()
}
