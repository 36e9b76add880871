//! All of it put together: what comes in, what is kept, and what is given out.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::{FileKind, ObjectName, Scan, StoredFile, Timestamp};
use tokio::sync::Semaphore;

use crate::check::{self, NotFit, Unfit};
use crate::name::disposition;
use crate::scanner::{Scanner, Verdict};
use crate::settings::{Scanning, Settings};
use crate::spool::{Incoming, NotReceived, Received, Spool};
use crate::storage::{Away, Bucket, Folder, Reading, Storage};

/// How many files are looked at at once: each unpacks, and reads lists into memory.
const CHECKS_AT_ONCE: usize = 2;
/// The longest name of a template.
const MAX_NAME: usize = 100;

/// Files of this installation. It knows where they lie, and not whose they are.
#[derive(Debug)]
pub struct Files {
    settings: Settings,
    spool: Spool,
    storage: Storage,
    checking: Arc<Semaphore>,
}

/// Why a file that has come in is not kept.
#[derive(Debug)]
pub enum NotAdmitted {
    Unfit(Unfit),
    /// What the scanner calls it.
    Infected(String),
    /// The scanner has not said that it is clean, and the settings want that.
    NotScanned(String),
    /// This machine has failed.
    Failed(String),
}

/// How the parts are.
#[derive(Debug)]
pub struct Health {
    pub storage: Result<(), Away>,
    /// None where nothing is scanned.
    pub scanner: Option<Result<(), String>>,
}

/// A file of the operator.
pub struct Template {
    pub name: String,
    pub kind: FileKind,
    pub bytes: u64,
    pub reading: Reading,
}

impl Files {
    /// Opens nothing: what is away shows at the first use.
    ///
    /// # Errors
    /// What is wrong with the settings of the bucket.
    pub fn new(settings: Settings) -> Result<Self, String> {
        let storage = match &settings.account {
            Some(account) => Storage::Bucket(Bucket::new(account)?),
            None => Storage::Folder(Folder::new(settings.folder.join("stored"))),
        };
        // Beside each other, so that a file that has come in moves to its place without a copy.
        let spool = Spool::new(settings.folder.join("incoming"));
        Ok(Self { settings, spool, storage, checking: Arc::new(Semaphore::new(CHECKS_AT_ONCE)) })
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Begins a file that comes in.
    ///
    /// # Errors
    /// [`NotReceived::Disk`].
    pub async fn begin(&self) -> Result<Incoming, NotReceived> {
        Ok(self.spool.begin(self.settings.max_bytes).await?)
    }

    /// Looks whether a file may stay: what it is, and whether the scanner finds something in it.
    ///
    /// # Errors
    /// [`NotAdmitted`].
    pub async fn admit(&self, received: &Received, kind: FileKind) -> Result<Scan, NotAdmitted> {
        self.check(received, kind).await?;
        let Some(scanner) = &self.settings.scanner else { return Ok(Scan::NotScanned) };
        match scan(scanner, received).await {
            Verdict::Clean => Ok(Scan::Clean),
            Verdict::Found(name) => Err(NotAdmitted::Infected(name)),
            Verdict::Unknown(why) if self.settings.scanning == Scanning::Required => Err(NotAdmitted::NotScanned(why)),
            Verdict::Unknown(why) => {
                tracing::warn!(why, "the scanner has not looked at a file, which comes in without (FILES_SCAN)");
                Ok(Scan::NotScanned)
            }
        }
    }

    async fn check(&self, received: &Received, kind: FileKind) -> Result<(), NotAdmitted> {
        let failed = |why: &dyn std::fmt::Display| NotAdmitted::Failed(why.to_string());
        let turn = Arc::clone(&self.checking).acquire_owned().await.map_err(|error| failed(&error))?;
        let (path, csv): (PathBuf, _) = (received.path().to_owned(), self.settings.csv);
        // The turn lasts as long as the look does, whoever waits for it.
        let looking = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            check::check(&path, kind, csv)
        });
        match looking.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(NotFit::Unfit(unfit))) => Err(NotAdmitted::Unfit(unfit)),
            Ok(Err(NotFit::Disk(error))) => Err(failed(&error)),
            Err(_) => Err(NotAdmitted::Failed("a look at the file panicked".into())),
        }
    }

    /// Keeps a file under this name.
    ///
    /// # Errors
    /// [`Away`]; nothing is promised to be there then, nor to be gone.
    pub async fn keep(&self, object: &ObjectName, received: &Received) -> Result<(), Away> {
        self.storage.keep(object, received).await
    }

    /// None where there is no such file.
    ///
    /// # Errors
    /// [`Away`].
    pub async fn read(&self, object: &ObjectName) -> Result<Option<Reading>, Away> {
        self.storage.read(object).await
    }

    /// Removes a file. Repeating it is harmless.
    ///
    /// # Errors
    /// [`Away`].
    pub async fn remove(&self, object: &ObjectName) -> Result<(), Away> {
        self.storage.remove(object).await
    }

    /// A link to the storage itself, by which whoever has it downloads the file for so long. None where others do not reach
    /// the storage.
    ///
    /// # Errors
    /// [`Away`].
    pub async fn link(&self, file: &StoredFile, lives: Duration) -> Result<Option<String>, Away> {
        match &self.storage {
            Storage::Bucket(bucket) => bucket.link(file, &disposition(&file.name), lives).await,
            Storage::Folder(_) => Ok(None),
        }
    }

    /// A file of the operator. None where there is none of this name.
    ///
    /// # Errors
    /// [`Away`].
    pub async fn template(&self, name: &str) -> Result<Option<Template>, Away> {
        let is_right = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
        let is_plain = name.len() <= MAX_NAME && is_right && !name.starts_with('.');
        let kind = FileKind::of_name(name).filter(|_| is_plain);
        let (Some(folder), Some(kind)) = (&self.settings.templates, kind) else { return Ok(None) };
        let opening = async {
            let file = tokio::fs::File::open(folder.join(name)).await?;
            let found = file.metadata().await?;
            Ok::<_, std::io::Error>((file, found))
        };
        match opening.await {
            Ok((file, found)) if found.is_file() => {
                let reading = Reading::of(file);
                Ok(Some(Template { name: name.to_owned(), kind, bytes: found.len(), reading }))
            }
            Ok(_) => Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Away(format!("the folder of templates (FILES_TEMPLATES_DIR) cannot be read: {error}"))),
        }
    }

    /// Removes what ended processes have left of files that came in. Returns how many files that were.
    ///
    /// # Errors
    /// [`Away`].
    pub async fn clean(&self, now: Timestamp) -> Result<usize, Away> {
        let cleaned = self.spool.clean(now).await;
        cleaned.map_err(|error| Away(format!("the folder of files (FILES_DIR) cannot be cleaned: {error}")))
    }

    /// How the storage and the scanner are.
    pub async fn health(&self) -> Health {
        let scanner = match &self.settings.scanner {
            Some(scanner) => Some(scanner.ping().await),
            None => None,
        };
        Health { storage: self.storage.check().await, scanner }
    }

    /// Says at the start what would show at the first file: a scanner that is away, or that takes no file as large as the
    /// largest.
    pub async fn warn_of_scanner(&self) {
        let Some(scanner) = &self.settings.scanner else { return };
        if let Err(why) = scanner.takes(self.settings.max_bytes).await {
            tracing::warn!(
                why,
                "the scanner does not take a file as large as MAX_FILE_SIZE_MB: is it running, and its StreamMaxLength \
                 not smaller?"
            );
        }
    }
}

async fn scan(scanner: &Scanner, received: &Received) -> Verdict {
    match tokio::fs::File::open(received.path()).await {
        Ok(file) => scanner.scan(file).await,
        Err(error) => Verdict::Unknown(format!("the file cannot be read: {error}")),
    }
}

#[cfg(test)]
mod tests;
