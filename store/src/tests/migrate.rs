//! Starting: several processes apply the migrations at once.

use tokio::task::JoinSet;

use crate::tests::database::{Database, key};
use crate::tests::on_both;

on_both!(migrators_at_once_apply_everything_once, the_place_of_a_ledger_is_told_without_its_password);

async fn migrators_at_once_apply_everything_once(db: &Database) {
    let mut migrations = JoinSet::new();
    for _ in 0..4 {
        let store = db.open().await;
        migrations.spawn(async move { store.migrate().await.unwrap() });
    }
    let mut applied = migrations.join_all().await;
    applied.sort_unstable();
    assert_eq!(applied, [0, 0, 0, 50]);
    assert_eq!(db.store().await.delivery(&key("none")).await.unwrap(), None);
}

async fn the_place_of_a_ledger_is_told_without_its_password(db: &Database) {
    let told = db.open().await.inner.db.place();
    let own = match db {
        Database::Sqlite { folder } => folder.path().join("new/folder/ledger.db").display().to_string(),
        Database::Postgres { name, .. } => format!("{name} on "),
    };
    assert!(told.starts_with(&own) && !told.contains('@'), "{told}");
}
