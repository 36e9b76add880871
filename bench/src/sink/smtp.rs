//! A mail server that takes every mail (RFC 5321), without TLS.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{CurrentArrivals, number_after};

/// What the bytes that come next are.
enum Expects {
    Command,
    /// A mail for this recipient.
    Mail(Option<u64>),
}

/// Takes mails until the client leaves.
pub(super) async fn serve(mut stream: TcpStream, current: Arc<CurrentArrivals>) -> io::Result<()> {
    stream.write_all(b"220 sink\r\n").await?;
    let (mut bytes, mut expects, mut recipient) = (Vec::with_capacity(16 * 1024), Expects::Command, None);
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
        // No client sends more before the mail was answered, so its end is the end of what came.
        if let Expects::Mail(number) = expects {
            if bytes.ends_with(b"\r\n.\r\n") || bytes == b".\r\n" {
                number.into_iter().for_each(|number| current.record(number));
                bytes.clear();
                expects = Expects::Command;
                stream.write_all(b"250 taken\r\n").await?;
            }
            continue;
        }
        while let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") {
            let line = &bytes[..end];
            let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
            let answer: &[u8] = match verb.as_slice() {
                b"EHLO" => b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
                b"RCPT" => {
                    recipient = number_after(line, b"<u");
                    b"250 yes\r\n"
                }
                b"DATA" => {
                    expects = Expects::Mail(recipient.take());
                    b"354 go on\r\n"
                }
                b"QUIT" => return stream.write_all(b"221 bye\r\n").await,
                b"HELO" | b"MAIL" | b"RSET" | b"NOOP" => b"250 yes\r\n",
                _ => b"502 no\r\n",
            };
            stream.write_all(answer).await?;
            bytes.drain(..end + 2);
        }
    }
}
