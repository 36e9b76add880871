//! The files that pages load: each under a name that changes with its contents, so that browsers keep it for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use web::fallbacks::unknown_route;

/// htmx 4.0.1 and its extension `hx-sse`, of the npm package `htmx.org@4.0.1`: `dist/htmx.min.js` (SHA-256 a0abb04f…) and
/// `dist/ext/hx-sse.min.js` (SHA-256 18ef2761…), one after the other, under the licence in `assets/LICENSE-htmx`. One file,
/// because a page that loads them as two deferred scripts sometimes never opens its stream. A test holds its SHA-256.
const HTMX: &str = include_str!("../assets/htmx.js");
const CONSOLE: &str = include_str!("../assets/console.js");
/// The client of the inbox, as any page may have it. What builds both files, and holds them to their sources, is
/// `clients/inbox/build.js`.
const INBOX: &str = include_str!("../../clients/inbox/dist/inbox.js");
/// The service worker of Web Push. A browser knows one by its address, so that it is no file whose name changes.
pub(crate) const INBOX_WORKER: &str = include_str!("../../clients/inbox/dist/inbox-worker.js");
const THEME: &str = include_str!("theme.css");
const ICON: &str = include_str!("../assets/icon.svg");

static FILES: LazyLock<[File; 5]> = LazyLock::new(|| {
    [
        File::new("htmx", "js", "text/javascript; charset=utf-8", HTMX),
        File::new("console", "js", "text/javascript; charset=utf-8", CONSOLE),
        File::new("theme", "css", "text/css; charset=utf-8", THEME),
        File::new("icon", "svg", "image/svg+xml", ICON),
        File::new("inbox", "js", "text/javascript; charset=utf-8", INBOX),
    ]
});

struct File {
    name: String,
    path: String,
    kind: &'static str,
    text: &'static str,
}

impl File {
    fn new(stem: &str, extension: &str, kind: &'static str, text: &'static str) -> Self {
        let name = format!("{stem}-{:016x}.{extension}", fingerprint(text.as_bytes()));
        Self { path: format!("/console/assets/{name}"), name, kind, text }
    }
}

pub(crate) fn htmx() -> &'static str {
    &FILES[0].path
}

pub(crate) fn console() -> &'static str {
    &FILES[1].path
}

pub(crate) fn theme() -> &'static str {
    &FILES[2].path
}

pub(crate) fn icon() -> &'static str {
    &FILES[3].path
}

/// A module: it is loaded by the pages that show a bell.
pub(crate) fn inbox() -> &'static str {
    &FILES[4].path
}

/// `GET /console/assets/{name}`: open to everybody, for the page on which people log in has them too.
pub(crate) async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|file| file.name == name) {
        Some(file) => {
            let headers = [(CONTENT_TYPE, file.kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, file.text).into_response()
        }
        None => unknown_route().await.into_response(),
    }
}

/// FNV-1a of 64 bits: it tells one version of our own file from another, and nobody else gives us one.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA256, digest};

    use super::*;

    #[test]
    fn htmx_is_the_file_that_was_pinned() {
        let found: String = digest(&SHA256, HTMX.as_bytes()).as_ref().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(found, "7f21d96de7f758ef00cfa7dd9144a3e16efa31d004f0960b40ed0728c1410642");
        assert!(HTMX.contains("this.version=\"4.0.1\"") || HTMX.contains("version=\"4.0.1\""));
    }

    #[test]
    fn our_own_scripts_evaluate_no_text() {
        for word in ["eval(", "Function(", "innerHTML", "document.write"] {
            for script in [CONSOLE, INBOX, INBOX_WORKER] {
                assert!(!script.contains(word), "{word}");
            }
        }
    }

    #[test]
    fn the_name_of_a_file_changes_with_its_contents() {
        assert_ne!(File::new("a", "js", "", "one").name, File::new("a", "js", "", "two").name);
    }
}
