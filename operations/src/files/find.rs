//! The files of a tenant for those who look after them: whatever state they are in, found by that and by their names.

use domain::{ObjectName, Scan, StoredFile, Tenant, Timestamp};
use files::Files;
use store::{FileQuota, FileState, FileUsage, Filtering, KeptFile, PageCursor, Store, StoreError, fingerprint};

use crate::listed::{NotListed, must_be_of};

/// At so many files one search looks at most.
const LOOK: usize = 1_000;

/// How a file stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileStanding {
    Storing,
    Stored,
    /// It is not served any more, and its bytes are kept for messages that are on their way.
    Expired,
    Removing,
}

/// Which files to find. What is left out finds all of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wanted {
    pub standing: Option<FileStanding>,
    pub scan: Option<Scan>,
    /// What the name or the name of the object has in it, in upper or lower case.
    pub name: Option<String>,
    pub after: Option<PageCursor>,
}

/// What is asked for, and of whom.
struct Asked<'a> {
    tenant: &'a Tenant,
    wanted: &'a Wanted,
}

/// A file, and how it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    pub file: StoredFile,
    pub standing: FileStanding,
}

/// What a search has found, the newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    pub files: Vec<Standing>,
    /// Where to go on. There may be fewer files than were asked for, and more behind this. None where there are none.
    pub next: Option<PageCursor>,
}

impl FileStanding {
    pub const ALL: [Self; 4] = [Self::Storing, Self::Stored, Self::Expired, Self::Removing];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Storing => "storing",
            Self::Stored => "stored",
            Self::Expired => "expired",
            Self::Removing => "removing",
        }
    }
}

impl Filtering for Asked<'_> {
    fn fingerprint(&self) -> String {
        let Wanted { standing, scan, name, after: _ } = self.wanted;
        let words = (self.tenant.as_str(), standing.map(FileStanding::as_str), scan.map(Scan::as_str), name);
        fingerprint("files", words, &[])
    }
}

impl Wanted {
    fn fits(&self, one: &Standing, name: Option<&str>) -> bool {
        let Standing { file, standing } = one;
        self.standing.is_none_or(|wanted| wanted == *standing)
            && self.scan.is_none_or(|wanted| wanted == file.scan)
            && name.is_none_or(|name| file.name.to_lowercase().contains(name) || file.object.as_str().contains(name))
    }
}

/// Finds so many files of a tenant at most.
///
/// # Errors
/// [`NotListed`].
pub async fn find(
    store: &Store,
    tenant: &Tenant,
    wanted: &Wanted,
    limit: usize,
    now: Timestamp,
) -> Result<Found, NotListed> {
    must_be_of(wanted.after.as_ref(), &Asked { tenant, wanted })?;
    // Where all fit, those behind what is shown need not be read.
    let all_fit = wanted.standing.is_none() && wanted.scan.is_none() && wanted.name.is_none();
    Ok(search(store, tenant, wanted, (limit, if all_fit { limit } else { LOOK }), now).await?)
}

/// Finds so many files at most among so many at which it looks.
async fn search(
    store: &Store,
    tenant: &Tenant,
    wanted: &Wanted,
    (limit, look): (usize, usize),
    now: Timestamp,
) -> Result<Found, StoreError> {
    let name = wanted.name.as_deref().map(str::to_lowercase);
    let rows = store.newest_files(tenant, wanted.after.as_ref(), look.saturating_add(1)).await?;
    let (there, mut found) = (rows.len(), Found { files: Vec::new(), next: None });
    for (looked_at, kept) in (1..=look).zip(rows) {
        let one = standing(kept, now);
        let (at, object) = (one.file.created_at, one.file.object.to_string());
        if wanted.fits(&one, name.as_deref()) {
            found.files.push(one);
        }
        if found.files.len() >= limit || looked_at == look {
            let is_more = looked_at < there;
            found.next = is_more.then(|| PageCursor::of(&Asked { tenant, wanted }, at, object));
            break;
        }
    }
    Ok(found)
}

/// One file of a tenant, in whatever state.
///
/// # Errors
/// [`StoreError`].
pub async fn show(
    store: &Store,
    tenant: &Tenant,
    object: &ObjectName,
    now: Timestamp,
) -> Result<Option<Standing>, StoreError> {
    Ok(store.kept_file(tenant, object).await?.map(|kept| standing(kept, now)))
}

/// How much a tenant has, with what is being stored and removed.
///
/// # Errors
/// [`StoreError`].
pub async fn usage(store: &Store, tenant: &Tenant) -> Result<FileUsage, StoreError> {
    store.file_usage(tenant).await
}

/// How much each tenant may have.
pub fn quota(files: &Files) -> FileQuota {
    let settings = files.settings();
    FileQuota { files: settings.quota_files, bytes: settings.quota_bytes }
}

fn standing(kept: KeptFile, now: Timestamp) -> Standing {
    let standing = match kept.state {
        FileState::Storing => FileStanding::Storing,
        FileState::Stored if kept.file.has_expired(now) => FileStanding::Expired,
        FileState::Stored => FileStanding::Stored,
        FileState::Removing => FileStanding::Removing,
    };
    Standing { file: kept.file, standing }
}

#[cfg(test)]
mod tests;
