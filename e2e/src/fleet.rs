//! A fleet under test: in this process, on a virtual host and a database of its own, with everything
//! that a publisher, an operator and an auditor do to it.

mod database;
mod operator;
mod publisher;
mod subscriber;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use chasqui::clock::SystemClock;
use chasqui::config::{Config, REFERENCE, Role, Sources};
use chasqui::fleet::Fleet;
use domain::State;
use lapin::options::ConfirmSelectOptions;
use lapin::{Connection, ConnectionProperties};
use store::{DeliveryView, Store};
use testkit::postgres::{create_database, drop_database};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::services::{Services, services};

pub use self::operator::DeadLetter;
pub use self::subscriber::Event;

/// How long anything may take before a test says what it waited for.
pub const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Where the ledger of a fleet under test is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Database {
    Sqlite,
    Postgres,
}

/// Waits for a moment: until `look` finds something, or the patience is over.
///
/// # Panics
/// When it never came, naming what was waited for.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "never came: {what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// A fleet, and the clients of everybody who touches it from outside.
pub struct TestFleet {
    pub fleet: Option<Fleet>,
    pub sources: Sources,
    /// The fleet's settings, for its processes.
    pub environment: Vec<(String, String)>,
    pub vhost: String,
    pub amqp: lapin::Channel,
    pub http: reqwest::Client,
    connection: Connection,
    services: &'static Services,
    postgres: Option<String>,
    /// The ledger as an auditor opens it when no fleet runs in this process.
    store: Option<Store>,
    _dir: tempfile::TempDir,
}

impl TestFleet {
    /// Starts a fleet with retry delays of 0.2, 0.4 and 0.6 s, and then `settings`.
    pub async fn start(database: Database, settings: &[(&str, &str)]) -> Self {
        let mut fleet = Self::prepare(database, settings).await.expect("a place for a fleet");
        fleet.run().await.expect("the fleet starts");
        fleet
    }

    /// Starts as [`Self::start`] does, on another broker than the other tests use.
    pub async fn start_on(services: Services, database: Database, settings: &[(&str, &str)]) -> Self {
        // One for each test that asks, until its process ends.
        let services = Box::leak(Box::new(services));
        let mut fleet = Self::prepare_on(services, database, settings).await.expect("a place for a fleet");
        fleet.run().await.expect("the fleet starts");
        fleet
    }

    /// Makes everything but the fleet itself, for tests that start the fleet, or its processes, on their own.
    pub async fn prepare(database: Database, settings: &[(&str, &str)]) -> Result<Self> {
        Self::prepare_on(services().await, database, settings).await
    }

    async fn prepare_on(services: &'static Services, database: Database, settings: &[(&str, &str)]) -> Result<Self> {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let vhost = services.create_vhost().await?;
        let dir = tempfile::tempdir()?;
        let (database_url, postgres) = match database {
            Database::Sqlite => (testkit::ledger_in(dir.path()), None),
            Database::Postgres => {
                create_database(&services.postgres, &vhost, "").await.map(|url| (url, Some(vhost.clone())))?
            }
        };
        let amqp_url = services.amqp_url(&vhost);
        let management = services.management.clone();
        let mut pairs = vec![
            ("AMQP_URL", amqp_url.as_str()),
            ("RABBITMQ_MANAGEMENT_URL", management.as_str()),
            ("DATABASE_URL", database_url.as_str()),
            ("SECRET_KEY", testkit::SECRET),
            ("WORKER_RETRY_DELAY_1", "0.2"),
            ("WORKER_RETRY_DELAY_2", "0.4"),
            ("WORKER_RETRY_DELAY_3", "0.6"),
            ("API_LISTEN", "127.0.0.1:0"),
        ];
        pairs.extend(settings);
        let environment = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let sources = REFERENCE.with(pairs);
        let connection = Connection::connect(&amqp_url, ConnectionProperties::default()).await?;
        let amqp = connection.create_channel().await?;
        amqp.confirm_select(ConfirmSelectOptions::default()).await?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self {
            fleet: None,
            sources,
            environment,
            vhost,
            amqp,
            http,
            connection,
            services,
            postgres,
            store: None,
            _dir: dir,
        })
    }

    /// Opens the ledger of a fleet that runs as processes, so that an auditor can read it.
    pub async fn open_store(&mut self) {
        let config = Config::read(self.sources.clone(), Role::Ledger).expect("the settings are right");
        let url = config.ledger.url.expect("a ledger is given");
        let options = store::Options::new(url, config.ledger.max_connections, Arc::new(SystemClock));
        self.store = Some(Store::connect(options).await.expect("the ledger opens"));
    }

    /// Starts the fleet (again) and waits until it is ready.
    pub async fn run(&mut self) -> Result<()> {
        let config = Config::read(self.sources.clone(), Role::Up)?;
        let listener = TcpListener::bind(config.api.listen).await?;
        let mut fleet = Fleet::start(config, listener, &CancellationToken::new()).await?;
        let ready = tokio::time::timeout(PATIENCE, fleet.ready()).await;
        ready.with_context(|| format!("the fleet is not ready: {}", fleet.missing().join("; ")))??;
        self.fleet = Some(fleet);
        Ok(())
    }

    pub fn running(&self) -> &Fleet {
        self.fleet.as_ref().expect("the fleet was started")
    }

    /// Gives `http://127.0.0.1:port` and a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running().api)
    }

    // ── As an auditor ───────────────────────────────────────────────────────────────────────────────────

    pub async fn delivery(&self, id: &str) -> Option<DeliveryView> {
        // A ledger that is away for a moment is part of some tests.
        self.store().delivery(&testkit::key(id)).await.unwrap_or_default()
    }

    /// Gives the ledger that was opened, or else the one of the running fleet.
    pub fn store(&self) -> &Store {
        self.store.as_ref().unwrap_or_else(|| &self.running().store)
    }

    /// Waits until the delivery is in `state`.
    pub async fn until(&self, id: &str, state: State) -> DeliveryView {
        let what = format!("{id} in state {state}");
        until(&what, async || self.delivery(id).await.filter(|view| view.row.state == state)).await
    }

    /// Waits until every delivery is final.
    pub async fn until_all_are_final(&self) {
        let is_final = async || {
            let filter = store::Filter { limit: 1000, ..store::Filter::default() };
            let page = self.store().deliveries(filter).await.ok()?;
            let is_open = |state: State| matches!(state, State::Sending | State::Waiting);
            (!page.deliveries.iter().any(|view| is_open(view.row.state))).then_some(())
        };
        until("every delivery is final", is_final).await;
    }

    // ── The end ─────────────────────────────────────────────────────────────────────────────────────────

    /// Stops the fleet and removes what it used. Fails for a dead letter that the test did not take, a message that is
    /// left in a queue, or a delivery that is not final.
    pub async fn finish(mut self) {
        if let Some(store) = self.store.as_ref().or(self.fleet.as_ref().map(|fleet| &fleet.store)) {
            let page = store.deliveries(store::Filter { limit: 1000, ..store::Filter::default() }).await.expect("read");
            let unfinished: Vec<String> = page
                .deliveries
                .iter()
                .filter(|view| matches!(view.row.state, State::Sending | State::Waiting))
                .map(|view| format!("{} is {}", view.row.key, view.row.state))
                .collect();
            assert!(unfinished.is_empty(), "left unfinished: {unfinished:?}");
        }
        if let Some(letter) = self.take_dead_letter().await {
            panic!("left in the dead-letter queue: {} {}", letter.reason, letter.error);
        }
        if let Some(fleet) = self.fleet.take() {
            fleet.stop().await;
        }
        self.remove().await;
    }

    /// Removes what the fleet used, whatever is left in it.
    pub async fn remove(mut self) {
        if let Some(fleet) = self.fleet.take() {
            fleet.stop().await;
        }
        let _ = self.connection.close(200, "done".into()).await;
        self.services.delete_vhost(&self.vhost).await.expect("the virtual host is deleted");
        if let Some(name) = self.postgres.take() {
            drop_database(&self.services.postgres, &name).await.expect("the database is dropped");
        }
    }
}
