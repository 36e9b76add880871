//! What is sent in the place of a letter: the letter is opened, kept from others, and closed once that is confirmed.

use domain::{Actor, Entry, Key, Tenant};

use super::{archived, counted, index, item, letter, line, plan, started, state_of};
use crate::letters::{
    JobState, LetterAction, LetterEdit, LetterFilter, LetterPlan, OpenedLetter, Redirected, Reserved,
};
use crate::tests::database::{Database, at, key};
use crate::tests::on_both;

on_both!(
    a_letter_is_opened_once_a_pass_has_met_it,
    an_edit_keeps_its_letter_from_others_until_it_is_confirmed,
    a_letter_of_another_job_is_not_edited,
    a_letter_that_has_come_back_is_not_edited_in_the_same_way_again,
    an_edit_that_is_through_is_known_as_sent,
    what_was_redirected_is_known_from_both_sides,
    a_delivery_that_was_sent_otherwise_is_replayed_only_by_name,
);

fn edit(id: &str) -> LetterEdit {
    LetterEdit { id: id.into(), letter: "a".into(), difference: "[]".into(), why: "typo".into() }
}

fn told(id: &str) -> Entry {
    let ada = Actor { name: "ada".into(), ..Actor::on_this_machine("ada") };
    Entry::of(&ada, "dead_letter.edited", id, at(2))
}

async fn a_letter_is_opened_once_a_pass_has_met_it(db: &Database) {
    let store = db.store().await;
    let tenant = Tenant::default();
    index(&store, &[letter("a", "m0")]).await;
    assert!(!store.open_letter(&tenant, "z", at(1)).await.unwrap());
    assert!(!store.open_letter(&Tenant::parse("other").unwrap(), "a", at(1)).await.unwrap());
    assert!(store.open_letter(&tenant, "a", at(1)).await.unwrap());
    assert_eq!(store.opened_letter(&tenant, "a").await.unwrap(), None);
    let met = ["a".to_owned(), "b".to_owned()];
    assert_eq!(store.letters_to_open(&met).await.unwrap().into_iter().collect::<Vec<_>>(), ["a"]);
    let opened = OpenedLetter { kept: b"{}".to_vec(), body: vec![0, 1] };
    store.keep_opened_letters(&[("a".into(), opened.clone())]).await.unwrap();
    assert_eq!(store.opened_letter(&tenant, "a").await.unwrap(), Some(opened));
    assert!(store.letters_to_open(&met).await.unwrap().is_empty());
    store.forget_opened_letters(at(1)).await.unwrap();
    assert!(store.opened_letter(&tenant, "a").await.unwrap().is_some());
    store.forget_opened_letters(at(2)).await.unwrap();
    assert_eq!(store.opened_letter(&tenant, "a").await.unwrap(), None);
}

async fn an_edit_keeps_its_letter_from_others_until_it_is_confirmed(db: &Database) {
    let store = db.store().await;
    let tenant = Tenant::default();
    index(&store, &[letter("a", "m0")]).await;
    assert_eq!(store.reserve_letter_edit(&tenant, &edit("n"), &told("n")).await.unwrap(), Reserved::Reserved);
    assert_eq!(state_of(&store, "n").await, JobState::Paused);
    let other = store.reserve_letter_edit(&tenant, &edit("o"), &told("o")).await.unwrap();
    assert_eq!(other, Reserved::InJob { job: "n".into(), by: "ada".into() });
    assert!(!store.resume_letter_job(&tenant, "n", &testkit::told()).await.unwrap(), "nobody has confirmed it");
    assert_eq!(store.chosen_letters(&["a".into()]).await.unwrap(), []);
    assert_eq!(store.reserve_letter_edit(&tenant, &edit("n"), &told("n")).await.unwrap(), Reserved::Reserved);
    store.confirm_letter_edit(&tenant, &edit("n"), at(3)).await.unwrap();
    store.confirm_letter_edit(&tenant, &edit("n"), at(3)).await.unwrap();
    assert_eq!(store.chosen_letters(&["a".into()]).await.unwrap()[0].action, LetterAction::Edit);
    for id in ["n", "m0"] {
        let edits = store.letter_edits(&key(id)).await.unwrap();
        assert_eq!(edits.len(), 1, "{edits:?}");
        assert_eq!((edits[0].id.as_str(), edits[0].edited_from.as_str(), edits[0].by.as_str()), ("n", "m0", "ada"));
    }
    let unknown = LetterEdit { letter: "z".into(), ..edit("p") };
    assert_eq!(store.reserve_letter_edit(&tenant, &unknown, &told("p")).await.unwrap(), Reserved::Gone);
    assert_eq!(store.letter_job(&tenant, "p").await.unwrap(), None);
}

async fn a_letter_of_another_job_is_not_edited(db: &Database) {
    let store = db.store().await;
    let tenant = Tenant::default();
    index(&store, &[letter("a", "m0"), letter("b", "m0")]).await;
    started(&store, "j", LetterAction::Replay).await;
    let in_job = store.reserve_letter_edit(&tenant, &edit("n"), &told("n")).await.unwrap();
    assert_eq!(in_job, Reserved::InJob { job: "j".into(), by: "ada".into() });
    assert!(store.cancel_letter_job(&tenant, "j", &testkit::told_by("ada", at(3))).await.unwrap());
    assert_eq!(store.reserve_letter_edit(&tenant, &edit("n"), &told("n")).await.unwrap(), Reserved::Reserved);
    assert!(store.cancel_letter_job(&tenant, "n", &testkit::told_by("ada", at(3))).await.unwrap());
    assert_eq!(store.reserve_letter_edit(&tenant, &edit("n"), &told("n")).await.unwrap(), Reserved::Reserved);
    assert_eq!(state_of(&store, "n").await, JobState::Paused, "the same edit goes on after a cancel");
    let twin = LetterEdit { letter: "b".into(), ..edit("o") };
    let in_job = store.reserve_letter_edit(&tenant, &twin, &told("o")).await.unwrap();
    assert_eq!(in_job, Reserved::InJob { job: "n".into(), by: "ada".into() });
}

async fn a_letter_that_has_come_back_is_not_edited_in_the_same_way_again(db: &Database) {
    let store = db.store().await;
    let tenant = Tenant::default();
    index(&store, &[letter("a", "m0")]).await;
    assert_eq!(store.reserve_letter_edit(&tenant, &edit("n"), &told("n")).await.unwrap(), Reserved::Reserved);
    store.confirm_letter_edit(&tenant, &edit("n"), at(3)).await.unwrap();
    let again = store.reserve_letter_edit(&tenant, &edit("n"), &told("n")).await.unwrap();
    assert_eq!(again, Reserved::Reserved, "its job still has the letter");
    store.take_letters(&[item("a", "n")], at(4)).await.unwrap();
    store.finish_letters(&[item("a", "n")], at(4)).await.unwrap();
    let through = store.reserve_letter_edit(&tenant, &edit("n"), &told("n")).await.unwrap();
    assert_eq!(through, Reserved::SentBefore);
    store.end_letter_jobs(at(5)).await.unwrap();
    assert_eq!(state_of(&store, "n").await, JobState::Done);
    assert_eq!(store.reserve_letter_edit(&tenant, &edit("n"), &told("n")).await.unwrap(), Reserved::SentBefore);
    assert_eq!(store.reserve_letter_edit(&tenant, &edit("o"), &told("o")).await.unwrap(), Reserved::Reserved);
}

async fn an_edit_that_is_through_is_known_as_sent(db: &Database) {
    let store = db.store().await;
    let tenant = Tenant::default();
    index(&store, &[letter("a", "m0")]).await;
    assert_eq!(store.edited_letter(&tenant, "a").await.unwrap(), None, "nobody has edited it");
    assert_eq!(store.reserve_letter_edit(&tenant, &edit("n"), &told("n")).await.unwrap(), Reserved::Reserved);
    store.confirm_letter_edit(&tenant, &edit("n"), at(3)).await.unwrap();
    store.take_letters(&[item("a", "n")], at(4)).await.unwrap();
    store.archive_letters(&[archived("a", "n")], at(4)).await.unwrap();
    store.finish_letters(&[item("a", "n")], at(4)).await.unwrap();
    let through = store.reserve_letter_edit(&tenant, &edit("n"), &told("n")).await.unwrap();
    assert_eq!(through, Reserved::Sent, "it is kept, and has an id: the index has not forgotten it yet");
    store.forget_letters(&["a".into()]).await.unwrap();
    assert_eq!(store.reserve_letter_edit(&tenant, &edit("n"), &told("n")).await.unwrap(), Reserved::Sent);
    let other = store.reserve_letter_edit(&tenant, &edit("o"), &told("o")).await.unwrap();
    assert_eq!(other, Reserved::Gone, "another edit has no letter");
    assert!(store.edited_letter(&tenant, "a").await.unwrap().is_some());
    assert_eq!(store.edited_letter(&Tenant::parse("other").unwrap(), "a").await.unwrap(), None);
    // An equal one without an id has the same name.
    index(&store, &[letter("a", "")]).await;
    let copy = store.reserve_letter_edit(&tenant, &edit("n"), &told("n")).await.unwrap();
    assert_eq!(copy, Reserved::SentBefore);
    assert_eq!(store.reserve_letter_edit(&tenant, &edit("n2"), &told("n2")).await.unwrap(), Reserved::Reserved);
}

async fn what_was_redirected_is_known_from_both_sides(db: &Database) {
    let store = db.store().await;
    index(&store, &[letter("a", "m0")]).await;
    started(&store, "j", LetterAction::Drop).await;
    let archived = archived("a", "j");
    let of = Key { tenant: Tenant::default(), id: "m0".into() };
    let redirected = Redirected { item: item("a", "j"), of, id: "n".into(), difference: "[]".into() };
    for _ in 0..2 {
        let (kept, noted) = (std::slice::from_ref(&archived), std::slice::from_ref(&redirected));
        store.keep_redirected(kept, noted, at(3)).await.unwrap();
    }
    for id in ["n", "m0"] {
        let edits = store.letter_edits(&key(id)).await.unwrap();
        assert_eq!((edits.len(), edits[0].why.as_str()), (1, "it is mended"), "{edits:?}");
    }
}

async fn a_delivery_that_was_sent_otherwise_is_replayed_only_by_name(db: &Database) {
    let store = db.store().await;
    let tenant = Tenant::default();
    index(&store, &[letter("a", "m0"), letter("b", "m0"), letter("c", "m1")]).await;
    store.plan_letters(&tenant, &plan("before", LetterAction::Replay), at(1)).await.unwrap();
    started(&store, "j", LetterAction::Drop).await;
    let kept = archived("a", "j");
    let of = Key { tenant: tenant.clone(), id: "m0".into() };
    let redirected = Redirected { item: item("a", "j"), of, id: "n".into(), difference: "[]".into() };
    store.keep_redirected(&[kept], &[redirected], at(3)).await.unwrap();
    assert!(store.cancel_letter_job(&tenant, "j", &testkit::told_by("ada", at(4))).await.unwrap());
    let expected = [line("left_out", "sent_otherwise", 2), line("pending", "", 1)];
    assert!(store.start_letter_job(&tenant, "before", &testkit::told_by("ada", at(5))).await.unwrap());
    assert_eq!(counted(&store, "before").await, expected);
    assert!(store.cancel_letter_job(&tenant, "before", &testkit::told_by("ada", at(6))).await.unwrap());
    store.plan_letters(&tenant, &plan("after", LetterAction::Replay), at(7)).await.unwrap();
    assert_eq!(counted(&store, "after").await, expected);
    let filter = LetterFilter { letters: vec!["b".into()], ..LetterFilter::default() };
    let named = LetterPlan { filter, ..plan("named", LetterAction::Replay) };
    store.plan_letters(&tenant, &named, at(7)).await.unwrap();
    assert_eq!(counted(&store, "named").await, [line("pending", "", 1)]);
}
