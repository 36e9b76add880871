//! How providers are: what was noted last counts, for every process.

use crate::tests::database::{Database, at};
use crate::tests::on_both;

on_both!(what_is_noted_of_a_provider_last_is_known_to_every_process);

async fn what_is_noted_of_a_provider_last_is_known_to_every_process(db: &Database) {
    let (one, another) = (db.store().await, db.open().await);
    assert_eq!(one.providers().await.unwrap(), []);
    one.note_provider("smtp", "open", Some(at(60))).await.unwrap();
    one.note_provider("sendgrid", "closed", None).await.unwrap();
    let known = async |store: &crate::Store| {
        let states = store.providers().await.unwrap().into_iter();
        states.map(|one| (one.name, one.state, one.open_until)).collect::<Vec<_>>()
    };
    let closed = ("sendgrid".to_owned(), "closed".to_owned(), None);
    let open = ("smtp".to_owned(), "open".to_owned(), Some(at(60)));
    assert_eq!(known(&another).await, [closed.clone(), open]);
    another.note_provider("smtp", "half_open", None).await.unwrap();
    assert_eq!(known(&one).await, [closed, ("smtp".to_owned(), "half_open".to_owned(), None)]);
}
