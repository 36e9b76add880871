//! The defaults of a fleet that nobody has configured: a folder `var` with a SQLite ledger, a secret, and a RabbitMQ
//! node of its own.

mod running;

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use embedded::{Options, PrivateBroker, User};
use secrecy::{ExposeSecret as _, SecretString};

pub(crate) use self::running::{Running, with_running};
use crate::config::Sources;
use crate::output::{complain, say};

/// The folder of everything that belongs to an unconfigured fleet, relative to the working directory.
const VAR: &str = "var";
/// The bits of a mode for users other than the owner.
const OTHERS: u32 = 0o077;

/// Fills in what no source gives, except the broker.
pub(crate) fn fill(sources: &mut Sources) -> Result<()> {
    let var = var();
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&var);
    made.with_context(|| format!("cannot create {}", var.display()))?;
    close(&var);
    if !names_ledger(sources) {
        sources.set("DATABASE_URL", ledger());
    }
    if !names_secret(sources) {
        sources.set("SECRET_KEY", secret(&secret_file())?);
    }
    Ok(())
}

/// Fills in the same as [`fill`], but makes nothing.
pub(crate) fn look_up(sources: &mut Sources) {
    if !names_ledger(sources) {
        sources.set("DATABASE_URL", ledger());
    }
    if !names_secret(sources) {
        sources.set("SECRET_KEY", stored_secret(&secret_file()).unwrap_or_else(new_secret));
    }
}

/// Refuses a second fleet on the same node before anything is printed or made: the node itself would refuse it later.
pub(crate) fn refuse_a_second() -> Result<()> {
    if !PrivateBroker::is_taken(&broker_dir()) {
        return Ok(());
    }
    match running::api() {
        Some(api) => bail!(
            "`chasqui up` runs in this directory already, with its API at http://{api}: use that one, or stop it first; a \
             second one needs another directory"
        ),
        None => bail!(
            "another process has the RabbitMQ node in ./var/rabbitmq, such as a `chasqui up` that is starting or stopping: \
             wait until it is done, or stop it first; a second one needs another directory"
        ),
    }
}

/// Whether a fleet in one process has said that it runs in this directory.
pub(crate) fn is_running() -> bool {
    running::api().is_some()
}

/// Whether the fleet of this directory is one of `up`, which runs or has run here. It is not when the settings name
/// both a broker and a ledger: then `var` may be left from a first look.
pub(crate) fn is_here(sources: &Sources) -> bool {
    let was_here = is_running() || has_broker() || ledger_file().exists();
    was_here && !(names_broker(sources) && names_ledger(sources))
}

/// Fills in the ledger for a command that needs no more: that of a running `up`, or that of one which was stopped.
pub(crate) fn with_ledger(sources: Sources) -> Sources {
    let mut sources = with_running(sources);
    let is_named = ["DATABASE_URL", "DB_URL"].iter().any(|name| sources.get(name).is_some());
    if !is_named && ledger_file().exists() {
        let file = ledger_file();
        complain(format_args!("no ledger is given: taking that of the stopped `chasqui up`, ./{}", file.display()));
        sources.set("DATABASE_URL", ledger());
    }
    sources
}

/// Fills in the ledger as [`with_ledger`] does, and the secret that belongs to the ledger of a stopped `up`.
pub(crate) fn with_ledger_and_secret(sources: Sources) -> Sources {
    let mut sources = with_ledger(sources);
    let is_of_up = sources.get("DATABASE_URL") == Some(ledger());
    let is_named = ["SECRET_KEY", "SECRET_KEY_FILE"].iter().any(|name| sources.get(name).is_some());
    if is_of_up
        && !is_named
        && let Some(secret) = stored_secret(&secret_file())
    {
        sources.set("SECRET_KEY", secret);
    }
    sources
}

/// Fills in the secret for a command that needs no more: that of a running `up`, or that of one which was stopped.
pub(crate) fn with_secret(sources: Sources) -> Sources {
    let mut sources = with_running(sources);
    // What a running fleet has filled in counts as well.
    let is_named = ["SECRET_KEY", "SECRET_KEY_FILE"].iter().any(|name| sources.get(name).is_some());
    if !is_named && let Some(secret) = stored_secret(&secret_file()) {
        let file = secret_file();
        complain(format_args!("no secret is given: taking that of the stopped `chasqui up`, ./{}", file.display()));
        sources.set("SECRET_KEY", secret);
    }
    sources
}

/// Starts the private node and makes it the broker of these sources.
pub(crate) async fn start_broker(sources: &mut Sources) -> Result<PrivateBroker> {
    let broker = PrivateBroker::start(&broker_dir(), Options::default()).await?;
    sources.set("AMQP_URL", broker.amqp_url(User::Notifications));
    sources.set("RABBITMQ_MANAGEMENT_URL", broker.management_url_as(User::Admin));
    Ok(broker)
}

/// Whether an earlier `up` has left a private node here.
pub(crate) fn has_broker() -> bool {
    broker_dir().join("node-name").exists()
}

pub(crate) fn names_broker(sources: &Sources) -> bool {
    sources.get("AMQP_URL").is_some() || sources.get("RABBITMQ_HOST").is_some()
}

fn names_ledger(sources: &Sources) -> bool {
    sources.is_given("DATABASE_URL") || sources.is_given("DB_URL")
}

fn names_secret(sources: &Sources) -> bool {
    sources.is_given("SECRET_KEY") || sources.is_given("SECRET_KEY_FILE")
}

fn var() -> PathBuf {
    PathBuf::from(VAR)
}

fn broker_dir() -> PathBuf {
    var().join("rabbitmq")
}

fn secret_file() -> PathBuf {
    var().join("secret.key")
}

/// The file of `up` that holds this secret. None where it comes from somewhere else.
pub(crate) fn file_of(secret: Option<&SecretString>) -> Option<PathBuf> {
    let file = secret_file();
    let is_its = secret.is_some_and(|secret| stored_secret(&file).as_deref() == Some(secret.expose_secret()));
    is_its.then_some(file)
}

fn ledger() -> String {
    format!("sqlite:{}", ledger_file().display())
}

fn ledger_file() -> PathBuf {
    var().join("chasqui.db")
}

fn secret(path: &Path) -> Result<String> {
    if let Some(secret) = stored_secret(path) {
        return Ok(secret);
    }
    let secret = new_secret();
    write_private(path, secret.as_bytes(), false)?;
    Ok(secret)
}

fn stored_secret(path: &Path) -> Option<String> {
    let secret = runtime::read_text_file(path, runtime::MAX_SECRET_BYTES).ok()?;
    Some(secret.trim().to_owned()).filter(|secret| !secret.is_empty())
}

pub(crate) fn new_secret() -> String {
    format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple())
}

/// Closes the folder to other users, because hashes, captures, queued bodies and keys are in it. An earlier release
/// left it open to everybody on this machine.
fn close(var: &Path) {
    let mut closed = Vec::new();
    let inside = fs::read_dir(var).into_iter().flatten().flatten().map(|entry| entry.path());
    let ours = inside.filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("chasqui.db") || ["rabbitmq", "secret.key", "running.env"].contains(&name.as_ref())
    });
    for path in std::iter::once(var.to_owned()).chain(ours) {
        let Ok(found) = fs::metadata(&path) else { continue };
        let mode = found.permissions().mode();
        if mode & OTHERS == 0 {
            continue;
        }
        match fs::set_permissions(&path, fs::Permissions::from_mode(mode & !OTHERS & 0o777)) {
            Ok(()) => closed.push(path.display().to_string()),
            Err(error) => say!(
                "up: {} is open to other users of this machine and cannot be closed ({error}): chmod it to {}",
                path.display(),
                if found.is_dir() { "700" } else { "600" }
            ),
        }
    }
    if !closed.is_empty() {
        say!("up: closed to other users of this machine, who could read it until now: {}", closed.join(", "));
    }
}

/// Writes a file that only its owner can read.
fn write_private(path: &Path, text: &[u8], replace: bool) -> Result<()> {
    if replace {
        let _ = fs::remove_file(path);
    }
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text)).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_folder_is_closed_with_what_is_ours_in_it() {
        let parent = tempfile::tempdir().unwrap();
        let var = parent.path().join("var");
        fs::create_dir_all(var.join("rabbitmq")).unwrap();
        let files = ["chasqui.db", "chasqui.db-wal", "chasqui.db-shm", "secret.key", "somebody-elses"];
        for file in files {
            fs::write(var.join(file), "x").unwrap();
            fs::set_permissions(var.join(file), fs::Permissions::from_mode(0o644)).unwrap();
        }
        for folder in [&var, &var.join("rabbitmq")] {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
        }
        close(&var);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&var), mode(&var.join("rabbitmq"))), (0o700, 0o700));
        let modes = files.map(|file| mode(&var.join(file)));
        assert_eq!(modes, [0o600, 0o600, 0o600, 0o600, 0o644]);
    }
}
