//! Providers on this machine that accept everything as fast as they can and remember who it was for.

mod arrivals;
mod http;
mod smtp;

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;

pub(crate) use arrivals::{Arrivals, CurrentArrivals};

/// How many connections may wait to be accepted. With the 128 that are usual, some of 256 that come at once are
/// dropped, and try again after a second.
const BACKLOG: u32 = 4096;

/// A running provider; it ends when dropped.
pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    current: Arc<CurrentArrivals>,
    /// How many connections clients have opened so far.
    opened: Arc<AtomicUsize>,
    server: JoinHandle<()>,
}

impl Sink {
    /// Starts a provider with Twilio's Messages resource.
    pub(crate) async fn http() -> Result<Self> {
        Self::start(http::serve).await
    }

    /// Starts a mail server.
    pub(crate) async fn smtp() -> Result<Self> {
        Self::start(smtp::serve).await
    }

    async fn start<F>(serve: fn(TcpStream, Arc<CurrentArrivals>) -> F) -> Result<Self>
    where
        F: Future<Output = std::io::Result<()>> + Send + 'static,
    {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let current = Arc::new(CurrentArrivals::none());
        let opened = Arc::new(AtomicUsize::new(0));
        let (shared, counted) = (Arc::clone(&current), Arc::clone(&opened));
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let _ = stream.set_nodelay(true);
                let serving = serve(stream, Arc::clone(&shared));
                // A client that goes away is how every connection ends.
                tokio::spawn(async move { drop(serving.await) });
            }
        });
        Ok(Self { address, current, opened, server })
    }

    pub(crate) fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    /// Counts the arrivals of these recipients; others are not counted from now on.
    pub(crate) fn expect(&self, numbers: Range<u64>) -> Arc<Arrivals> {
        self.current.expect(numbers)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Reads the number that [`crate::message`] gives a recipient, after `prefix` in `bytes`.
pub(crate) fn number_after(bytes: &[u8], prefix: &[u8]) -> Option<u64> {
    let at = bytes.windows(prefix.len()).position(|window| window == prefix)? + prefix.len();
    let digits = bytes.get(at..at + 8).filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    Some(digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}
