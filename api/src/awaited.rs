//! The body of a request, which tells its connection while it is awaited, and ends when that must make room.

use std::task::Poll;

use axum::BoxError;
use axum::body::{Body, HttpBody};
use futures_util::stream::{StreamExt, poll_fn};
use tokio_util::sync::CancellationToken;

use crate::connections::Activity;

/// The error of a body that had not arrived when its connection was needed for another.
#[derive(Debug, thiserror::Error)]
#[error("the connection was needed before the body had arrived")]
pub(crate) struct MadeRoom;

/// The same body; `close` says that its connection is needed.
pub(crate) fn awaited(body: Body, activity: Activity, close: CancellationToken) -> Body {
    if body.is_end_stream() {
        return body;
    }
    let mut chunks = body.into_data_stream();
    let mut close = Box::pin(close.cancelled_owned());
    Body::from_stream(poll_fn(move |context| match chunks.poll_next_unpin(context) {
        Poll::Ready(chunk) => {
            activity.has_body();
            Poll::Ready(chunk.map(|chunk| chunk.map_err(BoxError::from)))
        }
        Poll::Pending if close.as_mut().poll(context).is_ready() => Poll::Ready(Some(Err(MadeRoom.into()))),
        Poll::Pending => {
            activity.awaits_body();
            Poll::Pending
        }
    }))
}
