//! Presence: whoever is connected to a gateway that lives is present, and nobody else.

use std::time::Duration;

use domain::Tenant;
use uuid::Uuid;

use crate::tests::database::Database;
use crate::tests::on_both;

on_both!(
    whoever_is_connected_to_a_gateway_that_lives_is_present,
    nobody_is_present_at_a_gateway_that_has_died,
    a_gateway_that_ends_leaves_nobody
);

const HOUR: Duration = Duration::from_secs(3600);

async fn whoever_is_connected_to_a_gateway_that_lives_is_present(db: &Database) {
    let store = db.store().await;
    let (tenant, [one, another]) = (Tenant::default(), [Uuid::now_v7(), Uuid::now_v7()]);
    for node in [one, another] {
        assert!(store.hold_gateway(node, HOUR).await.unwrap());
        store.note_present(&tenant, "ana", node).await.unwrap();
        store.note_present(&tenant, "ana", node).await.unwrap();
    }
    assert_eq!(store.present(&tenant, "ana").await.unwrap().map(|present| present.gateways), Some(2));
    assert_eq!(store.present(&tenant, "ben").await.unwrap(), None);
    assert_eq!(store.present(&Tenant::parse("acme").unwrap(), "ana").await.unwrap(), None);
    store.note_absent(&tenant, "ana", one).await.unwrap();
    assert_eq!(store.present(&tenant, "ana").await.unwrap().map(|present| present.gateways), Some(1));
}

async fn nobody_is_present_at_a_gateway_that_has_died(db: &Database) {
    let store = db.store().await;
    let (tenant, node) = (Tenant::default(), Uuid::now_v7());
    assert!(store.hold_gateway(node, HOUR).await.unwrap());
    store.note_present(&tenant, "ana", node).await.unwrap();
    assert!(store.hold_gateway(node, Duration::ZERO).await.unwrap(), "its time is over");
    assert_eq!(store.present(&tenant, "ana").await.unwrap(), None);
    store.forget_gateways().await.unwrap();
    assert!(store.hold_gateway(node, HOUR).await.unwrap());
    assert_eq!(store.present(&tenant, "ana").await.unwrap(), None, "it notes her again");
}

async fn a_gateway_that_ends_leaves_nobody(db: &Database) {
    let store = db.store().await;
    let (tenant, [one, another]) = (Tenant::default(), [Uuid::now_v7(), Uuid::now_v7()]);
    for node in [one, another] {
        assert!(store.hold_gateway(node, HOUR).await.unwrap());
        store.note_present(&tenant, "ana", node).await.unwrap();
    }
    store.end_gateway(one).await.unwrap();
    assert_eq!(store.present(&tenant, "ana").await.unwrap().map(|present| present.gateways), Some(1));
    store.forget_gateways().await.unwrap();
    assert!(store.present(&tenant, "ana").await.unwrap().is_some(), "the other lives");
}
