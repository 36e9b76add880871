//! Writes bytes to a mail server and reads its answers: where one answer ends, and how much of it is read.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::reply::{Reading, Reply};
use super::step::{Failed, Step, Trouble};

/// The most bytes of one answer with all its lines.
const MAX_REPLY_BYTES: usize = 64 * 1024;

pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

pub(super) struct Wire {
    stream: Stream,
    /// Bytes that were read and are not part of an answer yet.
    unread: Vec<u8>,
    /// Whether an answer did not arrive, or could not be read.
    lost: bool,
}

impl Stream {
    async fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read_buf(buffer).await,
            Self::Tls(stream) => stream.read_buf(buffer).await,
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes).await,
            Self::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }
}

impl Wire {
    pub(super) fn on(stream: Stream) -> Self {
        Self { stream, unread: Vec::with_capacity(1024), lost: false }
    }

    /// Whether every command has its answer, and there is no answer without a command.
    pub(super) fn is_in_step(&self) -> bool {
        !self.lost && self.unread.is_empty()
    }

    /// The stream itself, unless it is encrypted already or holds bytes that nobody has asked for.
    pub(super) fn into_plain(self) -> Option<TcpStream> {
        match self.stream {
            Stream::Plain(stream) if self.unread.is_empty() => Some(stream),
            _ => None,
        }
    }

    /// Sends a command, and reads its answer, which must be a yes.
    pub(super) async fn command(&mut self, step: Step, command: &str) -> Result<Reply, Failed> {
        self.write(step, command.as_bytes()).await?;
        success(step, self.reply(step).await?)
    }

    pub(super) async fn write(&mut self, step: Step, bytes: &[u8]) -> Result<(), Failed> {
        self.stream.write(bytes).await.map_err(|error| step.failed(Trouble::Lost(error.to_string())))
    }

    /// Reads a complete answer, whatever it says.
    pub(super) async fn reply(&mut self, step: Step) -> Result<Reply, Failed> {
        let reply = self.read_reply().await;
        self.lost |= reply.is_err();
        reply.map_err(|why| step.failed(Trouble::Lost(why)))
    }

    /// Writes the last bytes. A server that is gone does not need them.
    pub(super) async fn end_with(mut self, bytes: &[u8]) {
        drop(self.stream.write(bytes).await);
    }

    async fn read_reply(&mut self) -> Result<Reply, String> {
        let (mut reading, mut seen, mut bytes) = (Reading::default(), 0, 0);
        loop {
            if let Some(at) = self.unread[seen..].iter().position(|&byte| byte == b'\n') {
                let end = seen + at;
                let reply = reading.line(self.unread[..end].trim_ascii_end());
                self.unread.drain(..=end);
                (seen, bytes) = (0, bytes + end);
                match reply {
                    Ok(Some(reply)) => return Ok(reply),
                    Ok(None) => continue,
                    Err(_) => return Err("an answer that is not SMTP".into()),
                }
            }
            seen = self.unread.len();
            if bytes + seen > MAX_REPLY_BYTES {
                return Err("an answer of more than 64 KiB".into());
            }
            match self.stream.read(&mut self.unread).await {
                Ok(0) => return Err("the server closed the connection".into()),
                Ok(_) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

pub(super) fn success(step: Step, reply: Reply) -> Result<Reply, Failed> {
    if reply.is_success() { Ok(reply) } else { Err(step.failed(Trouble::Refused(reply))) }
}
