//! How SQLite looks up the rows of a group.

use std::sync::Arc;

use testkit::SystemClock;

use super::{claim, insert, record};
use crate::options::Options;
use crate::people::lookup::LOOK_UP;
use crate::sql::{Group, Session, get};
use crate::store::Store;

/// The columns of its group that a statement reads.
fn columns(sql: &'static str) -> Vec<&'static str> {
    let words = sql.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')));
    let mut names: Vec<_> = words.filter_map(|word| word.strip_prefix("u.")).collect();
    names.sort_unstable();
    names.dedup();
    names
}

async fn plan(session: &mut Session, sql: &'static str) -> Vec<String> {
    let group = columns(sql).into_iter().fold(Group::of(256), |group, name| group.text(name, (0..256).map(|_| "x")));
    let steps = session.query_group(&format!("EXPLAIN QUERY PLAN {sql}"), &group).await.unwrap();
    steps.iter().map(|step| get(step, "detail").unwrap()).collect()
}

#[tokio::test]
async fn a_group_finds_its_rows_by_their_keys_and_never_scans_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    let url = testkit::ledger_in(folder.path());
    let store = Store::connect(Options::new(url.into(), 10, Arc::new(SystemClock))).await.unwrap();
    store.migrate().await.unwrap();
    for sql in [record::UPDATE, record::END, claim::TAKE] {
        let steps = plan(&mut store.inner.db.writer(), sql).await;
        assert!(steps.iter().any(|step| step.starts_with("SEARCH deliveries")), "{sql}: {steps:#?}");
        assert!(!steps.iter().any(|step| step.starts_with("SCAN deliveries")), "{sql}: {steps:#?}");
    }
    for sql in [insert::INSERT, claim::TAKE, LOOK_UP] {
        let steps = plan(&mut store.inner.db.writer(), sql).await;
        let by_key = "(recipient=? AND channel=? AND tenant=?)";
        let lookups = steps.iter().filter(|step| step.starts_with("SEARCH s ") && step.ends_with(by_key)).count();
        assert_eq!(lookups, 2, "{sql}: {steps:#?}");
    }
}
