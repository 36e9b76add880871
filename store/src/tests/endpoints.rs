//! Endpoints: one for each URL, so many for each tenant, and secrets that change with an overlap.

use domain::{EventName, Key, Tenant};

use crate::tests::database::{Database, at};
use crate::tests::on_both;
use crate::{Endpoint, MAX_ENDPOINTS, Made, Rotated, Rotation};

on_both!(
    an_endpoint_is_kept_as_it_was_made_and_is_its_tenants_alone,
    a_url_is_one_endpoint_and_a_tenant_has_so_many,
    a_new_secret_is_another_generation_and_lets_the_endpoint_in_again,
    a_secret_is_changed_once_by_each_request_and_again_only_when_nobody_is_cut_off_or_by_force,
    a_repeated_request_makes_and_changes_nothing_and_is_told_when_another_came_since,
);

fn key(tenant: &str, id: &str) -> Key {
    Key { tenant: Tenant::parse(tenant).unwrap(), id: id.into() }
}

fn endpoint(tenant: &str, id: &str) -> Endpoint {
    Endpoint {
        key: key(tenant, id),
        url: format!("https://hooks.example.org/{id}?token=secret"),
        types: vec![EventName::Dead, EventName::Held],
        created_at: at(7),
        disabled: None,
        generation: 1,
        previous_until: None,
    }
}

async fn an_endpoint_is_kept_as_it_was_made_and_is_its_tenants_alone(db: &Database) {
    let store = db.store().await;
    assert!(!store.has_endpoints().await.unwrap());
    let (orders, all) = (endpoint("acme", "orders"), Endpoint { types: Vec::new(), ..endpoint("acme", "all") });
    assert_eq!(store.create_endpoint(&orders, None, &testkit::told()).await.unwrap(), Made::New);
    assert_eq!(store.create_endpoint(&all, None, &testkit::told()).await.unwrap(), Made::New);
    assert_eq!(store.endpoints(&orders.key.tenant).await.unwrap(), [all.clone(), orders.clone()]);
    assert!(store.has_endpoints().await.unwrap());
    assert!(all.wants_all() && !orders.wants_all() && !orders.wants(EventName::Read));
    assert!(all.wants(EventName::Sent) && !orders.wants(EventName::Sent) && orders.wants(EventName::Dead));
    assert_eq!(store.endpoints(&Tenant::default()).await.unwrap(), []);
    assert_eq!(store.endpoint(&key("default", "orders")).await.unwrap(), None);
    assert!(!store.delete_endpoint(&key("default", "orders"), &testkit::told()).await.unwrap());
    assert!(store.delete_endpoint(&orders.key, &testkit::told()).await.unwrap());
    assert_eq!(store.endpoint(&orders.key).await.unwrap(), None);
}

async fn a_url_is_one_endpoint_and_a_tenant_has_so_many(db: &Database) {
    let store = db.store().await;
    for n in 0..MAX_ENDPOINTS {
        assert_eq!(
            store.create_endpoint(&endpoint("acme", &format!("{n:03}")), None, &testkit::told()).await.unwrap(),
            Made::New
        );
    }
    assert_eq!(store.create_endpoint(&endpoint("acme", "more"), None, &testkit::told()).await.unwrap(), Made::TooMany);
    store.delete_endpoint(&key("acme", "001"), &testkit::told()).await.unwrap();
    let again = Endpoint { url: endpoint("acme", "000").url, ..endpoint("acme", "again") };
    let Made::Known(known) = store.create_endpoint(&again, None, &testkit::told()).await.unwrap() else {
        panic!("it is there")
    };
    assert_eq!(*known, endpoint("acme", "000"));
    assert_eq!(store.create_endpoint(&endpoint("default", "000"), None, &testkit::told()).await.unwrap(), Made::New);
}

async fn a_new_secret_is_another_generation_and_lets_the_endpoint_in_again(db: &Database) {
    let store = db.store().await;
    let orders = endpoint("acme", "orders");
    store.create_endpoint(&orders, None, &testkit::told()).await.unwrap();
    assert!(store.disable_endpoint(&orders.key, "gone").await.unwrap());
    assert!(!store.disable_endpoint(&orders.key, "gone").await.unwrap(), "once");
    assert!(!store.disable_endpoint(&key("default", "orders"), "gone").await.unwrap());
    let disabled = store.endpoint(&orders.key).await.unwrap().unwrap();
    assert!(disabled.disabled.as_ref().is_some_and(|(_, why)| why == "gone") && !disabled.wants(EventName::Dead));
    assert!(!store.has_endpoints().await.unwrap());
    let rotation = Rotation { by: None, now: at(10), until: at(100), is_forced: false };
    let rotated = Endpoint { generation: 2, previous_until: Some(at(100)), ..orders.clone() };
    let answer = store.rotate_endpoint(&orders.key, &rotation, &testkit::told()).await.unwrap();
    assert_eq!(answer, Rotated::New(Box::new(rotated.clone())));
    assert_eq!(store.endpoint(&orders.key).await.unwrap(), Some(rotated));
    assert_eq!(
        store.rotate_endpoint(&key("default", "orders"), &rotation, &testkit::told()).await.unwrap(),
        Rotated::Unknown
    );
}

async fn a_secret_is_changed_once_by_each_request_and_again_only_when_nobody_is_cut_off_or_by_force(db: &Database) {
    let store = db.store().await;
    let orders = endpoint("acme", "orders");
    store.create_endpoint(&orders, None, &testkit::told()).await.unwrap();
    let rotate = async |by: &str, now: i64, is_forced: bool| {
        let rotation = Rotation { by: Some(by.to_owned()), now: at(now), until: at(now + 100), is_forced };
        store.rotate_endpoint(&orders.key, &rotation, &testkit::told()).await.unwrap()
    };
    let rotated =
        |generation, until| Box::new(Endpoint { generation, previous_until: Some(at(until)), ..orders.clone() });
    assert_eq!(rotate("a", 10, false).await, Rotated::New(rotated(2, 110)));
    for is_forced in [false, true] {
        assert_eq!(rotate("a", 11, is_forced).await, Rotated::Again(rotated(2, 110)), "its answer was lost");
    }
    assert_eq!(rotate("b", 109, false).await, Rotated::TooSoon(at(110)));
    assert_eq!(rotate("b", 109, true).await, Rotated::New(rotated(3, 209)));
    assert_eq!(rotate("c", 209, false).await, Rotated::New(rotated(4, 309)), "the one before signs no more");
    store.disable_endpoint(&orders.key, "gone").await.unwrap();
    assert_eq!(rotate("d", 210, false).await, Rotated::New(rotated(5, 310)), "nothing is sent that could be cut off");
    for (by, is_forced) in [("a", true), ("b", true), ("c", false)] {
        assert_eq!(rotate(by, 400, is_forced).await, Rotated::ChangedSince, "{by} has done what it asked for");
    }
    assert_eq!(rotate("d", 400, true).await, Rotated::Again(rotated(5, 310)));
}

async fn a_repeated_request_makes_and_changes_nothing_and_is_told_when_another_came_since(db: &Database) {
    let store = db.store().await;
    let orders = endpoint("acme", "orders");
    let make = async |endpoint: Endpoint| store.create_endpoint(&endpoint, Some("a"), &testkit::told()).await.unwrap();
    let known = |endpoint: &Endpoint| Made::Known(Box::new(endpoint.clone()));
    assert_eq!(make(orders.clone()).await, Made::New);
    let repeated = Endpoint { key: key("acme", "repeated"), ..orders.clone() };
    assert_eq!(make(repeated.clone()).await, Made::Again(Box::new(orders.clone())));
    assert_eq!(make(endpoint("acme", "other")).await, known(&orders), "another body");
    assert_eq!(make(Endpoint { types: Vec::new(), ..repeated.clone() }).await, known(&orders), "another body");
    assert_eq!(store.create_endpoint(&repeated, None, &testkit::told()).await.unwrap(), known(&orders));
    assert_eq!(make(endpoint("default", "orders")).await, Made::New, "another tenant's");

    // The same word may name another request.
    let by =
        |word: Option<&str>| Rotation { by: word.map(str::to_owned), now: at(10), until: at(100), is_forced: true };
    let rotated = Endpoint { generation: 2, previous_until: Some(at(100)), ..orders.clone() };
    let changed = store.rotate_endpoint(&orders.key, &by(Some("a")), &testkit::told()).await.unwrap();
    assert_eq!(changed, Rotated::New(Box::new(rotated.clone())));
    assert_eq!(make(repeated.clone()).await, known(&rotated));
    assert!(matches!(store.rotate_endpoint(&orders.key, &by(None), &testkit::told()).await.unwrap(), Rotated::New(_)));
    assert_eq!(
        store.rotate_endpoint(&orders.key, &by(Some("a")), &testkit::told()).await.unwrap(),
        Rotated::ChangedSince
    );
    assert!(matches!(make(endpoint("acme", "other")).await, Made::Known(_)), "it is remembered");

    assert!(store.delete_endpoint(&orders.key, &testkit::told()).await.unwrap());
    assert_eq!(make(repeated.clone()).await, Made::New, "another id");
    assert_eq!(store.endpoints(&orders.key.tenant).await.unwrap(), [repeated]);
}
