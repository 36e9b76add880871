//! Users: one first user, unique names.

use crate::NewUser;
use domain::Tenant;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::task::JoinSet;

use crate::tests::database::Database;
use crate::tests::on_both;

on_both!(one_of_many_first_users_is_created, names_are_unique);

fn user(name: &str) -> NewUser {
    NewUser {
        name: name.into(),
        tenant: Tenant::default(),
        password_hash: SecretString::from("$argon2id$hash"),
        scopes: vec!["notify".into(), "admin".into()],
    }
}

async fn one_of_many_first_users_is_created(db: &Database) {
    db.store().await;
    let mut registrations = JoinSet::new();
    for n in 0..8 {
        let store = db.open().await;
        registrations.spawn(async move { store.create_first_user(user(&format!("user {n}"))).await.unwrap() });
    }
    let created = registrations.join_all().await;
    assert_eq!(created.iter().filter(|created| **created).count(), 1);
    assert_eq!(db.open().await.count_users().await.unwrap(), 1);
}

async fn names_are_unique(db: &Database) {
    let store = db.store().await;
    assert!(store.create_user(user("ana")).await.unwrap());
    assert!(!store.create_user(user("ana")).await.unwrap());
    let ana = store.user("ana").await.unwrap().unwrap();
    assert_eq!(ana.scopes, ["notify", "admin"]);
    assert_eq!(ana.password_hash.expose_secret(), "$argon2id$hash");
    assert!(!format!("{ana:?}").contains("argon2id"), "a user prints its hash");
    assert!(store.user("berta").await.unwrap().is_none());
}
