//! Where files lie: in a folder of this machine, or in a bucket that speaks the protocol of S3.

mod bucket;
mod folder;

use bytes::Bytes;
use domain::ObjectName;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use crate::spool::Received;

pub(crate) use self::bucket::{Account, Bucket};
pub(crate) use self::folder::Folder;

/// How much is read from a disk at once.
const PIECE: usize = 64 * 1024;

/// One of both.
#[derive(Debug)]
pub(crate) enum Storage {
    Folder(Folder),
    Bucket(Bucket),
}

/// The storage has not done its part. Whoever asked may ask again.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Away(pub(crate) String);

/// A file as it is read, piece by piece.
pub struct Reading(Source);

enum Source {
    File(File),
    Bucket(BoxStream<'static, object_store::Result<Bytes>>),
}

impl Storage {
    /// Keeps what has come in. A file is there whole or not at all.
    pub(crate) async fn keep(&self, object: &ObjectName, received: &Received) -> Result<(), Away> {
        match self {
            Self::Folder(folder) => folder.keep(object, received.path()).await,
            Self::Bucket(bucket) => bucket.keep(object, received.path(), received.bytes()).await,
        }
    }

    /// None where there is no such file.
    pub(crate) async fn read(&self, object: &ObjectName) -> Result<Option<Reading>, Away> {
        let source = match self {
            Self::Folder(folder) => folder.read(object).await?.map(Source::File),
            Self::Bucket(bucket) => bucket.read(object).await?.map(Source::Bucket),
        };
        Ok(source.map(Reading))
    }

    /// Removes a file. One that is not there is removed already.
    pub(crate) async fn remove(&self, object: &ObjectName) -> Result<(), Away> {
        match self {
            Self::Folder(folder) => folder.remove(object).await,
            Self::Bucket(bucket) => bucket.remove(object).await,
        }
    }

    /// Whether it would take a file.
    pub(crate) async fn check(&self) -> Result<(), Away> {
        match self {
            Self::Folder(folder) => folder.check().await,
            Self::Bucket(bucket) => bucket.check().await,
        }
    }
}

impl Reading {
    pub(crate) fn of(file: File) -> Self {
        Self(Source::File(file))
    }

    /// The next piece. None at the end.
    ///
    /// # Errors
    /// [`Away`], in the middle of the file.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Away> {
        match &mut self.0 {
            Source::File(file) => {
                let mut piece = Vec::with_capacity(PIECE);
                let read = file.take(PIECE as u64).read_to_end(&mut piece).await;
                let read = read.map_err(|error| Away(format!("the file cannot be read: {error}")))?;
                Ok((read > 0).then(|| piece.into()))
            }
            Source::Bucket(stream) => stream.next().await.transpose().map_err(|error| bucket::away(&error)),
        }
    }

    /// All of it, where it has at most so many bytes.
    ///
    /// # Errors
    /// [`Away`], also where it has more than its row says.
    pub async fn whole(mut self, bytes: u64) -> Result<Vec<u8>, Away> {
        let mut whole = Vec::with_capacity(usize::try_from(bytes).unwrap_or_default());
        while let Some(piece) = self.piece().await? {
            if (whole.len() + piece.len()) as u64 > bytes {
                return Err(Away("the file is larger than it was when it was stored".into()));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }
}

#[cfg(test)]
mod tests;
