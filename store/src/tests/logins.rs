//! Failed logins: somebody who guesses is locked out, somebody who is known is not.

use crate::{Login, Standing, Store};
use domain::{Content, Timestamp};

use crate::tests::database::{Database, at};
use crate::tests::on_both;

on_both!(
    wrong_passwords_lock_for_longer_each_time,
    a_lock_holds_where_it_was_earned,
    a_known_place_is_let_through_while_others_guess,
    locks_say_the_same_of_a_known_place_and_of_any_other,
    failures_are_forgotten_after_an_hour,
);

fn hash(text: &str) -> Content {
    domain::content_of(text.as_bytes())
}

fn login(name: &str, peer: &str) -> Login {
    Login { name_and_peer: hash(&format!("{name} from {peer}")), peer: hash(peer), name: hash(name) }
}

async fn locked(store: &Store, login: &Login, now: Timestamp) -> Option<Timestamp> {
    store.login_standing(login, now).await.unwrap().locked_until
}

async fn fail(store: &Store, login: &Login, times: usize) {
    for _ in 0..times {
        store.login_failed(login, at(0)).await.unwrap();
    }
}

async fn wrong_passwords_lock_for_longer_each_time(db: &Database) {
    // Two APIs on one ledger count together.
    let stores = [db.store().await, db.open().await];
    let ana = login("ana", "here");
    let mut locks = Vec::new();
    for n in 0..7 {
        fail(&stores[n % 2], &ana, 1).await;
        locks.push(locked(&stores[(n + 1) % 2], &ana, at(0)).await);
    }
    assert_eq!(locks, [None, None, None, None, Some(at(1)), Some(at(2)), Some(at(4))]);
    assert_eq!(locked(&stores[0], &ana, at(4)).await, None);
    stores[0].login_succeeded(&ana, at(5)).await.unwrap();
    let standing = stores[1].login_standing(&ana, at(5)).await.unwrap();
    assert_eq!(standing, Standing { known: true, ..Standing::default() });
    fail(&stores[1], &ana, 4).await;
    assert_eq!(locked(&stores[0], &ana, at(0)).await, None, "a success has forgotten the failures");
}

async fn a_lock_holds_where_it_was_earned(db: &Database) {
    let store = db.store().await;
    fail(&store, &login("ana", "there"), 20).await;
    assert!(locked(&store, &login("ana", "there"), at(0)).await.is_some());
    assert_eq!(locked(&store, &login("ana", "here"), at(0)).await, None, "nobody is kept out from another place");
    assert_eq!(locked(&store, &login("berta", "there"), at(0)).await, None);
}

async fn a_known_place_is_let_through_while_others_guess(db: &Database) {
    let store = db.store().await;
    store.login_succeeded(&login("ana", "here"), at(0)).await.unwrap();
    for n in 0..100 {
        fail(&store, &login("ana", &format!("peer {n}")), 1).await;
    }
    for n in 0..50 {
        fail(&store, &login(&format!("name {n}"), "here"), 1).await;
    }
    assert!(locked(&store, &login("ana", "a new place"), at(0)).await.is_some(), "by the name");
    assert!(locked(&store, &login("berta", "here"), at(0)).await.is_some(), "by the peer");
    let standing = store.login_standing(&login("ana", "here"), at(0)).await.unwrap();
    assert!(standing.known && !standing.locked_here, "{standing:?}");
    fail(&store, &login("ana", "here"), 5).await;
    let standing = store.login_standing(&login("ana", "here"), at(0)).await.unwrap();
    assert!(standing.known && standing.locked_here, "but not to guess itself");
}

async fn locks_say_the_same_of_a_known_place_and_of_any_other(db: &Database) {
    let store = db.store().await;
    let (known, other) = (login("ana", "here"), login("berta", "here"));
    store.login_succeeded(&known, at(0)).await.unwrap();
    for n in 0..52 {
        fail(&store, &login(&format!("name {n}"), "here"), 1).await;
    }
    let mut seen = Vec::new();
    for n in 0..8 {
        let [one, two] = [&known, &other].map(|login| store.login_standing(login, at(0)));
        let (one, two) = (one.await.unwrap(), two.await.unwrap());
        assert_eq!(Standing { known: false, ..one }, two, "after {n} tries");
        seen.push((one.locked_here, one.locked_until));
        store.login_refused(&known, at(0)).await.unwrap();
        store.login_refused(&other, at(0)).await.unwrap();
    }
    assert_eq!(seen[..5], [(false, Some(at(4))); 5], "refusals lock nobody else out for longer");
    assert_eq!(seen[5..], [(true, Some(at(4))), (true, Some(at(4))), (true, Some(at(4)))]);
    assert_eq!(locked(&store, &login("carla", "here"), at(4)).await, None);
}

async fn failures_are_forgotten_after_an_hour(db: &Database) {
    let store = db.store().await;
    let ana = login("ana", "here");
    fail(&store, &ana, 30).await;
    assert!(locked(&store, &ana, at(14 * 60)).await.is_some());
    store.login_failed(&ana, at(3600)).await.unwrap();
    assert_eq!(locked(&store, &ana, at(3600)).await, None);
}
