//! One start of a node: its port mapper, the node itself, and the wait until it accepts connections.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::net::TcpStream;

use crate::installation::Installation;
use crate::node_dir::{NodeDir, Ports};
use crate::options::Options;
use crate::passwords::Passwords;
use crate::releases;
use crate::supervised::{Launch, Signal, Supervised};

/// How long a start may take. It takes 6 s on an idle machine; the limit is for a very busy one.
const START_LIMIT: Duration = Duration::from_secs(120);
const STOP_GRACE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(50);
/// How many lines of the node's log an error message shows.
const COMPLAINT: usize = 15;

pub(crate) fn at_end(ephemeral: bool) -> Signal {
    if ephemeral { Signal::Kill } else { Signal::Term }
}

pub(crate) async fn start_once(
    dir: &NodeDir,
    installation: &Installation,
    ports: Ports,
    options: &Options,
    passwords: &Passwords,
) -> Result<(Supervised, Supervised)> {
    releases::remember_the_last(dir)?;
    dir.prepare(ports, options, passwords)?;
    let epmd = Supervised::start(&Launch {
        name: dir.node().to_owned(),
        program: installation.epmd.clone(),
        args: vec!["-port".into(), ports.epmd.to_string().into(), "-address".into(), "127.0.0.1".into()],
        env: dir.env(ports, installation),
        log: dir.root().join("log/epmd.log"),
        at_end: Signal::Kill,
        grace: Duration::from_secs(1),
        remove: options.ephemeral.then(|| dir.root().to_owned()),
    });
    let mut epmd = epmd.context("epmd cannot be started")?;
    let mut node = start_node(dir, installation, ports, options.ephemeral)?;
    if let Err(error) = await_ready(dir, installation, &mut node, ports).await {
        node.end(Signal::Kill).await?;
        // The mapper is killed, so that the folder stays, for the next try or for somebody who reads the log.
        epmd.end(Signal::Kill).await?;
        return Err(error);
    }
    releases::remember_this(dir)?;
    Ok((epmd, node))
}

pub(crate) fn start_node(
    dir: &NodeDir,
    installation: &Installation,
    ports: Ports,
    ephemeral: bool,
) -> Result<Supervised> {
    let launch = Launch {
        name: dir.node().to_owned(),
        program: installation.sbin.join("rabbitmq-server"),
        args: Vec::new(),
        env: dir.env(ports, installation),
        log: dir.log(),
        at_end: at_end(ephemeral),
        grace: STOP_GRACE,
        remove: None,
    };
    Supervised::start(&launch).context("rabbitmq-server cannot be started")
}

/// Waits until both listeners answer: the node opens them last, after it has loaded the definitions.
pub(crate) async fn await_ready(
    dir: &NodeDir,
    installation: &Installation,
    node: &mut Supervised,
    ports: Ports,
) -> Result<()> {
    let deadline = Instant::now() + START_LIMIT;
    loop {
        if let Some(status) = node.ended()? {
            if let Some(other_release) = releases::explain(dir, installation.release().as_deref()) {
                bail!(other_release);
            }
            bail!("the private RabbitMQ node did not start ({status}). {}", complaint(dir));
        }
        if accepts(ports.management).await && accepts(ports.amqp).await {
            return Ok(());
        }
        if Instant::now() >= deadline {
            bail!("the private RabbitMQ node was not ready within {} s. {}", START_LIMIT.as_secs(), complaint(dir));
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn accepts(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok()
}

/// What the node complained about first, because a page of consequences follows; without a complaint, its last lines.
fn complaint(dir: &NodeDir) -> String {
    let log = dir.log();
    let text = std::fs::read(&log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    let errors: Vec<&str> = lines.iter().copied().filter(|line| line.contains("[error]")).take(COMPLAINT).collect();
    let said = if errors.is_empty() { lines[lines.len().saturating_sub(COMPLAINT)..].to_vec() } else { errors };
    format!("From {}:\n  {}", log.display(), said.join("\n  "))
}
