//! The cluster that the tests stand on.

use e2e::postgres::Postgres;

#[tokio::test]
async fn a_cluster_keeps_its_data_over_a_restart_and_leaves_nothing_behind() {
    let mut postgres = Postgres::start().await.unwrap();
    let url = postgres.create_database("kept").await.unwrap();
    assert_eq!(url, format!("postgresql://postgres@127.0.0.1:{}/kept", postgres.port));
    postgres.stop().await.unwrap();
    assert!(postgres.create_database("another").await.is_err());
    postgres.start_again().await.unwrap();
    let error = postgres.create_database("kept").await.unwrap_err().to_string();
    assert!(error.contains("already exists"), "{error}");
    let root = postgres.root.clone();
    tokio::task::spawn_blocking(|| drop(postgres)).await.unwrap();
    assert!(!root.exists());
}
