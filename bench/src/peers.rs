//! What people run instead, in Python: `bench/peers/`, with the packages of its requirements.txt.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use tokio::process::{Child, Command};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");

/// A program among the peers that runs; it ends when dropped.
pub(crate) struct Peer {
    name: &'static str,
    child: Child,
}

/// The Python that has the packages.
///
/// # Errors
/// Says who installs them.
pub(crate) fn python() -> Result<String> {
    let python = std::env::var("BENCH_PEERS_PYTHON").unwrap_or_default();
    ensure!(
        Path::new(&python).is_file(),
        "BENCH_PEERS_PYTHON is not the Python with bench/peers/requirements.txt: run `BENCH_PEERS=1 make bench`"
    );
    Ok(python)
}

impl Peer {
    /// Starts a program; what it complains of is shown.
    pub(crate) fn start(name: &'static str, words: &[&str], environment: &[(&str, &str)]) -> Result<Self> {
        let mut command = Command::new(python()?);
        command.args(words).envs(environment.iter().copied()).current_dir(FOLDER);
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUNBUFFERED", "1");
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        Ok(Self { name, child: command.spawn().with_context(|| name.to_owned())? })
    }

    /// Waits until the program ends by itself.
    pub(crate) async fn finish(mut self) -> Result<()> {
        let status = self.child.wait().await?;
        ensure!(status.success(), "{} ended with {status}", self.name);
        Ok(())
    }

    /// Waits until the program ends by itself or `other` is done, and returns the first error of both.
    pub(crate) async fn while_running<T>(&mut self, other: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            done = other => done,
            status = self.child.wait() => {
                anyhow::bail!("{} ended with {} before everybody was reached", self.name, status?)
            }
        }
    }

    /// Ends the program as an operator does.
    pub(crate) async fn stop(mut self) -> Result<()> {
        if let Some(pid) = self.child.id() {
            Command::new("kill").args(["-TERM", &pid.to_string()]).status().await?;
        }
        self.child.wait().await?;
        Ok(())
    }
}
