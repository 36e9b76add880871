//! A connection on which requests are read, and answered in halves: by HTTP/1.1, or by HTTP/2 (RFC 9113) where the client
//! begins with its preface.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// What stands between the head and the body in HTTP/1.1.
const END_OF_HEAD: &[u8] = b"\r\n\r\n";
/// What stands before the payload of a frame: its length, its type, its flags, and its stream.
const FRAME_HEADER: usize = 9;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
/// On `DATA` and `HEADERS` that nothing follows, and on `SETTINGS` that accept others.
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

pub(super) struct Conversation {
    pub(super) stream: TcpStream,
    read: Vec<u8>,
    /// The stream of the request that was read last, in HTTP/2.
    of_http2: Option<[u8; 4]>,
}

/// What is said of an answer before the connection ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Half {
    Nothing,
    /// The beginning of a status.
    Status,
    /// The whole head of an answer with this status, and the first byte of its body.
    Body(u16),
}

impl Conversation {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, read: Vec::new(), of_http2: None }
    }

    /// Reads one request to its end, so that closing the connection afterwards is no reset. False where the client is
    /// gone instead.
    pub(super) async fn request(&mut self) -> bool {
        while self.of_http2.is_none() && self.read.len() < PREFACE.len() {
            if !self.more().await {
                return false;
            }
        }
        let begins = self.of_http2.is_none() && self.read.starts_with(PREFACE);
        if begins {
            self.read.drain(..PREFACE.len());
            self.frame(SETTINGS, 0, [0; 4], b"").await;
        }
        if begins || self.of_http2.is_some() { self.request_of_http2().await } else { self.request_of_http1().await }
    }

    async fn request_of_http1(&mut self) -> bool {
        loop {
            if let Some(at) = self.read.windows(END_OF_HEAD.len()).position(|bytes| bytes == END_OF_HEAD) {
                // A body may be any bytes.
                let head = String::from_utf8_lossy(&self.read[..at]).to_ascii_lowercase();
                let length: Option<usize> =
                    head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                if self.read.len() >= at + END_OF_HEAD.len() + length.unwrap_or(0) {
                    self.read.clear();
                    return true;
                }
            }
            if !self.more().await {
                return false;
            }
        }
    }

    async fn request_of_http2(&mut self) -> bool {
        loop {
            while self.read.len() < FRAME_HEADER || self.read.len() < FRAME_HEADER + self.length() {
                if !self.more().await {
                    return false;
                }
            }
            let (kind, flags) = (self.read[3], self.read[4]);
            let of = [self.read[5], self.read[6], self.read[7], self.read[8]];
            let whole = FRAME_HEADER + self.length();
            self.read.drain(..whole);
            match kind {
                SETTINGS if flags & ACK == 0 => self.frame(SETTINGS, ACK, [0; 4], b"").await,
                DATA | HEADERS if flags & END_STREAM != 0 => {
                    self.of_http2 = Some(of);
                    return true;
                }
                _ => {}
            }
        }
    }

    /// The length of the payload of the next frame.
    fn length(&self) -> usize {
        let length = u32::from_be_bytes([0, self.read[0], self.read[1], self.read[2]]);
        usize::try_from(length).unwrap()
    }

    /// Says a part of an answer, and ends.
    pub(super) async fn end_with(mut self, half: Half) {
        match (half, self.of_http2) {
            (Half::Nothing, _) => {}
            (Half::Status, None) => self.say(b"HTTP/1.1 2").await,
            // The payload is announced, and never comes.
            (Half::Status, Some(of)) => self.say(&head(1, HEADERS, END_HEADERS, of)).await,
            (Half::Body(status), None) => {
                self.say(format!("HTTP/1.1 {status} Said\r\ncontent-length: 100\r\n\r\n{{").as_bytes()).await;
            }
            (Half::Body(status), Some(of)) => {
                self.frame(HEADERS, END_HEADERS, of, &[indexed(status)]).await;
                self.frame(DATA, 0, of, b"{").await;
            }
        }
        let _ = self.stream.shutdown().await;
        while self.more().await {}
    }

    /// Answers with a body that has no end, for as long as anybody listens.
    pub(super) async fn never_end(mut self) {
        let chunk = [b'x'; 0x1000];
        match self.of_http2 {
            None => {
                self.say(b"HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n").await;
                let chunk = [&b"1000\r\n"[..], &chunk, b"\r\n"].concat();
                while self.stream.write_all(&chunk).await.is_ok() {}
            }
            Some(of) => {
                self.frame(HEADERS, END_HEADERS, of, &[indexed(200)]).await;
                let chunk = [&head(chunk.len(), DATA, 0, of)[..], &chunk].concat();
                while self.stream.write_all(&chunk).await.is_ok() {}
            }
        }
    }

    async fn frame(&mut self, kind: u8, flags: u8, of: [u8; 4], payload: &[u8]) {
        self.say(&[&head(payload.len(), kind, flags, of)[..], payload].concat()).await;
    }

    async fn say(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    async fn more(&mut self) -> bool {
        self.stream.read_buf(&mut self.read).await.is_ok_and(|read| read > 0)
    }
}

fn head(length: usize, kind: u8, flags: u8, of: [u8; 4]) -> [u8; FRAME_HEADER] {
    let length = u32::try_from(length).unwrap().to_be_bytes();
    [length[1], length[2], length[3], kind, flags, of[0], of[1], of[2], of[3]]
}

/// A status as an index of the table of RFC 7541, appendix A.
fn indexed(status: u16) -> u8 {
    let index = match status {
        200 => 8,
        400 => 12,
        500 => 14,
        other => panic!("{other} is not in the table"),
    };
    0x80 | index
}
