//! A server of Socket.IO that does nothing but emit, in this process: it asks for no token, and knows no rooms, no limits and no
//! broker.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Result, anyhow};
use axum::Router;
use axum::serve::ListenerExt as _;
use serde_json::Value;
use socketioxide::SocketIo;
use socketioxide::extract::SocketRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::sockets::{CONNECT, Server};

/// A running server; it takes nobody more when dropped.
pub(crate) struct BareSockets {
    io: SocketIo,
    address: SocketAddr,
    serving: JoinHandle<std::io::Result<()>>,
}

impl BareSockets {
    pub(crate) async fn start() -> Result<Self> {
        let (service, io) = SocketIo::builder().build_svc();
        io.ns("/", |_: SocketRef| async {});
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let listener = listener.tap_io(|stream: &mut TcpStream| drop(stream.set_nodelay(true)));
        let router = Router::new().route_service("/socket.io/", service);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { io, address, serving })
    }

    /// What clients connect to.
    pub(crate) fn server(&self) -> Server {
        Server { address: self.address, ready: CONNECT }
    }

    /// Tells everybody who is connected.
    pub(crate) async fn tell(&self, event: &str, data: &Value) -> Result<()> {
        // The error of the library is not `Sync`.
        self.io.emit(event, data).await.map_err(|error| anyhow!("a client could not be told: {error}"))
    }
}

impl Drop for BareSockets {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
