//! The tables of the ledger and of the jobs, one file per change, the same for Postgres and SQLite.
//!
//! All times are BIGINT microseconds since the Unix epoch: date columns of SQLite compare as text.

mod key;
mod m20261122_000001_deliveries;
mod m20261122_000002_attempts;
mod m20261122_000003_captures;
mod m20261122_000004_jobs;
mod m20261122_000005_users;
mod m20261122_000006_adoptions;
mod m20261122_000007_leaving;
mod m20261129_000008_warnings;
mod m20261129_000009_letters;
mod m20261129_000010_logins;
mod m20261129_000011_captures_by_tenant;
mod m20261129_000012_recipients_of_jobs;
mod m20261129_000013_suppressions;
mod m20261129_000014_receipts;
mod m20261129_000015_endpoints;
mod m20261129_000016_rotations;
mod m20261129_000017_passed_over;
mod m20261129_000018_providers;
mod m20261130_000019_recipient_keys;
mod m20261130_000020_limits;
mod m20261130_000021_suppression_times;
mod m20261130_000022_search;
mod m20261130_000023_pauses;
mod m20261130_000024_letters;
mod m20261130_000025_letter_jobs;
mod m20261130_000026_accounts;
mod m20261130_000027_journal;
mod m20261130_000028_letter_edits;
mod m20261130_000029_paused_schedules;
mod m20261130_000030_sandbox_faults;
mod m20261130_000031_journal_filters;
mod m20261130_000032_letter_holders;
mod m20261130_000033_journal_replaced;
mod m20261130_000034_pauses_of_platform;
mod m20261130_000035_kept_readings;
mod m20261130_000040_copies_of_letters;
mod m20261130_000046_failed_readings;
mod m20261130_000050_asks;
mod m20261130_000051_commands;
mod m20261130_000052_verifications;
mod m20261130_000053_ask_copies;
mod m20261130_000054_contacts;
mod m20261130_000058_leases;
mod m20261130_000059_locale_of_verifications;
mod m20261130_000060_heard;
mod m20261130_000070_inboxes;
mod m20261130_000070_sent_at;
mod m20261130_000071_topics;
mod m20261130_000080_presence;
mod m20261130_000090_files;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::{MigrationTrait, async_trait};

/// Every change, in order. A change that has been released is never edited, only followed.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_deliveries::Migration),
            Box::new(m20261122_000002_attempts::Migration),
            Box::new(m20261122_000003_captures::Migration),
            Box::new(m20261122_000004_jobs::Migration),
            Box::new(m20261122_000005_users::Migration),
            Box::new(m20261122_000006_adoptions::Migration),
            Box::new(m20261122_000007_leaving::Migration),
            Box::new(m20261129_000008_warnings::Migration),
            Box::new(m20261129_000009_letters::Migration),
            Box::new(m20261129_000010_logins::Migration),
            Box::new(m20261129_000011_captures_by_tenant::Migration),
            Box::new(m20261129_000012_recipients_of_jobs::Migration),
            Box::new(m20261129_000013_suppressions::Migration),
            Box::new(m20261129_000014_receipts::Migration),
            Box::new(m20261129_000015_endpoints::Migration),
            Box::new(m20261129_000016_rotations::Migration),
            Box::new(m20261129_000017_passed_over::Migration),
            Box::new(m20261129_000018_providers::Migration),
            Box::new(m20261130_000019_recipient_keys::Migration),
            Box::new(m20261130_000020_limits::Migration),
            Box::new(m20261130_000021_suppression_times::Migration),
            Box::new(m20261130_000022_search::Migration),
            Box::new(m20261130_000023_pauses::Migration),
            Box::new(m20261130_000024_letters::Migration),
            Box::new(m20261130_000025_letter_jobs::Migration),
            Box::new(m20261130_000026_accounts::Migration),
            Box::new(m20261130_000027_journal::Migration),
            Box::new(m20261130_000028_letter_edits::Migration),
            Box::new(m20261130_000029_paused_schedules::Migration),
            Box::new(m20261130_000030_sandbox_faults::Migration),
            Box::new(m20261130_000031_journal_filters::Migration),
            Box::new(m20261130_000032_letter_holders::Migration),
            Box::new(m20261130_000033_journal_replaced::Migration),
            Box::new(m20261130_000034_pauses_of_platform::Migration),
            Box::new(m20261130_000035_kept_readings::Migration),
            Box::new(m20261130_000040_copies_of_letters::Migration),
            Box::new(m20261130_000046_failed_readings::Migration),
            Box::new(m20261130_000050_asks::Migration),
            Box::new(m20261130_000051_commands::Migration),
            Box::new(m20261130_000052_verifications::Migration),
            Box::new(m20261130_000053_ask_copies::Migration),
            Box::new(m20261130_000054_contacts::Migration),
            Box::new(m20261130_000058_leases::Migration),
            Box::new(m20261130_000059_locale_of_verifications::Migration),
            Box::new(m20261130_000060_heard::Migration),
            Box::new(m20261130_000070_sent_at::Migration),
            Box::new(m20261130_000070_inboxes::Migration),
            Box::new(m20261130_000071_topics::Migration),
            Box::new(m20261130_000080_presence::Migration),
            Box::new(m20261130_000090_files::Migration),
        ]
    }
}
