//! The whole fleet in one process: API, worker, scheduler and dialog over one publisher and one ledger.

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
use crate::roles::{self, FirstUser, Shared};

/// The time between two looks at the roles' readiness.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A running fleet.
pub struct Fleet {
    /// Where the API listens.
    pub api: SocketAddr,
    pub store: Store,
    pub publisher: Publisher,
    readiness: [Readiness; 3],
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
    pub async fn start(config: Config, listener: TcpListener, stop: &CancellationToken) -> Result<Self> {
        let api = listener.local_addr()?;
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
        let readiness: [Readiness; 3] = std::array::from_fn(|_| Readiness::default());
        let [working, scheduling, telling] = readiness.clone();
        let beside = Some(working.clone());
        let mut other_roles = JoinSet::new();
        other_roles.spawn(roles::run_worker(shared.clone(), working, stop_others.clone()));
        other_roles.spawn(roles::run_scheduler(shared.clone(), scheduling, stop_others.clone()));
        other_roles.spawn(roles::run_dialog(shared.clone(), telling, stop_others.clone()));
        let running = roles::run_api(shared, listener, FirstUser::FromThisMachine, beside, stop_api.clone());
        let api_role = tokio::spawn(running);
        Ok(Self { api, store, publisher, readiness, api_role, other_roles, stop_api, stop_others, stop_publishing })
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
