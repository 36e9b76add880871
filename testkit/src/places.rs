//! Where something will be, and where nobody answers.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

/// The URL of a broker that refuses every connection.
pub const NO_BROKER: &str = "amqp://guest:guest@127.0.0.1:1/none";

/// The URL of a ledger in a file of this folder.
pub fn ledger_in(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("ledger.db").display())
}

/// An address of this machine where nobody listens: its port was free a moment ago.
///
/// # Panics
/// When no port is free.
pub fn nobody() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("bound")
}
