//! The folder of one private node: its files, who may use them, and the environment that keeps the node inside it.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::installation::Installation;
use crate::options::Options;
use crate::passwords::Passwords;
use crate::ports::{are_free, free_ports};
use crate::processes;

/// The configuration that the broker of `compose.yaml` has too.
const CONF: &str = include_str!("../../rabbitmq/rabbitmq.conf");
const PLUGINS: &str = include_str!("../../rabbitmq/enabled_plugins");
/// The file of the Erlang cookie, which Erlang accepts only when others cannot read it.
const COOKIE: &str = "home/.erlang.cookie";
/// The file that the process which uses the folder locks.
const LOCK: &str = "lock";
const DEFINITIONS: &str = include_str!("../../rabbitmq/definitions.json");

#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) amqp: u16,
    pub(crate) management: u16,
    /// The port between Erlang nodes, which `rabbitmqctl` uses too.
    pub(crate) distribution: u16,
    pub(crate) epmd: u16,
    /// The port of the node's metrics.
    pub(crate) metrics: u16,
    /// The port of the port mapper that knows the node: the node's own, or that of its cluster.
    pub(crate) known_at: u16,
}

impl Ports {
    pub(crate) fn free() -> std::io::Result<Self> {
        free_ports().map(Self::from)
    }

    /// The ports, with the node known to another node's port mapper, if there is one.
    pub(crate) fn known_at(self, epmd: Option<u16>) -> Self {
        Self { known_at: epmd.unwrap_or(self.epmd), ..self }
    }

    pub(crate) fn are_free(self) -> bool {
        are_free(&[self.amqp, self.management, self.distribution, self.epmd, self.metrics])
    }
}

impl From<[u16; 5]> for Ports {
    fn from([amqp, management, distribution, epmd, metrics]: [u16; 5]) -> Self {
        Self { amqp, management, distribution, epmd, metrics, known_at: epmd }
    }
}

#[derive(Debug)]
pub(crate) struct NodeDir {
    root: PathBuf,
    /// The name of the node. It differs from that of any other node, and is the same for every run in this folder,
    /// because the data belong to the name.
    node: String,
    /// Locked as long as this value lives, so that one process at a time uses the folder.
    _lock: File,
}

impl NodeDir {
    /// # Errors
    /// When another process uses the folder, when it cannot be written, or when an ephemeral node would find data in
    /// it.
    pub(crate) fn open(dir: &Path, ephemeral: bool) -> Result<Self> {
        let shown = dir.display();
        let hint = || format!("cannot write {shown}; if an earlier run of another user left it, remove it");
        // Queued bodies and passwords are in this folder.
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).with_context(hint)?;
        let root = dir.canonicalize().with_context(hint)?;
        if ephemeral && fs::read_dir(&root).with_context(hint)?.next().is_some() {
            bail!("{shown} is not empty, and an ephemeral node would delete it at its end: name a new folder");
        }
        for folder in ["home", "conf/conf.d", "log"] {
            fs::create_dir_all(root.join(folder)).with_context(hint)?;
        }
        let lock = File::create(root.join(LOCK)).with_context(hint)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("another process runs the private RabbitMQ node in {shown}: stop that one first")
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {shown}/{LOCK}"));
            }
        }
        let node = node_name(&root.join("node-name")).with_context(hint)?;
        Ok(Self { root, node, _lock: lock })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn node(&self) -> &str {
        &self.node
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.root.join("log/node.log")
    }

    /// The Erlang cookie, which the nodes of one cluster share. The first start makes it.
    pub(crate) fn cookie(&self) -> Result<String> {
        let file = self.root.join(COOKIE);
        fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
    }

    /// Sets the cookie, before the first start.
    pub(crate) fn take_cookie(&self, cookie: &str) -> Result<()> {
        let file = self.root.join(COOKIE);
        let written = fs::write(&file, cookie).and_then(|()| {
            let mut permissions = fs::metadata(&file)?.permissions();
            permissions.set_mode(0o400);
            fs::set_permissions(&file, permissions)
        });
        written.with_context(|| format!("cannot write {}", file.display()))
    }

    /// Ends processes of a killed run that still use these data.
    pub(crate) async fn end_leftovers(&self) -> Result<()> {
        processes::end_all(std::slice::from_ref(&self.node)).await
    }

    /// The ports of the last run if they are still free, so that programs that were configured with them keep working.
    pub(crate) fn last_ports(&self) -> Option<Ports> {
        let text = fs::read_to_string(self.root.join("ports")).ok()?;
        let mut ports: Vec<u16> = text.split_whitespace().filter_map(|port| port.parse().ok()).collect();
        // A run of an earlier version has left none for the metrics.
        if ports.len() == 4 {
            ports.extend(free_ports::<1>().ok()?);
        }
        let ports = Ports::from(<[u16; 5]>::try_from(ports).ok()?);
        ports.are_free().then_some(ports)
    }

    /// The file of the log of the run before.
    pub(crate) fn previous_log(&self) -> PathBuf {
        self.root.join("log/previous.log")
    }

    /// Begins a log, and writes all files that the node reads.
    pub(crate) fn prepare(&self, ports: Ports, options: &Options, passwords: &Passwords) -> Result<()> {
        let _ = fs::rename(self.log(), self.previous_log());
        let Ports { amqp, management, distribution, epmd, metrics, .. } = ports;
        let remembered = format!("{amqp} {management} {distribution} {epmd} {metrics}\n");
        let private = format!(
            "listeners.tcp.1 = 127.0.0.1:{amqp}\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {management}\n\
             prometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = {metrics}\nload_definitions = {}\n",
            self.root.join("conf/definitions.json").display()
        );
        let definitions = passwords.put_into(DEFINITIONS)?;
        let advanced = if options.advanced.is_empty() { "[]." } else { &options.advanced };
        let files = [
            ("ports", remembered.as_str()),
            ("conf/rabbitmq.conf", CONF),
            ("conf/enabled_plugins", PLUGINS),
            ("conf/definitions.json", &definitions),
            ("conf/conf.d/50-private.conf", &private),
            ("conf/conf.d/90-options.conf", &options.conf),
            ("conf/advanced.config", advanced),
            ("conf/rabbitmq-env.conf", ""),
        ];
        for (name, text) in files {
            let file = self.root.join(name);
            fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(())
    }

    /// The whole environment of the node and of `rabbitmqctl`. Variables for the system's broker, and our own
    /// `RABBITMQ_HOST` and the like, must not reach them.
    pub(crate) fn env(&self, ports: Ports, installation: &Installation) -> Vec<(OsString, OsString)> {
        let at = |path: &str| self.root.join(path).into_os_string();
        let loopback = "-kernel inet_dist_use_interface {127,0,0,1}";
        // The last flag has no effect; it marks the process for `processes`.
        let flags = format!("-noinput +B i {loopback} -chasqui_node {}", self.node);
        let env: Vec<(&str, OsString)> = vec![
            ("PATH", installation.path.clone()),
            ("LANG", "C.UTF-8".into()),
            ("HOME", at("home")),
            ("ERL_CRASH_DUMP_SECONDS", "0".into()),
            ("ERL_EPMD_ADDRESS", "127.0.0.1".into()),
            ("ERL_EPMD_PORT", ports.known_at.to_string().into()),
            ("RABBITMQ_NODENAME", self.node.clone().into()),
            ("RABBITMQ_DIST_PORT", ports.distribution.to_string().into()),
            ("RABBITMQ_DATA_DIR", at("data")),
            ("RABBITMQ_MNESIA_BASE", at("mnesia")),
            ("RABBITMQ_SCHEMA_DIR", at("schema")),
            ("RABBITMQ_LOG_BASE", at("log")),
            ("RABBITMQ_PID_FILE", at("pid")),
            ("RABBITMQ_CONFIG_FILE", at("conf/rabbitmq")),
            ("RABBITMQ_CONFIG_FILES", at("conf/conf.d")),
            ("RABBITMQ_ADVANCED_CONFIG_FILE", at("conf/advanced.config")),
            ("RABBITMQ_GENERATED_CONFIG_DIR", at("conf/generated")),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", at("conf/enabled_plugins")),
            ("RABBITMQ_CONF_ENV_FILE", at("conf/rabbitmq-env.conf")),
            // The script then becomes the server, so that the process which is started is the one that is ended.
            ("RABBITMQ_ALLOW_INPUT", "true".into()),
            ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", flags.into()),
            ("RABBITMQ_CTL_ERL_ARGS", loopback.into()),
            ("RABBITMQ_CTL_DIST_PORT_MIN", "0".into()),
            ("RABBITMQ_CTL_DIST_PORT_MAX", "0".into()),
        ];
        env.into_iter().map(|(name, value)| (name.into(), value)).collect()
    }
}

/// Whether another process has locked the folder now. Asking creates nothing, and says nothing about a moment later.
pub(crate) fn is_taken(dir: &Path) -> bool {
    let lock = File::open(dir.join(LOCK)).map(|lock| lock.try_lock_shared());
    matches!(lock, Ok(Err(TryLockError::WouldBlock)))
}

/// The node's name in `file`, which the first run writes.
fn node_name(file: &Path) -> std::io::Result<String> {
    if let Ok(name) = fs::read_to_string(file)
        && !name.trim().is_empty()
    {
        return Ok(name.trim().to_owned());
    }
    let name = format!("chasqui-{}@localhost", &uuid::Uuid::new_v4().simple().to_string()[..12]);
    fs::write(file, format!("{name}\n"))?;
    Ok(name)
}
