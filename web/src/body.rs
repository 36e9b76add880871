//! Reads request bodies: bounded in size and time, of a known type, refused with their reason.

use std::error::Error;
use std::time::Duration;

use axum::Form;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use text::FieldError;

use crate::awaited::MadeRoom;
use crate::escapes::{ESCAPES, is_escaped, pairs};
use crate::problem::{Problem, field};

/// How long a client may take to send a body, whatever the size of that body.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// The most bytes for which room is made as soon as they are announced: nearly every notification has fewer.
const ROOM_AT_ONCE: usize = 16 * 1024;
const BYTE_ORDER_MARK: char = '\u{feff}';
/// The most bytes of a body with a few fields.
const FORM_LIMIT: usize = 8 * 1024;

/// How a body is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// JSON, whatever the content type calls it besides.
    Json,
    /// An HTML form.
    Form,
}

/// Reads a JSON text of at most `limit` bytes, a byte order mark taken off.
///
/// # Errors
/// 415 for another content type or any content encoding, 413, 408, 400 for anything but UTF-8.
pub async fn read_json_text(request: Request, limit: usize) -> Result<String, Problem> {
    if kind_of(request.headers())? != Kind::Json {
        return Err(unsupported("Send JSON with Content-Type: application/json."));
    }
    read_text(request, limit).await
}

/// Whether a request may be an HTML form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Forms {
    /// A form is read as JSON is.
    Read,
    /// A form is answered 415, as any other type is.
    Refused,
}

/// Says by the name and the text of a field why it is not read. None for a field that is read.
pub type Unread = fn(&str, &str, Kind) -> Option<FieldError>;

/// Reads a few fields with short values, from JSON or from an HTML form. `expected` is told when they cannot be read.
///
/// # Errors
/// As [`read_json_text`]; 422 with every field that is not read, or whose escapes in a form are broken; 400 when the
/// others cannot be read.
pub async fn read_fields<T: DeserializeOwned>(
    request: Request,
    forms: Forms,
    unread: Unread,
    expected: &'static str,
) -> Result<T, Problem> {
    let (fields, others) = read_object(request, forms, unread, expected).await?;
    if !others.is_empty() {
        return Err(Problem::invalid_fields(others));
    }
    fields.ok_or_else(|| Problem::malformed(expected))
}

/// Reads like [`read_fields`], and returns what is said of the fields that are not read or whose escapes are broken,
/// for whoever tells it together with what is wrong with the others, and then uses none of them.
///
/// # Errors
/// As [`read_json_text`]; 400 when the fields cannot be read.
pub async fn read_fields_and_others<T: DeserializeOwned>(
    request: Request,
    forms: Forms,
    unread: Unread,
    expected: &'static str,
) -> Result<(T, Vec<FieldError>), Problem> {
    let (fields, others) = read_object(request, forms, unread, expected).await?;
    Ok((fields.ok_or_else(|| Problem::malformed(expected))?, others))
}

/// Reads the fields, if they can be read, and what is said of those that are not read or whose escapes are broken.
async fn read_object<T: DeserializeOwned>(
    request: Request,
    forms: Forms,
    unread: Unread,
    expected: &'static str,
) -> Result<(Option<T>, Vec<FieldError>), Problem> {
    let kind = kind_of(request.headers())?;
    if (kind, forms) == (Kind::Form, Forms::Refused) {
        return Err(unsupported("Send JSON with Content-Type: application/json."));
    }
    let text = read_text(request, FORM_LIMIT).await?;
    // The libraries' own messages may quote a value, and a value may be a password.
    let refuse = || Problem::malformed(expected);
    let others: Vec<FieldError> = match kind {
        Kind::Json => {
            let fields: Map<String, Value> = serde_json::from_str(&text).map_err(|_| refuse())?;
            let text_of = |value: &Value| match value {
                Value::Null => String::new(),
                value => value.as_str().unwrap_or("no text").to_owned(),
            };
            fields.iter().filter_map(|(name, value)| unread(name, &text_of(value), kind)).collect()
        }
        Kind::Form => {
            let fields: Vec<(String, String)> = form(text.clone()).await.ok_or_else(refuse)?;
            // Each pair is looked at as it was written. What cannot be read of a value has been replaced by now, so
            // that two values, such as two passwords, may have become one.
            let broken = |name: &str, pair: &str| (!is_escaped(pair)).then(|| field(format!("/{name}"), ESCAPES));
            let wrong =
                |(name, value): &(String, String), pair: &str| unread(name, value, kind).or_else(|| broken(name, pair));
            fields.iter().zip(pairs(&text)).filter_map(|(given, pair)| wrong(given, pair)).collect()
        }
    };
    let fields = match kind {
        Kind::Json => serde_json::from_str(&text).ok(),
        Kind::Form => form(text).await,
    };
    Ok((fields, others))
}

async fn form<T: DeserializeOwned>(text: String) -> Option<T> {
    let mut form = Request::new(Body::from(text));
    *form.method_mut() = Method::POST;
    form.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    Form::from_request(form, &()).await.ok().map(|Form(fields)| fields)
}

/// Reads a body of at most `limit` bytes as it came, whatever its type.
///
/// # Errors
/// 415 for any content encoding, 413, 408, 400 for a body that ends too soon.
pub async fn read_bytes(request: Request, limit: usize) -> Result<Vec<u8>, Problem> {
    let headers = request.headers();
    refuse_encoded(headers)?;
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let room = announced.unwrap_or(0).min(ROOM_AT_ONCE);
    tokio::time::timeout(READ_TIMEOUT, collect(request.into_body(), limit, room))
        .await
        .map_err(|_| slow(format!("Send the whole body within {} s.", READ_TIMEOUT.as_secs())))?
}

/// # Errors
/// 415 for any content encoding.
pub(crate) fn refuse_encoded(headers: &HeaderMap) -> Result<(), Problem> {
    let is_encoded = |encoding: &HeaderValue| !encoding.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(CONTENT_ENCODING).iter().any(is_encoded) {
        return Err(unsupported("Send the body without Content-Encoding."));
    }
    Ok(())
}

async fn read_text(request: Request, limit: usize) -> Result<String, Problem> {
    let bytes = read_bytes(request, limit).await?;
    let mut text = String::from_utf8(bytes).map_err(|error| {
        Problem::malformed(format!("The body is not UTF-8 from byte {} on.", error.utf8_error().valid_up_to()))
    })?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    Ok(text)
}

/// `room` is for as many bytes as the client has announced and is believed before they are there.
async fn collect(body: Body, limit: usize, room: usize) -> Result<Vec<u8>, Problem> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::with_capacity(room);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| unfinished(&error))?;
        if bytes.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The answer to a body that did not come whole. Each layer that a body passes wraps its error once more.
pub(crate) fn unfinished(error: &(dyn Error + 'static)) -> Problem {
    if std::iter::successors(Some(error), |&error| error.source()).any(|error| error.is::<MadeRoom>()) {
        return slow(
            "All connections were busy, and this one was needed before its body had arrived. \
                     Nothing was done: send it again, the body right behind its header, over fewer connections at once.",
        );
    }
    Problem::malformed("The connection broke before the end of the body.")
}

pub(crate) fn slow(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::REQUEST_TIMEOUT, "slow-body", "The body did not arrive in time", detail)
}

fn kind_of(headers: &HeaderMap) -> Result<Kind, Problem> {
    if headers.get_all(CONTENT_TYPE).iter().count() > 1 {
        return Err(Problem::malformed("Content-Type is given more than once: send it once."));
    }
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let foreign_charset = parts
        .filter_map(|part| part.split_once('='))
        .any(|(name, value)| name.trim().eq_ignore_ascii_case("charset") && !is_utf8(value.trim().trim_matches('"')));
    if foreign_charset {
        return Err(unsupported("Send the body in UTF-8."));
    }
    match essence.as_str() {
        "application/json" => Ok(Kind::Json),
        "application/x-www-form-urlencoded" => Ok(Kind::Form),
        _ if essence.starts_with("application/") && essence.ends_with("+json") => Ok(Kind::Json),
        _ => Err(unsupported("Send JSON with Content-Type: application/json.")),
    }
}

/// Whether a client announces UTF-8 by this name; ASCII is a part of it.
fn is_utf8(charset: &str) -> bool {
    ["utf-8", "utf8", "us-ascii", "ascii"].iter().any(|name| charset.eq_ignore_ascii_case(name))
}

pub(crate) fn unsupported(detail: &str) -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported-media-type",
        "The body has a type we do not read",
        detail,
    )
}

fn too_large(limit: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body-too-large",
        "The body is too large",
        format!("Send at most {limit} bytes; split a batch into several requests."),
    )
}
