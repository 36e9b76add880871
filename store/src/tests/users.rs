//! Users: one first user, unique names, what is changed about them, and who is the last.

use crate::{Changed, JournalFilter, NewUser, Store, User, UserChange};
use domain::{Actor, Entry, Tenant, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::task::JoinSet;

use crate::tests::database::{Database, at};
use crate::tests::on_both;

on_both!(
    one_of_many_first_users_is_created,
    names_are_unique,
    a_page_begins_behind_the_name_where_the_last_one_ended,
    what_is_changed_about_a_user_is_seen_and_refuses_its_tokens,
    the_last_who_manages_all_users_stays,
    the_last_who_manages_the_users_of_a_tenant_stays,
    of_two_who_are_the_last_but_one_only_one_is_disabled,
    whoever_gets_the_name_of_a_deleted_user_gets_none_of_its_tokens,
    a_user_of_another_tenant_is_unknown,
    who_may_do_something_else_by_now_is_not_changed,
    who_is_enabled_already_is_not_noted_as_enabled,
);

const ALL: [&str; 2] = ["admin", "tenants"];

fn user(name: &str) -> NewUser {
    with_scopes(name, &["notify", "admin"])
}

fn with_scopes(name: &str, scopes: &[&str]) -> NewUser {
    NewUser {
        name: name.into(),
        tenant: Tenant::default(),
        password_hash: SecretString::from("$argon2id$hash"),
        scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
    }
}

fn told(name: &str, now: Timestamp) -> Entry {
    Entry::of(&Actor::on_this_machine("ada"), "user.tested", name, now)
}

async fn create(store: &Store, user: NewUser) {
    let told = told(&user.name, at(0));
    assert!(store.create_user(user, &told).await.unwrap());
}

async fn change(store: &Store, name: &str, change: UserChange, now: Timestamp) -> Changed {
    store.change_user(name, None, &change, true, &told(name, now)).await.unwrap()
}

async fn one_of_many_first_users_is_created(db: &Database) {
    db.store().await;
    let mut registrations = JoinSet::new();
    for n in 0..8 {
        let store = db.open().await;
        registrations.spawn(async move {
            let name = format!("user {n}");
            store.create_first_user(user(&name), &told(&name, at(0))).await.unwrap()
        });
    }
    let created = registrations.join_all().await;
    assert_eq!(created.iter().filter(|created| **created).count(), 1);
    assert_eq!(db.open().await.count_users().await.unwrap(), 1);
}

async fn names_are_unique(db: &Database) {
    let store = db.store().await;
    create(&store, user("ana")).await;
    assert!(!store.create_user(user("ana"), &told("ana", at(0))).await.unwrap());
    let ana = store.user("ana").await.unwrap().unwrap();
    assert_eq!(ana.scopes, ["notify", "admin"]);
    assert_eq!(ana.password_hash.expose_secret(), "$argon2id$hash");
    assert_eq!((ana.created_at, ana.disabled_at, ana.tokens_valid_from), (at(0), None, None));
    assert!(!format!("{ana:?}").contains("argon2id"), "a user prints its hash");
    assert!(store.user("berta").await.unwrap().is_none());
}

async fn a_page_begins_behind_the_name_where_the_last_one_ended(db: &Database) {
    let store = db.store().await;
    for name in ["carla", "ana", "berta"] {
        create(&store, user(name)).await;
    }
    let acme = Tenant::parse("acme").unwrap();
    create(&store, NewUser { tenant: acme.clone(), ..user("dora") }).await;
    let names = |page: &crate::UserPage| page.users.iter().map(|user| user.name.clone()).collect::<Vec<_>>();
    let first = store.users(None, None, 2).await.unwrap();
    assert_eq!((names(&first), first.next.as_deref()), (vec!["ana".into(), "berta".into()], Some("berta")));
    let second = store.users(None, first.next.as_deref(), 2).await.unwrap();
    assert_eq!((names(&second), second.next), (vec!["carla".into(), "dora".into()], None));
    assert_eq!(names(&store.users(Some(&acme), None, 2).await.unwrap()), ["dora"]);
}

async fn what_is_changed_about_a_user_is_seen_and_refuses_its_tokens(db: &Database) {
    let store = db.store().await;
    create(&store, with_scopes("root", &ALL)).await;
    create(&store, user("ana")).await;
    let refuses = async |issued_at: Timestamp| {
        let seconds = issued_at.as_micros() as f64 / 1e6;
        store.revocations(at(100)).await.unwrap().refuses("ana", Some(seconds))
    };
    assert!(!refuses(at(0)).await);
    let changes = [
        (UserChange::RevokeTokens, 1),
        (UserChange::Password(SecretString::from("$argon2id$other")), 2),
        (UserChange::Scopes(vec!["read".into()]), 3),
        (UserChange::Disable, 4),
    ];
    for (what, second) in changes {
        let name = format!("{what:?}");
        assert!(matches!(change(&store, "ana", what, at(second)).await, Changed::Done(_)), "{name}");
        assert!(refuses(at(second)).await && !refuses(at(second + 1)).await, "{name}");
    }
    let ana = store.user("ana").await.unwrap().unwrap();
    assert_eq!(ana.password_hash.expose_secret(), "$argon2id$other");
    assert_eq!((ana.scopes.as_slice(), ana.disabled_at), (["read".to_owned()].as_slice(), Some(at(4))));
    assert_eq!((ana.password_changed_at, ana.tokens_valid_from), (Some(at(2)), Some(at(4))));
    change(&store, "ana", UserChange::Enable, at(9)).await;
    let ana = store.user("ana").await.unwrap().unwrap();
    assert_eq!((ana.disabled_at, ana.tokens_valid_from), (None, Some(at(4))), "tokens of before stay refused");
    // A token of after the last change counts as issued in the next second.
    change(&store, "ana", UserChange::RevokeTokens, at(4)).await;
    assert!(refuses(at(5)).await && !refuses(at(6)).await);
}

async fn the_last_who_manages_all_users_stays(db: &Database) {
    let store = db.store().await;
    create(&store, with_scopes("root", &ALL)).await;
    create(&store, with_scopes("other", &ALL)).await;
    create(&store, user("ana")).await;
    assert!(matches!(change(&store, "other", UserChange::Disable, at(1)).await, Changed::Done(_)));
    let taking = [UserChange::Disable, UserChange::Delete, UserChange::Scopes(vec!["admin".into()])];
    for what in taking.clone() {
        assert!(matches!(change(&store, "root", what, at(2)).await, Changed::LastOfAll));
    }
    let root = store.user("root").await.unwrap().unwrap();
    assert_eq!((root.scopes.join(" "), root.disabled_at, root.tokens_valid_from), ("admin tenants".into(), None, None));
    change(&store, "other", UserChange::Enable, at(3)).await;
    for what in taking {
        assert!(matches!(change(&store, "root", what, at(4)).await, Changed::Done(_) | Changed::Unknown));
    }
}

async fn the_last_who_manages_the_users_of_a_tenant_stays(db: &Database) {
    let store = db.store().await;
    for name in ["ana", "berta"] {
        create(&store, NewUser { tenant: Tenant::parse("acme").unwrap(), ..user(name) }).await;
    }
    create(&store, user("of another tenant")).await;
    let by = async |by_all: bool, name: &str, what: &UserChange| {
        store.change_user(name, None, what, by_all, &told(name, at(1))).await.unwrap()
    };
    let taking = [UserChange::Disable, UserChange::Delete, UserChange::Scopes(vec!["notify".into()])];
    assert!(matches!(by(false, "berta", &taking[0]).await, Changed::Done(_)), "another one is left");
    for (by_all, what) in [false, true].into_iter().flat_map(|by_all| taking.iter().map(move |what| (by_all, what))) {
        let changed = by(by_all, "ana", what).await;
        assert!(matches!(changed, Changed::LastOfTenant), "{what:?} {changed:?}");
    }
    let fewer = UserChange::Scopes(vec!["admin".into()]);
    assert!(matches!(by(false, "ana", &fewer).await, Changed::Done(_)), "it still manages them");
    create(&store, with_scopes("root", &ALL)).await;
    for what in &taking {
        assert!(matches!(by(false, "ana", what).await, Changed::LastOfTenant), "{what:?}");
    }
    assert!(matches!(by(true, "ana", &UserChange::Delete).await, Changed::Done(_)), "root can add another one");
}

async fn of_two_who_are_the_last_but_one_only_one_is_disabled(db: &Database) {
    let store = db.store().await;
    create(&store, with_scopes("ana", &ALL)).await;
    create(&store, with_scopes("berta", &ALL)).await;
    let (one, two) = (db.open().await, db.open().await);
    let (one, two) = tokio::join!(
        change(&one, "ana", UserChange::Disable, at(1)),
        change(&two, "berta", UserChange::Disable, at(1))
    );
    let done = [&one, &two].into_iter().filter(|changed| matches!(changed, Changed::Done(_))).count();
    assert_eq!(done, 1, "{one:?} {two:?}");
}

async fn whoever_gets_the_name_of_a_deleted_user_gets_none_of_its_tokens(db: &Database) {
    let store = db.store().await;
    create(&store, with_scopes("ana", &["notify"])).await;
    assert!(matches!(change(&store, "ana", UserChange::Delete, at(10)).await, Changed::Done(_)));
    assert!(matches!(change(&store, "ana", UserChange::Delete, at(11)).await, Changed::Unknown));
    assert_eq!(store.count_users().await.unwrap(), 0);
    create(&store, user("ana")).await;
    let ana = store.user("ana").await.unwrap().unwrap();
    assert_eq!(ana.tokens_valid_from, Some(at(10)));
    let revocations = store.revocations(at(20)).await.unwrap();
    let second = at(10).as_micros() as f64 / 1e6;
    assert!(revocations.refuses("ana", Some(second)) && !revocations.refuses("ana", Some(second + 1.0)));
    store.forget_deleted_users(at(368 * 86_400)).await.unwrap();
    assert!(!store.revocations(at(368 * 86_400)).await.unwrap().refuses("ana", Some(second)), "it is long expired");
}

async fn a_user_of_another_tenant_is_unknown(db: &Database) {
    let store = db.store().await;
    create(&store, user("ana")).await;
    let ana = store.user("ana").await.unwrap().unwrap();
    let seen = User { tenant: Tenant::parse("acme").unwrap(), ..ana };
    let changed = store.change_user("ana", Some(&seen), &UserChange::Disable, true, &told("ana", at(1))).await.unwrap();
    assert!(matches!(changed, Changed::Unknown));
    assert!(store.user("ana").await.unwrap().unwrap().disabled_at.is_none());
    assert!(matches!(change(&store, "a\0", UserChange::Disable, at(1)).await, Changed::Unknown));
}

async fn who_may_do_something_else_by_now_is_not_changed(db: &Database) {
    let store = db.store().await;
    create(&store, user("ana")).await;
    let seen = store.user("ana").await.unwrap().unwrap();
    let more = UserChange::Scopes(ALL.map(str::to_owned).to_vec());
    assert!(matches!(change(&store, "ana", more, at(1)).await, Changed::Done(_)));
    let taking_over = UserChange::Password(SecretString::from("$argon2id$other"));
    let refused = store.change_user("ana", Some(&seen), &taking_over, true, &told("ana", at(2))).await;
    assert!(refused.is_err_and(|error| error.is_unavailable()));
    let seen = store.user("ana").await.unwrap().unwrap();
    assert_eq!((seen.password_hash.expose_secret(), seen.password_changed_at), ("$argon2id$hash", None));
    let changed = store.change_user("ana", Some(&seen), &taking_over, true, &told("ana", at(3))).await.unwrap();
    assert!(matches!(changed, Changed::Done(_)));
}

async fn who_is_enabled_already_is_not_noted_as_enabled(db: &Database) {
    let store = db.store().await;
    create(&store, with_scopes("root", &ALL)).await;
    create(&store, user("ana")).await;
    let noted = async || {
        let filter = JournalFilter { limit: 10, ..JournalFilter::default() };
        store.journal_page(&filter).await.unwrap().entries.len()
    };
    let before = noted().await;
    assert!(matches!(change(&store, "ana", UserChange::Enable, at(1)).await, Changed::Done(_)));
    assert_eq!(noted().await, before);
    change(&store, "ana", UserChange::Disable, at(2)).await;
    change(&store, "ana", UserChange::Enable, at(3)).await;
    assert_eq!(noted().await, before + 2);
}
