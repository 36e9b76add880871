//! A replica of one role: a process of the fleet, started again whenever it ends, as systemd would.

use std::path::PathBuf;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::process::Command;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::Process;
use crate::processes::with;

const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long a process may take to end after a signal, or to die at its step.
const PATIENCE: Duration = Duration::from_secs(45);
/// `abort()` and `kill -9` as a shell reports them.
pub(super) const ABORTED: i32 = 128 + 6;
pub(super) const KILLED: i32 = 128 + 9;

pub(super) struct Replica {
    pub(super) name: String,
    role: &'static str,
    environment: Vec<(String, String)>,
    log: PathBuf,
    pub(super) clock: PathBuf,
    url: StdMutex<String>,
    running: Mutex<Running>,
}

struct Running {
    process: Process,
    /// The exit codes of the processes before the present one.
    exit_codes: Vec<i32>,
    /// How many processes had ended when one was told to abort.
    armed_after: usize,
    /// Whether no other process is started any more.
    is_retired: bool,
}

impl Replica {
    /// Starts the process; whoever owns the replica keeps it running with [`Replica::supervise`].
    pub(super) fn start(
        role: &'static str,
        number: usize,
        environment: &[(String, String)],
        logs: &std::path::Path,
    ) -> Arc<Self> {
        let name = format!("{role}-{number}");
        let log = logs.join(format!("{name}.log"));
        let clock = logs.join(format!("{name}.clock"));
        let shift = clock.to_string_lossy().into_owned();
        let environment = with(environment, &[("CHASQUI_CLOCK_SHIFT", &shift)]);
        let process = Process::start_with_log(role, &named(&environment, &name, 0), &log);
        let url = StdMutex::new(process.url(""));
        let running = Mutex::new(Running { process, exit_codes: Vec::new(), armed_after: 0, is_retired: false });
        Arc::new(Self { name, role, environment, log, clock, url, running })
    }

    /// Starts again what has ended, until the replica retires.
    pub(super) async fn supervise(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let mut running = self.running.lock().await;
            if running.is_retired {
                return;
            }
            if let Some(code) = running.process.exit_code() {
                running.exit_codes.push(code);
                self.start_again(&mut running, None);
            }
        }
    }

    fn start_again(&self, running: &mut MutexGuard<'_, Running>, abort_at: Option<&str>) {
        let armed = abort_at.map(|step| ("CHASQUI_ABORT_AT", step));
        let environment = named(&with(&self.environment, armed.as_slice()), &self.name, running.exit_codes.len());
        running.process = Process::start_with_log(self.role, &environment, &self.log);
        *self.url.lock().unwrap_or_else(PoisonError::into_inner) = running.process.url("");
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) async fn is_ready(&self) -> bool {
        self.running.lock().await.process.is_ready().await
    }

    /// Gives the exit codes so far.
    pub(super) async fn exit_codes(&self) -> Vec<i32> {
        self.running.lock().await.exit_codes.clone()
    }

    /// Ends the process in good order and starts one that aborts at a step, such as `worker.claimed:3`.
    ///
    /// # Errors
    /// When it does not end, or not well.
    pub(super) async fn arm(&self, step: &str) -> Result<()> {
        let mut running = self.running.lock().await;
        self.end(&mut running).await?;
        running.armed_after = running.exit_codes.len();
        self.start_again(&mut running, Some(step));
        Ok(())
    }

    /// Ends the process in good order, for good.
    ///
    /// # Errors
    /// When it does not end, or not well.
    pub(super) async fn retire(&self) -> Result<()> {
        let mut running = self.running.lock().await;
        running.is_retired = true;
        self.end(&mut running).await
    }

    async fn end(&self, running: &mut MutexGuard<'_, Running>) -> Result<()> {
        signal(running.process.pid(), "TERM").await?;
        let deadline = Instant::now() + PATIENCE;
        let code = loop {
            if let Some(code) = running.process.exit_code() {
                break code;
            }
            if Instant::now() > deadline {
                bail!("{} does not end after SIGTERM", self.name);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        };
        running.exit_codes.push(code);
        Ok(())
    }

    /// The most memory that its process has had in use so far, in KiB.
    ///
    /// # Errors
    /// When there is no such process.
    pub(super) async fn peak_memory(&self) -> Result<u64> {
        let pid = self.running.lock().await.process.pid();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak.with_context(|| format!("process {pid} has ended"))?.parse().context("a number of KiB")
    }

    /// Waits until the process that was armed has come to its step.
    ///
    /// # Errors
    /// When that never comes.
    pub(super) async fn until_aborted(&self) -> Result<()> {
        let before = self.running.lock().await.armed_after;
        self.until_ended(before, ABORTED).await
    }

    /// # Errors
    /// When there is no such process.
    pub(super) async fn signal(&self, name: &str) -> Result<()> {
        let pid = self.running.lock().await.process.pid();
        signal(pid, name).await.with_context(|| self.name.clone())
    }

    /// Waits until another process of this replica has ended with this code after the first `before` ones.
    ///
    /// # Errors
    /// When that never comes.
    pub(super) async fn until_ended(&self, before: usize, code: i32) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !self.exit_codes().await[before..].contains(&code) {
            if Instant::now() > deadline {
                bail!("{} never ended with {code}", self.name);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Shifts the wall clock of the process from now on.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn shift_clock(&self, hours: i64) -> Result<()> {
        Ok(std::fs::write(&self.clock, (hours * 3600 * 1_000_000).to_string())?)
    }

    /// Gives everything that the processes have printed.
    pub(super) fn output(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

/// Whether this machine says how much memory a process has had.
pub(super) fn counts_memory() -> bool {
    std::path::Path::new("/proc/self/status").exists()
}

/// Gives each process a name of its own at the ledger.
fn named(environment: &[(String, String)], name: &str, restarts: usize) -> Vec<(String, String)> {
    with(environment, &[("PGAPPNAME", &format!("{name}.{restarts}"))])
}

pub(super) async fn signal(pid: u32, name: &str) -> Result<()> {
    let status = Command::new("/bin/sh").args(["-c", r#"kill -s "$0" "$1""#, name, &pid.to_string()]).status().await?;
    if !status.success() {
        bail!("process {pid} was not there for {name}");
    }
    Ok(())
}
