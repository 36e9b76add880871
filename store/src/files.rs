//! The rows of files: reserved before the bytes are kept, and forgotten after they are removed, so that no bytes are
//! without a row. How much a tenant has is counted in the same transaction.

mod newest;

use std::time::Duration;

use domain::{Entry, ObjectName, Scan, StoredFile, Tenant, Timestamp};
use sea_orm::QueryResult;

use crate::error::StoreError;
use crate::sql::{Group, Session, Value, content_of, get, time_of, unreadable};
use crate::store::Store;

pub use newest::{FileState, KeptFile};

/// After this time nobody stores a file any more that was begun.
const BEGUN_FOR: Duration = Duration::from_secs(60 * 60);
/// So long are the bytes of a file kept that is not served any more: a message that is on its way may name it.
const KEPT_BEHIND: Duration = Duration::from_secs(24 * 60 * 60);
/// So long has whoever removes a file before others look after it.
const REMOVED_WITHIN: Duration = Duration::from_secs(60);

const COLUMNS: &str = "object, tenant, name, bytes, digest, scan, stored_by, created_at, expires_at";

/// How much a tenant may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileQuota {
    pub files: u64,
    pub bytes: u64,
}

/// How much a tenant has, with what is being stored and removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FileUsage {
    pub files: u64,
    pub bytes: u64,
}

/// What became of a file that is to be stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileBegun {
    /// Its bytes may be kept.
    Begun,
    /// The tenant would have more than it may.
    OverQuota(FileUsage),
}

impl Store {
    /// Reserves a row for a file whose bytes are to be kept.
    ///
    /// # Errors
    /// [`StoreError`]; after [`StoreError::Unavailable`] the row may be there, and is cleaned in time.
    pub async fn begin_file(&self, file: &StoredFile, quota: FileQuota) -> Result<FileBegun, StoreError> {
        const RESERVE: &str = "INSERT INTO file_usage (tenant, files, bytes) VALUES ($1, 1, $2) \
             ON CONFLICT (tenant) DO UPDATE SET files = file_usage.files + 1, bytes = file_usage.bytes + excluded.bytes \
             WHERE file_usage.files < $3 AND file_usage.bytes + excluded.bytes <= $4 RETURNING files";
        let mut session = self.inner.db.begin().await?;
        let tenant = Value::Text(Some(file.tenant.as_str()));
        let values = [tenant, whole(file.bytes), whole(quota.files), whole(quota.bytes)];
        if file.bytes > quota.bytes || session.query(RESERVE, &values).await?.is_empty() {
            return Ok(FileBegun::OverQuota(usage(&mut session, &file.tenant).await?));
        }
        insert(&mut session, file).await?;
        session.commit().await?;
        Ok(FileBegun::Begun)
    }

    /// Says that the bytes of a file are kept, and notes who has stored it. False where it was begun too long ago: others
    /// are removing it.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn finish_file(&self, object: &ObjectName, told: &Entry) -> Result<bool, StoreError> {
        const FINISH: &str = "UPDATE files SET state = 'stored', touched_at = $2 \
                              WHERE object = $1 AND state = 'storing' RETURNING object";
        let values = [Value::Text(Some(object.as_str())), Value::Int(Some(told.at.as_micros()))];
        self.change_told(FINISH, &values, told).await
    }

    /// A file of a tenant that is served. None where there is none, or its time is over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn file(
        &self,
        tenant: &Tenant,
        object: &ObjectName,
        now: Timestamp,
    ) -> Result<Option<StoredFile>, StoreError> {
        let found = self.file_of_link(object, now).await?;
        Ok(found.filter(|file| file.tenant == *tenant))
    }

    /// A file that is served, whosever it is: whoever asks has a link to it that we have signed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn file_of_link(&self, object: &ObjectName, now: Timestamp) -> Result<Option<StoredFile>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM files WHERE object = $1 AND state = 'stored'");
        let rows = self.inner.db.reader().query(&sql, &[Value::Text(Some(object.as_str()))]).await?;
        let found = rows.first().map(file_of).transpose()?;
        Ok(found.filter(|file| !file.has_expired(now)))
    }

    /// The files of a tenant after this one, in the order of their names in the storage.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn files(
        &self,
        tenant: &Tenant,
        after: Option<&ObjectName>,
        limit: usize,
    ) -> Result<Vec<StoredFile>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM files WHERE tenant = $1 AND object > $2 AND state = 'stored' \
             ORDER BY object LIMIT {limit}"
        );
        let after = after.map(ObjectName::as_str).unwrap_or_default();
        let values = [Value::Text(Some(tenant.as_str())), Value::Text(Some(after))];
        let rows = self.inner.db.reader().query(&sql, &values).await?;
        rows.iter().map(file_of).collect()
    }

    /// Those of these files that the tenant has, and whose bytes are kept, also where they are not served any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn files_named(&self, tenant: &Tenant, objects: &[ObjectName]) -> Result<Vec<StoredFile>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM files WHERE state = 'stored' AND object IN (SELECT u.object FROM {{u}}) \
             ORDER BY object"
        );
        let group = Group::of(objects.len()).text("object", objects.iter().map(ObjectName::as_str));
        let rows = self.inner.db.reader().query_group(&sql, &group).await?;
        let files: Vec<StoredFile> = rows.iter().map(file_of).collect::<Result<_, _>>()?;
        Ok(files.into_iter().filter(|file| file.tenant == *tenant).collect())
    }

    /// Keeps these files of a tenant until then at least, because a message that is to be sent names them.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn hold_files(
        &self,
        tenant: &Tenant,
        objects: &[ObjectName],
        until: Timestamp,
    ) -> Result<(), StoreError> {
        const HOLD: &str = "UPDATE files SET expires_at = u.held_until FROM {u} WHERE files.object = u.object \
             AND files.tenant = u.tenant AND files.state = 'stored' AND files.expires_at < u.held_until \
             RETURNING files.object";
        let group = Group::of(objects.len())
            .text("object", objects.iter().map(ObjectName::as_str))
            .text("tenant", objects.iter().map(|_| tenant.as_str()))
            .int("held_until", objects.iter().map(|_| until.as_micros()));
        self.inner.db.writer().query_group(HOLD, &group).await.map(drop)
    }

    /// Begins to remove a file that a tenant has, and notes who does. False where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin_removing_file(
        &self,
        tenant: &Tenant,
        object: &ObjectName,
        told: &Entry,
    ) -> Result<bool, StoreError> {
        const REMOVE: &str = "UPDATE files SET state = 'removing', touched_at = $3 \
                              WHERE object = $1 AND tenant = $2 AND state = 'stored' RETURNING object";
        let values = [
            Value::Text(Some(object.as_str())),
            Value::Text(Some(tenant.as_str())),
            Value::Int(Some(told.at.as_micros())),
        ];
        self.change_told(REMOVE, &values, told).await
    }

    /// Gives up a file whose bytes could not be kept. False where it is stored, or somebody removes it.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn give_up_file(&self, object: &ObjectName) -> Result<bool, StoreError> {
        const GIVE_UP: &str =
            "UPDATE files SET state = 'removing' WHERE object = $1 AND state = 'storing' RETURNING object";
        let rows = self.inner.db.writer().query(GIVE_UP, &[Value::Text(Some(object.as_str()))]).await?;
        Ok(!rows.is_empty())
    }

    /// Marks the files whose bytes are to be removed: those that nobody has finished, those whose time is over, and those
    /// that somebody began to remove. Returns at most so many of them.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn files_to_remove(&self, now: Timestamp, limit: usize) -> Result<Vec<ObjectName>, StoreError> {
        let left = format!(
            "UPDATE files SET state = 'removing' WHERE object IN (SELECT object FROM files \
             WHERE state <> 'stored' AND state = 'storing' AND touched_at <= $1 ORDER BY touched_at LIMIT {limit}) \
             RETURNING object"
        );
        let over = format!(
            "UPDATE files SET state = 'removing' WHERE object IN (SELECT object FROM files \
             WHERE expires_at IS NOT NULL AND expires_at <= $1 AND state = 'stored' ORDER BY expires_at LIMIT {limit}) \
             RETURNING object"
        );
        let removing = format!(
            "SELECT object FROM files WHERE state <> 'stored' AND state = 'removing' AND touched_at <= $1 \
             ORDER BY touched_at LIMIT {limit}"
        );
        let before = |long: Duration| [Value::Int(Some(now.minus(long).as_micros()))];
        let mut session = self.inner.db.writer();
        session.query(&left, &before(BEGUN_FOR)).await?;
        session.query(&over, &before(KEPT_BEHIND)).await?;
        let rows = session.query(&removing, &before(REMOVED_WITHIN)).await?;
        rows.iter().map(object_of).collect()
    }

    /// Forgets a file whose bytes are removed, and gives its tenant back what it had of the quota. False where nobody
    /// removes it.
    ///
    /// # Errors
    /// [`StoreError`]; repeating it is harmless.
    pub async fn forget_file(&self, object: &ObjectName) -> Result<bool, StoreError> {
        const FORGET: &str = "DELETE FROM files WHERE object = $1 AND state = 'removing' RETURNING tenant, bytes";
        const GIVE_BACK: &str = "UPDATE file_usage SET files = files - 1, bytes = bytes - $2 WHERE tenant = $1";
        let mut session = self.inner.db.begin().await?;
        let rows = session.query(FORGET, &[Value::Text(Some(object.as_str()))]).await?;
        let Some(row) = rows.first() else { return Ok(false) };
        let (tenant, bytes): (String, i64) = (get(row, "tenant")?, get(row, "bytes")?);
        session.query(GIVE_BACK, &[Value::Text(Some(&tenant)), Value::Int(Some(bytes))]).await?;
        session.commit().await?;
        Ok(true)
    }

    /// How much a tenant has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn file_usage(&self, tenant: &Tenant) -> Result<FileUsage, StoreError> {
        usage(&mut self.inner.db.reader(), tenant).await
    }
}

async fn usage(session: &mut Session, tenant: &Tenant) -> Result<FileUsage, StoreError> {
    const USAGE: &str = "SELECT files, bytes FROM file_usage WHERE tenant = $1";
    let rows = session.query(USAGE, &[Value::Text(Some(tenant.as_str()))]).await?;
    let Some(row) = rows.first() else { return Ok(FileUsage::default()) };
    Ok(FileUsage { files: unsigned(row, "files")?, bytes: unsigned(row, "bytes")? })
}

async fn insert(session: &mut Session, file: &StoredFile) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO files ({COLUMNS}, state, touched_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'storing', $8)"
    );
    let values = [
        Value::Text(Some(file.object.as_str())),
        Value::Text(Some(file.tenant.as_str())),
        Value::Text(Some(&file.name)),
        whole(file.bytes),
        Value::Bytes(Some(&file.digest)),
        Value::Text(Some(file.scan.as_str())),
        Value::Text(Some(&file.by)),
        Value::Int(Some(file.created_at.as_micros())),
        Value::Int(file.expires_at.map(Timestamp::as_micros)),
    ];
    session.query(&sql, &values).await.map(drop)
}

fn whole(number: u64) -> Value<'static> {
    Value::Int(Some(i64::try_from(number).unwrap_or(i64::MAX)))
}

fn unsigned(row: &QueryResult, column: &str) -> Result<u64, StoreError> {
    u64::try_from(get::<i64>(row, column)?).map_err(|_| unreadable(column))
}

fn object_of(row: &QueryResult) -> Result<ObjectName, StoreError> {
    ObjectName::parse(&get::<String>(row, "object")?).ok_or_else(|| unreadable("object"))
}

fn file_of(row: &QueryResult) -> Result<StoredFile, StoreError> {
    Ok(StoredFile {
        tenant: Tenant::parse(&get::<String>(row, "tenant")?).ok_or_else(|| unreadable("tenant"))?,
        object: object_of(row)?,
        name: get(row, "name")?,
        bytes: unsigned(row, "bytes")?,
        digest: content_of(row, "digest")?.ok_or_else(|| unreadable("digest"))?,
        scan: Scan::parse(&get::<String>(row, "scan")?).ok_or_else(|| unreadable("scan"))?,
        by: get(row, "stored_by")?,
        created_at: Timestamp::from_micros(get(row, "created_at")?),
        expires_at: time_of(row, "expires_at")?,
    })
}
