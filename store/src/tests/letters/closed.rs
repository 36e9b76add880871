//! Rows whose letters are lost: planned after one whole pass, and closed after another.

use domain::{State, Tenant};
use uuid::Uuid;

use super::{IndexedLetter, counted, index, letter, line, pass, plan, started, state_of};
use crate::Store;
use crate::letters::{JobState, LetterAction};
use crate::tests::database::{Database, HOUR, arrival, at, candidate, decide, key, listed};
use crate::tests::ledger::taken;
use crate::tests::on_both;

on_both!(rows_without_letters_are_closed_after_a_second_pass, what_was_dropped_is_not_missing);

/// A delivery that has failed for good.
async fn dead(store: &Store, id: &str) {
    let row = taken(store.claim_to_send(candidate(id), &arrival(id), HOUR, listed()).await.unwrap());
    let failure = domain::Failure::new("twilio", Some("21211".into()), "no such number");
    let outcome = domain::Outcome::Permanent { reason: domain::Reason::Permanent, failure };
    store.record(&decide(&row, &outcome), None).await.unwrap();
    assert_eq!(store.delivery(&key(id)).await.unwrap().unwrap().row.state, State::Dead);
}

async fn rows_without_letters_are_closed_after_a_second_pass(db: &Database) {
    let store = db.store().await;
    let (tenant, owner) = (Tenant::default(), Uuid::new_v4());
    for id in ["m0", "m1", "m2"] {
        dead(&store, id).await;
    }
    index(&store, &[letter("a", "m0")]).await;
    store.plan_letters(&tenant, &plan("early", LetterAction::Close), at(11)).await.unwrap();
    assert_eq!(counted(&store, "early").await, [], "nobody has read the queue");
    // The clock of the tests is ahead of that of the database.
    db.execute("UPDATE deliveries SET updated_at = 0").await;
    pass(&store, owner, &["a"]).await;
    pass(&store, owner, &["a"]).await;
    started(&store, "j", LetterAction::Close).await;
    assert_eq!(counted(&store, "j").await, [line("pending", "", 2)]);
    assert_eq!(store.close_rows(10, at(12)).await.unwrap(), 0, "the queue was not read since");
    // A letter that another client had comes back meanwhile.
    index(&store, &[IndexedLetter { dead_at: at(3), ..letter("c", "m2") }]).await;
    pass(&store, owner, &["a", "c"]).await;
    assert_eq!(store.close_rows(10, at(13)).await.unwrap(), 1);
    assert_eq!(counted(&store, "j").await, [line("done", "", 1), line("left_out", "in_the_queue", 1)]);
    store.end_letter_jobs(at(14)).await.unwrap();
    assert_eq!(state_of(&store, "j").await, JobState::Done);
    let states = async |id: &str| store.delivery(&key(id)).await.unwrap().unwrap().row.state;
    assert_eq!(
        (states("m0").await, states("m1").await, states("m2").await),
        (State::Dead, State::Cancelled, State::Dead)
    );
}

async fn what_was_dropped_is_not_missing(db: &Database) {
    let store = db.store().await;
    let (tenant, owner) = (Tenant::default(), Uuid::new_v4());
    dead(&store, "m0").await;
    db.execute("UPDATE deliveries SET updated_at = 0").await;
    index(&store, &[letter("a", "m0")]).await;
    started(&store, "d", LetterAction::Drop).await;
    let dropped = super::item("a", "d");
    store.take_letters(std::slice::from_ref(&dropped), at(3)).await.unwrap();
    store.archive_letters(&[super::archived("a", "d")], at(3)).await.unwrap();
    store.finish_letters(&[dropped], at(3)).await.unwrap();
    pass(&store, owner, &[]).await;
    pass(&store, owner, &[]).await;
    store.plan_letters(&tenant, &plan("p", LetterAction::Close), at(4)).await.unwrap();
    assert_eq!(counted(&store, "p").await, []);
}
