//! The file behind a SQLite URL. What names no file would pass for a ledger, and forget everything with the process.

use std::str::FromStr as _;

use sqlx::sqlite::SqliteConnectOptions;

/// Why a URL names no file that could be a ledger; the text is read after the setting's name. The path is that which
/// the driver reads.
pub(super) fn refused(url: &str) -> Option<&'static str> {
    let (url, query) = url.split_once('?').unwrap_or((url, ""));
    let Ok(options) = SqliteConnectOptions::from_str(url) else {
        return Some("must be sqlite: and the path of a file, whose bytes behind % are UTF-8");
    };
    let file = options.get_filename();
    let first = file.components().next().map(|first| first.as_os_str().to_string_lossy().into_owned());
    let first = first.unwrap_or_default();
    let in_memory = url.ends_with(":memory:") || query.split('&').any(|pair| pair == "mode=memory");
    if in_memory {
        Some("must name a file: a ledger in memory is forgotten with the process, and no other process sees it")
    } else if first.is_empty() {
        Some("names no file: write sqlite: and its path, such as sqlite:/var/lib/chasqui/chasqui.db")
    } else if first.starts_with(['~', '$']) {
        Some("is read as it stands, and no shell replaces ~ or $ in it: write the path in full")
    } else if first.starts_with("file:") {
        Some("must be sqlite: and the path alone, without file:")
    } else if url.ends_with('/') || file.is_dir() {
        Some("names a folder: name a file in it, such as chasqui.db")
    } else if file.exists() && !file.is_file() {
        Some("names a device or a pipe: name a regular file")
    } else if query.split('&').any(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        matches!((name, value), ("immutable" | "vfs", _) | ("mode", "ro" | "rw"))
    }) {
        Some(
            "asks for a way of opening the file that no ledger can have: it is read, written, and made where it is missing",
        )
    } else {
        None
    }
}
