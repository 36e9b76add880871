//! Equal letters without an id have one name, and each is a message of its own; and what a restore may forget.

use domain::{Canary, Tenant};
use uuid::Uuid;

use super::{PASS, archived, counted, index, item, letter, line, pass, plan, started, state_of};
use crate::Store;
use crate::letters::{Archived, Item, JobState, LetterAction, LetterFilter, LetterPlan};
use crate::tests::database::{Database, at};
use crate::tests::on_both;

on_both!(
    copies_without_an_id_are_counted_and_those_of_an_id_are_one,
    a_job_moves_as_many_copies_as_its_plan_had,
    copies_that_somebody_else_took_are_missing_and_the_others_done,
    copies_count_for_the_canary_each,
    as_many_copies_are_put_back_as_were_kept,
    two_restores_put_a_letter_back_once,
    a_letter_that_a_restore_is_about_to_put_back_is_not_left_over,
    a_restore_does_not_forget_what_was_kept_again_meanwhile,
);

async fn copies(store: &Store) -> Vec<u32> {
    let page = store.letters(&LetterFilter::default(), None, 10).await.unwrap();
    page.letters.iter().map(|letter| letter.copies).collect()
}

/// Five equal letters without an id.
async fn five(store: &Store) {
    index(store, &[letter("a", ""), letter("a", ""), letter("a", ""), letter("a", ""), letter("a", "")]).await;
}

fn each(items: usize, job: &str) -> Vec<Item> {
    vec![item("a", job); items]
}

async fn restore(store: &Store, id: &str) {
    let tenant = Tenant::default();
    store.plan_letters(&tenant, &plan(id, LetterAction::Restore), at(4)).await.unwrap();
    assert!(store.start_letter_job(&tenant, id, &testkit::told_by("ada", at(5))).await.unwrap());
}

async fn copies_without_an_id_are_counted_and_those_of_an_id_are_one(db: &Database) {
    let store = db.store().await;
    five(&store).await;
    let names = ["a", "a"].map(str::to_owned);
    store.meet_letters(PASS, &names).await.unwrap();
    assert_eq!(copies(&store).await, [7], "two more of the same reading");
    store.meet_letters(PASS + 1, &names).await.unwrap();
    assert_eq!(copies(&store).await, [2], "another reading has met two");
    index(&store, &[letter("b", "m0"), letter("b", "m0")]).await;
    store.meet_letters(PASS + 1, &["b", "b"].map(str::to_owned)).await.unwrap();
    assert_eq!(copies(&store).await, [1, 2]);
    let groups = store.letter_groups(&Tenant::default(), false).await.unwrap();
    assert_eq!(groups.iter().map(|group| group.letters).collect::<Vec<_>>(), [3]);
    store.forget_letters(&["a", "b"].map(str::to_owned)).await.unwrap();
    assert_eq!(copies(&store).await, [1]);
    store.forget_letters(&["a".to_owned()]).await.unwrap();
    assert_eq!(copies(&store).await, [] as [u32; 0]);
}

async fn a_job_moves_as_many_copies_as_its_plan_had(db: &Database) {
    let store = db.store().await;
    five(&store).await;
    started(&store, "j", LetterAction::Replay).await;
    assert_eq!(counted(&store, "j").await, [line("pending", "", 5)]);
    let names = ["a", "a"].map(str::to_owned);
    let chosen = store.chosen_letters(&names).await.unwrap();
    assert_eq!((chosen.len(), chosen[0].left), (1, 5), "however often it is met");
    assert_eq!(store.take_letters(&each(3, "j"), at(3)).await.unwrap(), each(1, "j"));
    store.finish_letters(&each(3, "j"), at(3)).await.unwrap();
    assert_eq!(counted(&store, "j").await, [line("done", "", 3), line("pending", "", 2)]);
    let chosen = store.chosen_letters(&names).await.unwrap();
    assert_eq!((chosen[0].left, chosen[0].was_taken, chosen[0].was_done), (2, false, false));
    store.end_letter_jobs(at(4)).await.unwrap();
    assert_eq!(state_of(&store, "j").await, JobState::Running);
    store.finish_letters(&each(2, "j"), at(5)).await.unwrap();
    store.end_letter_jobs(at(6)).await.unwrap();
    assert_eq!(state_of(&store, "j").await, JobState::Done);
    assert_eq!(counted(&store, "j").await, [line("done", "", 5)]);
}

async fn copies_that_somebody_else_took_are_missing_and_the_others_done(db: &Database) {
    let store = db.store().await;
    five(&store).await;
    started(&store, "j", LetterAction::Replay).await;
    store.finish_letters(&each(3, "j"), at(3)).await.unwrap();
    store.forget_letters(&vec!["a".to_owned(); 5]).await.unwrap();
    let owner = Uuid::new_v4();
    pass(&store, owner, &[]).await;
    pass(&store, owner, &[]).await;
    assert_eq!(counted(&store, "j").await, [line("done", "", 3), line("missing", "not_in_the_queue", 2)]);
}

async fn copies_count_for_the_canary_each(db: &Database) {
    let store = db.store().await;
    let tenant = Tenant::default();
    five(&store).await;
    store.plan_letters(&tenant, &LetterPlan { canary: 3, ..plan("j", LetterAction::Replay) }, at(1)).await.unwrap();
    assert!(store.start_letter_job(&tenant, "j", &testkit::told_by("ada", at(2))).await.unwrap());
    store.take_letters(&each(2, "j"), at(3)).await.unwrap();
    store.finish_letters(&each(2, "j"), at(3)).await.unwrap();
    assert_eq!(store.running_letter_jobs().await.unwrap()[0].until_canary, Some(1));
    let waits = Canary { tried: 1, well: 0, failed: 0 };
    assert_eq!(store.canary_of("j").await.unwrap(), waits, "its end is waited for, although others are to follow");
}

async fn as_many_copies_are_put_back_as_were_kept(db: &Database) {
    let store = db.store().await;
    five(&store).await;
    started(&store, "d", LetterAction::Drop).await;
    let one = Archived { is_one_of_many: true, ..archived("a", "d") };
    for (copies, second) in [(2, 3), (3, 4)] {
        store.archive_letters(&vec![one.clone(); copies], at(second)).await.unwrap();
        store.finish_letters(&each(copies, "d"), at(second)).await.unwrap();
    }
    restore(&store, "r").await;
    assert_eq!(counted(&store, "r").await, [line("pending", "", 5)]);
    let found = store.letters_to_restore(10, at(6)).await.unwrap();
    assert_eq!((found.len(), found[0].copies, found[0].kept_at), (1, 5, at(4)));
    let put_back = (item("a", "r"), at(4));
    store.restored_letters(&vec![put_back.clone(); 4], at(7)).await.unwrap();
    assert_eq!(counted(&store, "r").await, [line("done", "", 4), line("pending", "", 1)]);
    assert_eq!(store.letters_to_restore(10, at(8)).await.unwrap()[0].copies, 1);
    store.restored_letters(&[put_back], at(9)).await.unwrap();
    assert_eq!(store.letters_to_restore(10, at(10)).await.unwrap(), []);
    assert_eq!(counted(&store, "r").await, [line("done", "", 5)]);
}

async fn two_restores_put_a_letter_back_once(db: &Database) {
    let store = db.store().await;
    index(&store, &[letter("a", "")]).await;
    started(&store, "d", LetterAction::Drop).await;
    store.archive_letters(&[Archived { is_one_of_many: true, ..archived("a", "d") }], at(3)).await.unwrap();
    store.finish_letters(&each(1, "d"), at(3)).await.unwrap();
    restore(&store, "r").await;
    restore(&store, "s").await;
    let found = store.letters_to_restore(10, at(6)).await.unwrap();
    assert_eq!(found.iter().map(|one| one.item.clone()).collect::<Vec<_>>(), each(1, "r"));
    store.restored_letters(&[(item("a", "r"), at(3))], at(7)).await.unwrap();
    assert_eq!(store.letters_to_restore(10, at(8)).await.unwrap(), []);
    assert_eq!(counted(&store, "s").await, [line("missing", "not_kept", 1)]);
}

/// A letter with an id that a job has kept, and a restore that has begun it.
async fn dropped_and_about_to_be_put_back(store: &Store) {
    index(store, &[letter("a", "m0")]).await;
    started(store, "d", LetterAction::Drop).await;
    store.archive_letters(&[archived("a", "d")], at(3)).await.unwrap();
    store.finish_letters(&each(1, "d"), at(3)).await.unwrap();
    restore(store, "r").await;
    assert_eq!(store.take_letters(&each(1, "r"), at(6)).await.unwrap(), each(1, "r"));
}

async fn a_letter_that_a_restore_is_about_to_put_back_is_not_left_over(db: &Database) {
    let store = db.store().await;
    dropped_and_about_to_be_put_back(&store).await;
    let names = ["a".to_owned()];
    assert_eq!(store.chosen_letters(&names).await.unwrap(), []);
    assert!(store.cancel_letter_job(&Tenant::default(), "r", &testkit::told_by("ada", at(7))).await.unwrap());
    assert_eq!(store.chosen_letters(&names).await.unwrap(), [], "its scheduler may still forget what was kept");
    store.restored_letters(&[(item("a", "r"), at(3))], at(8)).await.unwrap();
    assert_eq!(store.chosen_letters(&names).await.unwrap(), [], "it is a letter like any other");
    restore(&store, "again").await;
    assert_eq!(counted(&store, "again").await, [], "and is not kept any more");
}

async fn a_restore_does_not_forget_what_was_kept_again_meanwhile(db: &Database) {
    let store = db.store().await;
    dropped_and_about_to_be_put_back(&store).await;
    assert!(store.cancel_letter_job(&Tenant::default(), "r", &testkit::told_by("ada", at(7))).await.unwrap());
    started(&store, "e", LetterAction::Drop).await;
    assert_eq!(store.chosen_letters(&["a".to_owned()]).await.unwrap()[0].item, item("a", "e"));
    store.archive_letters(&[archived("a", "e")], at(8)).await.unwrap();
    store.finish_letters(&each(1, "e"), at(8)).await.unwrap();
    store.restored_letters(&[(item("a", "r"), at(3))], at(9)).await.unwrap();
    restore(&store, "again").await;
    assert_eq!(counted(&store, "again").await, [line("pending", "", 1)]);
}
