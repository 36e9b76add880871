//! Files in a bucket, by the protocol of S3, which MinIO speaks as well. The bucket is there already.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{ObjectName, StoredFile};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Location;
use object_store::signer::{Method, SignedUrlOptions, Signer as _};
use object_store::{
    ClientOptions, Error, MultipartUpload, ObjectStore as _, ObjectStoreExt as _, PutPayload, RetryConfig,
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio::sync::Semaphore;

use super::Away;

/// The least part of a larger file that S3 takes, and the most of a file that is in memory at once.
const PART: usize = 5 * 1024 * 1024;
/// How much is read from the disk at once.
const BUFFER: usize = 64 * 1024;
/// How many files are on their way into the bucket at once: each has a part in memory.
const MOST_AT_ONCE: usize = 2;
/// How long one request may take, and all tries of it. Whoever waits is told to come again.
const REQUEST: Duration = Duration::from_secs(30);
const TRIES: Duration = Duration::from_secs(20);
const CONNECT: Duration = Duration::from_secs(5);

/// Where a bucket is, and who we are there.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// The URL of the service, without the bucket.
    pub(crate) endpoint: String,
    /// By which others reach it, where that is another one: a host is part of what is signed.
    pub(crate) public_endpoint: Option<SecretString>,
    pub(crate) bucket: String,
    pub(crate) region: String,
    pub(crate) access_key: SecretString,
    pub(crate) secret_key: SecretString,
}

/// A bucket.
#[derive(Debug)]
pub(crate) struct Bucket {
    store: AmazonS3,
    /// Signs links that lead others to the bucket itself. It connects to nobody.
    signer: Option<AmazonS3>,
    sending: Arc<Semaphore>,
}

impl Bucket {
    /// Connects to nobody.
    ///
    /// # Errors
    /// What is wrong with the account.
    pub(crate) fn new(account: &Account) -> Result<Self, String> {
        let signer = account.public_endpoint.as_ref().map(|public| client(account, public.expose_secret())).transpose();
        Ok(Self {
            store: client(account, &account.endpoint)?,
            signer: signer?,
            sending: Arc::new(Semaphore::new(MOST_AT_ONCE)),
        })
    }

    /// Goes on when nobody waits for it any more: what is left of an upload that is dropped, only a rule of the bucket removes.
    pub(super) async fn keep(&self, object: &ObjectName, from: &Path, bytes: u64) -> Result<(), Away> {
        let turn = Arc::clone(&self.sending).acquire_owned().await.map_err(|_| Away("this process stops".into()))?;
        let mut file = File::open(from).await.map_err(unreadable)?;
        file.set_max_buf_size(BUFFER);
        let (store, location) = (self.store.clone(), Location::from(object.as_str()));
        let sending = tokio::spawn(async move {
            let _turn = turn;
            put(&store, &location, &mut file, bytes).await
        });
        sending.await.unwrap_or_else(|_| Err(Away("what was sending a file into the bucket has panicked".into())))
    }

    pub(super) async fn read(
        &self,
        object: &ObjectName,
    ) -> Result<Option<BoxStream<'static, object_store::Result<Bytes>>>, Away> {
        match self.store.get(&Location::from(object.as_str())).await {
            Ok(found) => Ok(Some(found.into_stream())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(away(&error)),
        }
    }

    pub(super) async fn remove(&self, object: &ObjectName) -> Result<(), Away> {
        match self.store.delete(&Location::from(object.as_str())).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(away(&error)),
        }
    }

    /// Asks for the names of nothing: a bucket that is not there says so.
    pub(super) async fn check(&self) -> Result<(), Away> {
        let nothing = Location::from("nothing-is-called-so");
        match self.store.list(Some(&nothing)).next().await {
            None | Some(Ok(_)) => Ok(()),
            Some(Err(error)) => Err(away(&error)),
        }
    }

    /// A link by which whoever has it downloads the file from the bucket itself. None where others do not reach that.
    pub(crate) async fn link(
        &self,
        file: &StoredFile,
        disposition: &str,
        lives: Duration,
    ) -> Result<Option<String>, Away> {
        let Some(signer) = &self.signer else { return Ok(None) };
        let asked = SignedUrlOptions::new().with_query([
            ("response-content-disposition", disposition),
            ("response-content-type", file.object.kind().content_type()),
        ]);
        let location = Location::from(file.object.as_str());
        let url = signer.signed_url_opts(Method::GET, &location, lives, &asked).await;
        url.map(|url| Some(url.to_string())).map_err(|error| away(&error))
    }
}

fn client(account: &Account, endpoint: &str) -> Result<AmazonS3, String> {
    let retry = RetryConfig { max_retries: 3, retry_timeout: TRIES, ..RetryConfig::default() };
    let options = ClientOptions::new().with_timeout(REQUEST).with_connect_timeout(CONNECT);
    let builder = AmazonS3Builder::new()
        .with_endpoint(endpoint.trim_end_matches('/'))
        .with_region(&account.region)
        .with_bucket_name(&account.bucket)
        .with_access_key_id(account.access_key.expose_secret())
        .with_secret_access_key(account.secret_key.expose_secret())
        .with_client_options(options)
        .with_retry(retry)
        .with_allow_http(true);
    builder.build().map_err(|error| error.to_string())
}

async fn put(store: &AmazonS3, location: &Location, file: &mut File, bytes: u64) -> Result<(), Away> {
    if bytes <= PART as u64 {
        let whole = PutPayload::from_bytes(part(file, bytes).await?);
        return store.put(location, whole).await.map(drop).map_err(|error| away(&error));
    }
    let mut upload = store.put_multipart(location).await.map_err(|error| away(&error))?;
    let sent = send(file, &mut *upload).await;
    if sent.is_err() {
        // What is left of it otherwise, only a rule of the bucket removes.
        let _ = upload.abort().await;
    }
    sent
}

/// Sends a file part by part, one at a time.
async fn send(file: &mut File, upload: &mut dyn MultipartUpload) -> Result<(), Away> {
    loop {
        let part = part(file, PART as u64).await?;
        if part.is_empty() {
            return upload.complete().await.map(drop).map_err(|error| away(&error));
        }
        upload.put_part(PutPayload::from_bytes(part)).await.map_err(|error| away(&error))?;
    }
}

/// The next part of a file, of at most so many bytes. Empty at its end.
async fn part(file: &mut File, most: u64) -> Result<Bytes, Away> {
    // Of its whole size at once: one that grows is for a moment there twice.
    let (mut part, mut read) = (vec![0; usize::try_from(most).unwrap_or(PART).min(PART)], 0);
    while read < part.len() {
        match file.read(&mut part[read..]).await.map_err(unreadable)? {
            0 => break,
            more => read += more,
        }
    }
    part.truncate(read);
    Ok(part.into())
}

fn unreadable(error: io::Error) -> Away {
    Away(format!("what has come in cannot be read: {error}"))
}

/// The service quotes nothing that is secret; it may quote much.
pub(super) fn away(error: &Error) -> Away {
    let said: String = domain::printable(&error.to_string()).chars().take(300).collect();
    Away(format!("the bucket of files does not do its part: {said}"))
}
