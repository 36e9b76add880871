//! Processes that an earlier run left running, found by their names in the process list.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;

use crate::supervised::Signal;

/// How long a process may take to stop: longer than a node with much to write takes.
const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(100);

/// Ends every process whose command line has one of these words, first in good order, then by force.
///
/// # Errors
/// When one of them stays, for example because it belongs to another user.
pub(crate) async fn end_all(words: &[String]) -> Result<()> {
    for signal in [Signal::Term, Signal::Kill] {
        let pids = running(words).await?;
        if pids.is_empty() {
            return Ok(());
        }
        tracing::info!(?pids, "stopping what an earlier run left running");
        send(signal, &pids).await?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if running(words).await?.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
    }
    bail!("the processes {:?} of an earlier run do not end; end them, then start again", running(words).await?)
}

/// The ids of the processes whose arguments contain one of `words` as a whole argument.
pub(crate) async fn running(words: &[String]) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for (pid, args) in list().await? {
        if words.iter().any(|word| args.iter().any(|arg| arg == word)) {
            found.push(pid);
        }
    }
    Ok(found)
}

async fn list() -> Result<Vec<(u32, Vec<String>)>> {
    if Path::new("/proc/self/cmdline").exists() { list_proc() } else { list_ps().await }
}

fn list_proc() -> Result<Vec<(u32, Vec<String>)>> {
    let entries = fs::read_dir("/proc").context("the process list cannot be read")?;
    let processes = entries.filter_map(Result::ok).filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        Some((pid, line.split(|byte| *byte == 0).map(|arg| String::from_utf8_lossy(arg).into_owned()).collect()))
    });
    Ok(processes.collect())
}

/// Reads the process list of systems without `/proc`.
async fn list_ps() -> Result<Vec<(u32, Vec<String>)>> {
    let ps = Command::new("ps").args(["-axo", "pid=,args="]).output().await.context("ps cannot be run")?;
    let text = String::from_utf8_lossy(&ps.stdout);
    let processes = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let pid = words.next()?.parse().ok()?;
        Some((pid, words.map(str::to_owned).collect()))
    });
    Ok(processes.collect())
}

/// Sends a signal. A process that has ended meanwhile is no error.
async fn send(signal: Signal, pids: &[u32]) -> Result<()> {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "kill -s \"$@\" 2>/dev/null", "sh", signal.name()]).args(pids.iter().map(u32::to_string));
    shell.status().await.context("/bin/sh cannot be run")?;
    Ok(())
}
