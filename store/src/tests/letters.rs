//! The dead letters: what a reader writes, what operators plan, and how their jobs go on.

mod closed;
mod copies;
mod edited;
mod filters;
mod kept;
mod of_delivery;
mod outlook;
mod plans;
mod young;

use std::collections::BTreeMap;

use domain::{Canary, Lane, State, Tenant};
use uuid::Uuid;

use crate::letters::{
    Archived, IndexedLetter, Item, JobState, KeptLetter, LetterAction, LetterFilter, LetterPlan, Life, ReplayRule, Sort,
};
use crate::tests::database::{Database, HOUR, arrival, at, candidate, decide, key, listed, refused, sent};
use crate::tests::ledger::taken;
use crate::tests::on_both;
use crate::{LetterCursor, Store};

on_both!(
    one_reads_at_a_time_and_another_once_the_lease_is_over,
    letters_are_indexed_once_and_grouped_by_how_they_failed,
    what_a_whole_pass_does_not_meet_is_gone,
    a_job_takes_its_letters_once_and_ends,
    an_item_that_two_passes_did_not_meet_is_missing,
    what_a_reader_that_has_not_left_may_hold_is_not_missing,
    a_letter_that_was_done_is_known_when_it_comes_again,
    what_was_dropped_is_kept_until_it_is_restored,
    a_canary_counts_what_became_of_the_first_letters,
    the_list_is_read_in_pages_by_any_filter,
    what_is_old_is_forgotten_with_its_letters,
);

const PASS: i64 = 1;

pub(crate) fn letter(name: &str, id: &str) -> IndexedLetter {
    IndexedLetter {
        letter: name.into(),
        tenant: Tenant::default(),
        id: id.into(),
        epoch: 0,
        lane: Lane::Normal,
        channel: "sms".into(),
        provider: "twilio".into(),
        class: "retriable".into(),
        code: "503".into(),
        template: String::new(),
        reason: "exhausted".into(),
        error: "try later".into(),
        fingerprint: "1-a".into(),
        attempts: 4,
        dead_at: at(0),
        expires_at: None,
        copies: 1,
    }
}

fn sort(sample: IndexedLetter) -> Sort {
    Sort { sample, words: "try later".into() }
}

pub(crate) async fn index(store: &Store, letters: &[IndexedLetter]) {
    let sorts: Vec<Sort> = letters.iter().cloned().map(sort).collect();
    store.index_letters(PASS, &sorts, at(0)).await.unwrap();
}

fn plan(id: &str, action: LetterAction) -> LetterPlan {
    LetterPlan {
        id: id.into(),
        action,
        filter: LetterFilter::default(),
        of_job: None,
        wanted: "{}".into(),
        why: "it is mended".into(),
        by: "ada".into(),
        rate: 50,
        canary: 0,
        rule: ReplayRule { max_moves: 3, even_waiting: false },
        redirect: None,
    }
}

/// A plan of everything that was started.
async fn started(store: &Store, id: &str, action: LetterAction) {
    let tenant = Tenant::default();
    store.plan_letters(&tenant, &plan(id, action), at(1)).await.unwrap();
    assert!(store.start_letter_job(&tenant, id, &testkit::told_by("ada", at(2))).await.unwrap());
}

fn item(letter: &str, job: &str) -> Item {
    Item { letter: letter.into(), job: job.into() }
}

/// A letter with an id as it is kept.
fn archived(letter: &str, job: &str) -> Archived {
    Archived {
        item: item(letter, job),
        tenant: Tenant::default(),
        kept: b"{}".to_vec(),
        body: vec![0, 1],
        is_one_of_many: false,
    }
}

/// The states of a job's letters with their reasons and how many there are.
async fn counted(store: &Store, job: &str) -> Vec<(String, String, u32)> {
    let mut counted = BTreeMap::new();
    for one in store.count_letter_job(job).await.unwrap() {
        *counted.entry((one.state, one.why)).or_default() += one.letters;
    }
    counted.into_iter().map(|((state, why), letters)| (state, why, letters)).collect()
}

fn line(state: &str, why: &str, letters: u32) -> (String, String, u32) {
    (state.into(), why.into(), letters)
}

async fn state_of(store: &Store, job: &str) -> JobState {
    store.letter_job(&Tenant::default(), job).await.unwrap().unwrap().state
}

/// A whole pass that meets these.
async fn pass(store: &Store, owner: Uuid, met: &[&str]) {
    assert!(store.lead_letters(owner, HOUR).await.unwrap());
    let pass = store.begin_letter_pass(owner).await.unwrap().unwrap();
    let met: Vec<String> = met.iter().map(|name| (*name).to_owned()).collect();
    store.meet_letters(pass.number, &met).await.unwrap();
    store.end_letter_pass(owner, pass, at(700)).await.unwrap();
}

async fn one_reads_at_a_time_and_another_once_the_lease_is_over(db: &Database) {
    let (store, other) = (db.store().await, db.open().await);
    let (one, another) = (Uuid::new_v4(), Uuid::new_v4());
    assert!(store.lead_letters(one, HOUR).await.unwrap());
    assert!(!other.lead_letters(another, HOUR).await.unwrap());
    assert_eq!(other.begin_letter_pass(another).await.unwrap(), None);
    store.leave_letters(one).await.unwrap();
    assert!(other.lead_letters(another, std::time::Duration::ZERO).await.unwrap());
    assert!(store.lead_letters(one, HOUR).await.unwrap(), "the lease of the other is over");
    let before = store.reading().await.unwrap();
    assert!(before.read_at.is_none() && !before.is_asked_for && !before.has_jobs);
    store.ask_for_letters().await.unwrap();
    assert!(store.reading().await.unwrap().is_asked_for);
    store.note_letter_problem(one, "the broker is away").await.unwrap();
    assert_eq!(store.reading().await.unwrap().problem.as_deref(), Some("the broker is away"));
    pass(&store, one, &[]).await;
    let after = store.reading().await.unwrap();
    assert!(after.read_at.is_some() && !after.is_asked_for && after.problem.is_none(), "{after:?}");
    assert!(after.left_at.is_some_and(|at| at > after.now), "it has not left: {after:?}");
    store.leave_letters(one).await.unwrap();
    let left = store.reading().await.unwrap();
    assert!(left.left_at.is_some_and(|at| at <= left.now) && left.left_at >= left.read_at, "{left:?}");
}

async fn letters_are_indexed_once_and_grouped_by_how_they_failed(db: &Database) {
    let store = db.store().await;
    let other = IndexedLetter { fingerprint: "1-b".into(), dead_at: at(9), ..letter("c", "m2") };
    index(&store, &[letter("a", "m0"), letter("b", "m1"), letter("b", "m1"), other]).await;
    index(&store, &[letter("a", "m0")]).await;
    let groups = store.letter_groups(&Tenant::default(), false).await.unwrap();
    let told: Vec<_> = groups.iter().map(|group| (group.fingerprint.as_str(), group.letters, group.life)).collect();
    assert_eq!(told, [("1-a", 2, Life::Open), ("1-b", 1, Life::Open)]);
    let (tenant, other, told) = (Tenant::default(), Tenant::parse("other").unwrap(), testkit::told_by("ada", at(1)));
    assert!(store.acknowledge_letter_group(&tenant, "1-b", Some("mine"), &told).await.unwrap());
    assert!(!store.acknowledge_letter_group(&tenant, "1-c", None, &told).await.unwrap());
    let groups = store.letter_groups(&tenant, false).await.unwrap();
    assert_eq!((groups[1].life, groups[1].note.as_deref()), (Life::Acknowledged, Some("mine")));
    assert_eq!(store.letter_groups(&other, true).await.unwrap(), []);
    for group in groups {
        let name = group.fingerprint.clone();
        assert_eq!(store.letter_group(&other, &name).await.unwrap(), None);
        assert_eq!(store.letter_group(&tenant, &name).await.unwrap(), Some(group));
    }
    assert_eq!(store.letter_group(&tenant, "1-a\0").await.unwrap(), None);
    let known = store.meet_letters(PASS, &["a".into(), "z".into()]).await.unwrap();
    assert!(known.len() == 1 && known.contains("a"));
}

async fn what_a_whole_pass_does_not_meet_is_gone(db: &Database) {
    let store = db.store().await;
    index(&store, &[letter("a", "m0"), letter("b", "m1")]).await;
    let owner = Uuid::new_v4();
    pass(&store, owner, &["a"]).await;
    pass(&store, owner, &["a"]).await;
    let page = store.letters(&LetterFilter::default(), None, 10).await.unwrap();
    assert_eq!(page.letters, [letter("a", "m0")]);
    pass(&store, owner, &[]).await;
    assert_eq!(store.letter_groups(&Tenant::default(), false).await.unwrap(), []);
    let groups = store.letter_groups(&Tenant::default(), true).await.unwrap();
    assert_eq!((groups[0].life, groups[0].letters), (Life::Resolved, 0));
    index(&store, &[IndexedLetter { dead_at: at(800), ..letter("c", "m2") }]).await;
    store.meet_letters(9, &["c".into()]).await.unwrap();
    pass(&store, owner, &["c"]).await;
    assert_eq!(store.letter_groups(&Tenant::default(), false).await.unwrap()[0].life, Life::Regressed);
}

async fn a_job_takes_its_letters_once_and_ends(db: &Database) {
    let store = db.store().await;
    index(&store, &[letter("a", "m0"), letter("b", "m1")]).await;
    started(&store, "j", LetterAction::Replay).await;
    let names = ["a".to_owned(), "b".to_owned(), "z".to_owned()];
    let chosen = store.chosen_letters(&names).await.unwrap();
    assert_eq!(chosen.iter().map(|one| one.item.letter.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(chosen.iter().all(|one| one.action == LetterAction::Replay && !one.was_taken && !one.was_done));
    let items = [item("a", "j"), item("b", "j")];
    assert_eq!(store.take_letters(&items[..1], at(3)).await.unwrap(), items[..1]);
    assert!(store.chosen_letters(&names).await.unwrap()[0].was_taken);
    store.finish_letters(&items[..1], at(4)).await.unwrap();
    assert_eq!(store.take_letters(&items[..1], at(5)).await.unwrap(), [], "it is done");
    store.end_letter_jobs(at(5)).await.unwrap();
    assert_eq!(state_of(&store, "j").await, JobState::Running);
    let running = store.running_letter_jobs().await.unwrap();
    assert_eq!((running[0].rate, running[0].until_canary), (50, None));
    assert!(store.cancel_letter_job(&Tenant::default(), "j", &testkit::told_by("ada", at(6))).await.unwrap());
    assert_eq!(store.take_letters(&items, at(7)).await.unwrap(), [], "it was cancelled");
    assert_eq!(counted(&store, "j").await, [line("done", "", 1), line("pending", "", 1)]);
    started(&store, "k", LetterAction::Drop).await;
    store.fail_letters(&[item("a", "k")], "too_large", at(8)).await.unwrap();
    store.finish_letters(&[item("b", "k")], at(8)).await.unwrap();
    store.end_letter_jobs(at(9)).await.unwrap();
    assert_eq!(state_of(&store, "k").await, JobState::Done);
    assert_eq!(counted(&store, "k").await, [line("done", "", 1), line("failed", "too_large", 1)]);
}

async fn an_item_that_two_passes_did_not_meet_is_missing(db: &Database) {
    let store = db.store().await;
    index(&store, &[letter("a", "m0"), letter("b", "m1"), letter("c", "m2")]).await;
    started(&store, "j", LetterAction::Replay).await;
    store.take_letters(&[item("b", "j")], at(3)).await.unwrap();
    let owner = Uuid::new_v4();
    pass(&store, owner, &["c"]).await;
    // The first pass has the number of the index: it has met everything.
    pass(&store, owner, &["c"]).await;
    assert_eq!(counted(&store, "j").await, [line("pending", "", 2), line("taken", "", 1)]);
    pass(&store, owner, &["c"]).await;
    let expected = [line("missing", "not_in_the_queue", 1), line("pending", "", 1), line("unclear", "interrupted", 1)];
    assert_eq!(counted(&store, "j").await, expected);
}

async fn what_a_reader_that_has_not_left_may_hold_is_not_missing(db: &Database) {
    let store = db.store().await;
    index(&store, &[letter("a", "m0"), letter("b", "m1")]).await;
    started(&store, "j", LetterAction::Replay).await;
    let (stopped, next) = (Uuid::new_v4(), Uuid::new_v4());
    assert!(store.lead_letters(stopped, std::time::Duration::ZERO).await.unwrap());
    for _ in 0..3 {
        pass(&store, next, &["b"]).await;
    }
    assert_eq!(counted(&store, "j").await, [line("pending", "", 2)]);
    assert_eq!(store.letters(&LetterFilter::default(), None, 10).await.unwrap().letters.len(), 2);
    assert!(store.reading().await.unwrap().read_at.is_some(), "what is there was read all the same");
    db.execute("UPDATE letter_reader SET taken_over_at = 0").await;
    for _ in 0..2 {
        pass(&store, next, &["b"]).await;
    }
    assert_eq!(counted(&store, "j").await, [line("missing", "not_in_the_queue", 1), line("pending", "", 1)]);
}

async fn a_letter_that_was_done_is_known_when_it_comes_again(db: &Database) {
    let store = db.store().await;
    index(&store, &[letter("a", "m0"), letter("b", "m1")]).await;
    started(&store, "j", LetterAction::Replay).await;
    store.take_letters(&[item("a", "j"), item("b", "j")], at(3)).await.unwrap();
    store.finish_letters(&[item("a", "j"), item("b", "j")], at(3)).await.unwrap();
    store.forget_letters(&["a".into()]).await.unwrap();
    assert_eq!(store.letters(&LetterFilter::default(), None, 10).await.unwrap().letters, [letter("b", "m1")]);
    let chosen = store.chosen_letters(&["a".into()]).await.unwrap();
    assert!(chosen.len() == 1 && chosen[0].was_done, "{chosen:?}");
    store.end_letter_jobs(at(4)).await.unwrap();
    assert_eq!(
        store.chosen_letters(&["a".into()]).await.unwrap(),
        [],
        "the job has ended: it is a letter like any other"
    );
}

async fn what_was_dropped_is_kept_until_it_is_restored(db: &Database) {
    let store = db.store().await;
    let tenant = Tenant::default();
    index(&store, &[letter("a", "m0")]).await;
    started(&store, "d", LetterAction::Drop).await;
    let dropped = item("a", "d");
    store.take_letters(std::slice::from_ref(&dropped), at(3)).await.unwrap();
    store.archive_letters(&[archived("a", "d")], at(3)).await.unwrap();
    store.finish_letters(std::slice::from_ref(&dropped), at(3)).await.unwrap();
    assert!(store.chosen_letters(&["a".into()]).await.unwrap()[0].was_done, "its acknowledgement may be lost");
    let restore = LetterPlan { of_job: Some("d".into()), ..plan("r", LetterAction::Restore) };
    store.plan_letters(&tenant, &restore, at(4)).await.unwrap();
    assert!(store.start_letter_job(&tenant, "r", &testkit::told_by("ada", at(5))).await.unwrap());
    let found = store.letters_to_restore(10, at(6)).await.unwrap();
    let (kept, body) = (b"{}".to_vec(), vec![0, 1]);
    assert_eq!(found, [KeptLetter { item: item("a", "r"), kept, body, copies: 1, kept_at: at(3) }]);
    store.restored_letters(&[(item("a", "r"), at(3))], at(7)).await.unwrap();
    assert_eq!(store.letters_to_restore(10, at(8)).await.unwrap(), []);
    assert_eq!(counted(&store, "r").await, [line("done", "", 1)]);
    assert_eq!(store.chosen_letters(&["a".into()]).await.unwrap(), [], "it is a letter like any other");
}

async fn a_canary_counts_what_became_of_the_first_letters(db: &Database) {
    let store = db.store().await;
    for id in ["well", "open"] {
        let claimed = store.claim_to_send(candidate(id), &arrival(id), HOUR, listed()).await.unwrap();
        let row = taken(claimed);
        let outcome = if id == "well" { sent() } else { refused() };
        store.record(&decide(&row, &outcome), None).await.unwrap();
    }
    assert_eq!(store.delivery(&key("well")).await.unwrap().unwrap().row.state, State::Sent);
    index(&store, &[letter("a", "open"), letter("b", "rowless"), letter("c", "waits")]).await;
    let tenant = Tenant::default();
    store.plan_letters(&tenant, &LetterPlan { canary: 3, ..plan("j", LetterAction::Replay) }, at(1)).await.unwrap();
    assert!(store.start_letter_job(&tenant, "j", &testkit::told_by("ada", at(2))).await.unwrap());
    assert_eq!(store.running_letter_jobs().await.unwrap()[0].until_canary, Some(3));
    let items = ["a", "b", "c"].map(|name| item(name, "j"));
    store.take_letters(&items, at(3)).await.unwrap();
    store.finish_letters(&items, at(3)).await.unwrap();
    assert_eq!(store.canary_of("j").await.unwrap(), Canary { tried: 3, well: 0, failed: 0 });
    index(&store, &[IndexedLetter { epoch: 1, ..letter("d", "rowless") }]).await;
    assert_eq!(store.canary_of("j").await.unwrap(), Canary { tried: 3, well: 0, failed: 1 });
    assert_eq!(store.letters_since("j").await.unwrap(), Canary { tried: 3, well: 0, failed: 1 }, "it died again");
    assert_eq!(store.letters_since("none").await.unwrap(), Canary::default());
    let running = store.running_letter_jobs().await.unwrap();
    assert_eq!((running[0].until_canary, running[0].last_at), (Some(0), Some(at(3))));
    store.pause_letter_job("j", "1 of 3 failed again").await.unwrap();
    assert_eq!(state_of(&store, "j").await, JobState::Paused);
    assert!(!store.letter_job(&tenant, "j").await.unwrap().unwrap().canary_passed);
    assert!(
        store.resume_letter_job(&tenant, "j", &testkit::told()).await.unwrap()
            && !store.resume_letter_job(&tenant, "j", &testkit::told()).await.unwrap()
    );
    assert_eq!(store.running_letter_jobs().await.unwrap()[0].until_canary, None);
    assert!(store.letter_job(&tenant, "j").await.unwrap().unwrap().canary_passed);
}

async fn the_list_is_read_in_pages_by_any_filter(db: &Database) {
    let store = db.store().await;
    let letters: Vec<IndexedLetter> =
        (0..5).map(|n| IndexedLetter { dead_at: at(n / 2), ..letter(&format!("a{n}"), "m") }).collect();
    index(&store, &letters).await;
    let mut after: Option<LetterCursor> = None;
    let mut seen = Vec::new();
    loop {
        let page = store.letters(&LetterFilter::default(), after.as_ref(), 2).await.unwrap();
        seen.extend(page.letters.into_iter().map(|one| one.letter));
        let Some(next) = page.next else { break };
        after = LetterCursor::parse(&next.to_string());
        assert!(after.is_some(), "{next}");
    }
    assert_eq!(seen, ["a4", "a3", "a2", "a1", "a0"]);
    let fits = LetterFilter {
        letters: vec!["a1".into(), "a2".into()],
        group: Some("1-a".into()),
        id: Some("m".into()),
        from: Some(at(0)),
        until: Some(at(2)),
        recipient: Vec::new(),
        channel: Some("sms".into()),
        provider: Some("twilio".into()),
        reason: Some("exhausted".into()),
        code: Some("503".into()),
        template: None,
        lane: Some(Lane::Normal),
        tenant: Tenant::default(),
    };
    assert_eq!(store.letters(&fits, None, 10).await.unwrap().letters.len(), 2);
    let none = LetterFilter { code: Some("500".into()), ..fits };
    assert_eq!(store.letters(&none, None, 10).await.unwrap().letters.len(), 0);
}

async fn what_is_old_is_forgotten_with_its_letters(db: &Database) {
    let store = db.store().await;
    index(&store, &[letter("a", "m0")]).await;
    started(&store, "j", LetterAction::Replay).await;
    assert!(!store.forget_letter_job(at(100)).await.unwrap(), "it runs");
    assert!(store.cancel_letter_job(&Tenant::default(), "j", &testkit::told_by("ada", at(3))).await.unwrap());
    assert!(!store.forget_letter_job(at(1)).await.unwrap());
    assert!(store.forget_letter_job(at(100)).await.unwrap());
    assert_eq!(store.letter_job(&Tenant::default(), "j").await.unwrap(), None);
    assert_eq!(counted(&store, "j").await, []);
}
