//! `chasqui up`: the whole fleet in one process.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::Readiness;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::banner::Banner;
use crate::config::{Config, Role, Sources};
use crate::embedded::{self, Running};
use crate::private_broker::PrivateBroker;
use crate::roles::{self, Shared};
use crate::{logs, parts, samples};

/// Between two looks at the roles' readiness.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Runs until SIGTERM or Ctrl-C, and leaves no process behind.
pub(crate) async fn up(mut sources: Sources, demo: bool) -> Result<ExitCode> {
    if !sources.is_given("LOG") || sources.get("LOG").as_deref() == Some("info") {
        sources.set("LOG", "warn");
    }
    embedded::fill(&mut sources)?;
    let mut config = Config::read(sources.clone(), Role::Up)?;
    logs::start(&config)?;
    let stop = CancellationToken::new();
    tokio::spawn(roles::stop_on_signal(stop.clone()));
    let listener = api_listener(config.api.listen).await?;
    let broker = if config.broker.is_none() {
        println!("up: starting a RabbitMQ node of its own in ./var/rabbitmq (some seconds)");
        let broker = tokio::select! {
            broker = embedded::start_broker(&mut sources) => broker?,
            () = stop.cancelled() => return Ok(ExitCode::SUCCESS),
        };
        config = Config::read(sources.clone(), Role::Up)?;
        Some(broker)
    } else {
        println!("up: using the broker that is configured");
        None
    };
    let ran = run(sources, config, listener, broker.as_ref(), demo, stop).await;
    if let Some(broker) = broker {
        println!("up: stopping the RabbitMQ node");
        broker.stop().await?;
    }
    ran?;
    println!("up: stopped; messages and the ledger stay in ./var for the next time");
    Ok(ExitCode::SUCCESS)
}

async fn run(
    sources: Sources,
    config: Config,
    listener: TcpListener,
    broker: Option<&PrivateBroker>,
    demo: bool,
    stop: CancellationToken,
) -> Result<()> {
    let address = listener.local_addr()?;
    let config = Arc::new(config);
    let topology = parts::topology(&config, "up")?;
    parts::wait_for_broker(&topology, &stop).await?;
    let clock = parts::clock();
    let store = parts::store(&config, Arc::clone(&clock)).await?;
    parts::migrate(&store, &stop).await?;
    let publishing = CancellationToken::new();
    let publisher = parts::publisher(&config, topology, publishing.clone());
    let shared = Shared { config: Arc::clone(&config), publisher, store: store.clone(), clock };
    let (working, scheduling) = (Readiness::default(), Readiness::default());
    // The API stops first and the worker last, so that what was accepted still moves.
    let (api_stop, others_stop) = (stop.child_token(), CancellationToken::new());
    let mut api = tokio::spawn(roles::run_api(shared.clone(), listener, api_stop));
    let mut worker = tokio::spawn(roles::run_worker(shared.clone(), working.clone(), others_stop.clone()));
    let mut scheduler = tokio::spawn(roles::run_scheduler(shared, scheduling.clone(), others_stop.clone()));
    let _running = Running::tell(&sources, address)?;
    let showing = async {
        until_ready(&[&working, &scheduling]).await;
        Banner { address, broker, config: &config }.print();
        if demo {
            samples::send_and_show(address, &store).await?;
        }
        anyhow::Ok(())
    };
    let ended_early = tokio::select! {
        shown = async { let shown = showing.await; if shown.is_ok() { stop.cancelled().await; } shown } => shown.err(),
        () = stop.cancelled() => None,
        ended = &mut api => Some(ended.map_or_else(Into::into, |ran| ran.err().unwrap_or_else(|| anyhow::anyhow!("the API ended")))),
        ended = &mut worker => Some(ended.map_or_else(Into::into, |ran| ran.err().unwrap_or_else(|| anyhow::anyhow!("the worker ended")))),
        ended = &mut scheduler => Some(ended.map_or_else(Into::into, |ran| ran.err().unwrap_or_else(|| anyhow::anyhow!("the scheduler ended")))),
    };
    stop.cancel();
    for role in [&mut api, &mut scheduler, &mut worker] {
        if !role.is_finished() {
            others_stop.cancel();
            let _ = role.await;
        }
    }
    publishing.cancel();
    match ended_early {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

async fn until_ready(roles: &[&Readiness]) {
    while roles.iter().any(|role| !role.missing().is_empty()) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The configured address, or a free port beside it when somebody else has the default one.
async fn api_listener(address: SocketAddr) -> Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse && address.port() == 8080 => {
            println!("up: {address} is taken; using a free port instead");
            TcpListener::bind(SocketAddr::new(address.ip(), 0)).await.context("no free port for the API")
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address}: set API_LISTEN to a free address")),
    }
}
