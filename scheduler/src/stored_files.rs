//! Removes the bytes of files that nobody serves any more, and keeps those that messages name until they are sent. One
//! scheduler of a fleet removes at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{Tenant, Timestamp, files_named_in};
use files::{Away, Files};
use runtime::Outage;
use store::StoreError;
use uuid::Uuid;

use crate::contained::contained;
use crate::shared::Shared;

const LOOK_EVERY: Duration = Duration::from_secs(30);
/// How long another scheduler waits after one that was killed.
const LEASE: Duration = Duration::from_secs(120);
const NAME: &str = "remove files";
/// How many files are removed in one look.
const BATCH: usize = 100;

/// Why files were not removed. A later look removes them.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Ledger(#[from] StoreError),
    #[error(transparent)]
    Storage(#[from] Away),
}

/// Removes again and again until the future is dropped, which may be in the middle of anything: bytes go before their row.
pub(crate) async fn keep_removing(shared: Arc<Shared>, files: Arc<Files>) {
    let (holder, outage) = (Uuid::now_v7(), Outage::new());
    loop {
        match contained("files", look(&shared, &files, holder)).await {
            Some(Ok(removed)) => {
                if let Some(lasted) = outage.ended(Instant::now()) {
                    tracing::info!(seconds = lasted.as_secs(), "files are removed again");
                }
                metrics::counter!("chasqui_removed_files_total").increment(removed as u64);
            }
            Some(Err(error)) => {
                if let Some(untold) = outage.failed(Instant::now()) {
                    tracing::warn!(%error, untold, "files cannot be removed; trying again");
                }
            }
            None => {}
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Removes what there is to remove, if this is the scheduler that does it. Returns how many files that were.
async fn look(shared: &Shared, files: &Files, holder: Uuid) -> Result<usize, Trouble> {
    let store = &shared.intake.store;
    if !store.hold_lease(NAME, holder, LEASE).await? {
        return Ok(0);
    }
    let mut removed = 0;
    for object in store.files_to_remove(shared.intake.clock.now(), BATCH).await? {
        files.remove(&object).await?;
        removed += usize::from(store.forget_file(&object).await?);
    }
    Ok(removed)
}

/// Keeps the files that the body of a message names until it is published.
///
/// # Errors
/// [`StoreError`]; repeating it is harmless.
pub(crate) async fn hold(shared: &Shared, tenant: &Tenant, body: &[u8], until: Timestamp) -> Result<(), StoreError> {
    shared.intake.store.hold_files(tenant, &files_named_in(body), until).await
}

#[cfg(test)]
mod tests {
    use domain::{FileKind, ObjectName, Scan, StoredFile, Zones};
    use files::Settings;
    use store::{FileBegun, FileQuota};

    use super::*;
    use crate::testing::{at, parts};

    const QUOTA: FileQuota = FileQuota { files: 10, bytes: 1_000 };

    fn file(number: u128, created_at: &str, expires_at: Option<&str>) -> StoredFile {
        StoredFile {
            tenant: Tenant::default(),
            object: ObjectName::new(Uuid::from_u128(number), FileKind::Csv),
            name: "a.csv".into(),
            bytes: 4,
            digest: [0; 32],
            scan: Scan::NotScanned,
            by: "ada".into(),
            created_at: at(created_at),
            expires_at: expires_at.map(at),
        }
    }

    #[tokio::test]
    async fn bytes_are_removed_that_nobody_finished_or_serves_and_no_others() {
        let parts = parts("2026-03-03T12:00:00Z", Zones::bundled()).await;
        let store = &parts.shared.intake.store;
        let folder = tempfile::tempdir().unwrap();
        let files = Files::new(Settings::in_folder(folder.path().to_owned())).unwrap();
        let left = file(1, "2026-03-03T10:59:59Z", None);
        let over = file(2, "2026-03-01T00:00:00Z", Some("2026-03-02T12:00:00Z"));
        let kept = file(3, "2026-03-01T00:00:00Z", Some("2026-03-02T12:00:00Z"));
        for file in [&left, &over, &kept] {
            let mut incoming = files.begin().await.unwrap();
            incoming.write(b"a,b\n").await.unwrap();
            assert_eq!(store.begin_file(file, QUOTA).await.unwrap(), FileBegun::Begun);
            files.keep(&file.object, &incoming.finish().await.unwrap()).await.unwrap();
        }
        for file in [&over, &kept] {
            let told = testkit::told_by("ada", file.created_at);
            assert!(store.finish_file(&file.object, &told).await.unwrap());
        }
        let body = format!(r#"{{"attachments":[{{"file":"{}"}}]}}"#, kept.object);
        hold(&parts.shared, &kept.tenant, body.as_bytes(), at("2026-03-02T12:00:01Z")).await.unwrap();
        let holder = Uuid::now_v7();
        assert_eq!(look(&parts.shared, &files, holder).await.unwrap(), 2);
        assert!(files.read(&left.object).await.unwrap().is_none() && files.read(&over.object).await.unwrap().is_none());
        assert!(files.read(&kept.object).await.unwrap().is_some(), "a message names it");
        assert_eq!(store.file_usage(&kept.tenant).await.unwrap().files, 1);
        assert_eq!(look(&parts.shared, &files, Uuid::now_v7()).await.unwrap(), 0, "another one removes");
    }
}
