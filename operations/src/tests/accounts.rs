//! Accounts: who may manage whom, what is told of it, and how long what was given out counts.

use std::time::Duration;

use domain::{Actor, FieldError, Keyring, Role, Scope, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use store::{JournalFilter, Store};

use crate::accounts::keys::{self, Keys};
use crate::accounts::log_in::{LogIn, LoggedIn, NotLoggedIn};
use crate::accounts::passwords::Passwords;
use crate::accounts::revoked::Revoked;
use crate::accounts::users::{self, Act, AddedBy, Asked, Hashing};
use crate::accounts::{Undone, sessions};
use crate::journal;
use crate::tests::fixtures::{NOW, Still, ledger, tenant};

const PASSWORD: &str = "correct horse battery";

fn actor(name: &str, whose: &str, scopes: &[Scope]) -> Actor {
    Actor { name: name.into(), tenant: tenant(whose), scopes: scopes.to_vec() }
}

fn root() -> Actor {
    actor("root", "default", &Scope::ALL)
}

fn admin_of(whose: &str) -> Actor {
    actor("admin", whose, Role::Admin.scopes())
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

async fn add(store: &Store, by: &Actor, name: &str, whose: &str, scopes: &[Scope]) -> Result<(), Undone> {
    let passwords = Passwords::default();
    let hashing = Hashing { passwords: &passwords, peer: None };
    let asked = Asked { name: name.into(), tenant: tenant(whose), scopes: scopes.to_vec(), password: secret(PASSWORD) };
    users::add(store, hashing, by, asked, &Still(NOW)).await
}

async fn log_in_at(store: &Store, name: &str, password: &str, now: Timestamp) -> Result<LoggedIn, NotLoggedIn> {
    let (passwords, hasher, clock) =
        (Passwords::default(), Keyring::new(b"a secret of the tests, 32 bytes or more", None).logins(), Still(now));
    let login = LogIn { store, passwords: &passwords, hasher: &hasher, clock: &clock };
    login.log_in(name, secret(password), None).await
}

fn later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

#[tokio::test]
async fn who_manages_users_needs_the_scope_and_keeps_to_its_tenant_and_to_what_it_may_give() {
    let ledger = ledger().await;
    let store = &ledger.store;
    add(store, &root(), "root", "default", &Scope::ALL).await.unwrap();
    let operator = actor("op", "acme", Role::Operator.scopes());
    assert!(matches!(add(store, &operator, "x", "acme", &[]).await, Err(Undone::Denied(_))));
    add(store, &admin_of("acme"), "ada", "acme", Role::Operator.scopes()).await.unwrap();
    assert_eq!(add(store, &admin_of("acme"), "ada", "acme", &[Scope::Read]).await, Err(Undone::Taken));
    for (whose, scopes) in [("other", [Scope::Read]), ("acme", [Scope::Tenants])] {
        let refused = add(store, &admin_of("acme"), "x", whose, &scopes).await;
        assert!(matches!(refused, Err(Undone::Beyond(_))), "{refused:?}");
    }
    for foreign in ["ada", "nobody", "no name"] {
        let done = users::act(store, &admin_of("other"), foreign, Act::Disable, &Still(NOW)).await;
        assert!(matches!(done, Err(Undone::Unknown)), "{foreign}");
    }
    let passwords = Passwords::default();
    let hashing = Hashing { passwords: &passwords, peer: None };
    let admin = admin_of("default");
    let taken_over = users::set_password(store, hashing, &admin, "root", secret("a new password"), &Still(NOW)).await;
    assert!(matches!(taken_over, Err(Undone::Beyond(_))), "{taken_over:?}");
    let names = async |who: &Actor| {
        let page = users::list(store, who, None, None, 10, &Still(NOW)).await.unwrap();
        page.users.into_iter().map(|user| user.name).collect::<Vec<_>>()
    };
    assert_eq!(
        (names(&admin_of("acme")).await, names(&root()).await),
        (vec!["ada".into()], vec!["ada".into(), "root".into()])
    );
}

#[tokio::test]
async fn a_disabled_user_logs_in_no_more_and_is_told_nothing_else_than_who_is_wrong() {
    let ledger = ledger().await;
    let store = &ledger.store;
    add(store, &root(), "root", "default", &Scope::ALL).await.unwrap();
    add(store, &root(), "ada", "acme", &[Scope::Read]).await.unwrap();
    let who = log_in_at(store, "ada", PASSWORD, NOW).await.unwrap();
    assert_eq!(who.actor(), actor("ada", "acme", &[Scope::Read]));
    users::act(store, &root(), "ada", Act::Disable, &Still(NOW)).await.unwrap();
    assert_eq!(log_in_at(store, "ada", PASSWORD, later(1)).await.unwrap_err(), NotLoggedIn::Wrong);
    assert_eq!(log_in_at(store, "nobody", PASSWORD, later(1)).await.unwrap_err(), NotLoggedIn::Wrong);
    users::act(store, &root(), "ada", Act::Enable, &Still(NOW)).await.unwrap();
    assert!(log_in_at(store, "ada", PASSWORD, later(2)).await.is_ok());
    let last = users::act(store, &root(), "root", Act::Delete, &Still(NOW)).await;
    assert!(matches!(last, Err(Undone::LastOfAll)));
}

#[tokio::test]
async fn other_scopes_are_told_with_those_of_before() {
    let ledger = ledger().await;
    let store = &ledger.store;
    add(store, &root(), "ada", "acme", &[Scope::Read]).await.unwrap();
    users::set_scopes(store, &root(), "ada", Role::Operator.scopes(), &Still(later(1))).await.unwrap();
    let filter = JournalFilter { kind: Some("user.scopes_changed".into()), ..JournalFilter::default() };
    let told = journal::list(store, filter).await.unwrap().entries.remove(0).row.data;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told, serde_json::json!({"scope": "notify read operate", "scope_before": "read"}));
}

#[tokio::test]
async fn everybody_changes_the_own_password_with_the_old_one() {
    let ledger = ledger().await;
    let store = &ledger.store;
    add(store, &root(), "ada", "acme", &[Scope::Read]).await.unwrap();
    let ada = actor("ada", "acme", &[Scope::Read]);
    let (passwords, hasher, clock) = (Passwords::default(), Keyring::new(b"a secret", None).logins(), Still(NOW));
    let login = LogIn { store, passwords: &passwords, hasher: &hasher, clock: &clock };
    let change = async |who: &Actor, old: &str, new: &str| {
        users::change_own_password(login, None, who, secret(old), secret(new)).await
    };
    assert!(matches!(change(&ada, PASSWORD, "short").await, Err(Undone::Invalid(_))));
    assert_eq!(change(&ada, "wrong", "another battery").await, Err(Undone::WrongPassword));
    for nobody in [actor("key:0123", "acme", &Scope::ALL), actor("ada", "other", &Scope::ALL)] {
        assert_eq!(change(&nobody, PASSWORD, "another battery").await, Err(Undone::Unknown));
    }
    assert_eq!(change(&ada, PASSWORD, "another battery").await, Ok(()));
    assert!(log_in_at(store, "ada", "another battery", later(1)).await.is_ok());
    assert!(log_in_at(store, "ada", PASSWORD, later(1)).await.is_err());
}

#[tokio::test]
async fn a_session_knows_what_its_user_may_do_now_and_ends_with_the_tokens() {
    let ledger = ledger().await;
    let store = &ledger.store;
    add(store, &root(), "ada", "acme", &[Scope::Read]).await.unwrap();
    let who = log_in_at(store, "ada", PASSWORD, NOW).await.unwrap();
    let token = sessions::open(store, &who, &Still(NOW)).await.unwrap().unwrap();
    let found = async |now| sessions::find(store, &token, &Still(now)).await.unwrap();
    assert_eq!(found(NOW).await, Some(actor("ada", "acme", &[Scope::Read])));
    users::set_scopes(store, &root(), "ada", Role::Operator.scopes(), &Still(later(1))).await.unwrap();
    assert_eq!(found(later(1)).await, Some(actor("ada", "acme", Role::Operator.scopes())));
    // Used in the eleventh hour, it lasts for twelve more.
    assert!(found(later(11 * 3600)).await.is_some());
    assert!(found(later(22 * 3600)).await.is_some());
    assert_eq!(found(later(35 * 3600)).await, None);
    users::act(store, &root(), "ada", Act::Revoke, &Still(later(2))).await.unwrap();
    assert_eq!(found(later(3)).await, None);
    assert_eq!(sessions::open(store, &who, &Still(later(3))).await.unwrap().map(|_| ()), None, "it was read before");
    let token = secret("no token");
    assert_eq!(sessions::find(store, &token, &Still(NOW)).await.unwrap(), None);
    sessions::end(store, &token).await.unwrap();
}

#[tokio::test]
async fn everybody_sees_the_own_sessions_and_ends_one_of_them() {
    let ledger = ledger().await;
    let store = &ledger.store;
    for name in ["ada", "eve"] {
        add(store, &root(), name, "acme", &[Scope::Read]).await.unwrap();
    }
    let ada = log_in_at(store, "ada", PASSWORD, NOW).await.unwrap();
    let (one, other) = (
        sessions::open(store, &ada, &Still(NOW)).await.unwrap().unwrap(),
        sessions::open(store, &ada, &Still(later(1))).await.unwrap().unwrap(),
    );
    let list = async |who: &Actor| {
        let listed = sessions::list(store, who, &Still(later(2))).await.unwrap();
        listed.into_iter().map(|session| session.id).collect::<Vec<_>>()
    };
    let ids = [&other, &one].map(|token| sessions::id_of(token).unwrap());
    assert_eq!(list(&ada.actor()).await, ids);
    assert!(!ids.iter().any(|id| one.expose_secret().contains(id.as_str())));
    let eve = actor("eve", "acme", &[Scope::Read]);
    assert!(!sessions::end_one(store, &eve, &ids[1], &Still(later(2))).await.unwrap(), "it is another's");
    assert!(sessions::end_one(store, &ada.actor(), &ids[1], &Still(later(2))).await.unwrap());
    assert_eq!(list(&ada.actor()).await, ids[..1]);
    assert_eq!(sessions::find(store, &one, &Still(later(3))).await.unwrap(), None);
    assert!(sessions::find(store, &other, &Still(later(3))).await.unwrap().is_some());
}

#[test]
fn a_user_to_add_is_read_with_everything_that_is_wrong_at_once() {
    let admin = admin_of("acme");
    let read_for = |by: AddedBy<'_>, text: &str| Asked::of(serde_json::from_str(text).unwrap(), by, Vec::new());
    let read = |text: &str| read_for(AddedBy::Administrator(&admin), text);
    let asked = read(r#"{"username": "ada", "password": "correct horse", "role": "operator"}"#).unwrap();
    assert_eq!((asked.tenant, asked.scopes), (tenant("acme"), Role::Operator.scopes().to_vec()));
    let usual = read(r#"{"username": "ada", "password": "correct horse"}"#).unwrap();
    assert_eq!(usual.scopes, users::USUAL_SCOPES);
    let wrong = read(r#"{"username": "a b", "password": "short", "scope": "raed", "tenant": "a b", "rolle": "x"}"#);
    let pointers = |wrong: Result<Asked, Vec<FieldError>>| {
        wrong.unwrap_err().into_iter().map(|error| error.pointer).collect::<Vec<_>>()
    };
    assert_eq!(pointers(wrong), ["/username", "/password", "/scope", "/tenant", "/rolle"]);
    let beyond = r#"{"username": "ada", "password": "short", "scope": "tenants", "tenant": "globex"}"#;
    assert_eq!(pointers(read(beyond)), ["/password", "/tenant", "/scope"]);
    let first = r#"{"username": "ada", "password": "correct horse", "role": "admin", "scope": "", "tenant": "acme"}"#;
    assert_eq!(pointers(read_for(AddedBy::Itself, first)), ["/role", "/scope", "/tenant"]);
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_once_where_the_change_was_made() {
    let ledger = ledger().await;
    let store = &ledger.store;
    add(store, &root(), "ada", "acme", &[Scope::Read]).await.unwrap();
    let revoked = Revoked::default();
    let second = NOW.as_micros() as f64 / 1e6;
    let has = async |issued_at| revoked.has(store, &Still(NOW), "ada", issued_at).await;
    assert!(!has(Some(second)).await && !has(None).await);
    users::act(store, &root(), "ada", Act::Revoke, &Still(NOW)).await.unwrap();
    revoked.forget_age();
    assert!(has(Some(second)).await && has(None).await && !has(Some(second + 1.0)).await);
}

fn key(text: &str, by: &Actor) -> keys::Asked {
    keys::Asked::read(text, &by.tenant, NOW).unwrap()
}

#[tokio::test]
async fn a_key_may_do_what_its_maker_may_and_is_believed_until_it_is_over() {
    let ledger = ledger().await;
    let (store, admin, known) = (&ledger.store, admin_of("acme"), Keys::default());
    let beyond = actor("a", "acme", &[Scope::Admin]);
    let asked = key(r#"{"name": "orders", "role": "operator"}"#, &beyond);
    assert!(matches!(keys::add(store, &beyond, asked, &Still(NOW)).await, Err(Undone::Beyond(_))));
    let made = keys::add(store, &admin, key(r#"{"name": "orders", "scope": "notify"}"#, &admin), &Still(NOW)).await;
    let made = made.unwrap();
    let text = made.text.expose_secret().to_owned();
    let actor_of = async |text: &str, now| {
        known.forget_age();
        known.actor(store, &Still(now), text).await.unwrap()
    };
    let expected = actor(&format!("key:{}", made.key.prefix), "acme", &[Scope::Notify]);
    assert_eq!(actor_of(&text, NOW).await, Some(expected));
    let (begin, last) = text.split_at(text.len() - 1);
    let wrong = format!("{begin}{}", if last == "0" { "1" } else { "0" });
    assert_eq!((actor_of(&wrong, NOW).await, actor_of("chq_0", NOW).await), (None, None));
    let next = keys::rotate(store, &admin, &made.key.id, Duration::from_secs(60), &Still(NOW)).await.unwrap();
    let next_text = next.text.expose_secret().to_owned();
    assert!(actor_of(&text, later(59)).await.is_some() && actor_of(&next_text, later(59)).await.is_some());
    assert!(actor_of(&text, later(60)).await.is_none() && actor_of(&next_text, later(60)).await.is_some());
    assert_eq!(keys::revoke(store, &admin_of("other"), &next.key.id, &Still(NOW)).await, Err(Undone::Unknown));
    keys::revoke(store, &admin, &next.key.id, &Still(NOW)).await.unwrap();
    assert!(actor_of(&next_text, later(60)).await.is_none());
    let page = keys::list(store, &admin, None, None, 10, &Still(NOW)).await.unwrap();
    assert_eq!(page.keys.len(), 2);
    let page = keys::list(store, &admin_of("other"), None, None, 10, &Still(NOW)).await.unwrap();
    assert!(page.keys.is_empty());
}

#[tokio::test]
async fn a_key_makes_none_that_outlives_it() {
    let ledger = ledger().await;
    let (store, admin, clock) = (&ledger.store, admin_of("acme"), Still(NOW));
    let asked = key(r#"{"name": "deploy", "scope": "admin notify", "expires_at": "2026-03-08T12:00:00Z"}"#, &admin);
    let maker = keys::add(store, &admin, asked, &clock).await.unwrap();
    let lasting =
        keys::add(store, &admin, key(r#"{"name": "orders", "scope": "notify"}"#, &admin), &clock).await.unwrap();
    let by = Keys::default().actor(store, &clock, maker.text.expose_secret()).await.unwrap().unwrap();
    let refused = |made: Result<keys::Made, Undone>| match made {
        Err(Undone::Invalid(fields)) => fields.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        made => panic!("{made:?}"),
    };
    for body in [
        r#"{"name": "x", "scope": "notify"}"#,
        r#"{"name": "x", "scope": "notify", "expires_at": "2026-03-08T12:00:01Z"}"#,
    ] {
        let said = refused(keys::add(store, &by, key(body, &by), &clock).await);
        assert!(said.starts_with("/expires_at must be at the latest 2026-03-08T12:00:00Z"), "{said}");
    }
    let said = refused(keys::rotate(store, &by, &lasting.key.id, Duration::ZERO, &clock).await);
    assert!(said.ends_with("ends at 2026-03-08T12:00:00Z"), "{said}");
    let asked = key(r#"{"name": "x", "scope": "notify", "expires_at": "2026-03-08T12:00:00Z"}"#, &by);
    keys::add(store, &by, asked, &clock).await.unwrap();
    let next = keys::rotate(store, &by, &maker.key.id, Duration::from_secs(60), &clock).await.unwrap();
    assert_eq!(next.key.expires_at, maker.key.expires_at, "one that follows ends when the other would have");
}

#[test]
fn everything_that_is_wrong_with_a_key_is_named_at_once() {
    let said = |text: &str| -> Vec<String> {
        let refused = keys::Asked::read(text, &tenant("acme"), NOW).unwrap_err();
        refused.errors().iter().map(ToString::to_string).collect()
    };
    let all = said(r#"{"nam": "x", "role": "admn", "tenant": "a b", "expires_at": "2020-01-01T00:00:00Z"}"#);
    let begins = [
        "/name is missing",
        "/role must be one of viewer, operator, admin: did you mean admin?",
        "/tenant must be",
        "/expires_at lies in the past",
        "/nam is not known here: did you mean name?",
    ];
    assert_eq!(all.len(), begins.len(), "{all:?}");
    assert!(all.iter().zip(begins).all(|(said, begin)| said.starts_with(begin)), "{all:?}");
    assert_eq!(said(r#"{"name": "x"}"#), ["/scope is missing: what the key may do, such as notify; or give role"]);
    assert!(
        said(r#"{"name": "x", "role": "admin", "scope": "read"}"#)[0].starts_with("/role must not be given together")
    );
}

#[tokio::test]
async fn of_two_first_users_at_once_one_is_added() {
    let ledger = ledger().await;
    let store = &ledger.store;
    let first = async |name: &str| {
        let passwords = Passwords::default();
        let asked = Asked {
            name: name.into(),
            tenant: tenant("default"),
            scopes: Scope::ALL.to_vec(),
            password: secret(PASSWORD),
        };
        users::add_first(store, Hashing { passwords: &passwords, peer: None }, asked, &Still(NOW)).await.unwrap()
    };
    let (one, two) = tokio::join!(first("ada"), first("eve"));
    assert!(one != two);
}
