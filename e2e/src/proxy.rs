//! A TCP proxy in front of a server that cuts connections, swallows bytes, or replaces some.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    Pass,
    /// Connections are closed at once, those that exist too.
    Cut,
    /// Connections are closed as with [`Mode::Cut`], with a reset.
    Reset,
    /// Connections are accepted, and nothing is passed on.
    Swallow,
}

/// The running proxy; it ends when dropped.
pub struct Proxy {
    pub address: SocketAddr,
    mode: watch::Sender<Mode>,
    listening: JoinHandle<()>,
}

/// Bytes to replace on the way to the server, by as many others.
pub type Replacement = Option<(&'static [u8], &'static [u8])>;

impl Proxy {
    pub async fn before(server: SocketAddr) -> Self {
        Self::replacing(server, None).await
    }

    /// # Panics
    /// When no port is free.
    pub async fn replacing(server: SocketAddr, replacement: Replacement) -> Self {
        Self::start(vec![server], replacement).await
    }

    /// Starts a proxy whose connections each go to the next of these servers that accepts it.
    pub async fn before_any(servers: Vec<SocketAddr>) -> Self {
        Self::start(servers, None).await
    }

    async fn start(mut servers: Vec<SocketAddr>, replacement: Replacement) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (mode, modes) = watch::channel(Mode::Pass);
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(relay(client, servers.clone(), modes.clone(), replacement));
                servers.rotate_left(1);
            }
        });
        Self { address, mode, listening }
    }

    /// Ends every connection, and new ones too, until `pass`.
    pub fn cut(&self) {
        self.mode.send_replace(Mode::Cut);
    }

    /// Cuts as [`Self::cut`] does, but both sides see a reset.
    pub fn reset(&self) {
        self.mode.send_replace(Mode::Reset);
    }

    /// Lets nothing arrive from now on, on either side; what was sent meanwhile arrives after `pass`.
    pub fn swallow(&self) {
        self.mode.send_replace(Mode::Swallow);
    }

    pub fn pass(&self) {
        self.mode.send_replace(Mode::Pass);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn relay(client: TcpStream, servers: Vec<SocketAddr>, modes: watch::Receiver<Mode>, replacement: Replacement) {
    let Ok(server) = TcpStream::connect(&servers[..]).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::join!(pump(from_client, to_server, modes.clone(), replacement), pump(from_server, to_client, modes, None));
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut modes: watch::Receiver<Mode>,
    replacement: Replacement,
) {
    let mut buffer = vec![0; 65_536];
    loop {
        let mode = *modes.borrow_and_update();
        let read = match mode {
            Mode::Cut => return,
            Mode::Reset => {
                // The side that is closed after this, by either pump, is reset.
                let _ = from.as_ref().set_zero_linger();
                let _ = to.as_ref().set_zero_linger();
                to.forget();
                return;
            }
            Mode::Swallow => {
                if modes.changed().await.is_err() {
                    return;
                }
                continue;
            }
            Mode::Pass => tokio::select! {
                read = from.read(&mut buffer) => read,
                changed = modes.changed() => match changed { Ok(()) => continue, Err(_) => return },
            },
        };
        let Ok(1..) = read else { return };
        let bytes = &mut buffer[..read.unwrap_or(0)];
        if let Some((old, new)) = replacement {
            replace(bytes, old, new);
        }
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

fn replace(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    let found: Vec<usize> = bytes.windows(old.len()).enumerate().filter(|(_, w)| *w == old).map(|(at, _)| at).collect();
    for at in found {
        bytes[at..at + old.len()].copy_from_slice(new);
    }
}
