//! A TCP proxy in front of the broker that cuts connections, swallows bytes, or replaces some.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    Pass,
    /// Connections are closed at once, those that exist too.
    Cut,
    /// Connections are accepted, and nothing is passed on.
    Swallow,
}

pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    mode: watch::Sender<Mode>,
}

/// Bytes to replace on the way to the broker, by as many others.
pub(super) type Replacement = Option<(&'static [u8], &'static [u8])>;

impl Proxy {
    pub(super) async fn before(broker: SocketAddr) -> Self {
        Self::replacing(broker, None).await
    }

    pub(super) async fn replacing(broker: SocketAddr, replacement: Replacement) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mode, modes) = watch::channel(Mode::Pass);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(relay(client, broker, modes.clone(), replacement));
            }
        });
        Self { address, mode }
    }

    /// Every connection ends, and new ones too, until `pass`.
    pub(super) fn cut(&self) {
        self.mode.send_replace(Mode::Cut);
    }

    /// From now on nothing arrives, on either side.
    pub(super) fn swallow(&self) {
        self.mode.send_replace(Mode::Swallow);
    }

    pub(super) fn pass(&self) {
        self.mode.send_replace(Mode::Pass);
    }
}

async fn relay(client: TcpStream, broker: SocketAddr, modes: watch::Receiver<Mode>, replacement: Replacement) {
    let Ok(server) = TcpStream::connect(broker).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::join!(pump(from_client, to_server, modes.clone(), replacement), pump(from_server, to_client, modes, None));
}

async fn pump(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut modes: watch::Receiver<Mode>,
    replacement: Replacement,
) {
    let mut buffer = vec![0; 65_536];
    loop {
        let mode = *modes.borrow_and_update();
        let read = match mode {
            Mode::Cut => return,
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
