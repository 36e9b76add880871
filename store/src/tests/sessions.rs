//! Sessions: found while they last, ended with what ends their user's tokens.

use std::time::Duration;

use crate::{NewSession, NewUser, OpenSession, Store, UserChange};
use domain::{Actor, Content, Entry, Tenant, Timestamp, content_of};
use secrecy::SecretString;

use crate::tests::database::{Database, HOUR, at};
use crate::tests::on_both;

on_both!(
    a_session_is_found_until_it_expires_and_lasts_longer_by_being_used,
    the_sessions_of_a_user_are_listed_and_those_of_others_are_not,
    what_ends_the_tokens_of_a_user_ends_its_sessions,
    nobody_opens_a_session_who_was_signed_out_after_showing_a_password,
);

fn told(now: Timestamp) -> Entry {
    Entry::of(&Actor::on_this_machine("ada"), "user.tested", "ana", now)
}

async fn store_with_ana(db: &Database) -> Store {
    let store = db.store().await;
    let ana = NewUser {
        name: "ana".into(),
        tenant: Tenant::default(),
        password_hash: SecretString::from("$argon2id$hash"),
        scopes: vec!["read".into()],
    };
    assert!(store.create_user(ana, &told(at(0))).await.unwrap());
    store
}

fn token(text: &str) -> Content {
    content_of(text.as_bytes())
}

async fn open(store: &Store, token: &Content, read_at: Timestamp) -> bool {
    let new = NewSession { token, user: "ana", read_at, now: read_at, until: read_at.plus(HOUR) };
    store.open_session(&new).await.unwrap()
}

async fn a_session_is_found_until_it_expires_and_lasts_longer_by_being_used(db: &Database) {
    let store = store_with_ana(db).await;
    let one = token("one");
    assert!(open(&store, &one, at(0)).await);
    let found = store.session(&one, at(3_599)).await.unwrap().unwrap();
    assert_eq!((found.user.as_str(), found.scopes.join(" "), found.created_at), ("ana", "read".into(), at(0)));
    assert_eq!(store.session(&one, at(3_600)).await.unwrap(), None);
    assert_eq!(store.session(&token("two"), at(0)).await.unwrap(), None);
    store.touch_session(&one, at(3_000), at(3_000).plus(Duration::from_secs(3_600))).await.unwrap();
    assert_eq!(store.session(&one, at(3_600)).await.unwrap().unwrap().last_seen_at, at(3_000));
    store.end_session(&one).await.unwrap();
    assert_eq!(store.session(&one, at(3_600)).await.unwrap(), None);
}

async fn the_sessions_of_a_user_are_listed_and_those_of_others_are_not(db: &Database) {
    let store = store_with_ana(db).await;
    assert!(open(&store, &token("first"), at(0)).await && open(&store, &token("second"), at(5)).await);
    store.touch_session(&token("first"), at(60), at(7_200)).await.unwrap();
    let listed = async |now| store.sessions_of("ana", at(now)).await.unwrap();
    let tokens = |listed: Vec<OpenSession>| listed.into_iter().map(|session| session.token).collect::<Vec<_>>();
    assert_eq!(tokens(listed(60).await), [token("first"), token("second")]);
    assert_eq!(tokens(listed(3_700).await), [token("first")], "the other has expired");
    assert!(store.sessions_of("eva", at(60)).await.unwrap().is_empty());
}

async fn what_ends_the_tokens_of_a_user_ends_its_sessions(db: &Database) {
    let store = store_with_ana(db).await;
    let scopes = UserChange::Scopes(vec!["notify".into()]);
    assert!(open(&store, &token("kept"), at(0)).await);
    store.change_user("ana", None, &scopes, true, &told(at(1))).await.unwrap();
    let kept = store.session(&token("kept"), at(1)).await.unwrap().unwrap();
    assert_eq!(kept.scopes, ["notify"], "a session goes on with what its user may do now");
    let ending =
        [UserChange::RevokeTokens, UserChange::Password(SecretString::from("$argon2id$other")), UserChange::Disable];
    for (n, what) in (2..).zip(ending) {
        assert!(open(&store, &token("one"), at(n)).await, "{what:?}");
        store.change_user("ana", None, &what, true, &told(at(n))).await.unwrap();
        assert_eq!(store.session(&token("one"), at(n)).await.unwrap(), None, "{what:?}");
        assert_eq!(store.session(&token("kept"), at(n)).await.unwrap(), None, "{what:?}");
    }
    store.change_user("ana", None, &UserChange::Enable, true, &told(at(9))).await.unwrap();
    assert!(open(&store, &token("one"), at(9)).await && open(&store, &token("two"), at(9)).await);
    store.end_sessions("ana").await.unwrap();
    for gone in ["one", "two"] {
        assert_eq!(store.session(&token(gone), at(9)).await.unwrap(), None);
    }
}

async fn nobody_opens_a_session_who_was_signed_out_after_showing_a_password(db: &Database) {
    let store = store_with_ana(db).await;
    store.change_user("ana", None, &UserChange::RevokeTokens, true, &told(at(5))).await.unwrap();
    assert!(!open(&store, &token("one"), at(4)).await);
    assert!(open(&store, &token("one"), at(6)).await);
    store.change_user("ana", None, &UserChange::Delete, true, &told(at(7))).await.unwrap();
    assert!(!open(&store, &token("two"), at(8)).await);
}
