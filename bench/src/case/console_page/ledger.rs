//! The ledger that the pages show.

use anyhow::Result;
use domain::RecipientHasher;

use crate::deployment::SECRET;
use crate::message::phone;
use crate::sql;

/// What a fleet has left in 30 days. `{rows}` is how many deliveries there are, `{recipient}` the hash of [`recipient`].
const FILL: &str = include_str!("ledger.sql");

/// A delivery that a worker has just sent: a copy of the newest row, so that what is counted lately has changed.
const ONE_MORE: &str = "INSERT INTO deliveries SELECT more.* FROM deliveries AS d, \
     jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid(), \
     'created_at', (extract(epoch FROM now()) * 1000000)::bigint, \
     'updated_at', (extract(epoch FROM now()) * 1000000)::bigint + 50000)) AS more \
     WHERE (d.tenant, d.id) = (SELECT o.tenant, o.id FROM deliveries AS o ORDER BY o.created_at DESC LIMIT 1)";

/// Whom some of the deliveries were for.
pub(super) fn recipient() -> String {
    phone(0)
}

/// Fills the tables of a database that was migrated, without a fleet: a scheduler must not read the queue, which has none
/// of these letters.
pub(super) async fn fill(database: &str, rows: u64) -> Result<()> {
    let hash = RecipientHasher::new(SECRET.as_bytes()).hash(&recipient());
    let hash: String = hash.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let fill = FILL.replace("{rows}", &rows.to_string()).replace("{recipient}", &hash);
    sql::run(database, &[fill]).await?;
    tidy(database).await
}

/// Does what autovacuum would have done by now.
pub(super) async fn tidy(database: &str) -> Result<()> {
    sql::run(database, &["VACUUM (ANALYZE)".to_owned(), "CHECKPOINT".to_owned()]).await
}

/// Has another delivery come and end.
pub(super) async fn one_more(database: &str) -> Result<()> {
    sql::run(database, &[ONE_MORE.to_owned()]).await
}
