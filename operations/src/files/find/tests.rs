//! Files as those who look after them find them.

use domain::{Entry, FileKind};
use store::FileBegun;
use uuid::Uuid;

use super::*;
use crate::tests::fixtures::{NOW, ledger, operator, tenant};

const QUOTA: FileQuota = FileQuota { files: 100, bytes: 100 };

/// Reserves a row for a file of this name, each a second later than the one before.
async fn begun(store: &Store, number: u32, name: &str) -> StoredFile {
    let file = StoredFile {
        tenant: tenant("acme"),
        object: ObjectName::new(Uuid::from_u128(number.into()), FileKind::Csv),
        name: name.to_owned(),
        bytes: 1,
        digest: [7; 32],
        scan: if number.is_multiple_of(2) { Scan::Clean } else { Scan::NotScanned },
        by: "ada".into(),
        created_at: Timestamp::from_seconds(number.into()),
        expires_at: (number == 1).then_some(NOW),
    };
    assert_eq!(store.begin_file(&file, QUOTA).await.unwrap(), FileBegun::Begun);
    file
}

#[tokio::test]
async fn files_are_found_by_how_they_stand_and_by_parts_of_their_names() {
    let ledger = ledger().await;
    let store = &ledger.store;
    let [old, report, _storing] =
        [begun(store, 1, "old.csv").await, begun(store, 2, "Informe.csv").await, begun(store, 3, "new.csv").await];
    let told = Entry::of(&operator("acme"), "file.stored", "a test", NOW);
    for file in [&old, &report] {
        assert!(store.finish_file(&file.object, &told).await.unwrap());
    }
    let acme = tenant("acme");
    let names = async |wanted: Wanted| -> Vec<String> {
        let found = find(store, &acme, &wanted, 9, NOW).await.unwrap();
        assert_eq!(found.next, None);
        found.files.into_iter().map(|one| one.file.name).collect()
    };
    let of = |standing| Wanted { standing: Some(standing), ..Wanted::default() };
    assert_eq!(names(Wanted::default()).await, ["new.csv", "Informe.csv", "old.csv"]);
    assert_eq!(names(of(FileStanding::Storing)).await, ["new.csv"]);
    assert_eq!(names(of(FileStanding::Stored)).await, ["Informe.csv"]);
    assert_eq!(names(of(FileStanding::Expired)).await, ["old.csv"]);
    assert_eq!(names(Wanted { name: Some("INFORME".into()), ..Wanted::default() }).await, ["Informe.csv"]);
    assert_eq!(names(Wanted { name: Some(report.object.to_string()), ..Wanted::default() }).await, ["Informe.csv"]);
    assert_eq!(names(Wanted { scan: Some(Scan::Clean), ..Wanted::default() }).await, ["Informe.csv"]);
    let one = show(store, &acme, &old.object, NOW).await.unwrap().unwrap();
    assert_eq!((one.standing, one.file), (FileStanding::Expired, old.clone()));
    assert_eq!(show(store, &tenant("other"), &old.object, NOW).await.unwrap(), None);
}

#[tokio::test]
async fn a_cursor_of_another_filter_of_files_is_refused() {
    let ledger = ledger().await;
    let store = &ledger.store;
    for number in 1..=4 {
        begun(store, number, "hay.csv").await;
    }
    let hay = Wanted { name: Some("hay".into()), ..Wanted::default() };
    let first = find(store, &tenant("acme"), &hay, 3, NOW).await.unwrap();
    let behind = Wanted { after: first.next, ..hay };
    assert_eq!(find(store, &tenant("acme"), &behind, 3, NOW).await.unwrap().files.len(), 1);
    let others = [
        Wanted { name: None, ..behind.clone() },
        Wanted { name: Some("needle".into()), ..behind.clone() },
        Wanted { standing: Some(FileStanding::Storing), ..behind.clone() },
        Wanted { scan: Some(Scan::Clean), ..behind.clone() },
    ];
    for (whose, wanted) in others.iter().map(|wanted| ("acme", wanted)).chain([("other", &behind)]) {
        let refused = find(store, &tenant(whose), wanted, 3, NOW).await;
        assert_eq!(refused, Err(NotListed::OtherFilter), "{whose} {wanted:?}");
    }
}

#[tokio::test]
async fn a_search_that_has_looked_at_enough_goes_on_behind_it_and_leaves_none_out() {
    let ledger = ledger().await;
    let store = &ledger.store;
    begun(store, 1, "needle.csv").await;
    for number in 2..=7 {
        begun(store, number, "hay.csv").await;
    }
    let (acme, needle) = (tenant("acme"), Wanted { name: Some("needle".into()), ..Wanted::default() });
    let first = search(store, &acme, &needle, (5, 6), NOW).await.unwrap();
    assert_eq!(first.files, []);
    let behind = Wanted { after: first.next, ..needle };
    assert!(behind.after.is_some(), "there are more");
    let second = search(store, &acme, &behind, (5, 6), NOW).await.unwrap();
    assert_eq!((second.files.len(), second.next), (1, None));
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = find(store, &acme, &Wanted { after, ..Wanted::default() }, 3, NOW).await.unwrap();
        seen.push(page.files.len());
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [3, 3, 1]);
}
