//! Both storages: what is kept is read as it came, and what is away says so.

use std::time::Duration;

use domain::{FileKind, Scan, StoredFile, Tenant, Timestamp};
use secrecy::SecretString;
use testkit::Counterpart;
use uuid::Uuid;

use super::*;
use crate::spool::Spool;

fn object() -> ObjectName {
    ObjectName::new(Uuid::new_v4(), FileKind::Pdf)
}

async fn received(folder: &std::path::Path, bytes: &[u8]) -> Received {
    let mut incoming = Spool::new(folder.join("incoming")).begin(u64::MAX).await.unwrap();
    incoming.write(bytes).await.unwrap();
    incoming.finish().await.unwrap()
}

/// Keeps, reads and removes files of several sizes.
async fn serves(storage: &Storage, folder: &std::path::Path) {
    storage.check().await.unwrap();
    for length in [1, 100_000, 6 * 1024 * 1024] {
        let (object, bytes) = (object(), vec![7; length]);
        assert!(storage.read(&object).await.unwrap().is_none());
        storage.keep(&object, &received(folder, &bytes).await).await.unwrap();
        let whole = storage.read(&object).await.unwrap().unwrap().whole(length as u64).await.unwrap();
        assert!(whole == bytes, "{length}");
        let more = storage.read(&object).await.unwrap().unwrap().whole(length as u64 - 1).await;
        assert!(more.is_err(), "it is larger than its row says");
        storage.remove(&object).await.unwrap();
        storage.remove(&object).await.unwrap();
        assert!(storage.read(&object).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_folder_keeps_reads_and_removes_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::Folder(Folder::new(folder.path().join("stored")));
    serves(&storage, folder.path()).await;
    for name in ["stored", "incoming"] {
        assert_eq!(std::fs::read_dir(folder.path().join(name)).unwrap().count(), 0, "{name}");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_away() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("stored"), b"no folder").unwrap();
    let storage = Storage::Folder(Folder::new(folder.path().join("stored")));
    assert!(storage.check().await.is_err());
    assert!(storage.keep(&object(), &received(folder.path(), b"x").await).await.is_err());
}

fn account(endpoint: &str, public: Option<&str>) -> Account {
    let secret = |text: &str| SecretString::from(text.to_owned());
    Account {
        endpoint: endpoint.into(),
        public_endpoint: public.map(secret),
        bucket: "attachments".into(),
        region: "us-east-1".into(),
        access_key: secret("key"),
        secret_key: secret("hidden"),
    }
}

#[tokio::test]
async fn a_link_to_a_bucket_names_the_host_by_which_others_reach_it() {
    let file = StoredFile {
        tenant: Tenant::default(),
        object: object(),
        name: "año.pdf".into(),
        bytes: 1,
        digest: [0; 32],
        scan: Scan::Clean,
        by: "ada".into(),
        created_at: Timestamp::from_seconds(0),
        expires_at: None,
    };
    let link = async |public: Option<&str>| {
        let bucket = Bucket::new(&account("http://minio:9000", public)).unwrap();
        bucket.link(&file, "attachment", Duration::from_secs(60)).await.unwrap()
    };
    assert_eq!(link(None).await, None);
    let url = link(Some("https://files.example.com")).await.unwrap();
    let begin = format!("https://files.example.com/attachments/{}?", file.object);
    assert!(url.starts_with(&begin) && url.contains("X-Amz-Expires=60"), "{url}");
    assert!(url.contains("response-content-type=application%2Fpdf") && !url.contains("hidden"), "{url}");
}

/// A server of S3 that nobody here wrote.
#[tokio::test]
async fn a_bucket_keeps_reads_and_removes() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Counterpart::start("venv/bin/python", &["tools/s3_server.py", "attachments"]);
    let url = server.line().await;
    serves(&Storage::Bucket(Bucket::new(&account(&url, None)).unwrap()), folder.path()).await;
    let missing = Account { bucket: "nothing".into(), ..account(&url, None) };
    assert!(Storage::Bucket(Bucket::new(&missing).unwrap()).check().await.is_err(), "there is no such bucket");
}

#[tokio::test]
async fn a_bucket_that_is_away_says_so_and_whoever_waits_waits_not_long() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("http://{}", testkit::nobody());
    let storage = Storage::Bucket(Bucket::new(&account(&url, None)).unwrap());
    for bytes in [1, 6 * 1024 * 1024] {
        let received = received(folder.path(), &vec![7; bytes]).await;
        let told = storage.keep(&object(), &received).await.unwrap_err().to_string();
        assert!(told.starts_with("the bucket of files does not do its part") && !told.contains("hidden"), "{told}");
    }
    assert!(storage.read(&object()).await.is_err() && storage.remove(&object()).await.is_err());
    assert!(storage.check().await.is_err());
    assert_eq!(std::fs::read_dir(folder.path().join("incoming")).unwrap().count(), 0, "nothing is left");
}
