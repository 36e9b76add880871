//! The files of a tenant as those who look after them see them: whatever state they are in, the newest first.

use domain::{ObjectName, StoredFile, Tenant};
use sea_orm::QueryResult;

use super::{COLUMNS, file_of};
use crate::error::StoreError;
use crate::sql::{PageCursor, Value, get, unreadable};
use crate::store::Store;

/// How far a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileState {
    /// Its bytes are being kept.
    Storing,
    Stored,
    /// Nobody gets it any more, and its bytes are being removed.
    Removing,
}

/// A file that has a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptFile {
    pub file: StoredFile,
    pub state: FileState,
}

impl FileState {
    const ALL: [Self; 3] = [Self::Storing, Self::Stored, Self::Removing];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Storing => "storing",
            Self::Stored => "stored",
            Self::Removing => "removing",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl Store {
    /// The files of a tenant behind this place, the newest first and in whatever state. Of which filter the cursor is, is for
    /// whoever asks to see.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn newest_files(
        &self,
        tenant: &Tenant,
        after: Option<&PageCursor>,
        limit: usize,
    ) -> Result<Vec<KeptFile>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, state FROM files WHERE tenant = $1 AND created_at <= $2 \
             AND (created_at, object) < ($2, $3) ORDER BY created_at DESC, object DESC LIMIT {limit}"
        );
        let (at, object) =
            after.map_or((i64::MAX, ""), |PageCursor { place, .. }| (place.at.as_micros(), place.row.as_str()));
        let values = [Value::Text(Some(tenant.as_str())), Value::Int(Some(at)), Value::Text(Some(object))];
        let rows = self.inner.db.hasty_query(&sql, &values).await?;
        rows.iter().map(kept_file_of).collect()
    }

    /// A file of a tenant, in whatever state. None where the tenant has none of this name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn kept_file(&self, tenant: &Tenant, object: &ObjectName) -> Result<Option<KeptFile>, StoreError> {
        let sql = format!("SELECT {COLUMNS}, state FROM files WHERE object = $1 AND tenant = $2");
        let values = [Value::Text(Some(object.as_str())), Value::Text(Some(tenant.as_str()))];
        let rows = self.inner.db.reader().query(&sql, &values).await?;
        rows.first().map(kept_file_of).transpose()
    }
}

fn kept_file_of(row: &QueryResult) -> Result<KeptFile, StoreError> {
    let state: String = get(row, "state")?;
    Ok(KeptFile { file: file_of(row)?, state: FileState::parse(&state).ok_or_else(|| unreadable("state"))? })
}
