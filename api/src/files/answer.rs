//! One file as it is shown.

use domain::{Scan, StoredFile};
use serde::Serialize;
use utoipa::ToSchema;

/// A file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileAnswer {
    /// By which it is named, in paths and in `attachments`.
    #[schema(example = "018f2b6c0d3e7a41b6c9d2e5f8a1b4c7.pdf")]
    object_name: String,
    /// For people: made of the name that it was sent with.
    #[schema(example = "invoice.pdf")]
    name: String,
    /// What it is, and what it is served as.
    #[schema(example = "application/pdf")]
    content_type: &'static str,
    /// Its length.
    bytes: u64,
    /// The SHA-256 of its bytes, in hexadecimal digits.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    sha256: String,
    /// Whether a scanner has found it clean, or none has looked at it: `clean` or `not_scanned`.
    #[schema(example = "clean")]
    scan: &'static str,
    /// When it came in.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it is not served any more. Null: when somebody deletes it.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

pub(super) fn answer(file: &StoredFile) -> FileAnswer {
    FileAnswer {
        object_name: file.object.to_string(),
        name: file.name.clone(),
        content_type: file.object.kind().content_type(),
        bytes: file.bytes,
        sha256: file.digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        scan: Scan::as_str(file.scan),
        created_at: file.created_at.to_string(),
        expires_at: file.expires_at.map(|at| at.to_string()),
    }
}
