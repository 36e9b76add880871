//! The body of a request, which tells its connection when the body is awaited, and ends when that connection must make
//! room.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::connections::Activity;

/// The error of a body that had not arrived when its connection was needed for another.
#[derive(Debug, thiserror::Error)]
#[error("the connection was needed before the body had arrived")]
pub(crate) struct MadeRoom;

/// A body that is waited for only as long as nobody else needs its connection.
pub(crate) struct Awaited<B> {
    body: B,
    activity: Activity,
    /// Cancelled when another client needs the connection.
    close: CancellationToken,
    /// Waits for `close`. Most bodies are there when their header is, and never need it.
    closing: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

impl<B> Awaited<B>
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    pub(crate) fn body(body: B, activity: &Activity, close: &CancellationToken) -> Body {
        if body.is_end_stream() {
            return Body::empty();
        }
        Body::new(Self { body, activity: activity.clone(), close: close.clone(), closing: None })
    }
}

impl<B> HttpBody for Awaited<B>
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.activity.has_body();
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        this.activity.awaits_body();
        let close = &this.close;
        let closing = this.closing.get_or_insert_with(|| Box::pin(close.clone().cancelled_owned()));
        ready!(closing.as_mut().poll(context));
        Poll::Ready(Some(Err(MadeRoom.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
