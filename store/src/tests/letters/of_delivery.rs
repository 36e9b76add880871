//! The letters of one id are found without its delivery: in the queue, and after a job has taken them out of it.

use domain::{Key, Tenant};

use super::{archived, index, item, letter, plan, started};
use crate::letters::{IndexedLetter, LetterAction, LetterWork};
use crate::tests::database::{Database, at, key};
use crate::tests::on_both;

on_both!(
    letters_are_found_by_the_id_of_their_delivery,
    what_was_taken_out_is_found_with_who_keeps_it_and_why_it_died,
    the_job_that_is_at_a_letter_is_found_by_its_delivery,
);

async fn letters_are_found_by_the_id_of_their_delivery(db: &Database) {
    let store = db.store().await;
    let later = IndexedLetter { dead_at: at(9), ..letter("b", "m1") };
    let foreign = IndexedLetter { tenant: Tenant::parse("other").unwrap(), ..letter("d", "m1") };
    index(&store, &[letter("a", "m1"), later.clone(), letter("c", "m2"), foreign]).await;
    assert_eq!(store.letters_of(&key("m1"), 10).await.unwrap(), [later.clone(), letter("a", "m1")]);
    assert_eq!(store.letters_of(&key("m1"), 1).await.unwrap(), [later]);
    assert_eq!(store.letters_of(&key("nobody"), 10).await.unwrap(), []);
    assert_eq!(store.taken_letters_of(&key("m1"), 10).await.unwrap(), []);
}

async fn what_was_taken_out_is_found_with_who_keeps_it_and_why_it_died(db: &Database) {
    let store = db.store().await;
    index(&store, &[letter("a", "m1")]).await;
    started(&store, "d", LetterAction::Drop).await;
    store.archive_letters(&[archived("a", "d")], at(3)).await.unwrap();
    assert_eq!(store.taken_letters_of(&key("m1"), 10).await.unwrap(), [], "the queue may still have it");
    store.finish_letters(&[item("a", "d")], at(3)).await.unwrap();
    store.forget_letters(&["a".to_owned()]).await.unwrap();
    assert_eq!(store.letters_of(&key("m1"), 10).await.unwrap(), []);
    let taken = store.taken_letters_of(&key("m1"), 10).await.unwrap();
    assert_eq!(taken.len(), 1, "{taken:?}");
    let one = &taken[0];
    assert_eq!((one.letter.as_str(), one.job.as_str(), one.action, one.at), ("a", "d", LetterAction::Drop, at(3)));
    assert_eq!((one.by.as_str(), one.why.as_str()), ("ada", "it is mended"));
    assert_eq!((one.reason.as_str(), one.words.as_str(), one.fingerprint.as_str()), ("exhausted", "try later", "1-a"));
    let foreign = Key { tenant: Tenant::parse("other").unwrap(), id: "m1".into() };
    assert_eq!(store.taken_letters_of(&foreign, 10).await.unwrap(), []);
}

async fn the_job_that_is_at_a_letter_is_found_by_its_delivery(db: &Database) {
    let store = db.store().await;
    index(&store, &[letter("a", "m1"), letter("b", "m2")]).await;
    let work = async |id: &str, epoch| store.letter_work_of(&key(id), epoch).await.unwrap();
    store.plan_letters(&Tenant::default(), &plan("p", LetterAction::Drop), at(1)).await.unwrap();
    assert_eq!(work("m1", 0).await, None, "nobody has started it");
    started(&store, "r", LetterAction::Replay).await;
    let at_work = LetterWork {
        job: "r".into(),
        action: LetterAction::Replay,
        by: "ada".into(),
        why: "it is mended".into(),
        moved_at: None,
    };
    assert_eq!(work("m1", 0).await, Some(at_work.clone()));
    assert_eq!((work("m1", 1).await, work("nobody", 0).await), (None, None));
    store.finish_letters(&[item("a", "r")], at(4)).await.unwrap();
    assert_eq!(work("m1", 0).await, Some(LetterWork { moved_at: Some(at(4)), ..at_work.clone() }));
    assert_eq!(work("m2", 0).await, Some(at_work));
    store.cancel_letter_job(&Tenant::default(), "r", &testkit::told_by("ada", at(5))).await.unwrap();
    assert_eq!(work("m2", 0).await, None, "it was cancelled before");
}
