//! A file on its way in: written to the disk piece by piece, counted and hashed meanwhile. Whatever is not kept is gone
//! with the value that stands for it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{Context, SHA256};
use domain::{Content, Timestamp};
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

/// How much is handed to the disk at once.
const BUFFER: usize = 64 * 1024;
/// After this time a file that nobody has finished was left by a process that ended.
const LEFT_AFTER: Duration = Duration::from_secs(60 * 60);

/// Where files are written that come in.
#[derive(Clone, Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
}

/// A file on the disk that is removed with this value.
#[derive(Debug)]
pub(crate) struct Spooled(PathBuf);

/// A file that is coming in.
pub struct Incoming {
    file: File,
    spooled: Spooled,
    limit: u64,
    bytes: u64,
    digest: Context,
}

/// A file that has come in whole. It is removed with this value, unless it was kept.
#[derive(Debug)]
pub struct Received {
    spooled: Spooled,
    bytes: u64,
    digest: Content,
}

/// Why a file has not come in.
#[derive(Debug, thiserror::Error)]
pub enum NotReceived {
    #[error("it has more than {0} bytes")]
    TooLarge(u64),
    #[error("the disk does not take it: {0}")]
    Disk(#[from] io::Error),
}

impl Spool {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Begins a file of at most `limit` bytes. The folder is made where it is missing.
    pub(crate) async fn begin(&self, limit: u64) -> io::Result<Incoming> {
        tokio::fs::create_dir_all(&self.folder).await?;
        let path = self.folder.join(Uuid::new_v4().simple().to_string());
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).await?;
        file.set_max_buf_size(BUFFER);
        Ok(Incoming { file, spooled: Spooled(path), limit, bytes: 0, digest: Context::new(&SHA256) })
    }

    /// Removes what ended processes have left. Returns how many files that were.
    pub(crate) async fn clean(&self, now: Timestamp) -> io::Result<usize> {
        let mut entries = match tokio::fs::read_dir(&self.folder).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            entries => entries?,
        };
        let mut removed = 0;
        while let Some(entry) = entries.next_entry().await? {
            let changed = instant(entry.metadata().await?.modified()?);
            if now.since(changed) > LEFT_AFTER {
                tokio::fs::remove_file(entry.path()).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

impl Incoming {
    /// # Errors
    /// [`NotReceived`]; the file is then to be dropped.
    pub async fn write(&mut self, piece: &[u8]) -> Result<(), NotReceived> {
        self.bytes += piece.len() as u64;
        if self.bytes > self.limit {
            return Err(NotReceived::TooLarge(self.limit));
        }
        self.digest.update(piece);
        Ok(self.file.write_all(piece).await?)
    }

    /// Ends the file: it is on the disk then, and not only on its way there.
    ///
    /// # Errors
    /// [`NotReceived::Disk`].
    pub async fn finish(mut self) -> Result<Received, NotReceived> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        let mut digest = Content::default();
        digest.copy_from_slice(self.digest.finish().as_ref());
        Ok(Received { spooled: self.spooled, bytes: self.bytes, digest })
    }
}

impl Received {
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The SHA-256 of its bytes.
    pub fn digest(&self) -> Content {
        self.digest
    }

    pub(crate) fn path(&self) -> &Path {
        &self.spooled.0
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        // Where it was kept, it has another name by now.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// When a file was changed last, as the disk says. What it dates before 1970 is as old as can be.
fn instant(changed: SystemTime) -> Timestamp {
    let since = changed.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::default().plus(since)
}

#[cfg(test)]
mod tests {
    use domain::Clock as _;
    use testkit::SystemClock;

    use super::*;

    fn left(folder: &Path) -> usize {
        std::fs::read_dir(folder).map_or(0, Iterator::count)
    }

    #[tokio::test]
    async fn a_file_is_counted_and_hashed_and_nothing_is_left_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().join("in"));
        let mut incoming = spool.begin(10).await.unwrap();
        incoming.write(b"abc").await.unwrap();
        incoming.write(b"").await.unwrap();
        let received = incoming.finish().await.unwrap();
        assert_eq!((received.bytes(), received.digest()[..4].to_vec()), (3, vec![0xba, 0x78, 0x16, 0xbf]));
        assert_eq!(std::fs::read(received.path()).unwrap(), b"abc");
        drop(received);
        let mut cut = spool.begin(10).await.unwrap();
        cut.write(b"abc").await.unwrap();
        drop(cut);
        let mut large = spool.begin(10).await.unwrap();
        large.write(b"0123456789").await.unwrap();
        assert!(matches!(large.write(b"0").await, Err(NotReceived::TooLarge(10))));
        drop(large);
        assert_eq!(left(&folder.path().join("in")), 0);
    }

    #[tokio::test]
    async fn what_an_ended_process_has_left_is_removed_after_an_hour() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().to_owned());
        std::fs::write(folder.path().join("left"), b"x").unwrap();
        let now = SystemClock.now();
        assert_eq!(spool.clean(now).await.unwrap(), 0, "somebody may be writing it");
        assert_eq!(spool.clean(now.plus(LEFT_AFTER * 2)).await.unwrap(), 1);
        assert_eq!(Spool::new(folder.path().join("none")).clean(now).await.unwrap(), 0);
    }
}
