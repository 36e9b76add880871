//! The defaults of a fleet that nobody configured: a folder `var` with a SQLite ledger, a secret, and a
//! RabbitMQ node of its own.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::config::Sources;
use crate::private_broker::{Options, PrivateBroker, User};

/// Where everything of an unconfigured fleet lies, relative to the working directory.
const VAR: &str = "var";
/// What a running `up` tells the other commands: where its broker and ledger are.
const RUNNING: &str = "var/running.env";

/// Fills in what no source gives, except the broker.
pub(crate) fn fill(sources: &mut Sources) -> Result<()> {
    let var = var();
    fs::create_dir_all(&var).with_context(|| format!("cannot create {}", var.display()))?;
    if !sources.is_given("DATABASE_URL") && !sources.is_given("DB_URL") {
        sources.set("DATABASE_URL", format!("sqlite:{}", var.join("chasqui.db").display()));
    }
    if !sources.is_given("SECRET_KEY") {
        sources.set("SECRET_KEY", secret(&var.join("secret.key"))?);
    }
    Ok(())
}

/// Starts the private node and makes it the broker of these sources.
pub(crate) async fn start_broker(sources: &mut Sources) -> Result<PrivateBroker> {
    let broker = PrivateBroker::start(&var().join("rabbitmq"), Options::default()).await?;
    sources.set("AMQP_URL", broker.amqp_url(User::Notifications));
    let port = broker.management_port;
    let (name, password) = (User::Admin.name(), User::Admin.password());
    sources.set("RABBITMQ_MANAGEMENT_URL", format!("http://{name}:{password}@127.0.0.1:{port}"));
    Ok(broker)
}

/// Tells other commands in this directory how to reach the fleet, until dropped.
pub(crate) struct Running;

impl Running {
    pub(crate) fn tell(sources: &Sources, api: std::net::SocketAddr) -> Result<Self> {
        let names = ["AMQP_URL", "RABBITMQ_MANAGEMENT_URL", "DATABASE_URL", "SECRET_KEY"];
        let mut text =
            String::from("# Written by `chasqui up` while it runs; other commands in this directory read it.\n");
        for name in names {
            if let Some(value) = sources.get(name) {
                text.push_str(&format!("{name}='{value}'\n"));
            }
        }
        text.push_str(&format!("API_LISTEN='{api}'\n"));
        write_private(Path::new(RUNNING), text.as_bytes(), true)?;
        Ok(Self)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = fs::remove_file(RUNNING);
    }
}

/// Fills in, from a fleet that runs in this directory, what no source gives.
pub(crate) fn with_running(mut sources: Sources) -> Sources {
    let Ok(lines) = dotenvy::from_path_iter(RUNNING) else { return sources };
    let broker = sources.is_given("AMQP_URL") || sources.is_given("RABBITMQ_HOST");
    let ledger = sources.is_given("DATABASE_URL") || sources.is_given("DB_URL");
    for (name, value) in lines.flatten() {
        let given = match name.as_str() {
            "AMQP_URL" | "RABBITMQ_MANAGEMENT_URL" => broker,
            "DATABASE_URL" => ledger,
            "API_LISTEN" => false,
            _ => sources.is_given(&name),
        };
        if !given {
            sources.set(&name, value);
        }
    }
    sources
}

fn var() -> PathBuf {
    PathBuf::from(VAR)
}

fn secret(path: &Path) -> Result<String> {
    if let Ok(secret) = fs::read_to_string(path)
        && !secret.trim().is_empty()
    {
        return Ok(secret.trim().to_owned());
    }
    let secret = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    write_private(path, secret.as_bytes(), false)?;
    Ok(secret)
}

/// Readable by its owner only.
fn write_private(path: &Path, text: &[u8], replace: bool) -> Result<()> {
    if replace {
        let _ = fs::remove_file(path);
    }
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text)).with_context(|| format!("cannot write {}", path.display()))
}
