//! The node itself: read this file first.

use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

use crate::installation::Installation;
use crate::node_dir::{self, NodeDir, Ports};
use crate::options::{Neighbour, Options};
use crate::passwords::Passwords;
use crate::start::{at_end, await_ready, start_node, start_once};
use crate::supervised::{Signal, Supervised};
use crate::users::User;

/// The virtual host of `rabbitmq/definitions.json`.
pub const VHOST: &str = "foro";

/// How often a start is tried: another program may use a port after it was found free and before the node uses it.
const TRIES: usize = 3;
/// The time between two looks at whether the node still runs.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A running node. Dropping it ends the node; [`PrivateBroker::stop`] does so without blocking the thread.
#[derive(Debug)]
pub struct PrivateBroker {
    pub amqp_port: u16,
    pub management_port: u16,
    ports: Ports,
    installation: Installation,
    node: Supervised,
    /// Erlang's port mapper, which only this node uses. It outlives the node's restarts, and deletes an ephemeral
    /// folder when it ends.
    epmd: Supervised,
    ephemeral: bool,
    passwords: Passwords,
    dir: NodeDir,
}

impl PrivateBroker {
    /// Starts a node in `dir` and waits until it accepts connections. Messages and ports survive in `dir` from one run
    /// to the next, unless the node is ephemeral. A node that a killed run left there is ended first.
    ///
    /// # Errors
    /// An error that says what to install, who else uses `dir`, or why the node did not start, with lines of its log.
    pub async fn start(dir: &Path, options: Options) -> Result<Self> {
        let installation = Installation::find()?;
        let dir = NodeDir::open(dir, options.ephemeral)?;
        dir.end_leftovers().await?;
        if let Some(neighbour) = &options.neighbour {
            dir.take_cookie(&neighbour.cookie)?;
        }
        let passwords = match &options.neighbour {
            // A node that joins another gets its users from that one.
            Some(neighbour) => neighbour.passwords.clone(),
            None => Passwords::kept_in(dir.root())?,
        };
        tracing::info!(dir = %dir.root().display(), "starting a private RabbitMQ node");
        let known_at = options.neighbour.as_ref().map(|neighbour| neighbour.epmd);
        let mut ports = dir.last_ports().map_or_else(Ports::free, Ok)?.known_at(known_at);
        let mut tries = TRIES;
        let (epmd, node) = loop {
            match start_once(&dir, &installation, ports, &options, &passwords).await {
                Ok(started) => break started,
                Err(error) if tries > 1 && !ports.are_free() => tracing::warn!(%error, "trying again on other ports"),
                Err(error) => return Err(error),
            }
            tries -= 1;
            ports = Ports::free()?.known_at(known_at);
        };
        let Ports { amqp: amqp_port, management: management_port, .. } = ports;
        let ephemeral = options.ephemeral;
        let broker = Self { amqp_port, management_port, ports, installation, node, epmd, ephemeral, passwords, dir };
        if let Some(neighbour) = &options.neighbour {
            for command in [&["stop_app"][..], &["reset"], &["join_cluster", &neighbour.node], &["start_app"]] {
                broker.ctl(command).await?;
            }
        }
        Ok(broker)
    }

    /// Whether another process uses the node of `dir`. Asking creates nothing.
    pub fn is_taken(dir: &Path) -> bool {
        node_dir::is_taken(dir)
    }

    pub fn password(&self, user: User) -> &str {
        self.passwords.of(user)
    }

    /// The node's name, such as `chasqui-0123456789ab@localhost`.
    pub fn node(&self) -> &str {
        self.dir.node()
    }

    /// What another node needs to form a cluster with this one.
    ///
    /// # Errors
    /// When this node has no cookie yet.
    pub fn neighbour(&self) -> Result<Neighbour> {
        Ok(Neighbour {
            node: self.dir.node().to_owned(),
            epmd: self.ports.known_at,
            cookie: self.dir.cookie()?,
            passwords: self.passwords.clone(),
        })
    }

    pub fn amqp_url(&self, user: User) -> String {
        format!("amqp://{}:{}@127.0.0.1:{}/{VHOST}", user.name(), self.password(user), self.amqp_port)
    }

    /// The URL of the management UI with a user: `http://user:password@127.0.0.1:PORT`.
    pub fn management_url_as(&self, user: User) -> String {
        format!("http://{}:{}@127.0.0.1:{}", user.name(), self.password(user), self.management_port)
    }

    /// The URL of the management UI without a user: `http://127.0.0.1:PORT`.
    pub fn management_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.management_port)
    }

    /// The process id of the node itself, for tests that kill it.
    pub fn os_pid(&self) -> u32 {
        self.node.pid()
    }

    /// Runs `rabbitmqctl` on this node, for example `["eval", "node()."]`, and returns what it printed.
    ///
    /// # Errors
    /// An error with what `rabbitmqctl` complained about.
    pub async fn ctl(&self, args: &[&str]) -> Result<String> {
        let mut command = Command::new(self.installation.sbin.join("rabbitmqctl"));
        command.args(args).current_dir(self.dir.root()).kill_on_drop(true);
        command.env_clear().envs(self.dir.env(self.ports, &self.installation));
        let output = command.output().await.context("rabbitmqctl cannot be run")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("rabbitmqctl {} failed: {}", args.first().unwrap_or(&""), said.trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Waits until the node has ended, whoever has ended it. Giving up the wait changes nothing.
    ///
    /// # Errors
    /// When the operating system cannot tell.
    pub async fn ended(&mut self) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.node.ended().context("nobody knows whether the node runs")? {
                return Ok(status);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Kills the node as a power cut would; [`PrivateBroker::start_again`] brings it back.
    ///
    /// # Errors
    /// When the node does not end.
    pub async fn kill(&mut self) -> Result<()> {
        self.node.end(Signal::Kill).await?;
        Ok(())
    }

    /// Starts the node again with its data and on its ports, after it was killed or has ended.
    ///
    /// # Errors
    /// When the node still runs, or does not start.
    pub async fn start_again(&mut self) -> Result<()> {
        if self.node.ended()?.is_none() {
            bail!("the node still runs");
        }
        self.node = start_node(&self.dir, &self.installation, self.ports, self.ephemeral)?;
        await_ready(&self.dir, &self.installation, &mut self.node, self.ports).await
    }

    /// Stops the node in good order, so that its data are whole; an ephemeral one is killed.
    ///
    /// # Errors
    /// When the node does not end.
    pub async fn stop(mut self) -> Result<()> {
        let signal = at_end(self.ephemeral);
        self.node.end(signal).await.context("the private RabbitMQ node does not stop")?;
        tokio::task::spawn_blocking(move || drop(self.epmd)).await.context("the node's epmd does not stop")
    }
}

#[cfg(test)]
mod tests;
