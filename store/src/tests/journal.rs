//! The journal: what is told stays as it was told, or that shows.

use std::time::Duration;

use domain::{Entry, JournalKeys, Keyring, Pause, PauseKind, Tenant};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::tests::database::{Database, at};
use crate::tests::on_both;
use crate::{JournalCursor, JournalFilter, JournalHead, Store, StoreError, VerifiedJournal, WrongEntry};

on_both!(
    what_was_told_can_be_neither_changed_nor_removed_by_a_statement,
    nothing_takes_the_place_of_what_was_told,
    what_is_changed_by_whoever_owns_the_table_shows_at_the_first_such_entry,
    a_rewritten_end_shows_by_a_head_that_was_told_before,
    two_sealers_at_once_make_one_chain,
    a_sealer_that_has_lost_its_lease_seals_nothing,
    a_head_is_told_once_in_its_time,
    what_is_not_written_is_not_told,
    what_is_repeated_is_noted_seldom,
    what_a_clock_has_noted_that_was_ahead_silences_nothing,
    who_is_refused_ever_new_things_does_not_fill_the_ledger,
    what_comes_again_is_noted_once_and_whatever_is_new_always,
    what_several_processes_are_asked_for_at_once_is_noted_once,
    a_page_goes_on_where_the_one_before_has_ended_and_fits_what_was_asked_for,
    a_page_that_looks_at_many_goes_on_behind_them,
);

const MINUTE: Duration = Duration::from_secs(60);

fn keys() -> JournalKeys {
    Keyring::new(testkit::SECRET.as_bytes(), None).journal()
}

fn told(subject: &str, second: i64) -> Entry {
    Entry { subject: subject.into(), ..testkit::told_by("ada", at(second)) }
}

/// A sealer that leads.
async fn sealer(store: &Store) -> Uuid {
    let owner = Uuid::now_v7();
    while !store.lead_journal(owner, MINUTE).await.unwrap() {}
    owner
}

/// A store whose journal has so many sealed entries, each a second after the one before.
async fn sealed(db: &Database, count: i64) -> Store {
    let store = db.store().await;
    for n in 1..=count {
        store.journal(&told(&format!("thing-{n}"), n)).await.unwrap();
    }
    let owner = sealer(&store).await;
    assert_eq!(store.seal_journal(owner, &keys()).await.unwrap(), Some(count as usize));
    store
}

async fn verified(store: &Store, from: Option<&JournalHead>) -> VerifiedJournal {
    store.verify_journal(&keys(), from, at(1_000)).await.unwrap()
}

/// What somebody does who owns the tables.
async fn without_triggers(db: &Database) {
    match db {
        Database::Sqlite { .. } => {
            for name in ["kept", "told_first", "sealed_once", "not_replaced"] {
                db.execute(&format!("DROP TRIGGER journal_is_{name}")).await;
            }
        }
        Database::Postgres { .. } => db.execute("ALTER TABLE journal DISABLE TRIGGER USER").await,
    }
}

async fn what_was_told_can_be_neither_changed_nor_removed_by_a_statement(db: &Database) {
    let store = sealed(db, 2).await;
    store.journal(&told("open", 3)).await.unwrap();
    for sql in [
        "DELETE FROM journal",
        "DELETE FROM journal WHERE subject = 'open'",
        "UPDATE journal SET actor = 'eve' WHERE seq = 1",
        "UPDATE journal SET actor = 'eve' WHERE subject = 'open'",
        "UPDATE journal SET seq = NULL, mac = NULL WHERE seq = 1",
        "UPDATE journal SET mac = NULL WHERE seq = 1",
        "INSERT INTO journal (id, tenant, kind, subject, actor, at, data, seq) \
         VALUES ('x', 'default', 'k', 's', 'a', 0, '{}', 3)",
    ] {
        assert!(db.try_to_execute(sql).await.is_err(), "{sql}");
    }
    let looked = verified(&store, None).await;
    assert_eq!((looked.head.seq, looked.wrong, looked.unsealed), (2, None, 1));
}

async fn nothing_takes_the_place_of_what_was_told(db: &Database) {
    let store = sealed(db, 1).await;
    store.journal(&told("open", 2)).await.unwrap();
    let (how, ids, otherwise) = match db {
        // What is in the way is removed, also where it is in the way by the number of its row alone.
        Database::Sqlite { .. } => ("OR REPLACE", vec![("id", "id"), ("rowid, id", "rowid, 'x'")], ""),
        Database::Postgres { .. } => ("", vec![("id", "id")], "ON CONFLICT (id) DO UPDATE SET actor = excluded.actor"),
    };
    for subject in ["thing-1", "open"] {
        for (columns, values) in &ids {
            let sql = format!(
                "INSERT {how} INTO journal ({columns}, tenant, kind, subject, actor, at, data) SELECT {values}, tenant, \
                 kind, subject, 'eve', at, data FROM journal WHERE subject = '{subject}' {otherwise}"
            );
            assert!(db.try_to_execute(&sql).await.is_err(), "{sql}");
        }
    }
    let all = store.journal_page(&JournalFilter { limit: 10, ..JournalFilter::default() }).await.unwrap().entries;
    let told: Vec<_> = all.iter().map(|one| (one.row.subject.as_str(), one.row.actor.as_str(), one.seq)).collect();
    assert_eq!(told, [("open", "ada", None), ("thing-1", "ada", Some(1))]);
}

async fn what_is_changed_by_whoever_owns_the_table_shows_at_the_first_such_entry(db: &Database) {
    let store = sealed(db, 5).await;
    assert_eq!(verified(&store, None).await.wrong, None);
    let head = store.journal_head().await.unwrap().unwrap();
    let other = Keyring::new(b"another secret of the tests, as long", None).journal();
    let wrong = store.verify_journal(&other, None, at(1_000)).await.unwrap().wrong;
    assert_eq!(wrong, Some((1, WrongEntry::Altered)), "by another secret");
    without_triggers(db).await;
    for seq in [0, -7] {
        db.execute(&format!(
            "INSERT INTO journal (id, tenant, kind, subject, actor, at, data, seq) \
             VALUES ('x{seq}', 'default', 'k', 's', 'a', 0, '{{}}', {seq})"
        ))
        .await;
        for from in [None, Some(&head)] {
            assert_eq!(verified(&store, from).await.wrong, Some((seq, WrongEntry::Misplaced)));
        }
    }
    db.execute("DELETE FROM journal WHERE seq <= 0").await;
    for (sql, expected) in [
        ("DELETE FROM journal WHERE seq = 5", (5, WrongEntry::Missing)),
        ("UPDATE journal SET data = '{}' WHERE seq = 4", (4, WrongEntry::Altered)),
        ("UPDATE journal SET seq = 7 WHERE seq = 3", (3, WrongEntry::Missing)),
        ("UPDATE journal SET seq = 3 WHERE seq = 7", (4, WrongEntry::Altered)),
        ("UPDATE journal SET seq = 8 WHERE seq = 1", (1, WrongEntry::Missing)),
        ("UPDATE journal SET seq = 1 WHERE seq = 2", (1, WrongEntry::Reordered)),
    ] {
        db.execute(sql).await;
        assert_eq!(verified(&store, None).await.wrong, Some(expected), "{sql}");
    }
}

async fn a_rewritten_end_shows_by_a_head_that_was_told_before(db: &Database) {
    let store = sealed(db, 3).await;
    let head = store.journal_head().await.unwrap().unwrap();
    assert_eq!(JournalHead::parse(&head.to_string()), Some(head.clone()));
    without_triggers(db).await;
    db.execute("UPDATE journal_head SET seq = 2, mac = (SELECT mac FROM journal WHERE seq = 2)").await;
    db.execute("DELETE FROM journal WHERE seq = 3").await;
    assert_eq!(verified(&store, None).await.wrong, None, "the ledger alone knows nothing of it");
    assert_eq!(verified(&store, Some(&head)).await.wrong, Some((3, WrongEntry::Missing)));
    store.journal(&told("instead", 9)).await.unwrap();
    let owner = Uuid::now_v7();
    db.execute("UPDATE journal_head SET lease_until = 0").await;
    assert!(store.lead_journal(owner, MINUTE).await.unwrap());
    assert_eq!(store.seal_journal(owner, &keys()).await.unwrap(), Some(1));
    assert_eq!(verified(&store, None).await.wrong, None);
    assert_eq!(verified(&store, Some(&head)).await.wrong, Some((3, WrongEntry::Altered)));
}

async fn two_sealers_at_once_make_one_chain(db: &Database) {
    let (one, another) = (db.store().await, db.open().await);
    for n in 1..=40 {
        one.journal(&told(&format!("thing-{n}"), n)).await.unwrap();
    }
    // Both believe that they lead.
    let owner = sealer(&one).await;
    let keys = keys();
    let (first, second) = tokio::join!(one.seal_journal(owner, &keys), another.seal_journal(owner, &keys));
    let sealed = |answer: Result<Option<usize>, StoreError>| answer.unwrap().unwrap();
    assert_eq!(sealed(first) + sealed(second), 40);
    let looked = verified(&one, None).await;
    assert_eq!((looked.head.seq, looked.wrong), (40, None));
}

async fn a_sealer_that_has_lost_its_lease_seals_nothing(db: &Database) {
    let store = sealed(db, 1).await;
    let late = Uuid::now_v7();
    assert!(!store.lead_journal(late, MINUTE).await.unwrap(), "another leads");
    store.journal(&told("open", 2)).await.unwrap();
    assert_eq!(store.seal_journal(late, &keys()).await.unwrap(), None);
    db.execute("UPDATE journal_head SET lease_until = 0").await;
    assert!(store.lead_journal(late, MINUTE).await.unwrap());
    assert_eq!(store.seal_journal(late, &keys()).await.unwrap(), Some(1));
    assert_eq!(store.seal_journal(late, &keys()).await.unwrap(), Some(0));
}

async fn a_head_is_told_once_in_its_time(db: &Database) {
    let store = db.store().await;
    let owner = sealer(&store).await;
    assert_eq!(store.journal_head_to_tell(MINUTE).await.unwrap(), None, "nothing is sealed");
    store.journal(&told("thing", 1)).await.unwrap();
    assert_eq!(store.seal_journal(owner, &keys()).await.unwrap(), Some(1));
    let head = store.journal_head().await.unwrap();
    assert!(head.is_some());
    assert_eq!(store.journal_head_to_tell(MINUTE).await.unwrap(), head);
    assert_eq!(store.journal_head_to_tell(MINUTE).await.unwrap(), None);
}

async fn what_is_not_written_is_not_told(db: &Database) {
    let store = db.store().await;
    let pause = Pause {
        id: Pause::id_of(PauseKind::Channel, "sms", None),
        kind: PauseKind::Channel,
        name: "sms".into(),
        tenant: None,
        why: "wrong text".into(),
        by: "ada".into(),
        by_platform: false,
        since: at(0),
        until: None,
    };
    assert_eq!(store.resume(&pause.id, None, &told("resumed", 1)).await.unwrap(), None);
    assert!(!store.delete_endpoint(&testkit::key("none"), &told("deleted", 1)).await.unwrap());
    assert_eq!(subjects(&store, JournalFilter::default()).await, [""; 0]);
    db.execute("ALTER TABLE journal RENAME TO elsewhere").await;
    assert!(store.pause(&pause, at(0), &told("paused", 1)).await.is_err());
    assert_eq!(store.pauses().await.unwrap(), [], "what could not be told has not happened");
    db.execute("ALTER TABLE elsewhere RENAME TO journal").await;
    store.pause(&pause, at(0), &told("paused", 1)).await.unwrap();
    store.resume(&pause.id, None, &told("resumed", 2)).await.unwrap();
    assert_eq!(subjects(&store, JournalFilter::default()).await, ["resumed", "paused"]);
}

async fn what_is_repeated_is_noted_seldom(db: &Database) {
    let store = db.store().await;
    for (subject, second) in [("a", 0), ("a", 5), ("b", 5), ("a", 9), ("a", 10), ("a", 11)] {
        store.journal_seldom(&told(subject, second), Duration::from_secs(10)).await.unwrap();
    }
    assert_eq!(subjects(&store, JournalFilter::default()).await, ["a", "b", "a"]);
    let bobs = Entry { actor: "bob".into(), ..told("a\0", 11) };
    store.journal_seldom(&bobs, Duration::from_secs(10)).await.unwrap();
    let filter = JournalFilter { actor: Some("bob".into()), ..JournalFilter::default() };
    assert_eq!(subjects(&store, filter).await, ["a\u{fffd}"]);
}

async fn what_a_clock_has_noted_that_was_ahead_silences_nothing(db: &Database) {
    let store = db.store().await;
    for second in [7_200, 0, 5, 11] {
        store.journal_seldom(&told("a", second), Duration::from_secs(10)).await.unwrap();
    }
    let page = store.journal_page(&JournalFilter { limit: 10, ..JournalFilter::default() }).await.unwrap();
    let noted: Vec<i64> = page.entries.iter().map(|entry| entry.row.at).collect();
    assert_eq!(noted, [at(7_200), at(11), at(0)].map(domain::Timestamp::as_micros));
}

async fn who_is_refused_ever_new_things_does_not_fill_the_ledger(db: &Database) {
    let store = db.store().await;
    for n in 0..30 {
        store.journal_seldom(&told(&format!("thing-{n}"), 0), Duration::from_secs(10)).await.unwrap();
    }
    assert_eq!(subjects(&store, JournalFilter::default()).await.len(), 20);
    let bobs = Entry { actor: "bob".into(), ..told("thing-0", 0) };
    store.journal_seldom(&bobs, Duration::from_secs(10)).await.unwrap();
    store.journal_seldom(&told("later", 11), Duration::from_secs(10)).await.unwrap();
    assert_eq!(
        subjects(&store, JournalFilter::default()).await.len(),
        22,
        "others are noted, and so is what comes later"
    );
}

async fn what_comes_again_is_noted_once_and_whatever_is_new_always(db: &Database) {
    let store = db.store().await;
    for n in 0..30 {
        store.journal_once(&told(&format!("thing-{n}"), 0), MINUTE).await.unwrap();
        store.journal_once(&told(&format!("thing-{n}"), 59), MINUTE).await.unwrap();
    }
    assert_eq!(subjects(&store, JournalFilter::default()).await.len(), 30);
    let bobs = Entry { actor: "bob".into(), ..told("thing-0", 59) };
    store.journal_once(&bobs, MINUTE).await.unwrap();
    store.journal_once(&told("thing-0", 60), MINUTE).await.unwrap();
    assert_eq!(subjects(&store, JournalFilter::default()).await.len(), 32, "of each person, and when its time is over");
}

async fn what_several_processes_are_asked_for_at_once_is_noted_once(db: &Database) {
    let stores = [db.store().await, db.open().await, db.open().await];
    let mut asked = JoinSet::new();
    for n in 0..60_i64 {
        let store = stores[usize::try_from(n % 3).unwrap()].clone();
        // Each thing by every process, whose clocks differ a little.
        asked.spawn(async move { store.journal_once(&told(&format!("thing-{}", n / 12), n % 3), MINUTE).await });
    }
    for done in asked.join_all().await {
        done.unwrap();
    }
    let mut noted = subjects(&stores[0], JournalFilter::default()).await;
    noted.sort_unstable();
    assert_eq!(noted, ["thing-0", "thing-1", "thing-2", "thing-3", "thing-4"]);
}

async fn subjects(store: &Store, filter: JournalFilter) -> Vec<String> {
    let page = store.journal_page(&JournalFilter { limit: 100, ..filter }).await.unwrap();
    assert_eq!(page.next, None);
    page.entries.into_iter().map(|entry| entry.row.subject).collect()
}

async fn a_page_goes_on_where_the_one_before_has_ended_and_fits_what_was_asked_for(db: &Database) {
    let store = sealed(db, 3).await;
    let acme = Tenant::parse("acme").unwrap();
    store.journal(&Entry { tenant: acme.clone(), kind: "test.other", ..told("theirs", 4) }).await.unwrap();
    let (mut met, mut after) = (Vec::new(), None);
    loop {
        let page = store.journal_page(&JournalFilter { after, limit: 3, ..JournalFilter::default() }).await.unwrap();
        met.extend(page.entries.into_iter().map(|entry| (entry.row.subject, entry.seq)));
        let Some(next) = page.next else { break };
        after = JournalCursor::parse(&next.to_string());
        assert_eq!(after, Some(next));
    }
    let expected = [("theirs", None), ("thing-3", Some(3)), ("thing-2", Some(2)), ("thing-1", Some(1))];
    assert_eq!(met, expected.map(|(subject, seq)| (subject.to_owned(), seq)));
    let all = JournalFilter::default;
    for (filter, expected) in [
        (JournalFilter { tenant: Some(acme), ..all() }, &["theirs"][..]),
        (JournalFilter { kind: Some("test.told".into()), since: Some(at(2)), ..all() }, &["thing-3", "thing-2"]),
        (JournalFilter { until: Some(at(2)), ..all() }, &["thing-1"]),
        (JournalFilter { subject: Some("thing-2".into()), actor: Some("ada".into()), ..all() }, &["thing-2"]),
        (JournalFilter { actor: Some("a\0".into()), ..all() }, &[]),
    ] {
        assert_eq!(subjects(&store, filter.clone()).await, expected, "{filter:?}");
    }
    let row = store.journal_page(&JournalFilter { limit: 1, ..all() }).await.unwrap().entries.remove(0).row;
    assert_eq!((row.at, row.data.as_str()), (at(4).as_micros(), r#"{"why":"a test"}"#));
}

async fn a_page_that_looks_at_many_goes_on_behind_them(db: &Database) {
    let store = db.store().await;
    for n in 1..=6 {
        let kind = if n % 3 == 0 { "test.third" } else { "test.told" };
        store.journal(&Entry { kind, ..told(&format!("thing-{n}"), n) }).await.unwrap();
    }
    let third =
        JournalFilter { actor: Some("ada".into()), kind: Some("test.third".into()), ..JournalFilter::default() };
    let (mut met, mut pages, mut after) = (Vec::new(), 0, None);
    loop {
        let page = store.journal_within(&JournalFilter { after, limit: 10, ..third.clone() }, 2).await.unwrap();
        assert_eq!(page.is_cut, page.next.is_some());
        met.extend(page.entries.into_iter().map(|entry| entry.row.subject));
        pages += 1;
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    assert_eq!((met, pages), (vec!["thing-6".to_owned(), "thing-3".to_owned()], 4));
    let one = JournalFilter { kind: Some("test.third".into()), limit: 10, ..JournalFilter::default() };
    let page = store.journal_within(&one, 1).await.unwrap();
    assert_eq!((page.entries.len(), page.next), (2, None), "one thing is read by its index alone");
}
