//! `chasqui up`: the whole fleet in one process.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use embedded::PrivateBroker;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::banner::Banner;
use crate::config::{Config, Role, Sources};
use crate::fleet::Fleet;
use crate::output::say;
use crate::unconfigured::{self, Running};
use crate::{delays, logs, node_watch, roles, samples, traces};

/// Runs until SIGTERM or Ctrl-C, and leaves no process behind.
pub(crate) async fn up(mut sources: Sources, demo: bool) -> Result<ExitCode> {
    if !sources.is_given("LOG") {
        sources.set("LOG", "warn");
    }
    let mut look = sources.clone();
    unconfigured::look_up(&mut look);
    // This is checked before anything is made.
    if Config::read(look, Role::Up)?.topology.broker.is_none() {
        unconfigured::refuse_a_second()?;
    }
    unconfigured::fill(&mut sources)?;
    let bootstrap = bootstrap_token(&mut sources);
    let mut config = Config::read(sources.clone(), Role::Up)?;
    logs::start(&config)?;
    let traces = traces::start(&config, Role::Up)?;
    let stop = CancellationToken::new();
    tokio::spawn(roles::stop_on_signal(stop.clone()));
    let listener = api_listener(config.api.listen, !sources.is_changed("API_LISTEN")).await?;
    let mut broker = if config.topology.broker.is_none() {
        say!("up: starting a private RabbitMQ node in ./var/rabbitmq (this takes a few seconds)");
        let broker = tokio::select! {
            broker = unconfigured::start_broker(&mut sources) => broker?,
            () = stop.cancelled() => return Ok(ExitCode::SUCCESS),
        };
        config = Config::read(sources.clone(), Role::Up)?;
        Some(broker)
    } else {
        say!("up: using the configured broker");
        None
    };
    let ran = run_on(sources, config, listener, Own { broker: broker.as_mut(), bootstrap }, demo, stop).await;
    traces.end().await;
    if let Some(broker) = broker {
        say!("up: stopping the RabbitMQ node");
        broker.stop().await?;
    }
    ran?;
    say!("up: stopped; messages and the ledger stay in ./var for the next start");
    Ok(ExitCode::SUCCESS)
}

/// The parts of the fleet that nobody has configured.
struct Own<'a> {
    broker: Option<&'a mut PrivateBroker>,
    /// The token that lets the first user register.
    bootstrap: Option<String>,
}

/// The configured token, or one that is made up for this run: the banner shows that one.
fn bootstrap_token(sources: &mut Sources) -> Option<String> {
    if sources.is_given("BOOTSTRAP_TOKEN") {
        return None;
    }
    let token = unconfigured::new_secret();
    sources.set("BOOTSTRAP_TOKEN", token.clone());
    Some(token)
}

/// Runs the fleet, and its own node with it: without the node the fleet is stopped.
async fn run_on(
    sources: Sources,
    config: Config,
    listener: TcpListener,
    own: Own<'_>,
    demo: bool,
    stop: CancellationToken,
) -> Result<()> {
    let Own { broker, bootstrap } = own;
    let banner = Banner::new(listener.local_addr()?, broker.as_deref(), &config)?;
    if broker.is_none() {
        return run(sources, config, listener, banner, bootstrap, demo, &stop).await;
    }
    // The node is stopped after the fleet: from then on its end is no death.
    let over = stop.child_token();
    let running = async {
        let ran = match delays::follow(&config, &stop).await {
            Ok(()) => run(sources, config, listener, banner, bootstrap, demo, &stop).await,
            failed => failed,
        };
        over.cancel();
        ran
    };
    let keeping = async {
        let kept = node_watch::keep(broker, &over).await;
        if kept.is_err() {
            stop.cancel();
        }
        kept
    };
    let (ran, kept) = tokio::join!(running, keeping);
    kept.and(ran)
}

async fn run(
    sources: Sources,
    config: Config,
    listener: TcpListener,
    mut banner: Banner,
    bootstrap: Option<String>,
    demo: bool,
    stop: &CancellationToken,
) -> Result<()> {
    if stop.is_cancelled() {
        return Ok(());
    }
    let mut fleet = Fleet::start(config, listener, stop).await?;
    banner.first_user(&fleet.store, bootstrap).await;
    banner.clients(fleet.gateway);
    let _running = Running::announce(&sources, fleet.api)?;
    let shown = tokio::select! {
        ready = fleet.ready() => {
            if ready.is_ok() {
                banner.print();
                // The samples end with the same words.
                if !demo {
                    say!("Press Ctrl-C to stop.");
                }
            }
            match ready {
                Ok(()) if demo => samples::send_and_show(fleet.api, &fleet.store, stop).await,
                ready => ready,
            }
        }
        () = stop.cancelled() => Ok(()),
    };
    let ended = match shown {
        Ok(()) => tokio::select! {
            () = stop.cancelled() => Ok(()),
            error = fleet.ended() => Err(error),
        },
        failed => failed,
    };
    fleet.stop().await;
    ended
}

/// Listens on the configured address, or on a free port beside it when another program uses the default one.
async fn api_listener(address: SocketAddr, is_default: bool) -> Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_default => {
            let listener = TcpListener::bind(SocketAddr::new(address.ip(), 0)).await;
            let listener = listener.context("no free port for the API")?;
            say!("up: {address} is in use: the API listens on {} instead", listener.local_addr()?);
            Ok(listener)
        }
        Err(error) => {
            Err(error).with_context(|| format!("cannot listen on {address}: set API_LISTEN to a free address"))
        }
    }
}
