//! A stream of AMQP frames that makes them harmless as they are read; what is written passes unchanged.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncRead, AsyncWrite};

use super::harmless::{HEADER, METHOD, make_harmless};

/// The bytes before a payload: type, channel and size. One byte after the payload ends the frame.
const BEFORE_PAYLOAD: usize = 7;
const AROUND_PAYLOAD: usize = BEFORE_PAYLOAD + 1;
const BODY: u8 = 3;
const HEARTBEAT: u8 = 8;
/// The most bytes that are buffered of a frame with names or headers, which is mended as a whole. RabbitMQ agrees to
/// 128 KiB unless it is configured otherwise.
const MAX_KEPT: usize = 16 * 1024 * 1024;
/// How many bytes are read at once.
const READ: usize = 16 * 1024;

pub(crate) struct Frames<S> {
    stream: S,
    /// What was read and not handed out yet is `buffer[start..end]`.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// How many bytes from `start` on may be handed out.
    clear: usize,
    /// How many bytes are still to come of a frame that passes unchanged.
    passing: usize,
    /// The stream is no AMQP, or has ended within a frame: the library refuses what is there.
    is_raw: bool,
}

impl<S> Frames<S> {
    pub(super) fn over(stream: S) -> Self {
        Self { stream, buffer: Vec::new(), start: 0, end: 0, clear: 0, passing: 0, is_raw: false }
    }

    fn hand_out(&mut self, out: &mut [u8]) -> usize {
        let count = self.clear.min(out.len());
        out[..count].copy_from_slice(&self.buffer[self.start..self.start + count]);
        self.start += count;
        self.clear -= count;
        count
    }

    /// Inspects the part of the buffer that was not inspected yet.
    fn inspect(&mut self) -> io::Result<()> {
        while self.start + self.clear < self.end {
            let unseen = &mut self.buffer[self.start + self.clear..self.end];
            if self.is_raw {
                self.clear += unseen.len();
            } else if self.passing > 0 {
                let count = self.passing.min(unseen.len());
                self.passing -= count;
                self.clear += count;
            } else if let Some(&[kind, _, _, a, b, c, d]) = unseen.first_chunk::<BEFORE_PAYLOAD>() {
                let whole = AROUND_PAYLOAD.saturating_add(u32::from_be_bytes([a, b, c, d]) as usize);
                match kind {
                    METHOD | HEADER if whole > MAX_KEPT => return Err(too_large(whole)),
                    METHOD | HEADER if whole > unseen.len() => break,
                    METHOD | HEADER => {
                        make_harmless(kind, &mut unseen[BEFORE_PAYLOAD..whole - 1]);
                        self.clear += whole;
                    }
                    BODY | HEARTBEAT => self.passing = whole,
                    _ => self.is_raw = true,
                }
            } else if matches!(unseen[0], METHOD | HEADER | BODY | HEARTBEAT) {
                break;
            } else {
                self.is_raw = true;
            }
        }
        Ok(())
    }

    /// Makes room for the next read behind what is buffered.
    fn make_room(&mut self) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == 0 && self.buffer.len() > 8 * READ {
            self.buffer = Vec::new();
        }
        if self.buffer.len() < self.end + READ {
            self.buffer.resize(self.end + READ, 0);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Frames<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut [u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        loop {
            if this.clear > 0 {
                return Poll::Ready(Ok(this.hand_out(out)));
            }
            // Nothing is buffered, and what comes next passes unchanged: it is read directly, so that a large body is
            // not copied twice.
            if this.start == this.end && this.passing >= READ {
                let most = this.passing.min(out.len());
                let count = ready!(Pin::new(&mut this.stream).poll_read(cx, &mut out[..most]))?;
                this.passing -= count;
                return Poll::Ready(Ok(count));
            }
            this.make_room();
            let count = ready!(Pin::new(&mut this.stream).poll_read(cx, &mut this.buffer[this.end..]))?;
            if count == 0 {
                if this.start == this.end {
                    return Poll::Ready(Ok(0));
                }
                this.is_raw = true;
            }
            this.end += count;
            this.inspect()?;
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Frames<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}

fn too_large(bytes: usize) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("an AMQP frame of {bytes} bytes holds no body: the limit is {MAX_KEPT}"),
    )
}

#[cfg(test)]
mod tests;
