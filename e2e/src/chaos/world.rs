//! The world of one run: a private broker, a ledger, a provider, proxies before them, and a fleet of
//! replicas: two workers, two schedulers, two gateways, one dialog, one API.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use chasqui::clock::SystemClock;
use chasqui::config::{Config, REFERENCE, Role};
use domain::RecipientHasher;
use embedded::{Options, PrivateBroker, User, VHOST, free_ports};
use reqwest::Method;
use reqwest::redirect::Policy;
use serde_json::Value;
use store::Store;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::amqp::Amqp;
use super::counterparts::Counterparts;
use super::dice::Dice;
use super::disk::Disk;
use super::inboxes::SHARED;
use super::load::{Clients, PUBLIC_URL};
use super::people::{AUDITOR, OPERATOR, VIEWER};
use super::replica::Replica;
use super::talk::ADMINS;
use crate::postgres::Postgres;
use crate::processes::{run, with};
use crate::provider::{Answer, Provider};
use crate::proxy::Proxy;
use crate::services;

const BOOTSTRAP: &str = "a token of the chaos run";
const SECRET: &str = "a secret of the chaos run that is long enough";
/// The time after which the broker tries again to dead-letter a copy that it could not at once; the default is 180 s.
const DEAD_LETTER_TIMEOUT_MS: u32 = 5_000;
const READY_LIMIT: Duration = Duration::from_secs(90);
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The number of workers, but for a fault that asks for more.
const WORKERS: usize = 2;
/// One of so many requests fails all the time, so that there is always a retry on its way.
const BACKGROUND_FAILURES: usize = 8;
pub(super) const DEAD_LETTERS: &str = "notifications.queue.dlq";

/// Which database the fleet has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Postgres,
    Sqlite,
    /// Three nodes of RabbitMQ, and Postgres.
    Cluster,
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Postgres => "Postgres",
            Self::Sqlite => "SQLite",
            Self::Cluster => "cluster",
        }
    }

    /// The size of the ledger's disk: enough for a run, and quickly filled.
    const fn megabytes(self) -> u32 {
        match self {
            Self::Postgres | Self::Cluster => 400,
            Self::Sqlite => 64,
        }
    }
}

pub(super) enum Ledger {
    Postgres { server: Postgres, proxy: Proxy },
    Sqlite { file: PathBuf },
}

pub(super) struct World {
    pub(super) broker: PrivateBroker,
    /// The other nodes of a cluster.
    pub(super) others: Vec<PrivateBroker>,
    /// The proxy between the fleet and the broker.
    pub(super) broker_proxy: Proxy,
    /// The proxy between the run's own publishers and the broker.
    _own_proxy: Proxy,
    pub(super) ledger: Ledger,
    pub(super) provider: Arc<Provider>,
    /// Whom people read and press with, and who takes commands.
    pub(super) counterparts: Arc<Counterparts>,
    pub(super) workers: Vec<Arc<Replica>>,
    pub(super) schedulers: [Arc<Replica>; 2],
    pub(super) gateways: [Arc<Replica>; 2],
    pub(super) dialog: Arc<Replica>,
    pub(super) clients: Arc<Clients>,
    pub(super) store: Store,
    /// The dice for what a fault leaves to chance.
    pub(super) dice: Dice,
    /// What a fault has measured, for people.
    pub(super) notes: Vec<String>,
    /// What every process of the fleet is told, and the folder of its output.
    environment: Vec<(String, String)>,
    pub(super) logs: PathBuf,
    supervisors: Vec<JoinHandle<()>>,
    /// Workers that came for one fault, and have ended.
    removed: Vec<Arc<Replica>>,
    /// The disk of the ledger, which is unmounted last.
    pub(super) disk: Disk,
    _dir: tempfile::TempDir,
}

impl World {
    /// Starts everything and waits until all of it is ready.
    ///
    /// # Errors
    /// Whatever could not be started.
    pub(super) async fn start(kind: Kind, own_mounts: bool, logs: &Path, dice: Dice) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let broker_dir = dir.path().join("rabbitmq");
        let advanced =
            format!("[{{rabbit, [{{dead_letter_worker_publisher_confirm_timeout, {DEAD_LETTER_TIMEOUT_MS}}}]}}].");
        let options = Options { ephemeral: true, advanced, ..Options::default() };
        let broker = PrivateBroker::start(&broker_dir, options.clone()).await?;
        let mut others = Vec::new();
        if kind == Kind::Cluster {
            for name in ["rabbitmq-2", "rabbitmq-3"] {
                let options = Options { neighbour: Some(broker.neighbour()?), ..options.clone() };
                others.push(PrivateBroker::start(&dir.path().join(name), options).await?);
            }
        }
        let nodes = || [&broker].into_iter().chain(&others).map(|node| local(node.amqp_port)).collect();
        let (broker_proxy, own_proxy) = (Proxy::before_any(nodes()).await, Proxy::before_any(nodes()).await);
        let provider = Arc::new(Provider::start().await);
        let disk = Disk::new(kind.megabytes(), own_mounts)?;
        let (ledger, url, direct) = start_ledger(kind, &disk).await?;
        let amqp_url = url_of(&broker, User::Notifications, broker_proxy.address.port(), VHOST);
        let counterparts = Arc::new(Counterparts::start().await?);
        let mut environment = environment(&amqp_url, &url, &provider);
        environment.extend(counterparts.settings(&dir.path().join("services.toml"))?);
        let store = open_store(&direct).await?;
        let start = |role, number| Replica::start(role, number, &environment, logs);
        let workers = vec![start("worker", 1), start("worker", 2)];
        let schedulers = [start("scheduler", 1), start("scheduler", 2)];
        let (dialog, api) = (start("dialog", 1), start("api", 1));
        let listening = free_ports::<2>()?.map(|port| local(port).to_string());
        let gateways = [1, 2].map(|number| {
            let own = with(&environment, &[("WS_LISTEN", listening[number - 1].as_str())]);
            Replica::start("gateway", number, &own, logs)
        });
        let replicas = workers.iter().chain(&schedulers).chain(&gateways).chain([&dialog, &api]);
        let supervisors = replicas.map(|replica| tokio::spawn(Arc::clone(replica).supervise())).collect();
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(15)).build()?;
        let amqp = Amqp::new(url_of(&broker, User::Admin, own_proxy.address.port(), VHOST));
        let (own_api, own_provider) = (Arc::clone(&api), Arc::clone(&provider));
        let browser = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(15)).redirect(Policy::none());
        let clients = Clients {
            api: own_api,
            gateways: listening.map(|address| format!("http://{address}")),
            http,
            browser: browser.build()?,
            token: String::new(),
            operator: String::new(),
            viewer: String::new(),
            amqp,
            provider: own_provider,
        };
        let mut world = Self {
            broker,
            others,
            broker_proxy,
            _own_proxy: own_proxy,
            ledger,
            provider,
            counterparts,
            workers,
            schedulers,
            gateways,
            dialog,
            clients: Arc::new(clients),
            store,
            dice,
            notes: Vec::new(),
            environment,
            logs: logs.to_owned(),
            supervisors,
            removed: Vec::new(),
            disk,
            _dir: dir,
        };
        world.reset_provider();
        world.until_ready().await?;
        world.clients.amqp.subscribe().await.context("subscribing to the events")?;
        world.log_in().await?;
        Ok(world)
    }

    async fn log_in(&mut self) -> Result<()> {
        let clients = Arc::get_mut(&mut self.clients).context("nobody publishes yet")?;
        clients.register_first(BOOTSTRAP).await?;
        clients.token = clients.log_in(AUDITOR).await?;
        clients.register(OPERATOR, "notify read operate admin").await?;
        clients.operator = clients.log_in(OPERATOR).await?;
        clients.register(VIEWER, "read").await?;
        clients.viewer = clients.log_in(VIEWER).await?;
        Ok(())
    }

    /// Runs a command of the binary beside the fleet: its exit code, and what it has printed.
    pub(super) async fn command(&self, words: &[&str]) -> (i32, String) {
        run(words, &self.environment).await
    }

    /// Starts more workers for a while, and waits until all of them are ready.
    ///
    /// # Errors
    /// Who was not, for how long.
    pub(super) async fn add_workers(&mut self, more: usize) -> Result<()> {
        for _ in 0..more {
            let replica = Replica::start("worker", self.workers.len() + 1, &self.environment, &self.logs);
            self.supervisors.push(tokio::spawn(Arc::clone(&replica).supervise()));
            self.workers.push(replica);
        }
        self.until_ready().await
    }

    /// Ends in good order those that [`Self::add_workers`] has started.
    ///
    /// # Errors
    /// When one does not end, or not well.
    pub(super) async fn remove_added_workers(&mut self) -> Result<()> {
        let extra = self.workers.split_off(WORKERS);
        self.removed.extend(extra.iter().cloned());
        for replica in extra {
            replica.retire().await?;
        }
        Ok(())
    }

    /// All replicas, those that were removed too.
    pub(super) fn all_replicas(&self) -> impl Iterator<Item = &Arc<Replica>> {
        self.replicas().chain(&self.removed)
    }

    pub(super) fn replicas(&self) -> impl Iterator<Item = &Arc<Replica>> {
        self.workers.iter().chain(&self.schedulers).chain(&self.gateways).chain([&self.dialog, &self.clients.api])
    }

    /// The provider as it is between the faults.
    pub(super) fn reset_provider(&self) {
        self.provider.answer(Answer::Accept);
        self.provider.answer_sometimes(BACKGROUND_FAILURES, refusal(500, None));
    }

    /// Waits until every process is ready.
    ///
    /// # Errors
    /// Who was not, for how long.
    pub(super) async fn until_ready(&self) -> Result<()> {
        let deadline = Instant::now() + READY_LIMIT;
        for replica in self.replicas() {
            while !replica.is_ready().await {
                if Instant::now() > deadline {
                    bail!("{} is not ready after {} s", replica.name, READY_LIMIT.as_secs());
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
        Ok(())
    }

    /// # Errors
    /// The management API's.
    pub(super) async fn manage(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        services::manage(&self.broker.management_url_as(User::Admin), method, path, body).await
    }

    /// Ends everything.
    ///
    /// # Errors
    /// When the broker does not end.
    pub(super) async fn stop(self) -> Result<()> {
        for supervisor in &self.supervisors {
            supervisor.abort();
        }
        let Self { broker, others, workers, schedulers, gateways, dialog, removed, clients, supervisors, .. } = self;
        for supervisor in supervisors {
            let _ = supervisor.await;
        }
        drop((workers, schedulers, gateways, dialog, removed, clients));
        for node in others {
            node.stop().await?;
        }
        broker.stop().await
    }
}

/// How the fleet hashes recipients.
pub(super) fn hasher() -> RecipientHasher {
    RecipientHasher::new(SECRET.as_bytes())
}

/// Refuses with the code that Twilio's own dictionary has for the status: "too many requests", else "service
/// unavailable", which asks for no other pace and spends an attempt.
pub(super) fn refusal(status: u16, retry_after: Option<&str>) -> Answer {
    let code = if status == 429 { 20_429 } else { 20_503 };
    Answer::Refuse { status, code, retry_after: retry_after.map(str::to_owned) }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

pub(super) fn url_of(broker: &PrivateBroker, user: User, port: u16, vhost: &str) -> String {
    format!("amqp://{}:{}@127.0.0.1:{port}/{vhost}", user.name(), broker.password(user))
}

/// The ledger, its URL for the fleet, and the one past the proxy.
async fn start_ledger(kind: Kind, disk: &Disk) -> Result<(Ledger, String, String)> {
    if kind == Kind::Sqlite {
        let file = disk.path().join("ledger.db");
        let url = format!("sqlite:{}", file.display());
        return Ok((Ledger::Sqlite { file }, url.clone(), url));
    }
    let server = Postgres::start_in(disk.path()).await?;
    let direct = server.create_database("chaos").await?;
    let proxy = Proxy::before(local(server.port)).await;
    let url = direct.replace(&format!(":{}/", server.port), &format!(":{}/", proxy.address.port()));
    Ok((Ledger::Postgres { server, proxy }, url, direct))
}

/// Gives the fleet quick retries and a lease as short as the provider's time limit allows; lost answers are sent again
/// on one channel and held on the other.
fn environment(amqp_url: &str, database_url: &str, provider: &Provider) -> Vec<(String, String)> {
    let ambiguity = format!("sms=hold,{}=resend", super::RESENDS);
    let own = [
        ("AMQP_URL", amqp_url),
        ("DATABASE_URL", database_url),
        ("SECRET_KEY", SECRET),
        ("BOOTSTRAP_TOKEN", BOOTSTRAP),
        ("NOTIFY_OPEN", "local"),
        ("PUBLIC_URL", PUBLIC_URL),
        ("ADMINS_TELEGRAM_IDS", ADMINS),
        ("WORKER_RETRY_DELAY_1", "0.5"),
        ("WORKER_RETRY_DELAY_2", "1"),
        ("WORKER_RETRY_DELAY_3", "2"),
        ("PROVIDER_TIMEOUT_SECONDS", "2"),
        ("WORKER_LEASE_SECONDS", "14"),
        ("WORKER_CONCURRENCY", "64"),
        ("INBOX", "true"),
        ("JWT_SECRET_KEY", SHARED),
        // Streams show that they live far more often than their clients give them up.
        ("WS_PING_INTERVAL", "5"),
        ("AMBIGUITY", &ambiguity),
        // This is longer than any clock is shifted.
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "100000"),
    ];
    let settings = provider.settings().into_iter().chain(own);
    settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

async fn open_store(url: &str) -> Result<Store> {
    let config = Config::read(REFERENCE.with(vec![("DATABASE_URL", url)]), Role::Ledger)?;
    let url = config.ledger.url.context("a ledger is given")?;
    let options = store::Options::new(url, config.ledger.max_connections, Arc::new(SystemClock));
    Ok(Store::connect(options).await?)
}
