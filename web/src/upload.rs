//! Reads forms with files in them (`multipart/form-data`, RFC 7578), piece by piece: a file is never whole in memory.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use futures_util::{Stream, StreamExt as _};
use tokio::time::{Instant, timeout_at};

use crate::body::{refuse_encoded, slow, unfinished, unsupported};
use crate::problem::Problem;

/// How long a client may send nothing.
const PAUSE: Duration = Duration::from_secs(30);
/// How long a client may take for the whole form.
const WHOLE: Duration = Duration::from_secs(300);
/// What the form itself may have beside its files, and how much of it is read ahead.
const AROUND: usize = 64 * 1024;
/// The most bytes of a field that is no file.
const MAX_TEXT: usize = 1024;

/// A form on its way in.
pub struct Upload {
    form: Multipart,
    ahead: Arc<AtomicUsize>,
    ends: Instant,
    limit: usize,
}

/// A body that gives no more while much of what it gave is not used: the reader of forms takes all that there is, and keeps the
/// header of a field until it ends, which it may never do.
struct Measured {
    body: BodyDataStream,
    /// How much was given and not used, with the headers of all fields.
    ahead: Arc<AtomicUsize>,
}

impl Stream for Measured {
    type Item = Result<Bytes, axum::Error>;

    /// Whoever uses a piece asks again. A form of which nothing can be used waits for its end by time.
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ahead.load(Ordering::Relaxed) > AROUND {
            return Poll::Pending;
        }
        let polled = self.body.poll_next_unpin(context);
        if let Poll::Ready(Some(Ok(piece))) = &polled {
            self.ahead.fetch_add(piece.len(), Ordering::Relaxed);
        }
        polled
    }
}

/// One field of a form.
pub struct Part<'a> {
    field: Field<'a>,
    ahead: Arc<AtomicUsize>,
    ends: Instant,
    limit: usize,
}

impl Upload {
    /// Begins to read a form whose files have at most `limit` bytes together.
    ///
    /// # Errors
    /// 415 for anything but such a form, and for any content encoding.
    pub async fn of(mut request: Request, limit: usize) -> Result<Self, Problem> {
        refuse_encoded(request.headers())?;
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("multipart/form-data") {
            return Err(unsupported("Send a form with Content-Type: multipart/form-data."));
        }
        DefaultBodyLimit::max(limit.saturating_add(AROUND)).apply(&mut request);
        let ahead = Arc::new(AtomicUsize::new(0));
        let measured = |body: Body| Measured { body: body.into_data_stream(), ahead: Arc::clone(&ahead) };
        let request = request.map(|body| Body::from_stream(measured(body)));
        let form = Multipart::from_request(request, &()).await;
        let form = form.map_err(|_| unsupported("Send the boundary of the form in Content-Type (RFC 7578)."))?;
        Ok(Self { form, ahead, ends: Instant::now() + WHOLE, limit })
    }

    /// The next field. None at the end of the form.
    ///
    /// # Errors
    /// 400 for a form that cannot be read or ends too soon, 408, 413.
    pub async fn next(&mut self) -> Result<Option<Part<'_>>, Problem> {
        let (ends, limit) = (self.ends, self.limit);
        let field = timeout_at(soonest(ends), self.form.next_field()).await.map_err(|_| too_slow())?;
        let field = field.map_err(|error| unreadable(&error, limit))?;
        let ahead = Arc::clone(&self.ahead);
        Ok(field.map(|field| Part { field, ahead, ends, limit }))
    }
}

impl Part<'_> {
    /// The name of the field.
    pub fn name(&self) -> &str {
        self.field.name().unwrap_or_default()
    }

    /// What the client calls the file. None for a field that is no file.
    pub fn file_name(&self) -> Option<&str> {
        self.field.file_name()
    }

    /// The next piece. None at the end of the field.
    ///
    /// # Errors
    /// As of [`Upload::next`].
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Problem> {
        let limit = self.limit;
        let piece = timeout_at(soonest(self.ends), self.field.chunk()).await.map_err(|_| too_slow())?;
        let piece = piece.map_err(|error| unreadable(&error, limit))?;
        self.ahead.fetch_sub(piece.as_ref().map_or(0, Bytes::len), Ordering::Relaxed);
        Ok(piece)
    }

    /// Reads the rest of a field that nobody wants.
    ///
    /// # Errors
    /// As of [`Upload::next`].
    pub async fn skip(&mut self) -> Result<(), Problem> {
        while self.piece().await?.is_some() {}
        Ok(())
    }

    /// A short text. None for one that is longer than any that is asked for, or that is not UTF-8.
    ///
    /// # Errors
    /// As of [`Upload::next`].
    pub async fn text(&mut self) -> Result<Option<String>, Problem> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.piece().await? {
            if bytes.len() + piece.len() > MAX_TEXT {
                self.skip().await?;
                return Ok(None);
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(String::from_utf8(bytes).ok())
    }
}

fn soonest(ends: Instant) -> Instant {
    ends.min(Instant::now() + PAUSE)
}

fn too_slow() -> Problem {
    let detail = format!("Send without pauses of {} s, and all of it within {} s.", PAUSE.as_secs(), WHOLE.as_secs());
    slow(detail)
}

/// The answer to a file that is too large.
pub fn too_large(limit: usize) -> Problem {
    let detail = format!("A file has at most {limit} bytes. Nothing was stored.");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "The file is too large", detail)
}

fn unreadable(error: &MultipartError, limit: usize) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(limit),
        StatusCode::BAD_REQUEST => Problem::malformed(
            "The form is not written as multipart/form-data is (RFC 7578), or ends in the middle. Nothing was stored.",
        ),
        _ => unfinished(error),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::header::CONTENT_ENCODING;
    use axum::response::IntoResponse as _;

    use super::*;

    const FORM: &str = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\na,b\r\n\
                        --x\r\nContent-Disposition: form-data; name=\"days\"\r\n\r\n7\r\n--x--\r\n";

    fn request(kind: &str, body: impl Into<Body>) -> Request {
        Request::builder().method("POST").uri("/").header(CONTENT_TYPE, kind).body(body.into()).unwrap()
    }

    async fn read(request: Request, limit: usize) -> Result<Vec<(String, Option<String>, String)>, Problem> {
        let (mut form, mut read) = (Upload::of(request, limit).await?, Vec::new());
        while let Some(mut part) = form.next().await? {
            let (name, file) = (part.name().to_owned(), part.file_name().map(str::to_owned));
            read.push((name, file, part.text().await?.unwrap_or_default()));
        }
        Ok(read)
    }

    #[tokio::test]
    async fn a_form_is_read_field_by_field() {
        let read = read(request("Multipart/Form-Data; boundary=x", FORM), 100).await.unwrap();
        let file = ("file".to_owned(), Some("a.csv".to_owned()), "a,b".to_owned());
        assert_eq!(read, [file, ("days".to_owned(), None, "7".to_owned())]);
    }

    #[tokio::test]
    async fn what_is_no_form_cut_too_large_or_encoded_is_refused() {
        let status = async |request: Request| read(request, 100).await.unwrap_err().into_response().status();
        assert_eq!(status(request("application/json", "{}")).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(status(request("multipart/form-data", FORM)).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let mut encoded = request("multipart/form-data; boundary=x", FORM);
        encoded.headers_mut().insert(CONTENT_ENCODING, "gzip".parse().unwrap());
        assert_eq!(status(encoded).await, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        let cut = request("multipart/form-data; boundary=x", &FORM[..FORM.len() - 9]);
        assert_eq!(status(cut).await, StatusCode::BAD_REQUEST);
        let large = format!("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{}", "y".repeat(AROUND + 101));
        let large = request("multipart/form-data; boundary=x", large);
        assert_eq!(read_all(large).await.into_response().status(), StatusCode::PAYLOAD_TOO_LARGE);
    }

    /// A body of pieces, and how many of them were taken.
    fn pieces(of: Vec<Vec<u8>>) -> (Body, Arc<AtomicUsize>) {
        let taken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&taken);
        let pieces = futures_util::stream::iter(of).map(move |piece| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, axum::Error>(Bytes::from(piece))
        });
        (Body::from_stream(pieces), taken)
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_used_is_not_taken_and_a_header_without_an_end_neither() {
        let begin = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n".to_vec();
        let mut of = vec![begin];
        of.extend((0..100).map(|_| vec![b'y'; 16 * 1024]));
        of.push(b"\r\n--x--\r\n".to_vec());
        let (body, taken) = pieces(of);
        let mut form = Upload::of(request("multipart/form-data; boundary=x", body), 1 << 24).await.unwrap();
        let mut part = form.next().await.unwrap().unwrap();
        assert!(taken.load(Ordering::Relaxed) < 10, "{taken:?}");
        let mut bytes = 0;
        while let Some(piece) = part.piece().await.unwrap() {
            bytes += piece.len();
        }
        drop(part);
        assert_eq!((bytes, form.next().await.unwrap().is_none()), (100 * 16 * 1024, true));
        let mut of = vec![b"--x\r\nContent-Disposition: ".to_vec()];
        of.extend((0..100).map(|_| vec![b'y'; 16 * 1024]));
        let (body, taken) = pieces(of);
        let mut form = Upload::of(request("multipart/form-data; boundary=x", body), 1 << 24).await.unwrap();
        let refused = form.next().await.err().expect("refused").into_response();
        assert_eq!(refused.status(), StatusCode::REQUEST_TIMEOUT);
        assert!(taken.load(Ordering::Relaxed) < 10, "{taken:?}");
    }

    /// Reads a form whose file is larger than any text.
    async fn read_all(request: Request) -> Problem {
        let mut form = Upload::of(request, 100).await.unwrap();
        let mut part = form.next().await.unwrap().unwrap();
        loop {
            match part.piece().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("it has an end"),
                Err(problem) => return problem,
            }
        }
    }
}
