//! Makes the parts of the fleet from the settings.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use channels::{Channels, SandboxMode};
use domain::{
    Clock, CounterHasher, FileLinks, JournalKeys, Keyring, LetterSealer, RecipientHasher, RequestIds, SANDBOX, Secrets,
    UnsubscribeLinks,
};
use files::Files;
use gateway::Trust;
use operations::providers::Carrier;
use operations::{Calls, Checker};
use secrecy::ExposeSecret;
use store::{MigrateError, Patience, Store, StoreError};
use templates::Templates;
use tokio_util::sync::CancellationToken;
use topology::{Broker, Declarations, Management, Plan, Publisher, PublisherSettings, QueueType, Topology};

use crate::clock::SystemClock;
use crate::config::Config;
use crate::exit::Usage;
use crate::zones;

/// The time between two tries to reach a broker or a ledger that is not there yet.
const TRY_EVERY: Duration = Duration::from_secs(1);

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// Checks notifications before they are published, also by whom they are to be carried.
pub(crate) fn checker(config: &Config) -> Result<Checker> {
    Ok(Checker::new(templates(config)?).carried_by(channels::known_providers()))
}

/// Which of the URLs that others give are never called.
pub(crate) fn calls(config: &Config) -> Calls {
    let allow = config.channels.outbound.clone();
    Calls::new(move |url| allow.refusal(url))
}

/// Who may carry which medium here, the preferred first, also where the sandbox captures their messages.
///
/// # Errors
/// Every problem of the settings, one text each.
pub(crate) fn carriers(settings: &channels::Settings) -> Result<Vec<Carrier>, Vec<String>> {
    let live = channels::Settings { sandbox: SandboxMode::Missing, ..settings.clone() };
    let is_captured = settings.sandbox == SandboxMode::All;
    let channels = Channels::enable(&live)?;
    let named = channels.all().filter(|carrier| carrier.provider() != SANDBOX);
    let told = named.map(|carrier| Carrier {
        medium: carrier.name(),
        provider: carrier.provider(),
        is_captured,
        limits: carrier.limits().to_vec(),
    });
    Ok(told.collect())
}

/// Makes the topology, without reading anything from the network.
pub(crate) fn topology(config: &Config, role: &str) -> Result<Topology> {
    let broker = config.topology.broker.as_ref().context("no broker is given: set AMQP_URL")?;
    let mut connection = Broker::new(broker.url.clone(), role).context("AMQP_URL")?;
    if let Some(file) = &broker.ca_file {
        connection = topology::with_ca_file(connection, file)?;
    }
    if broker.tenant_from_user_id {
        connection = connection.with_user_id().context("AMQP_URL")?;
    }
    let management =
        config.topology.management_url.as_ref().map(|url| Management::new(url, &connection)).transpose()?;
    if config.topology.queue_type == QueueType::Classic {
        tracing::warn!(
            "classic queues: without a delivery limit and safe dead-lettering, fewer promises hold (docs/promises.md)"
        );
    }
    Ok(Topology {
        broker: connection,
        names: config.topology.names.clone(),
        plan: plan(config),
        mode: config.topology.mode,
        management,
        declared: Declarations::default(),
    })
}

/// Plans the exchanges and queues of the fleet.
pub(crate) fn plan(config: &Config) -> Plan {
    Plan::new(&config.topology.names, config.topology.queue_type, config.retry_delays)
}

/// Waits for a broker that is not there yet, or for the stop. A wrong password, or a queue with other arguments, ends
/// the wait.
///
/// # Errors
/// What the operator must change.
pub(crate) async fn wait_for_broker(topology: &Topology, stop: &CancellationToken) -> Result<()> {
    loop {
        match topology.ready().await {
            Ok(()) => return Ok(()),
            Err(error) if error.may_pass() => tracing::warn!(%error, "waiting for the broker"),
            Err(error) => return Err(error.into()),
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(TRY_EVERY) => {}
        }
    }
}

pub(crate) fn publisher(config: &Config, topology: Topology, stop: CancellationToken) -> Publisher {
    let settings = PublisherSettings::new(config.topology.confirm_timeout);
    Publisher::start(topology, settings, stop)
}

pub(crate) async fn store(config: &Config, clock: Arc<dyn Clock>) -> Result<Store> {
    Ok(Store::connect(ledger(config, clock)?).await?)
}

/// Refuses to go on without the fleet's own secret; `why` says what is made with it.
///
/// # Errors
/// [`Usage`].
pub(crate) fn needs_secret(config: &Config, why: &str) -> Result<(), Usage> {
    match config.secret_key {
        Some(_) => Ok(()),
        None => Err(Usage(format!("SECRET_KEY is missing: {why}; give the fleet's own"))),
    }
}

/// Opens the ledger for a command that only reads: it makes no ledger where there is none.
pub(crate) async fn existing_store(config: &Config, clock: Arc<dyn Clock>) -> Result<Store> {
    Ok(Store::connect(store::Options { must_exist: true, ..ledger(config, clock)? }).await?)
}

fn ledger(config: &Config, clock: Arc<dyn Clock>) -> Result<store::Options> {
    let url = config.ledger.url.clone().context("no ledger is given: set DATABASE_URL")?;
    Ok(store::Options::new(url, config.ledger.max_connections, clock))
}

/// Brings the tables up to date as soon as the ledger is there, or waits for the stop. A wrong name of the database, or
/// a wrong password, ends the wait.
///
/// # Errors
/// When the ledger is there and refuses: what the operator must change.
pub(crate) async fn migrate(store: &Store, stop: &CancellationToken) -> Result<()> {
    loop {
        match store.migrate().await {
            Ok(0) => return Ok(()),
            Ok(applied) => {
                tracing::info!(applied, "the ledger's tables are up to date");
                return Ok(());
            }
            Err(MigrateError::Store(StoreError::Unavailable(error))) => tracing::warn!(error, "waiting for the ledger"),
            Err(error) => return Err(error.into()),
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(TRY_EVERY) => {}
        }
    }
}

/// What each secret is known again by: its hash of this. No recipient is called so.
const MARK: &str = "\nthe mark of a secret";

/// Warns of those on the suppression list who were hashed with a secret that is no longer known. Nobody waits for it: a
/// ledger that does not answer is met by whatever needs it.
pub(crate) async fn note_secret(config: &Config, store: &Store, clock: &dyn Clock) {
    let hasher = hasher(config);
    match store.note_recipient_key(hasher.hash(MARK), hasher.hash_before(MARK), clock.now()).await {
        Ok(0) => {}
        Ok(entries) => tracing::warn!(
            entries,
            "the suppression list has entries from when neither SECRET_KEY nor SECRET_KEY_PREVIOUS was in use: these people \
             are written to again. Name the secret of that time as SECRET_KEY_PREVIOUS, or put them on the list anew"
        ),
        Err(error) => tracing::warn!(%error, "whether the suppression list was made with this SECRET_KEY is not known"),
    }
}

/// Who may have answered an attempt: a provider, whether it is configured here or not, the sandbox, or a step of ours.
pub(crate) fn answerers() -> Vec<&'static str> {
    channels::provider_names().into_iter().chain([SANDBOX, "scheduler", "template", "worker"]).collect()
}

pub(crate) fn patience(config: &Config) -> Patience {
    Patience { after: config.scheduler.stuck_after, delays: config.retry_delays }
}

/// Logs, at the start of a role that computes when schedules fire, which rules it uses.
pub(crate) fn log_zones(config: &Config) {
    tracing::info!("zone rules {}", config.zones);
    if let Some(old) = zones::age(&config.zones) {
        tracing::warn!("{old}");
    }
}

/// The templates, which were loaded with the settings, so that problems with them were reported with the rest.
pub(crate) fn templates(config: &Config) -> Result<Arc<Templates>> {
    config.templates.clone().context("this command has read no templates")
}

pub(crate) fn hasher(config: &Config) -> RecipientHasher {
    keyring(config).recipients()
}

/// What seals the journal.
pub(crate) fn journal_keys(config: &Config) -> JournalKeys {
    keyring(config).journal()
}

/// What seals dead letters that are kept.
pub(crate) fn letter_sealer(config: &Config) -> LetterSealer {
    keyring(config).letters()
}

/// The ids of what is asked for with a key, as the API gives them.
pub(crate) fn request_ids(config: &Config) -> RequestIds {
    keyring(config).request_ids()
}

/// The links by which recipients leave lists. None where no link can lead to this installation.
pub(crate) fn unsubscribe_links(config: &Config) -> Option<UnsubscribeLinks> {
    let own = config.public_url.as_ref()?;
    Some(UnsubscribeLinks::new(own.url.clone(), keyring(config).links()))
}

/// Whose tokens a gateway believes.
pub(crate) fn trust(config: &Config) -> Trust {
    Trust {
        keys: keyring(config),
        algorithm: config.api.algorithm,
        audience: config.api.audience.clone(),
        issuer: config.api.issuer.clone(),
        public_key: config.api.public_key.clone(),
        shared_secret: config.gateway.shared_secret.clone(),
        shared_algorithm: config.gateway.shared_algorithm,
    }
}

/// The links by which files are downloaded without a token.
pub(crate) fn file_links(config: &Config) -> FileLinks {
    keyring(config).file_links()
}

/// Where files lie. Nothing is opened.
///
/// # Errors
/// What is wrong with the bucket.
pub(crate) fn files(config: &Config) -> Result<Arc<Files>> {
    let files = Files::new(config.files.clone());
    files.map(Arc::new).map_err(|why| anyhow::anyhow!("the bucket of MINIO_ENDPOINT cannot be used: {why}"))
}

/// What people answer with: codes, links and buttons.
pub(crate) fn secrets(config: &Config) -> Secrets {
    Secrets::new(&keyring(config))
}

/// What hashes by whom and to where codes are asked for.
pub(crate) fn counters(config: &Config) -> CounterHasher {
    keyring(config).counters()
}

fn keyring(config: &Config) -> Keyring {
    let secret = config.secret_key.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
    let previous = config.previous_secret_key.as_ref().map(|secret| secret.expose_secret().as_bytes());
    Keyring::new(secret.as_bytes(), previous)
}
