//! Twilio's Messages resource that answers 201 to everything, and beside it a Telegram and a service that do so, too.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{CurrentArrivals, number_after};
use crate::http1;

const ANSWER: &[u8] = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 80\r\n\r\n\
{\"sid\":\"SM00000000000000000000000000000001\",\"status\":\"queued\",\"error_code\":null}";

const TELEGRAM: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 37\r\n\r\n\
{\"ok\":true,\"result\":{\"message_id\":1}}";
const SERVICE: &[u8] = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";

/// What a request is answered with, and what stands before the number of whoever it is for. Nobody counts what comes to
/// Telegram.
fn answer(head: &[u8]) -> (&'static [u8], Option<&'static [u8]>) {
    if head.starts_with(b"POST /bot") {
        (TELEGRAM, None)
    } else if head.starts_with(b"POST /v1/commands ") {
        (SERVICE, Some(b"\"number\":\""))
    } else {
        (ANSWER, Some(b"To=%2B1999"))
    }
}

/// Answers requests until the client closes the connection.
pub(super) async fn serve(mut stream: TcpStream, current: Arc<CurrentArrivals>) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(4096);
    loop {
        while let Some((from, to)) = http1::body(&bytes) {
            let (answer, before) = answer(&bytes);
            if let Some(number) = before.and_then(|before| number_after(&bytes[from..to], before)) {
                current.record(number);
            }
            stream.write_all(answer).await?;
            bytes.drain(..to);
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_have_the_length_that_they_say() {
        let of = |answer: &[u8]| {
            let (from, to) = http1::body(answer).expect("a whole message");
            assert_eq!(to, answer.len());
            serde_json::from_slice::<serde_json::Value>(&answer[from..to]).unwrap_or_default()
        };
        assert_eq!(of(ANSWER)["sid"].as_str().map(str::len), Some(34));
        assert_eq!(of(TELEGRAM)["result"]["message_id"].as_i64(), Some(1));
        assert!(of(SERVICE).is_null());
    }

    #[test]
    fn whoever_is_called_is_known_by_the_path() {
        for (head, answered, counted) in [
            ("POST /2010-04-01/Accounts/AC1/Messages.json HTTP/1.1", ANSWER, true),
            ("POST /bot1:measured/sendMessage HTTP/1.1", TELEGRAM, false),
            ("POST /v1/commands HTTP/1.1", SERVICE, true),
        ] {
            let (found, before) = answer(head.as_bytes());
            assert_eq!((found, before.is_some()), (answered, counted), "{head}");
        }
    }
}
