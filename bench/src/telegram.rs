//! Telegram as it calls the webhook, on kept connections: what people write to the bot, and which buttons they press.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use e2e::Process;
use futures_util::future::try_join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::http1;

/// What the webhook was set with.
pub(crate) const SECRET: &str = "telegram-of-the-measurement";
/// How many calls are under way at most.
const CONNECTIONS: usize = 64;

/// Calls that are to be made.
struct Calls {
    bodies: Vec<String>,
    /// When each is due.
    due: Vec<Instant>,
    /// The place of the one that nobody makes yet.
    next: AtomicUsize,
}

/// An update by which somebody has written in a chat of their own with the bot.
pub(crate) fn words(update: u64, by: u64, text: &str) -> String {
    let chat = json!({ "id": by, "type": "private" });
    json!({ "update_id": update, "message": { "message_id": update, "from": { "id": by }, "chat": chat, "text": text } })
        .to_string()
}

/// An update by which somebody has pressed a button there.
pub(crate) fn press(update: u64, by: u64, data: &str) -> String {
    let message = json!({ "message_id": 1, "chat": { "id": by, "type": "private" } });
    let query = json!({ "id": update.to_string(), "from": { "id": by }, "message": message, "data": data });
    json!({ "update_id": update, "callback_query": query }).to_string()
}

/// Calls the webhook with each of these, so many in a second or as fast as it goes, and awaits every answer. Returns when
/// each was due: a caller that is late counts against the fleet.
///
/// # Errors
/// When a call is not answered with 200.
pub(crate) async fn call(api: &Process, bodies: Vec<String>, rate: Option<f64>) -> Result<Vec<Instant>> {
    let address: SocketAddr = api.url("").trim_start_matches("http://").parse()?;
    let begun = Instant::now();
    let after = |nth: usize| rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(nth as f64 / rate));
    let due: Vec<Instant> = (0..bodies.len()).map(|nth| begun + after(nth)).collect();
    let calls = Arc::new(Calls { bodies, due: due.clone(), next: AtomicUsize::new(0) });
    let calling = (0..CONNECTIONS).map(|_| tokio::spawn(make(Arc::clone(&calls), address)));
    for called in try_join_all(calling).await? {
        called?;
    }
    Ok(due)
}

/// Makes one call after the other, until none is left.
async fn make(calls: Arc<Calls>, address: SocketAddr) -> Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut answer = Vec::with_capacity(1024);
    loop {
        let nth = calls.next.fetch_add(1, Ordering::Relaxed);
        let Some((body, due)) = calls.bodies.get(nth).zip(calls.due.get(nth)) else { return Ok(()) };
        tokio::time::sleep_until((*due).into()).await;
        stream.write_all(request(address, body).as_bytes()).await?;
        answer.clear();
        while http1::body(&answer).is_none() {
            ensure!(stream.read_buf(&mut answer).await? > 0, "the API closed the connection");
        }
        ensure!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    }
}

fn request(address: SocketAddr, body: &str) -> String {
    format!(
        "POST /webhook/telegram HTTP/1.1\r\nHost: {address}\r\nX-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
