//! A gateway as it is measured: with a seat for everybody who connects. Each is another person, whose token an application has
//! signed.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::Clock as _;
use e2e::Process;
use embedded::free_ports;
use serde_json::json;
use testkit::SystemClock;
use testkit::keys::shared_token;

use crate::deployment::{Deployment, SHARED, end};
use crate::sockets::{AT_ONCE, Read, Server, Sockets};
use crate::waiting::until;
use crate::{message, open_files, sql};

/// What a client is told first: from then on it is in its rooms.
const READY: &str = "42[\"ready\",";
const TOKEN_LASTS: Duration = Duration::from_secs(24 * 3600);
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(crate) struct Gateway<'a> {
    deployment: &'a Deployment,
    pub(crate) process: Process,
    address: SocketAddr,
}

impl<'a> Gateway<'a> {
    /// Starts one with a seat for so many.
    ///
    /// # Errors
    /// When a process may not have so many connections.
    pub(crate) async fn start(deployment: &'a Deployment, sockets: u64) -> Result<Self> {
        open_files::allow(sockets)?;
        let [port] = free_ports()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        // Whoever has shown no token yet gets one of half of the seats at most.
        let (listen, seats) = (address.to_string(), (sockets + 2 * AT_ONCE as u64).to_string());
        let settings = [("WS_LISTEN", listen.as_str()), ("WS_MAX_CONNECTIONS", seats.as_str())];
        let process = deployment.start("gateway", &settings).await;
        Ok(Self { deployment, process, address })
    }

    /// Connects each of these people once, and waits until it is noted who is there: nothing else is under way then.
    ///
    /// # Errors
    /// When one is not let in.
    pub(crate) async fn connect(&self, people: Range<u64>, role: Option<&str>, read: Read) -> Result<Sockets> {
        let connected = self.connected(people, role, read).await;
        connected.with_context(|| self.said())
    }

    async fn connected(&self, people: Range<u64>, role: Option<&str>, read: Read) -> Result<Sockets> {
        let server = Server { address: self.address, ready: READY };
        let says = people.clone().map(|person| json!({ "token": token(person, role) }).to_string());
        let sockets = Sockets::connect(server, says.collect(), read).await?;
        let present = format!("presence WHERE {}", sql::of_users(&people));
        let count = async || sql::count(&self.deployment.database_url, &present).await;
        until(people.end - people.start, LOOK_EVERY, count).await.context("noting who is there")?;
        Ok(sockets)
    }

    /// What it has printed.
    pub(crate) fn said(&self) -> String {
        format!("the gateway said:\n{}", self.process.output())
    }

    pub(crate) async fn end(self) -> Result<()> {
        end(self.process).await
    }
}

fn token(person: u64, role: Option<&str>) -> String {
    let ends = SystemClock.now().plus(TOKEN_LASTS).as_micros() / 1_000_000;
    shared_token(SHARED.as_bytes(), &json!({ "user_id": message::user(person), "role": role, "exp": ends }))
}
