//! Calls of the API on kept connections: each when it is due, or as fast as it goes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use e2e::Process;
use futures_util::future::try_join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::http1;

/// How many calls are under way at most.
const CONNECTIONS: usize = 64;

/// What is called, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoint {
    pub(crate) path: &'static str,
    /// Those that every call has by itself are not among them.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// How an answer begins that is right.
    pub(crate) answered: &'static str,
}

/// Calls that are to be made.
struct Calls {
    endpoint: Endpoint,
    bodies: Vec<String>,
    /// When each is due.
    due: Vec<Instant>,
    /// The place of the one that nobody makes yet.
    next: AtomicUsize,
}

/// Calls it with each of these, so many in a second or as fast as it goes, and awaits every answer. Returns when each was
/// due: a caller that is late counts against the fleet.
///
/// # Errors
/// When a call is not answered as it shall be.
pub(crate) async fn call(
    api: &Process,
    endpoint: Endpoint,
    bodies: Vec<String>,
    rate: Option<f64>,
) -> Result<Vec<Instant>> {
    let address: SocketAddr = api.url("").trim_start_matches("http://").parse()?;
    let begun = Instant::now();
    let after = |nth: usize| rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(nth as f64 / rate));
    let due: Vec<Instant> = (0..bodies.len()).map(|nth| begun + after(nth)).collect();
    let calls = Arc::new(Calls { endpoint, bodies, due: due.clone(), next: AtomicUsize::new(0) });
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
        stream.write_all(calls.endpoint.request(address, body).as_bytes()).await?;
        answer.clear();
        while http1::body(&answer).is_none() {
            ensure!(stream.read_buf(&mut answer).await? > 0, "the API closed the connection");
        }
        ensure!(answer.starts_with(calls.endpoint.answered.as_bytes()), "{}", String::from_utf8_lossy(&answer));
    }
}

impl Endpoint {
    fn request(&self, address: SocketAddr, body: &str) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!(
            "POST {} HTTP/1.1\r\nHost: {address}\r\n{headers}Content-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.path,
            body.len()
        )
    }
}
