//! Clients of Socket.IO by WebSocket, a thousand and more in this process: each hears what it is told, answers pings, and asks
//! for nothing.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _, stream};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::sink::{Arrivals, CurrentArrivals};

/// How many connect at once.
pub(crate) const AT_ONCE: usize = 64;
/// How long one may take for that.
const PATIENCE: Duration = Duration::from_secs(30);
/// The library's own is of 128 KiB, for each socket, at once.
const READ_BUFFER: usize = 4 * 1024;

/// The packets of Engine.IO 4, and those of Socket.IO in them: how each begins.
const OPEN: &str = "0";
const PING: &str = "2";
const PONG: &str = "3";
pub(crate) const CONNECT: &str = "40";
const REFUSED: &str = "44";

type Socket = WebSocketStream<TcpStream>;

/// What clients connect to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// How the packet begins after which a client hears everything.
    pub(crate) ready: &'static str,
}

/// Says which number has arrived with a packet at the client of this place. The first client has place 0.
pub(crate) type Read = fn(u64, &[u8]) -> Option<u64>;

/// Clients that are connected. Dropping them ends their connections.
pub(crate) struct Sockets {
    current: Arc<CurrentArrivals>,
    hearing: JoinSet<Result<Infallible>>,
}

impl Sockets {
    /// Connects a client for each of these, which are what it says of itself: JSON, or nothing.
    ///
    /// # Errors
    /// When one is not let in.
    pub(crate) async fn connect(server: Server, says: Vec<String>, read: Read) -> Result<Self> {
        let current = Arc::new(CurrentArrivals::none());
        let mut hearing = JoinSet::new();
        let opening = stream::iter((0_u64..).zip(says)).map(|(place, says)| async move {
            let opened = tokio::time::timeout(PATIENCE, open(server, &says)).await;
            anyhow::Ok((place, opened.context("a client waits in vain to be let in")??))
        });
        let mut opening = opening.buffer_unordered(AT_ONCE);
        while let Some(opened) = opening.next().await {
            let (place, socket) = opened?;
            hearing.spawn(hear(socket, place, read, Arc::clone(&current)));
        }
        Ok(Self { current, hearing })
    }

    /// Counts the arrivals of these numbers; others are not counted from now on.
    pub(crate) fn expect(&self, numbers: Range<u64>) -> Arc<Arrivals> {
        self.current.expect(numbers)
    }

    /// # Errors
    /// When one of them is not connected any more.
    pub(crate) fn are_connected(&mut self) -> Result<()> {
        match self.hearing.try_join_next() {
            None => Ok(()),
            Some(ended) => {
                let Err(why) = ended?;
                Err(why.context("a client was let go"))
            }
        }
    }
}

async fn open(server: Server, says: &str) -> Result<Socket> {
    let Server { address, ready } = server;
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    let (mut socket, _) = client_async_with_config(url, stream, Some(config)).await?;
    until(&mut socket, OPEN).await?;
    socket.send(Message::text(format!("{CONNECT}{says}"))).await?;
    until(&mut socket, ready).await?;
    Ok(socket)
}

/// Hears packets until one begins so.
async fn until(socket: &mut Socket, begin: &str) -> Result<()> {
    loop {
        let packet = next(socket).await?;
        ensure!(!packet.starts_with(REFUSED), "a client is not let in: {packet}");
        if packet.starts_with(begin) {
            return Ok(());
        }
    }
}

/// Hears until the connection ends.
async fn hear(mut socket: Socket, place: u64, read: Read, current: Arc<CurrentArrivals>) -> Result<Infallible> {
    loop {
        let packet = next(&mut socket).await?;
        if let Some(number) = read(place, packet.as_bytes()) {
            current.record(number);
        }
    }
}

/// The next packet that is no ping.
async fn next(socket: &mut Socket) -> Result<Utf8Bytes> {
    loop {
        match socket.next().await.context("the server has closed the connection")?? {
            Message::Text(packet) if packet.as_str() == PING => socket.send(Message::text(PONG)).await?,
            Message::Text(packet) => return Ok(packet),
            Message::Close(why) => bail!("the server has closed the connection: {why:?}"),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::bare_sockets::BareSockets;
    use crate::sink::number_after;

    #[tokio::test]
    async fn every_client_hears_what_a_server_tells_all() {
        let server = BareSockets::start().await.unwrap();
        let read: Read = |place, packet| Some(number_after(packet, b"\"number\":\"")? + place);
        let mut sockets = Sockets::connect(server.server(), vec![String::new(); 100], read).await.unwrap();
        let arrivals = sockets.expect(1_000..1_100);
        server.tell("told", &serde_json::json!({ "number": "00001000" })).await.unwrap();
        arrivals.complete().await.unwrap();
        sockets.are_connected().unwrap();
    }
}
