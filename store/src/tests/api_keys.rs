//! Keys: found by their prefix, followed by others, revoked.

use crate::{ApiKey, KeyRotation, MAX_KEYS, MadeKey, NewKey, Store};
use domain::{Actor, Entry, Tenant, Timestamp, content_of};

use crate::tests::database::{Database, at};
use crate::tests::on_both;

on_both!(
    a_key_is_found_by_its_prefix_and_revoked_once,
    an_old_key_is_in_force_beside_the_one_that_follows_it_for_the_overlap,
    a_tenant_has_so_many_keys_in_force_and_no_more,
    the_use_of_a_key_is_noted_once_a_minute,
    keys_are_listed_the_newest_first,
);

fn told(now: Timestamp) -> Entry {
    Entry::of(&Actor::on_this_machine("ada"), "key.tested", "k", now)
}

fn new_key(n: usize) -> NewKey {
    NewKey {
        id: format!("k-{n:03}"),
        tenant: Tenant::default(),
        name: "orders".into(),
        prefix: format!("prefix{n}"),
        secret_hash: content_of(b"secret"),
        scopes: vec!["notify".into(), "read".into()],
        created_by: "ada".into(),
        expires_at: None,
    }
}

async fn make(store: &Store, key: &NewKey) -> ApiKey {
    match store.create_key(key, &told(at(0))).await.unwrap() {
        MadeKey::Made(key) => *key,
        other => panic!("{other:?}"),
    }
}

async fn a_key_is_found_by_its_prefix_and_revoked_once(db: &Database) {
    let store = db.store().await;
    let made = make(&store, &new_key(1)).await;
    assert_eq!(store.key_by_prefix("prefix1").await.unwrap(), Some(made.clone()));
    assert_eq!((made.scopes.join(" "), made.created_at, made.is_in_force(at(0))), ("notify read".into(), at(0), true));
    for none in ["prefix", "prefix2", "pre\0"] {
        assert_eq!(store.key_by_prefix(none).await.unwrap(), None);
    }
    let acme = Tenant::parse("acme").unwrap();
    assert_eq!(store.revoke_key("k-001", Some(&acme), &told(at(1))).await.unwrap(), None);
    for second in [2, 3] {
        assert!(store.revoke_key("k-001", None, &told(at(second))).await.unwrap().is_some());
    }
    let revoked = store.key_by_prefix("prefix1").await.unwrap().unwrap();
    assert_eq!((revoked.revoked_at, revoked.is_in_force(at(2))), (Some(at(2)), false));
}

async fn an_old_key_is_in_force_beside_the_one_that_follows_it_for_the_overlap(db: &Database) {
    let store = db.store().await;
    make(&store, &NewKey { expires_at: Some(at(1_000)), ..new_key(1) }).await;
    let rotation = KeyRotation {
        id: "k-002".into(),
        prefix: "prefix2".into(),
        secret_hash: content_of(b"other"),
        created_by: "bob".into(),
        old_until: at(60),
    };
    let next = match store.rotate_key("k-001", None, &rotation, &told(at(10))).await.unwrap() {
        MadeKey::Made(key) => *key,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (next.name.as_str(), next.scopes.join(" "), next.expires_at),
        ("orders", "notify read".into(), Some(at(1_000)))
    );
    let old = store.api_key("k-001").await.unwrap().unwrap();
    assert_eq!((old.expires_at, old.replaced_by.as_deref()), (Some(at(60)), Some("k-002")));
    assert!(old.is_in_force(at(59)) && !old.is_in_force(at(60)));
    let again = KeyRotation { id: "k-003".into(), prefix: "prefix3".into(), ..rotation.clone() };
    assert_eq!(store.rotate_key("k-001", None, &again, &told(at(11))).await.unwrap(), MadeKey::Unknown);
    let late = KeyRotation { old_until: at(5_000), ..again };
    assert!(matches!(store.rotate_key("k-002", None, &late, &told(at(12))).await.unwrap(), MadeKey::Made(_)));
    let old = store.api_key("k-002").await.unwrap().unwrap();
    assert_eq!(old.expires_at, Some(at(1_000)), "no longer than it would have been");
}

async fn a_tenant_has_so_many_keys_in_force_and_no_more(db: &Database) {
    let store = db.store().await;
    for n in 0..MAX_KEYS {
        make(&store, &new_key(n)).await;
    }
    let more = new_key(MAX_KEYS);
    assert_eq!(store.create_key(&more, &told(at(1))).await.unwrap(), MadeKey::TooMany);
    let acme = Tenant::parse("acme").unwrap();
    make(&store, &NewKey { tenant: acme, ..new_key(MAX_KEYS + 1) }).await;
    store.revoke_key("k-000", None, &told(at(2))).await.unwrap();
    assert!(matches!(store.create_key(&more, &told(at(3))).await.unwrap(), MadeKey::Made(_)));
}

async fn the_use_of_a_key_is_noted_once_a_minute(db: &Database) {
    let store = db.store().await;
    make(&store, &new_key(1)).await;
    for (now, noted) in [(0, 0), (59, 0), (60, 60)] {
        store.note_key_used("k-001", at(now)).await.unwrap();
        let key = store.api_key("k-001").await.unwrap().unwrap();
        assert_eq!(key.last_used_at, Some(at(noted)));
    }
}

async fn keys_are_listed_the_newest_first(db: &Database) {
    let store = db.store().await;
    for n in 1..4 {
        make(&store, &new_key(n)).await;
    }
    let acme = Tenant::parse("acme").unwrap();
    make(&store, &NewKey { tenant: acme.clone(), ..new_key(4) }).await;
    let ids = |page: &crate::KeyPage| page.keys.iter().map(|key| key.id.clone()).collect::<Vec<_>>();
    let own = Tenant::default();
    let first = store.keys(Some(&own), None, 2).await.unwrap();
    assert_eq!(ids(&first), ["k-003", "k-002"]);
    let second = store.keys(Some(&own), first.next.as_ref(), 2).await.unwrap();
    assert_eq!((ids(&second), second.next), (vec!["k-001".to_owned()], None));
    assert_eq!(ids(&store.keys(None, None, 9).await.unwrap()), ["k-004", "k-003", "k-002", "k-001"]);
    assert_eq!(ids(&store.keys(Some(&acme), None, 9).await.unwrap()), ["k-004"]);
}
