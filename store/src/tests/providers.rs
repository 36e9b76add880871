//! How providers are: what was noted last counts, for every process.

use std::sync::Arc;

use domain::Timestamp;
use testkit::Still;

use crate::tests::database::{Database, at};
use crate::tests::on_both;
use crate::{Options, Store};

on_both!(
    what_is_noted_of_a_provider_last_is_known_to_every_process,
    what_is_open_for_longer_stays_noted_until_somebody_closes_it,
    what_nobody_says_any_more_is_forgotten,
);

async fn what_is_noted_of_a_provider_last_is_known_to_every_process(db: &Database) {
    let (one, another) = (db.store().await, db.open().await);
    assert_eq!(one.providers().await.unwrap(), []);
    one.note_provider("smtp", "open", Some(at(0))).await.unwrap();
    one.note_provider("sendgrid", "closed", None).await.unwrap();
    let closed = ("sendgrid".to_owned(), "closed".to_owned(), None);
    let open = ("smtp".to_owned(), "open".to_owned(), Some(at(0)));
    assert_eq!(known(&another).await, [closed.clone(), open]);
    another.note_provider("smtp", "half_open", None).await.unwrap();
    assert_eq!(known(&one).await, [closed, ("smtp".to_owned(), "half_open".to_owned(), None)]);
}

async fn what_is_open_for_longer_stays_noted_until_somebody_closes_it(db: &Database) {
    let store = db.store().await;
    let noted = async |state: &str, until| {
        store.note_provider("smtp/email", state, until).await.unwrap();
        known(&store).await.pop().map(|(_, state, until)| (state, until)).expect("a row")
    };
    let open = |seconds| ("open".to_owned(), Some(at(seconds)));
    assert_eq!(noted("open", Some(at(60))).await, open(60));
    assert_eq!(noted("half_open", None).await, open(60));
    assert_eq!(noted("open", Some(at(20))).await, open(60));
    assert_eq!(noted("open", Some(at(80))).await, open(80));
    assert_eq!(noted("closed", None).await, ("closed".to_owned(), None));
    assert_eq!(noted("open", Some(at(20))).await, open(20));
}

async fn what_nobody_says_any_more_is_forgotten(db: &Database) {
    let (store, later) = (db.store().await, db_at(db, 600).await);
    store.note_provider("smtp/email", "open", Some(at(9000))).await.unwrap();
    assert_eq!(known(&db_at(db, 599).await).await.len(), 1);
    assert_eq!(known(&later).await, []);
    later.note_provider("smtp/email", "half_open", None).await.unwrap();
    assert_eq!(known(&later).await, [("smtp/email".to_owned(), "half_open".to_owned(), None)]);
}

/// The store of a process so many seconds after the tests began.
async fn db_at(db: &Database, seconds: i64) -> Store {
    Store::connect(Options { clock: Arc::new(Still::at(at(seconds))), ..db.options() }).await.unwrap()
}

async fn known(store: &Store) -> Vec<(String, String, Option<Timestamp>)> {
    let states = store.providers().await.unwrap().into_iter();
    states.map(|one| (one.name, one.state, one.open_until)).collect()
}
