//! Files of a tenant: taken in once they are found fit, given out, linked to and deleted. A row is reserved before the bytes
//! are kept and forgotten after they are removed, so that whatever breaks in between is cleaned by a scheduler. Whoever looks
//! after them does so by `find`.

mod find;

use std::time::Duration;

use domain::{Actor, Entry, FileKind, FileLinks, ObjectName, Scope, StoredFile, Tenant, Timestamp};
use files::{Away, NotAdmitted, Reading, Received, Unfit};
use store::{FileBegun, FileUsage, Store, StoreError};
use uuid::Uuid;

use crate::allowed::{NotDone, must};

pub use files::{Files, Settings as FileSettings};
pub use find::{FileStanding, Found, Standing, Wanted, find, quota, show, usage};

/// The fields of the form with which a file comes.
pub const FIELDS: [&str; 2] = ["file", "expires_in_seconds"];

/// What files are kept with.
#[derive(Clone, Copy)]
pub struct Cabinet<'a> {
    pub store: &'a Store,
    pub files: &'a Files,
}

/// What is asked for a file that has come in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// As its sender calls it.
    pub name: String,
    pub kind: FileKind,
    /// None for as long as the settings say.
    pub lives: Option<Duration>,
}

/// Why a file is not kept.
#[derive(Debug)]
pub enum NotKept {
    NotDone(NotDone),
    Unfit(Unfit),
    /// The scanner has found something in it.
    Infected,
    /// The tenant has so much, and would have more than it may.
    OverQuota(FileUsage),
    /// The scanner, the storage or the disk has not done its part. Why is for the log.
    Away(String),
}

/// Why a file is not given out.
#[derive(Debug)]
pub enum NotRead {
    Ledger(StoreError),
    Away(Away),
}

/// A link that needs no token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    pub url: String,
    pub expires_at: Timestamp,
}

/// Files, in the order of the names of their objects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilePage {
    pub files: Vec<StoredFile>,
    pub usage: FileUsage,
    /// The last of them. None when this page is the last.
    pub next: Option<ObjectName>,
}

impl From<StoreError> for NotKept {
    fn from(error: StoreError) -> Self {
        Self::NotDone(error.into())
    }
}

impl From<NotAdmitted> for NotKept {
    fn from(why: NotAdmitted) -> Self {
        match why {
            NotAdmitted::Unfit(unfit) => Self::Unfit(unfit),
            NotAdmitted::Infected(name) => {
                tracing::warn!(found = name, "the scanner has found something in a file, which was refused");
                Self::Infected
            }
            NotAdmitted::NotScanned(why) => Self::Away(format!("the scanner has not looked at a file: {why}")),
            NotAdmitted::Failed(why) => Self::Away(format!("a file could not be looked at: {why}")),
        }
    }
}

impl From<StoreError> for NotRead {
    fn from(error: StoreError) -> Self {
        Self::Ledger(error)
    }
}

/// Keeps a file that has come in, once it is found fit.
///
/// # Errors
/// [`NotKept`]: nothing of the file is served then.
pub async fn keep(
    cabinet: Cabinet<'_>,
    actor: &Actor,
    asked: Asked,
    received: &Received,
    now: Timestamp,
) -> Result<StoredFile, NotKept> {
    let Cabinet { store, files } = cabinet;
    must(store, actor, &[Scope::Operate, Scope::Notify], "store a file", now).await.map_err(NotKept::NotDone)?;
    let scan = files.admit(received, asked.kind).await?;
    let settings = files.settings();
    let file = StoredFile {
        tenant: actor.tenant.clone(),
        object: ObjectName::new(Uuid::new_v4(), asked.kind),
        name: files::name(&asked.name, asked.kind),
        bytes: received.bytes(),
        digest: received.digest(),
        scan,
        by: actor.name.clone(),
        created_at: now,
        expires_at: asked.lives.or(settings.kept_for).map(|lives| now.plus(lives)),
    };
    if let FileBegun::OverQuota(usage) = store.begin_file(&file, quota(files)).await? {
        return Err(NotKept::OverQuota(usage));
    }
    if let Err(away) = files.keep(&file.object, received).await {
        give_up(cabinet, &file.object).await;
        return Err(NotKept::Away(away.to_string()));
    }
    let told = Entry::of(actor, "file.stored", file.object.as_str(), now)
        .with("bytes", file.bytes)
        .with("scan", file.scan.as_str());
    if !store.finish_file(&file.object, &told).await? {
        // Whoever has taken its row away came before the bytes, and does not come again.
        if let Err(away) = files.remove(&file.object).await {
            tracing::error!(%away, object = %file.object, "bytes without a row are left in the storage: remove them");
        }
        return Err(NotKept::Away("keeping a file took longer than an hour".into()));
    }
    Ok(file)
}

/// Takes back what could not be kept. What this does not do, a scheduler does in an hour.
async fn give_up(cabinet: Cabinet<'_>, object: &ObjectName) {
    if cabinet.store.give_up_file(object).await == Ok(true) && cabinet.files.remove(object).await.is_ok() {
        let _ = cabinet.store.forget_file(object).await;
    }
}

/// A file of a tenant, and its bytes. None where there is none, or its time is over.
///
/// # Errors
/// [`NotRead`].
pub async fn open(
    cabinet: Cabinet<'_>,
    tenant: &Tenant,
    object: &ObjectName,
    now: Timestamp,
) -> Result<Option<(StoredFile, Reading)>, NotRead> {
    let Some(file) = cabinet.store.file(tenant, object, now).await? else { return Ok(None) };
    read(cabinet.files, file).await
}

/// A file that whoever asks has a link to.
///
/// # Errors
/// [`NotRead`].
pub async fn open_linked(
    cabinet: Cabinet<'_>,
    object: &ObjectName,
    now: Timestamp,
) -> Result<Option<(StoredFile, Reading)>, NotRead> {
    let Some(file) = cabinet.store.file_of_link(object, now).await? else { return Ok(None) };
    read(cabinet.files, file).await
}

async fn read(files: &Files, file: StoredFile) -> Result<Option<(StoredFile, Reading)>, NotRead> {
    let reading = files.read(&file.object).await.map_err(NotRead::Away)?;
    if reading.is_none() {
        tracing::error!(object = %file.object, "a file has a row and no bytes: it was removed behind our back");
    }
    Ok(reading.map(|reading| (file, reading)))
}

/// A link by which whoever has it downloads a file for so long, and not after the file's own time. `own` is where this
/// installation is called. None where the tenant has no such file.
///
/// # Errors
/// [`NotRead`].
pub async fn link(
    cabinet: Cabinet<'_>,
    links: &FileLinks,
    own: &str,
    of: (&Tenant, &ObjectName),
    lives: Duration,
    now: Timestamp,
) -> Result<Option<Link>, NotRead> {
    let (tenant, object) = of;
    let Some(file) = cabinet.store.file(tenant, object, now).await? else { return Ok(None) };
    let until = file.expires_at.map_or(now.plus(lives), |expires| expires.min(now.plus(lives)));
    let direct = cabinet.files.link(&file, until.since(now)).await.map_err(NotRead::Away)?;
    let url = direct.unwrap_or_else(|| format!("{own}{}", links.path(object, &file.name, until)));
    Ok(Some(Link { url, expires_at: until }))
}

/// A page of a tenant's files, beginning after this one.
///
/// # Errors
/// [`StoreError`].
pub async fn list(
    store: &Store,
    tenant: &Tenant,
    after: Option<&ObjectName>,
    limit: usize,
) -> Result<FilePage, StoreError> {
    let mut files = store.files(tenant, after, limit.saturating_add(1)).await?;
    let more = files.len() > limit;
    files.truncate(limit);
    let next = files.last().filter(|_| more).map(|last| last.object.clone());
    Ok(FilePage { files, usage: store.file_usage(tenant).await?, next })
}

/// Deletes a file: nobody downloads it any more, and what names it fails for good. False where the tenant has none.
///
/// # Errors
/// [`NotDone`].
pub async fn delete(cabinet: Cabinet<'_>, actor: &Actor, object: &ObjectName, now: Timestamp) -> Result<bool, NotDone> {
    let Cabinet { store, files } = cabinet;
    must(store, actor, &[Scope::Operate], "delete a file", now).await?;
    let told = Entry::of(actor, "file.deleted", object.as_str(), now);
    if !store.begin_removing_file(&actor.tenant, object, &told).await? {
        return Ok(false);
    }
    // Where the storage is away, a scheduler removes the bytes later.
    match files.remove(object).await {
        Ok(()) => {
            store.forget_file(object).await?;
        }
        Err(away) => tracing::warn!(%away, "the bytes of a deleted file are removed later"),
    }
    Ok(true)
}
