//! Free TCP ports on the loopback address.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// The ports that are used are below those that systems give to the near end of outgoing connections (from 32768 on
/// Linux, from 49152 elsewhere): a client that calls such a port while its server is down can be connected to itself.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// `N` different ports on which nobody listens now. Another program may listen a moment later, so a caller tries again.
///
/// # Errors
/// `AddrInUse` when there are fewer free ports.
pub fn free_ports<const N: usize>() -> io::Result<[u16; N]> {
    let start = u16::try_from(uuid::Uuid::new_v4().as_u128() % u128::from(COUNT)).unwrap_or(0);
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for step in 0..COUNT {
        if held.len() == N {
            return Ok(ports);
        }
        let port = FIRST + (start + step) % COUNT;
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            ports[held.len()] = port;
            held.push(listener);
        }
    }
    Err(io::Error::new(io::ErrorKind::AddrInUse, "no free port between 20000 and 31999 on 127.0.0.1"))
}

/// Whether nobody listens on any of these ports.
pub(crate) fn are_free(ports: &[u16]) -> bool {
    ports.iter().all(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
}
