//! Presence: whoever is connected to a gateway that lives is present, and nobody else.

use std::time::Duration;

use domain::Tenant;
use uuid::Uuid;

use crate::tests::database::Database;
use crate::tests::on_both;
use crate::{GatewayFigures, GatewayRoom, LargeRoom};

on_both!(
    whoever_is_connected_to_a_gateway_that_lives_is_present,
    nobody_is_present_at_a_gateway_that_has_died,
    a_gateway_that_ends_leaves_nobody,
    a_gateway_says_how_it_is_for_as_long_as_it_lives,
    whoever_is_connected_is_found_by_the_beginning_of_the_id_page_by_page,
);

const HOUR: Duration = Duration::from_secs(3600);

async fn whoever_is_connected_to_a_gateway_that_lives_is_present(db: &Database) {
    let store = db.store().await;
    let (tenant, [one, another]) = (Tenant::default(), [Uuid::now_v7(), Uuid::now_v7()]);
    for node in [one, another] {
        assert!(store.hold_gateway(node, HOUR).await.unwrap());
        store.note_present(&tenant, "ana", node, 1).await.unwrap();
        store.note_present(&tenant, "ana", node, 1).await.unwrap();
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
    store.note_present(&tenant, "ana", node, 1).await.unwrap();
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
        store.note_present(&tenant, "ana", node, 1).await.unwrap();
    }
    store.end_gateway(one).await.unwrap();
    assert_eq!(store.present(&tenant, "ana").await.unwrap().map(|present| present.gateways), Some(1));
    store.forget_gateways().await.unwrap();
    assert!(store.present(&tenant, "ana").await.unwrap().is_some(), "the other lives");
}

async fn a_gateway_says_how_it_is_for_as_long_as_it_lives(db: &Database) {
    let store = db.store().await;
    let (acme, [one, another]) = (Tenant::parse("acme").unwrap(), [Uuid::now_v7(), Uuid::now_v7()]);
    let figures =
        |sockets| GatewayFigures { sockets, people: 2, rooms: 3, max_sockets: 9, max_per_user: 4, max_rooms: 5 };
    let room =
        |tenant: &Tenant, room: &str, sockets| GatewayRoom { tenant: tenant.clone(), room: room.into(), sockets };
    for node in [one, another] {
        store.hold_gateway(node, HOUR).await.unwrap();
        let large = [room(&acme, "topic:old", 9), room(&Tenant::default(), "topic:other", 9)];
        store.note_gateway(node, figures(1), &large, false).await.unwrap();
        let large = [room(&acme, "topic:7", 2), room(&acme, "role:admin", 3)];
        store.note_gateway(node, figures(7), &large, false).await.unwrap();
    }
    store.note_gateway(one, figures(6), &[room(&acme, "topic:7", 2)], true).await.unwrap();
    store.note_gateway(one, figures(5), &[room(&acme, "topic:7", 2)], false).await.unwrap();
    let found = store.gateways().await.unwrap();
    assert_eq!(found.iter().map(|gateway| gateway.node).collect::<Vec<_>>(), [one, another], "the oldest first");
    assert_eq!(found.iter().map(|gateway| gateway.figures).collect::<Vec<_>>(), [figures(5), figures(7)]);
    let leaving: Vec<bool> = found.iter().map(|gateway| gateway.leaving_since.is_some()).collect();
    assert_eq!(leaving, [true, false], "whoever leaves does not come back");
    let large = |room: &str, sockets, gateways| LargeRoom { room: room.into(), sockets, gateways };
    let rooms = store.largest_rooms(&acme, 9).await.unwrap();
    assert_eq!(rooms, [large("topic:7", 4, 2), large("role:admin", 3, 1)]);
    assert_eq!(store.largest_rooms(&acme, 1).await.unwrap().len(), 1);
    assert_eq!(store.largest_rooms(&Tenant::default(), 9).await.unwrap(), []);
    store.hold_gateway(one, Duration::ZERO).await.unwrap();
    assert_eq!(store.gateways().await.unwrap().len(), 1, "its time is over");
    store.forget_gateways().await.unwrap();
    store.end_gateway(another).await.unwrap();
    for node in [one, another] {
        store.hold_gateway(node, HOUR).await.unwrap();
    }
    assert_eq!(store.gateways().await.unwrap(), [], "they are forgotten");
    assert_eq!(store.largest_rooms(&acme, 9).await.unwrap(), []);
}

async fn whoever_is_connected_is_found_by_the_beginning_of_the_id_page_by_page(db: &Database) {
    let store = db.store().await;
    let (tenant, [one, dead]) = (Tenant::default(), [Uuid::now_v7(), Uuid::now_v7()]);
    for node in [one, dead] {
        store.hold_gateway(node, HOUR).await.unwrap();
        for user in ["ana", "an", "añil", "ben"] {
            store.note_present(&tenant, user, node, 1).await.unwrap();
        }
    }
    store.note_present(&tenant, "ana", one, 3).await.unwrap();
    let found = async |beginning: &str, after: &str, limit| -> Vec<String> {
        let page = store.everybody_present(&tenant, beginning, after, limit).await.unwrap();
        page.iter().map(|one| format!("{} {}/{}", one.user, one.sockets, one.present.gateways)).collect()
    };
    assert_eq!(found("an", "", 9).await, ["an 2/2", "ana 4/2"]);
    assert_eq!(store.count_present(&tenant).await.unwrap(), 4);
    store.hold_gateway(dead, Duration::ZERO).await.unwrap();
    assert_eq!(found("", "", 2).await, ["an 1/1", "ana 3/1"]);
    assert_eq!(found("", "ana", 2).await, ["añil 1/1", "ben 1/1"]);
    assert_eq!(found("a\0", "", 2).await, Vec::<String>::new());
    store.note_absent(&tenant, "ben", one).await.unwrap();
    assert_eq!(store.count_present(&tenant).await.unwrap(), 3);
    assert_eq!(store.count_present(&Tenant::parse("acme").unwrap()).await.unwrap(), 0);
}
