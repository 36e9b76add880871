//! The bytes of a file as an answer: saved by whoever asks, and never shown as a page of ours.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use domain::FileKind;
use files::{Reading, disposition};
use futures_util::stream::try_unfold;

/// A browser that shows it all the same runs nothing of it.
const POLICY: &str = "default-src 'none'; sandbox";

/// The type comes from our own table, and never from whoever sent the file.
pub(super) fn served(name: &str, kind: FileKind, bytes: u64, reading: Reading) -> Response {
    let pieces = try_unfold(reading, |mut reading| async move {
        let piece = reading.piece().await?;
        Ok::<_, files::Away>(piece.map(|piece| (piece, reading)))
    });
    let disposition = HeaderValue::try_from(disposition(name));
    let disposition = disposition.unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    let headers: [(HeaderName, HeaderValue); 5] = [
        (CONTENT_TYPE, HeaderValue::from_static(kind.content_type())),
        (CONTENT_LENGTH, HeaderValue::from(bytes)),
        (CONTENT_DISPOSITION, disposition),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    (headers, Body::from_stream(pieces)).into_response()
}
