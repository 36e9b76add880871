//! Files in a folder of this machine, each under the name of its object and nothing else. The API, the workers and the
//! scheduler see the same folder.

use std::io;
use std::path::{Path, PathBuf};

use domain::ObjectName;
use tokio::fs::{self, File};

use super::Away;

/// A folder that is made where it is missing.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Nothing but the names of objects comes after the folder, so that no path leads out of it.
    fn place(&self, object: &ObjectName) -> PathBuf {
        self.path.join(object.as_str())
    }

    /// Moves a file of the same disk into its place.
    pub(super) async fn keep(&self, object: &ObjectName, from: &Path) -> Result<(), Away> {
        let moving = async {
            fs::create_dir_all(&self.path).await?;
            fs::rename(from, self.place(object)).await?;
            // The name is on the disk then, as the bytes are.
            File::open(&self.path).await?.sync_all().await
        };
        moving.await.map_err(away)
    }

    pub(super) async fn read(&self, object: &ObjectName) -> Result<Option<File>, Away> {
        match File::open(self.place(object)).await {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(away(error)),
        }
    }

    pub(super) async fn remove(&self, object: &ObjectName) -> Result<(), Away> {
        match fs::remove_file(self.place(object)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(away(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    pub(super) async fn check(&self) -> Result<(), Away> {
        fs::create_dir_all(&self.path).await.map_err(away)
    }
}

fn away(error: io::Error) -> Away {
    Away(format!("the folder of files (FILES_DIR) does not do its part: {error}"))
}
