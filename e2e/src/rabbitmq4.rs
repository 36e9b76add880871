//! A private node of RabbitMQ 4.0, in the Debian root that `tools/setup --test` makes where it can.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use embedded::User;
use reqwest::Method;
use testkit::tools::{installed, repository};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::services::{Services, manage};

const SCRIPT: &str = include_str!("rabbitmq4.sh");
/// How long the node may take to start: a first start takes ten seconds, or a minute on a machine that builds
/// meanwhile.
const PATIENCE: Duration = Duration::from_secs(180);
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A running node, which ends with this value, and also with the process that holds it.
pub struct Rabbitmq4 {
    pub amqp: String,
    pub management: String,
    _node: Child,
}

impl Rabbitmq4 {
    /// `None`, and a line that says why, where there is no root or this user may not use it.
    ///
    /// # Errors
    /// When there is a root, and the node in it does not start.
    pub async fn start() -> Result<Option<Self>> {
        let root = installed().join("rabbitmq4");
        if !root.join(".made-from").is_file() {
            println!("skipped: no RabbitMQ 4 in {} (`tools/setup --test` makes it as root on Debian)", root.display());
            return Ok(None);
        }
        if !may_have_namespaces().await {
            println!("skipped: only root, with namespaces of its own, can start the RabbitMQ 4 in {}", root.display());
            return Ok(None);
        }
        Self::start_in(&root).await.map(Some)
    }

    async fn start_in(root: &Path) -> Result<Self> {
        let [amqp, management, metrics, epmd, distribution] = free_ports()?;
        let data = tempfile::Builder::new().prefix("chasqui-rabbitmq4-").tempdir()?.keep();
        prepare(&data, amqp, management, metrics)?;
        let errors = File::create(data.join("log/start.log"))?;
        let mut node = Command::new("unshare")
            .args(["--mount", "--pid", "--fork", "--kill-child"])
            .arg(format!("--mount-proc={}", root.join("proc").display()))
            .args(["sh", "-c", SCRIPT, "rabbitmq4"])
            .args([root, &data])
            .args([epmd.to_string(), distribution.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()
            .context("unshare")?;
        // The definitions are used as they are committed.
        let (name, password) = (User::Admin.name(), "admin-for-development");
        let base = format!("http://{name}:{password}@127.0.0.1:{management}");
        let deadline = Instant::now() + PATIENCE;
        // Definitions are loaded before the listeners open.
        while manage(&base, Method::GET, "vhosts", None).await.is_err() {
            let ended = node.try_wait()?.is_some();
            if ended || Instant::now() > deadline {
                let said = ["start.log", "console.log"].map(|log| fs::read_to_string(data.join("log").join(log)));
                bail!("the node of RabbitMQ 4 does not start: {said:?}");
            }
            sleep(LOOK_EVERY).await;
        }
        Ok(Self { amqp: format!("amqp://{name}:{password}@127.0.0.1:{amqp}"), management: base, _node: node })
    }

    /// The services for a fleet of the tests with SQLite.
    pub fn services(&self) -> Services {
        Services::at(self.management.clone(), self.amqp.clone(), String::new())
    }

    /// # Errors
    /// The management API's.
    pub async fn version(&self) -> Result<String> {
        let overview = manage(&self.management, Method::GET, "overview", None).await?;
        Ok(overview["rabbitmq_version"].as_str().unwrap_or_default().to_owned())
    }
}

/// Prepares the node's folder with the project's own files.
fn prepare(data: &Path, amqp: u16, management: u16, metrics: u16) -> Result<()> {
    for folder in ["home", "log", "conf/conf.d"] {
        fs::create_dir_all(data.join(folder))?;
    }
    let conf = data.join("conf");
    for file in ["rabbitmq.conf", "definitions.json", "enabled_plugins"] {
        fs::copy(repository().join("rabbitmq").join(file), conf.join(file))?;
    }
    fs::write(conf.join("advanced.config"), "[].")?;
    fs::write(conf.join("rabbitmq-env.conf"), "")?;
    let own = [
        format!("listeners.tcp.1 = 127.0.0.1:{amqp}"),
        "management.tcp.ip = 127.0.0.1".into(),
        format!("management.tcp.port = {management}"),
        "prometheus.tcp.ip = 127.0.0.1".into(),
        format!("prometheus.tcp.port = {metrics}"),
        "load_definitions = /srv/conf/definitions.json".into(),
    ];
    fs::write(conf.join("conf.d/50-test.conf"), own.join("\n") + "\n")?;
    Ok(())
}

async fn may_have_namespaces() -> bool {
    let mut trying = Command::new("unshare");
    trying.args(["--mount", "--pid", "--fork", "chroot", "/", "true"]).stderr(Stdio::null());
    trying.status().await.is_ok_and(|status| status.success())
}

fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let listeners = [(); N].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        let listener = listener.as_ref().map_err(|error| anyhow::anyhow!("no free port: {error}"))?;
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}
