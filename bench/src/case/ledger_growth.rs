//! The fleet with a ledger of 1,000,000 deliveries, against itself with 10,000.

use anyhow::Result;

use crate::bench::Bench;
use crate::deployment::Ledger;
use crate::drain;
use crate::message::Kind;
use crate::report::CaseReport;
use crate::sql;

const MANY: u64 = 1_000_000;
const FEW: u64 = 10_000;
/// How many real deliveries there are, of which the others are copies.
const MODELS: u64 = 100;

pub(crate) async fn run(bench: &Bench<'_>) -> Result<CaseReport> {
    let deployment = bench.deploy(Ledger::Postgres).await?;
    let fleet = async |database: &str, count| {
        let settings = [("DATABASE_URL", database)];
        drain::by_worker(bench, &deployment, &bench.sms, (Kind::Sms, count), &settings).await
    };
    let small = &deployment.database_url;
    deployment.command(&["migrate"]).await?;
    fleet(small, MODELS).await?;
    let many = bench.options.size.or_few(MANY);
    fill(small, FEW.min(many / 2)).await?;
    let large = bench.services.create_database(Some(small)).await?;
    fill(&large, many).await?;
    let count = bench.size(async |count| fleet(&large, count).await).await?;
    let measured = bench
        .alternate(
            0.9,
            async || fleet(&large, count).await,
            async || {
                // The deliveries of a measurement would make the small ledger grow from one alternation to the next.
                let fresh = bench.services.create_database(Some(small)).await?;
                fleet(&fresh, count).await
            },
        )
        .await?;
    Ok(measured
        .given("messages", count as f64)
        .given("rows_of_the_fleet", sql::count(&large, "deliveries").await? as f64)
        .given("rows_of_the_baseline", sql::count(small, "deliveries").await? as f64))
}

/// Copies deliveries under ids in no order until there are `rows`, as if they had been made over time.
async fn fill(database: &str, rows: u64) -> Result<()> {
    let copies = rows.saturating_sub(sql::count(database, "deliveries").await?).div_ceil(MODELS);
    let columns = sql::columns(database, "deliveries").await?;
    let copied: Vec<String> = columns
        .iter()
        .map(|column| match column.as_str() {
            "id" => format!("md5(id || '-{rows}-' || n)"),
            "created_at" | "updated_at" => format!("{column} - n * 1000000"),
            other => other.to_owned(),
        })
        .collect();
    let insert = format!(
        "INSERT INTO deliveries ({}) SELECT {} FROM (SELECT * FROM deliveries LIMIT {MODELS}) AS model, \
         generate_series(1::bigint, {copies}) AS n",
        columns.join(","),
        copied.join(",")
    );
    sql::run(database, &[insert, "VACUUM (ANALYZE) deliveries".to_owned(), "CHECKPOINT".to_owned()]).await
}
