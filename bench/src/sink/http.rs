//! Twilio's Messages resource that answers 201 to everything.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{CurrentArrivals, number_after};
use crate::http1;

const ANSWER: &[u8] = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 80\r\n\r\n\
{\"sid\":\"SM00000000000000000000000000000001\",\"status\":\"queued\",\"error_code\":null}";

/// Answers requests until the client closes the connection.
pub(super) async fn serve(mut stream: TcpStream, current: Arc<CurrentArrivals>) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(4096);
    loop {
        while let Some((from, to)) = http1::body(&bytes) {
            if let Some(number) = number_after(&bytes[from..to], b"To=%2B1999") {
                current.record(number);
            }
            stream.write_all(ANSWER).await?;
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
    fn the_answer_has_the_length_that_it_says() {
        let (from, to) = http1::body(ANSWER).expect("a whole message");
        assert_eq!(to, ANSWER.len());
        let body: serde_json::Value = serde_json::from_slice(&ANSWER[from..to]).expect("JSON");
        assert_eq!(body["sid"].as_str().map(str::len), Some(34));
    }
}
