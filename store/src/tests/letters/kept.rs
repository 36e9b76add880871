//! What was read of a plan or job last, and how many letters a group has.

use std::time::Duration;

use domain::Tenant;
use uuid::Uuid;

use super::{index, letter, pass, plan, started};
use crate::Store;
use crate::letters::{IndexedLetter, JobState, KeptReading, LetterAction, LetterFilter};
use crate::tests::database::{Database, HOUR, at};
use crate::tests::on_both;

on_both!(
    one_reads_a_plan_at_a_time_and_what_it_finds_is_kept,
    a_change_of_the_state_forgets_what_was_read,
    a_reading_that_fails_is_told_until_one_does_not,
    a_group_knows_how_many_letters_it_has,
    a_rare_letter_is_looked_for_among_so_many,
    a_group_beyond_the_newest_is_counted_by_itself,
);

async fn kept(store: &Store, job: &str) -> KeptReading {
    store.kept_letter_reading(&Tenant::default(), job).await.unwrap().unwrap()
}

async fn one_reads_a_plan_at_a_time_and_what_it_finds_is_kept(db: &Database) {
    let (store, other) = (db.store().await, db.open().await);
    let tenant = Tenant::default();
    index(&store, &[letter("a", "m0")]).await;
    store.plan_letters(&tenant, &plan("p", LetterAction::Replay), at(1)).await.unwrap();
    let before = kept(&store, "p").await;
    assert!(before.read.is_none() && before.is_due && !before.is_being_read);
    assert!(before.is_read_at_once(JobState::Planned));
    let began = store.begin_letter_reading("p").await.unwrap().expect("nobody reads it");
    assert_eq!(other.begin_letter_reading("p").await.unwrap(), None);
    let meanwhile = kept(&other, "p").await;
    assert!(meanwhile.is_being_read && !meanwhile.is_due);
    store.keep_letter_reading("p", began, "{}", HOUR).await.unwrap();
    let after = kept(&other, "p").await;
    assert_eq!(after.read, Some(("{}".to_owned(), began)));
    assert!(!after.is_being_read && !after.is_due);
    assert_eq!(other.begin_letter_reading("p").await.unwrap(), None, "it is not due");
    db.execute("UPDATE letter_jobs SET letters = 2001").await;
    assert!(!kept(&store, "p").await.is_read_at_once(JobState::Planned));
    assert_eq!(store.kept_letter_reading(&Tenant::parse("other").unwrap(), "p").await.unwrap(), None);
}

async fn a_change_of_the_state_forgets_what_was_read(db: &Database) {
    let store = db.store().await;
    index(&store, &[letter("a", "m0")]).await;
    store.plan_letters(&Tenant::default(), &plan("j", LetterAction::Drop), at(1)).await.unwrap();
    let began = store.begin_letter_reading("j").await.unwrap().unwrap();
    started(&store, "j", LetterAction::Drop).await;
    store.keep_letter_reading("j", began, "{}", Duration::ZERO).await.unwrap();
    let running = kept(&store, "j").await;
    assert!(running.read.is_none() && running.is_due && !running.is_being_read, "{running:?}");
    let began = store.begin_letter_reading("j").await.unwrap().unwrap();
    store.keep_letter_reading("j", began, "{}", HOUR).await.unwrap();
    assert!(kept(&store, "j").await.read.is_some());
    store.pause_letter_job("j", "it waits").await.unwrap();
    assert!(kept(&store, "j").await.read.is_none());
}

async fn a_reading_that_fails_is_told_until_one_does_not(db: &Database) {
    let store = db.store().await;
    index(&store, &[letter("a", "m0")]).await;
    store.plan_letters(&Tenant::default(), &plan("p", LetterAction::Replay), at(1)).await.unwrap();
    assert_eq!(kept(&store, "p").await.failed, None);
    let mut since = None;
    for why in ["the first", "the second"] {
        let began = store.begin_letter_reading("p").await.unwrap().expect("it is due");
        assert!(kept(&store, "p").await.is_being_read);
        store.fail_letter_reading("p", began, why).await.unwrap();
        let after = kept(&store, "p").await;
        assert!(!after.is_being_read && !after.is_due && after.read.is_none(), "{after:?}");
        let failed = after.failed.expect("it has failed");
        assert_eq!(failed.why, why);
        assert_eq!(*since.get_or_insert(failed.since), failed.since);
        assert_eq!(store.begin_letter_reading("p").await.unwrap(), None, "it is not due at once");
        db.execute("UPDATE letter_jobs SET read_again_at = 0").await;
    }
    let began = store.begin_letter_reading("p").await.unwrap().unwrap();
    store.fail_letter_reading("p", at(0), "of a reading that was given up").await.unwrap();
    assert!(kept(&store, "p").await.is_being_read);
    store.keep_letter_reading("p", began, "{}", HOUR).await.unwrap();
    assert_eq!(kept(&store, "p").await.failed, None);
}

async fn a_group_knows_how_many_letters_it_has(db: &Database) {
    let store = db.store().await;
    let tenant = Tenant::default();
    let letters = async || store.letter_group(&tenant, "1-a").await.unwrap().unwrap().letters;
    index(&store, &[letter("a", "m0"), letter("b", "m1")]).await;
    index(&store, &[letter("b", "m1"), letter("c", "m2"), letter("c", "m2")]).await;
    assert_eq!(letters().await, 3);
    store.forget_letters(&["c".into(), "z".into()]).await.unwrap();
    store.forget_letters(&["c".into()]).await.unwrap();
    assert_eq!(letters().await, 2);
    db.execute("UPDATE letter_groups SET letters = 7").await;
    let owner = Uuid::new_v4();
    pass(&store, owner, &["a", "b"]).await;
    assert_eq!(letters().await, 2, "a whole pass counts them");
    pass(&store, owner, &["a"]).await;
    assert_eq!(letters().await, 1);
}

async fn a_rare_letter_is_looked_for_among_so_many(db: &Database) {
    let store = db.store().await;
    let mut letters: Vec<IndexedLetter> = (0..7).map(|n| letter(&format!("a{n}"), &format!("m{n}"))).collect();
    letters[1].code = "rare".into();
    index(&store, &letters).await;
    let filter = LetterFilter { code: Some("rare".into()), ..LetterFilter::default() };
    let (mut after, mut pages) = (None, Vec::new());
    loop {
        let page = store.letters_within(&filter, after.as_ref(), 5, 3).await.unwrap();
        pages.push((page.letters.iter().map(|one| one.letter.clone()).collect::<Vec<_>>(), page.is_cut));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(pages, [(vec![], true), (vec!["a1".to_owned()], true), (vec![], false)]);
    let of_group = LetterFilter { group: Some("1-a".into()), ..LetterFilter::default() };
    let all = store.letters_within(&of_group, None, 10, 3).await.unwrap();
    assert_eq!((all.letters.len(), all.is_cut), (7, false));
}

async fn a_group_beyond_the_newest_is_counted_by_itself(db: &Database) {
    let store = db.store().await;
    let of = |name: &str, group: &str, second: i64| IndexedLetter {
        fingerprint: group.into(),
        dead_at: at(second),
        ..letter(name, name)
    };
    let letters = [
        of("a", "1-new", -1),
        of("b", "1-new", -2),
        of("c", "1-new", -5),
        of("d", "1-beyond", -3),
        of("e", "1-beyond", -4),
        of("f", "1-old", -7_200),
    ];
    index(&store, &letters).await;
    let groups = store.letter_groups_within(&Tenant::default(), false, 2).await.unwrap();
    let counted: Vec<_> =
        groups.iter().map(|group| (group.fingerprint.as_str(), group.last_hour, group.is_cut)).collect();
    assert_eq!(counted, [("1-new", 2, true), ("1-beyond", 2, false), ("1-old", 0, false)]);
    let whole = store.letter_groups(&Tenant::default(), false).await.unwrap();
    assert_eq!(whole.iter().map(|group| group.last_hour).collect::<Vec<_>>(), [3, 2, 0]);
}
