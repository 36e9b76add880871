//! Files: a row before the bytes and until they are removed, a quota that nobody gets around, and an expiry that waits for
//! messages.

use domain::{FileKind, ObjectName, Scan, StoredFile, Tenant, Timestamp};
use testkit::{told, told_by};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::tests::database::{Database, at};
use crate::tests::on_both;
use crate::{FileBegun, FileQuota, FileState, FileUsage, JournalFilter, PageCursor};

on_both!(
    a_file_is_served_once_it_is_stored_and_is_its_tenants_alone,
    uploads_at_once_get_no_more_than_the_quota,
    what_nobody_has_finished_is_removed_and_given_back,
    a_file_is_not_served_after_its_time_and_its_bytes_wait_for_messages,
    a_file_that_is_removed_is_gone_at_once,
    whoever_looks_after_files_sees_them_in_every_state_the_newest_first,
);

const QUOTA: FileQuota = FileQuota { files: 3, bytes: 1_000 };
const HOUR: i64 = 3_600;

fn seconds(number: i64) -> Timestamp {
    Timestamp::from_seconds(number)
}

fn file(tenant: &str, number: u128, bytes: u64) -> StoredFile {
    StoredFile {
        tenant: Tenant::parse(tenant).unwrap(),
        object: ObjectName::new(Uuid::from_u128(number), FileKind::Pdf),
        name: "año «2026».pdf".into(),
        bytes,
        digest: [7; 32],
        scan: Scan::NotScanned,
        by: "ada".into(),
        created_at: at(1),
        expires_at: None,
    }
}

async fn stored(store: &crate::Store, file: &StoredFile) {
    assert_eq!(store.begin_file(file, QUOTA).await.unwrap(), FileBegun::Begun);
    assert!(store.finish_file(&file.object, &told_by("ada", seconds(0))).await.unwrap());
}

async fn a_file_is_served_once_it_is_stored_and_is_its_tenants_alone(db: &Database) {
    let store = db.store().await;
    let (acme, other) = (Tenant::parse("acme").unwrap(), Tenant::parse("other").unwrap());
    let one = file("acme", 1, 100);
    assert_eq!(store.begin_file(&one, QUOTA).await.unwrap(), FileBegun::Begun);
    assert_eq!(store.file(&acme, &one.object, at(2)).await.unwrap(), None, "its bytes are not there yet");
    assert!(store.finish_file(&one.object, &told()).await.unwrap());
    assert!(!store.finish_file(&one.object, &told()).await.unwrap(), "it is stored already");
    assert_eq!(store.file(&acme, &one.object, at(2)).await.unwrap(), Some(one.clone()));
    assert_eq!(store.file(&other, &one.object, at(2)).await.unwrap(), None);
    assert_eq!(store.file_of_link(&one.object, at(2)).await.unwrap(), Some(one.clone()));
    let two = file("acme", 2, 100);
    stored(&store, &two).await;
    assert_eq!(store.files(&acme, None, 10).await.unwrap(), [one.clone(), two.clone()]);
    assert_eq!(store.files(&acme, Some(&one.object), 10).await.unwrap(), std::slice::from_ref(&two));
    assert_eq!(store.files(&other, None, 10).await.unwrap(), []);
    let named = [one.object.clone(), two.object.clone(), ObjectName::new(Uuid::from_u128(9), FileKind::Pdf)];
    assert_eq!(store.files_named(&acme, &named).await.unwrap(), [one, two]);
    assert_eq!(store.files_named(&other, &named).await.unwrap(), []);
    assert_eq!(store.files_named(&acme, &[]).await.unwrap(), []);
    assert_eq!(store.file_usage(&acme).await.unwrap(), FileUsage { files: 2, bytes: 200 });
}

async fn uploads_at_once_get_no_more_than_the_quota(db: &Database) {
    let stores = [db.store().await, db.open().await];
    let mut uploads = JoinSet::new();
    for number in 0..12 {
        let store = stores[number % 2].clone();
        let file = file("acme", number as u128, 400);
        uploads.spawn(async move { store.begin_file(&file, QUOTA).await.unwrap() });
    }
    let begun = uploads.join_all().await;
    assert_eq!(begun.iter().filter(|begun| **begun == FileBegun::Begun).count(), 2, "1,000 bytes are two of 400");
    let used = FileUsage { files: 2, bytes: 800 };
    assert!(begun.contains(&FileBegun::OverQuota(used)), "{begun:?}");
    assert_eq!(stores[0].file_usage(&Tenant::parse("acme").unwrap()).await.unwrap(), used);
    let large = file("other", 99, 1_001);
    assert_eq!(stores[0].begin_file(&large, QUOTA).await.unwrap(), FileBegun::OverQuota(FileUsage::default()));
    for number in 100..103 {
        assert_eq!(stores[0].begin_file(&file("third", number, 1), QUOTA).await.unwrap(), FileBegun::Begun);
    }
    let fourth = stores[0].begin_file(&file("third", 104, 1), QUOTA).await.unwrap();
    assert_eq!(fourth, FileBegun::OverQuota(FileUsage { files: 3, bytes: 3 }));
}

async fn what_nobody_has_finished_is_removed_and_given_back(db: &Database) {
    let store = db.store().await;
    let left = StoredFile { created_at: seconds(0), ..file("acme", 1, 400) };
    store.begin_file(&left, QUOTA).await.unwrap();
    assert_eq!(store.files_to_remove(seconds(HOUR - 1), 10).await.unwrap(), [], "somebody may be storing it");
    assert_eq!(store.files_to_remove(seconds(HOUR), 10).await.unwrap(), std::slice::from_ref(&left.object));
    assert!(!store.finish_file(&left.object, &told()).await.unwrap(), "whoever was too slow does not get it back");
    assert!(store.forget_file(&left.object).await.unwrap());
    assert!(!store.forget_file(&left.object).await.unwrap());
    assert_eq!(store.file_usage(&left.tenant).await.unwrap(), FileUsage::default());
    let refused = file("acme", 2, 400);
    store.begin_file(&refused, QUOTA).await.unwrap();
    assert!(store.give_up_file(&refused.object).await.unwrap());
    assert!(store.forget_file(&refused.object).await.unwrap());
    let kept = file("acme", 3, 400);
    stored(&store, &kept).await;
    assert!(!store.give_up_file(&kept.object).await.unwrap() && !store.forget_file(&kept.object).await.unwrap());
    assert_eq!(store.file_usage(&left.tenant).await.unwrap(), FileUsage { files: 1, bytes: 400 });
}

async fn a_file_is_not_served_after_its_time_and_its_bytes_wait_for_messages(db: &Database) {
    let store = db.store().await;
    let one = StoredFile { expires_at: Some(seconds(HOUR)), ..file("acme", 1, 1) };
    stored(&store, &one).await;
    assert_eq!(store.file_of_link(&one.object, seconds(HOUR - 1)).await.unwrap(), Some(one.clone()));
    assert_eq!(store.file_of_link(&one.object, seconds(HOUR)).await.unwrap(), None);
    let named = [one.object.clone()];
    assert_eq!(store.files_named(&one.tenant, &named).await.unwrap(), std::slice::from_ref(&one));
    assert_eq!(store.files_to_remove(seconds(24 * HOUR), 10).await.unwrap(), [], "a message may be on its way");
    let held = seconds(48 * HOUR);
    store.hold_files(&Tenant::parse("other").unwrap(), &named, held).await.unwrap();
    store.hold_files(&one.tenant, &named, seconds(5)).await.unwrap();
    assert_eq!(store.files_named(&one.tenant, &named).await.unwrap(), std::slice::from_ref(&one), "nobody shortens it");
    store.hold_files(&one.tenant, &named, held).await.unwrap();
    assert_eq!(store.files_named(&one.tenant, &named).await.unwrap()[0].expires_at, Some(held));
    assert_eq!(store.files_to_remove(seconds(71 * HOUR), 10).await.unwrap(), []);
    assert_eq!(store.files_to_remove(seconds(72 * HOUR), 10).await.unwrap(), named);
    let for_ever = file("acme", 2, 1);
    stored(&store, &for_ever).await;
    store.hold_files(&one.tenant, std::slice::from_ref(&for_ever.object), held).await.unwrap();
    assert_eq!(store.file_of_link(&for_ever.object, held).await.unwrap(), Some(for_ever), "it ends when it is deleted");
}

async fn a_file_that_is_removed_is_gone_at_once(db: &Database) {
    let store = db.store().await;
    let one = file("acme", 1, 1);
    stored(&store, &one).await;
    let told = told_by("ada", seconds(HOUR));
    assert!(!store.begin_removing_file(&Tenant::parse("other").unwrap(), &one.object, &told).await.unwrap());
    assert!(store.begin_removing_file(&one.tenant, &one.object, &told).await.unwrap());
    assert_eq!(store.file_of_link(&one.object, at(2)).await.unwrap(), None);
    assert_eq!(store.files_named(&one.tenant, std::slice::from_ref(&one.object)).await.unwrap(), []);
    assert_eq!(store.files_to_remove(seconds(HOUR + 59), 10).await.unwrap(), [], "whoever began it has a minute");
    assert_eq!(store.files_to_remove(seconds(HOUR + 60), 10).await.unwrap(), std::slice::from_ref(&one.object));
}

async fn whoever_looks_after_files_sees_them_in_every_state_the_newest_first(db: &Database) {
    let store = db.store().await;
    let acme = Tenant::parse("acme").unwrap();
    let [one, two, three] = [(1, 1), (2, 2), (3, 2)]
        .map(|(number, second)| StoredFile { created_at: seconds(second), ..file("acme", number, 10) });
    store.begin_file(&one, QUOTA).await.unwrap();
    for file in [&two, &three] {
        stored(&store, file).await;
    }
    assert!(store.begin_removing_file(&acme, &two.object, &told()).await.unwrap());
    stored(&store, &file("other", 9, 10)).await;
    let found = async |after: Option<&PageCursor>, limit| -> Vec<(ObjectName, FileState)> {
        let files = store.newest_files(&acme, after, limit).await.unwrap();
        files.into_iter().map(|kept| (kept.file.object, kept.state)).collect()
    };
    let all = [
        (three.object.clone(), FileState::Stored),
        (two.object.clone(), FileState::Removing),
        (one.object.clone(), FileState::Storing),
    ];
    assert_eq!(found(None, 9).await, all);
    let last = PageCursor::of(&JournalFilter::default(), three.created_at, three.object.to_string());
    assert_eq!(found(Some(&last), 1).await, all[1..2], "both came at the same time");
    assert_eq!(found(PageCursor::parse(&last.to_string()).as_ref(), 9).await, all[1..]);
    let removing = store.kept_file(&acme, &two.object).await.unwrap().unwrap();
    assert_eq!((removing.file, removing.state), (two.clone(), FileState::Removing));
    assert_eq!(store.kept_file(&Tenant::parse("other").unwrap(), &two.object).await.unwrap(), None);
}
