//! What may stay, by what it is and by what the scanner says: and that nothing is left of what may not.

use std::path::Path;

use super::*;
use crate::scanner::tests::daemon;

const TABLE: &[u8] = b"name,amount\nAna,7\n";

fn files(folder: &Path, scanning: Scanning, scanner: Option<Scanner>) -> Files {
    Files::new(Settings { scanning, scanner, ..Settings::in_folder(folder.to_owned()) }).unwrap()
}

async fn admitted(files: &Files, bytes: &[u8]) -> Result<Scan, NotAdmitted> {
    let mut incoming = files.begin().await.unwrap();
    incoming.write(bytes).await.unwrap();
    let received = incoming.finish().await.unwrap();
    files.admit(&received, FileKind::Csv).await
}

#[tokio::test]
async fn what_the_scanner_has_not_called_clean_comes_in_only_where_that_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let away = || Scanner::new("127.0.0.1".into(), testkit::nobody().port());
    let said = async |scanning, says: Option<&'static [u8]>| {
        let scanner = match says {
            Some(says) => daemon(says, usize::MAX).await.0,
            None => away(),
        };
        admitted(&files(folder.path(), scanning, Some(scanner)), TABLE).await
    };
    for scanning in [Scanning::Required, Scanning::IfAvailable] {
        assert!(matches!(said(scanning, Some(b"stream: OK\0".as_slice())).await, Ok(Scan::Clean)), "{scanning:?}");
        let found = said(scanning, Some(b"stream: Eicar FOUND\0".as_slice())).await;
        assert!(matches!(&found, Err(NotAdmitted::Infected(name)) if name == "Eicar"), "{scanning:?}: {found:?}");
    }
    for says in [
        None,
        Some(b"".as_slice()),
        Some(b"nonsense\0".as_slice()),
        Some(b"INSTREAM size limit exceeded. ERROR\0".as_slice()),
    ] {
        let refused = said(Scanning::Required, says).await;
        assert!(matches!(refused, Err(NotAdmitted::NotScanned(_))), "{says:?}: {refused:?}");
        let taken = said(Scanning::IfAvailable, says).await;
        assert!(matches!(taken, Ok(Scan::NotScanned)), "{says:?}: {taken:?}");
    }
    let unscanned = admitted(&files(folder.path(), Scanning::Off, None), TABLE).await;
    assert!(matches!(unscanned, Ok(Scan::NotScanned)), "{unscanned:?}");
    let left = std::fs::read_dir(folder.path().join("incoming")).unwrap().count();
    assert_eq!(left, 0, "nobody has kept any of them");
}

#[tokio::test]
async fn what_is_not_its_kind_is_shown_to_no_scanner() {
    let folder = tempfile::tempdir().unwrap();
    // It would say that nobody is there.
    let away = Scanner::new("127.0.0.1".into(), testkit::nobody().port());
    let refused = admitted(&files(folder.path(), Scanning::Required, Some(away)), b"a,b\n\0,2\n").await;
    assert!(matches!(refused, Err(NotAdmitted::Unfit(Unfit { fault: check::Fault::NotItsKind, .. }))), "{refused:?}");
}
