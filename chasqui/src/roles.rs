//! Runs the roles, alone in a process or together, from their settings to their end.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use api::Api;
use channels::Channels;
use dialog::Dialog;
use domain::Clock;
use files::Files;
use gateway::Gateway;
use operations::Checker;
use operations::overview::Watching;
use runtime::Readiness;
use runtime::settings::OwnUrl;
use scheduler::Scheduler;
use secrecy::SecretString;
use store::Store;
use templates::Templates;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use topology::{Broker, Publisher};
use web::probes::Probes;
use worker::{Setup, Worker};

use crate::config::{Config, Role};
use crate::{channel_lines, dispatch, exit, inboxes, metrics, parts, webhooks};

/// How long the API waits to ask a ledger again that did not let it in.
const MIGRATE_AGAIN_AFTER: Duration = Duration::from_secs(30);

/// The time between two looks at what uploads have left.
const CLEAN_EVERY: Duration = Duration::from_secs(10 * 60);

/// What several roles of one process share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) config: Arc<Config>,
    pub(crate) broker: Broker,
    pub(crate) publisher: Publisher,
    pub(crate) store: Store,
    /// None in a process that only schedules, is in dialog with others, or tells people who are connected.
    pub(crate) templates: Option<Arc<Templates>>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Shared {
    fn templates(&self) -> Result<Arc<Templates>> {
        self.templates.clone().context("the templates are not loaded")
    }
}

/// Runs one role until SIGTERM or Ctrl-C. A second signal ends the process at once.
///
/// # Errors
/// What the operator must change before it can start.
pub(crate) async fn run_alone(config: Config, role: Role) -> Result<ExitCode> {
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    let config = Arc::new(config);
    let readiness = Readiness::default();
    let render = metrics::render(config.delivery_objective);
    let name = role.name();
    // The API answers probes on its own address.
    if let Some(address) = config.metrics_listen.filter(|_| role != Role::Api) {
        let listener = listen(address, "METRICS_LISTEN").await?;
        let probes = Probes { readiness: readiness.clone(), metrics: render };
        tokio::spawn(probes.serve(listener, stop.clone()));
    }
    let topology = parts::topology(&config, name)?;
    let has_words = !matches!(role, Role::Scheduler | Role::Dialog | Role::Gateway);
    let templates = has_words.then(|| parts::templates(&config)).transpose()?;
    if role.knows_zones() {
        parts::log_zones(&config);
    }
    // The listener is bound before anything is waited for, so that a port in use shows at once.
    let listener = match role {
        Role::Api => Some(listen(config.api.listen, "API_LISTEN").await?),
        Role::Gateway => Some(listen(config.gateway.listen, "WS_LISTEN").await?),
        _ => None,
    };
    parts::wait_for_broker(&topology, &stop).await?;
    let clock = parts::clock();
    let store = parts::store(&config, Arc::clone(&clock)).await?;
    // The publisher outlives the role, because a drain still has to publish.
    let publishing = CancellationToken::new();
    let broker = topology.broker.clone();
    let publisher = parts::publisher(&config, topology, publishing.clone());
    let shared = Shared { config, broker, publisher, store, templates, clock };
    match (role, listener) {
        (Role::Api, Some(listener)) => {
            tokio::spawn(ready_the_ledger_in_the_background(shared.clone(), stop.clone()));
            // Nobody knows what is in front of this process: behind a proxy, everybody would seem to be on this
            // machine.
            let around = Around { first_user: FirstUser::WithTheTokenOnly, realtime: None, worker: None };
            run_api(shared, listener, around, stop).await?;
        }
        (Role::Scheduler, _) => {
            ready_the_ledger(&shared, &stop).await?;
            run_scheduler(shared, readiness, stop).await?;
        }
        (Role::Dialog, _) => {
            ready_the_ledger(&shared, &stop).await?;
            run_dialog(shared, readiness, stop).await?;
        }
        (Role::Gateway, Some(listener)) => {
            ready_the_ledger(&shared, &stop).await?;
            run_gateway(shared, listener, readiness, stop).await?;
        }
        _ => {
            ready_the_ledger(&shared, &stop).await?;
            // `up` prints the same lines.
            channel_lines::log(&shared.config.channels);
            run_worker(shared, readiness, stop).await?;
        }
    }
    publishing.cancel();
    Ok(ExitCode::SUCCESS)
}

/// Applies the migrations, and warns of what the ledger holds that this secret does not open.
async fn ready_the_ledger(shared: &Shared, stop: &CancellationToken) -> Result<()> {
    parts::migrate(&shared.store, stop).await?;
    if !stop.is_cancelled() {
        parts::note_secret(&shared.config, &shared.store, shared.clock.as_ref()).await;
    }
    Ok(())
}

/// Does so in the background. The API publishes without the ledger, so it does not wait for that.
async fn ready_the_ledger_in_the_background(shared: Shared, stop: CancellationToken) {
    while let Err(error) = ready_the_ledger(&shared, &stop).await {
        tracing::error!(%error, "the ledger could not be migrated; reading and cancelling will not work");
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(MIGRATE_AGAIN_AFTER) => {}
        }
    }
}

pub(crate) async fn listen(address: std::net::SocketAddr, setting: &str) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: set {setting} to a free address"))
}

/// Who may register the first user without the bootstrap token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FirstUser {
    FromThisMachine,
    WithTheTokenOnly,
}

/// What the process around an API knows of it.
pub(crate) struct Around {
    pub(crate) first_user: FirstUser,
    /// The origin at which browsers find the gateway, where `WS_PUBLIC_URL` does not say it. None where it is the API's own, as
    /// behind a proxy.
    pub(crate) realtime: Option<String>,
    /// The worker in the same process, if there is one.
    pub(crate) worker: Option<Readiness>,
}

pub(crate) async fn run_api(
    shared: Shared,
    listener: TcpListener,
    around: Around,
    stop: CancellationToken,
) -> Result<()> {
    let files = parts::files(&shared.config)?;
    let also = match shared.config.files.listen {
        Some(address) => Some(listen(address, "FILES_LISTEN").await?),
        None => None,
    };
    tokio::spawn(look_after(Arc::clone(&files), Arc::clone(&shared.clock), stop.clone()));
    let settings = api_settings(&shared.config, listener.local_addr()?, around, files)?;
    let checker = Checker::new(shared.templates()?)
        .calling(parts::calls(&shared.config))
        .carried_by(channels::known_providers())
        .linking(shared.config.public_url.is_some());
    let gate = webhooks::gate(&shared.config.channels);
    let render = metrics::render(shared.config.delivery_objective);
    let names = shared.config.topology.names.clone();
    let overview = Watching::new(shared.store.clone(), Some((shared.broker, names)), Arc::clone(&shared.clock));
    let api = Api::new(settings, shared.publisher, shared.store, overview, checker, shared.clock, render, gate)?;
    tracing::info!(address = %listener.local_addr()?, "the API listens");
    match also {
        None => api.serve(listener, stop).await,
        Some(also) => {
            tracing::info!(address = %also.local_addr()?, "the API listens here as well");
            tokio::join!(api.clone().serve(listener, stop.clone()), api.serve(also, stop));
        }
    }
    Ok(())
}

/// Says what is wrong with the scanner, and removes what uploads of ended processes have left, until the stop.
async fn look_after(files: Arc<Files>, clock: Arc<dyn Clock>, stop: CancellationToken) {
    let looking = async {
        files.warn_of_scanner().await;
        loop {
            match files.clean(clock.now()).await {
                Ok(0) => {}
                Ok(removed) => tracing::info!(removed, "removed what ended processes have left of files that came in"),
                Err(away) => tracing::warn!(%away, "what came in could not be cleaned"),
            }
            tokio::time::sleep(CLEAN_EVERY).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = looking => {}
    }
}

fn api_settings(
    config: &Config,
    listen: std::net::SocketAddr,
    around: Around,
    files: Arc<Files>,
) -> Result<api::Settings> {
    let secret = config.secret_key.clone().context("SECRET_KEY is missing")?;
    let jwt = config.api.tokens(secret, config.previous_secret_key.clone());
    let bootstrap = config.api.bootstrap_token.clone().unwrap_or_else(|| {
        let token = uuid::Uuid::new_v4().simple().to_string();
        tracing::info!("until the first user is registered: POST /register with X-Bootstrap-Token: {token}");
        SecretString::from(token)
    });
    Ok(api::Settings {
        open: config.api.open,
        first_user_from_here: around.first_user == FirstUser::FromThisMachine,
        // Whoever follows a link in a mail, and whoever reports to us, calls the API by this name.
        hosts: config.api.hosts.iter().chain(config.public_url.as_ref().map(|own| &own.host)).cloned().collect(),
        is_over_tls: config.public_url.as_ref().is_some_and(OwnUrl::is_over_tls),
        bot_name: config.dialog.bot_name.clone(),
        retention: config.retention,
        answerers: parts::answerers(),
        retry_delays: config.retry_delays,
        default_channel: config.defaults.channel.clone(),
        sandbox: config.channels.sandbox != channels::SandboxMode::Off,
        providers: channels::provider_names(),
        // What is wrong with the settings of a provider the workers say, which need it.
        carriers: parts::carriers(&config.channels).unwrap_or_default(),
        zones: config.zones.clone(),
        telling: config.topology.events,
        verify: config.api.verify.clone(),
        services: config.services.clone(),
        realtime: config.gateway.public_url.clone().or(around.realtime),
        worker: around.worker,
        push_key: config.channels.webpush.public_key.clone(),
        files: Some(files),
        public_url: config.public_url.as_ref().map(|own| own.url.clone()),
        ..api::Settings::new(listen, jwt, bootstrap)
    })
}

pub(crate) async fn run_worker(shared: Shared, readiness: Readiness, stop: CancellationToken) -> Result<()> {
    let config = &shared.config;
    let mut sending = config.channels.clone();
    sending.service.publishing = Some(dispatch::publishing(&shared.publisher));
    let channels = Channels::enable(&sending).map_err(|problems| anyhow::anyhow!(problems.join("; ")))?;
    let templates = shared.templates()?;
    let worker = Worker {
        setup: Setup {
            settings: config.worker.clone(),
            channels,
            templates,
            links: parts::unsubscribe_links(config),
            secrets: parts::secrets(config),
            public_url: config.public_url.as_ref().map(|own| own.url.clone()),
            files: parts::files(config)?,
            file_links: parts::file_links(config),
        },
        topology: parts::topology(config, Role::Worker.name())?,
        publisher: shared.publisher,
        telling: config.topology.events,
        store: shared.store,
        hasher: parts::hasher(config),
        defaults: config.defaults.clone(),
        clock: shared.clock,
    };
    worker.run(readiness, stop).await;
    Ok(())
}

pub(crate) async fn run_scheduler(shared: Shared, readiness: Readiness, stop: CancellationToken) -> Result<()> {
    let config = &shared.config;
    let scheduler = Scheduler {
        topology: parts::topology(config, Role::Scheduler.name())?,
        publisher: shared.publisher,
        telling: config.topology.events,
        store: shared.store,
        hasher: parts::hasher(config),
        sealer: parts::letter_sealer(config),
        defaults: config.defaults.clone(),
        demo: config.scheduler.demo.clone(),
        retention: config.retention,
        inboxes: config.scheduler.inboxes,
        patience: parts::patience(config),
        journal: parts::journal_keys(config),
        zones: config.zones.clone(),
        files: parts::files(config)?,
        clock: shared.clock,
    };
    scheduler.run(readiness, stop).await;
    Ok(())
}

pub(crate) async fn run_dialog(shared: Shared, readiness: Readiness, stop: CancellationToken) -> Result<()> {
    let config = &shared.config;
    let dialog = Dialog {
        topology: parts::topology(config, Role::Dialog.name())?,
        publisher: shared.publisher,
        store: shared.store,
        keys: config.channels.webhook.keys.clone().context("SECRET_KEY is missing")?,
        services: config.services.clone(),
        signer: config.channels.service.keys.clone().context("SECRET_KEY is missing")?,
        reader: webhooks::reader(&config.channels),
        polling: webhooks::polling(&config.channels, &shared.clock)?,
        secrets: parts::secrets(config),
        settings: config.dialog.clone(),
        telling: config.topology.events,
        hasher: parts::hasher(config),
        clock: shared.clock,
    };
    dialog.run(readiness, stop).await;
    Ok(())
}

pub(crate) async fn run_gateway(
    shared: Shared,
    listener: TcpListener,
    readiness: Readiness,
    stop: CancellationToken,
) -> Result<()> {
    let config = &shared.config;
    let gateway = Gateway {
        settings: config.gateway.clone(),
        mapping: config.gateway.mapping.clone().context("the rules of rooms were not read")?,
        trust: parts::trust(config),
        topology: parts::topology(config, Role::Gateway.name())?,
        inbox: inboxes::inbox(config, shared.store.clone(), shared.publisher, Arc::clone(&shared.clock)),
        store: shared.store,
        clock: shared.clock,
    };
    tracing::info!(address = %listener.local_addr()?, "the gateway listens");
    let ran = gateway.run(listener, readiness, stop).await;
    ran.map_err(|problems| anyhow::anyhow!(problems.join("; ")))
}

/// SIGTERM or Ctrl-C asks to stop; a second one ends the process at once.
pub(crate) async fn stop_on_signal(stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return;
    };
    for first in [true, false] {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        if first {
            tracing::info!("stopping; once more to stop at once");
            stop.cancel();
        }
    }
    std::process::exit(exit::INTERRUPTED.into());
}
