//! The whole fleet in one process: API, worker, scheduler, dialog and gateway over one publisher and one
//! ledger.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use runtime::Readiness;
use store::Store;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use topology::Publisher;

use crate::config::Config;
use crate::parts;
use crate::roles::{self, Around, FirstUser, Shared};

/// The time between two looks at the roles' readiness.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A running fleet.
pub struct Fleet {
    /// Where the API listens.
    pub api: SocketAddr,
    /// Where the gateway listens.
    pub gateway: SocketAddr,
    pub store: Store,
    pub publisher: Publisher,
    readiness: [Readiness; 4],
    api_role: JoinHandle<Result<()>>,
    other_roles: JoinSet<Result<()>>,
    stop_api: CancellationToken,
    stop_others: CancellationToken,
    stop_publishing: CancellationToken,
}

impl Fleet {
    /// Waits for the broker and the ledger, then starts every role.
    ///
    /// # Errors
    /// What the operator must change.
    pub async fn start(mut config: Config, listener: TcpListener, stop: &CancellationToken) -> Result<Self> {
        let api = listener.local_addr()?;
        let for_clients = gateway_listener(&config).await?;
        let gateway = for_clients.local_addr()?;
        // To the gateway the console is a page of another origin.
        for origin in origins_of(api) {
            config.gateway.origins.allow(&origin);
        }
        let config = Arc::new(config);
        let topology = parts::topology(&config, "up")?;
        parts::log_zones(&config);
        let templates = Some(parts::templates(&config)?);
        parts::wait_for_broker(&topology, stop).await?;
        let clock = parts::clock();
        let store = parts::store(&config, Arc::clone(&clock)).await?;
        parts::migrate(&store, stop).await?;
        parts::note_secret(&config, &store, clock.as_ref()).await;
        let [stop_api, stop_others, stop_publishing] = std::array::from_fn(|_| CancellationToken::new());
        let broker = topology.broker.clone();
        let publisher = parts::publisher(&config, topology, stop_publishing.clone());
        let shared = Shared { config, broker, publisher: publisher.clone(), store: store.clone(), templates, clock };
        let readiness: [Readiness; 4] = std::array::from_fn(|_| Readiness::default());
        let [working, scheduling, telling, showing] = readiness.clone();
        let beside = Some(working.clone());
        let mut other_roles = JoinSet::new();
        other_roles.spawn(roles::run_worker(shared.clone(), working, stop_others.clone()));
        other_roles.spawn(roles::run_scheduler(shared.clone(), scheduling, stop_others.clone()));
        other_roles.spawn(roles::run_dialog(shared.clone(), telling, stop_others.clone()));
        other_roles.spawn(roles::run_gateway(shared.clone(), for_clients, showing, stop_others.clone()));
        let around = Around {
            first_user: FirstUser::FromThisMachine,
            realtime: origins_of(gateway).into_iter().next(),
            worker: beside,
        };
        let api_role = tokio::spawn(roles::run_api(shared, listener, around, stop_api.clone()));
        Ok(Self {
            api,
            gateway,
            store,
            publisher,
            readiness,
            api_role,
            other_roles,
            stop_api,
            stop_others,
            stop_publishing,
        })
    }

    /// Waits until every queue is consumed and the scheduler ticks.
    ///
    /// # Errors
    /// The error of a role that has ended instead.
    pub async fn ready(&mut self) -> Result<()> {
        while !self.publisher.is_ready() || !self.missing().is_empty() {
            tokio::select! {
                error = self.ended() => return Err(error),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        Ok(())
    }

    /// What is missing until the fleet is ready.
    pub fn missing(&self) -> Vec<String> {
        self.readiness.iter().flat_map(Readiness::missing).collect()
    }

    /// Waits for a role that ends although nobody has stopped it.
    pub async fn ended(&mut self) -> anyhow::Error {
        let ended = tokio::select! {
            ended = &mut self.api_role => ended,
            Some(ended) = self.other_roles.join_next() => ended,
        };
        match ended {
            Ok(Ok(())) => anyhow!("a role ended by itself"),
            Ok(Err(error)) => error,
            Err(panic) => panic.into(),
        }
    }

    /// Stops the API first and the worker last, so that what was accepted still moves.
    pub async fn stop(mut self) {
        self.stop_api.cancel();
        if !self.api_role.is_finished() {
            let _ = self.api_role.await;
        }
        self.stop_others.cancel();
        while self.other_roles.join_next().await.is_some() {}
        self.stop_publishing.cancel();
    }
}

/// The origins of what a browser on this machine finds at an address: none where others may find it by any name.
fn origins_of(address: SocketAddr) -> Vec<String> {
    if !address.ip().is_loopback() {
        return Vec::new();
    }
    vec![format!("http://{address}"), format!("http://localhost:{}", address.port())]
}

/// Listens for clients on the configured address, or on a free port beside it when another program uses the default one.
async fn gateway_listener(config: &Config) -> Result<TcpListener> {
    let address = config.gateway.listen;
    match TcpListener::bind(address).await {
        Err(error) if error.kind() == ErrorKind::AddrInUse && config.gateway.is_usual => {
            roles::listen(SocketAddr::new(address.ip(), 0), "WS_LISTEN").await
        }
        Ok(listener) => Ok(listener),
        Err(_) => roles::listen(address, "WS_LISTEN").await,
    }
}
