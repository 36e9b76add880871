//! Where something will be, and where nobody answers.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::OnceLock;

use tokio::net::TcpSocket;

/// The URL of a broker that refuses every connection.
pub const NO_BROKER: &str = "amqp://guest:guest@127.0.0.1:1/none";

/// The URL of a ledger in a file of this folder.
pub fn ledger_in(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("ledger.db").display())
}

/// An address of this machine where nobody listens: its port is taken for as long as this process runs, so that nobody else
/// comes to listen there.
///
/// # Panics
/// When no port is free.
pub fn nobody() -> SocketAddr {
    static TAKEN: OnceLock<TcpSocket> = OnceLock::new();
    let taken = TAKEN.get_or_init(|| {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a free port");
        socket
    });
    taken.local_addr().expect("bound")
}
