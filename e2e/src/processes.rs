//! The real binary as processes of their own, with signals, readiness and everything that they print.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use embedded::{Launch, Signal, Supervised, free_ports};
use tokio::process::Command;
use tokio::time::Instant;

use crate::fleet::{PATIENCE, until};

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What a process of a fleet is told: names and values.
pub type Environment = [(String, String)];

/// A role in a process of its own. Dropping it, or the death of the test, kills it.
pub struct Process {
    role: &'static str,
    server: Supervised,
    log: PathBuf,
    port: u16,
    http: reqwest::Client,
    _dir: Option<tempfile::TempDir>,
}

impl Process {
    /// Starts `chasqui ROLE` with nothing but these settings, and does not wait for it. Whatever address
    /// the role listens on is a free port.
    ///
    /// # Panics
    /// When the binary was not built.
    pub fn start(role: &'static str, environment: &Environment) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let mut process = Self::start_with_log(role, environment, &dir.path().join("output"));
        process._dir = Some(dir);
        process
    }

    /// Starts a role as [`Self::start`] does; what it prints is appended to `log`, and stays there.
    ///
    /// # Panics
    /// When the binary was not built.
    pub fn start_with_log(role: &'static str, environment: &Environment, log: &Path) -> Self {
        let [port] = free_ports().expect("a free port");
        let listen = format!("127.0.0.1:{port}");
        let mut env = pairs(environment);
        env.extend(["API_LISTEN", "METRICS_LISTEN"].map(|name| (name.into(), listen.clone().into())));
        let server = Supervised::start(&Launch {
            name: format!("chasqui-{role}"),
            program: binary(),
            args: vec![role.into()],
            env,
            log: log.to_owned(),
            at_end: Signal::Kill,
            grace: PATIENCE,
            remove: None,
        });
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { role, server: server.expect("the process starts"), log: log.to_owned(), port, http, _dir: None }
    }

    /// Starts a role and waits until it is ready.
    pub async fn ready(role: &'static str, environment: &Environment) -> Self {
        let process = Self::start(role, environment);
        process.until_ready().await;
        process
    }

    pub async fn until_ready(&self) {
        until(&format!("the {} is ready:\n{}", self.role, self.output()), async || self.is_ready().await.then_some(()))
            .await;
    }

    pub async fn is_ready(&self) -> bool {
        let answer = self.http.get(self.url("/health/ready")).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// Gives `http://127.0.0.1:port` and a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub async fn metrics(&self) -> String {
        let answer = self.http.get(self.url("/metrics")).send().await.expect("answered");
        answer.text().await.expect("text")
    }

    /// Gives everything that the process has printed.
    pub fn output(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until the process has printed these words.
    pub async fn until_output(&self, words: &str) {
        until(&format!("the {} says: {words}", self.role), async || self.output().contains(words).then_some(())).await;
    }

    /// The number of the role's own process.
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// The exit code of the process when it has ended; 128 and the signal's number when one killed it.
    pub fn exit_code(&mut self) -> Option<i32> {
        self.server.ended().ok().flatten().map(|status| status.code().unwrap_or(-1))
    }

    pub fn runs(&mut self) -> bool {
        matches!(self.server.ended(), Ok(None))
    }

    /// Sends a signal and does not wait.
    pub async fn signal(&mut self, signal: Signal) {
        assert!(self.runs(), "the {} has ended:\n{}", self.role, self.output());
        let kill = ["-c", r#"kill -s "$0" "$1""#, signal.name(), &self.server.pid().to_string()];
        let status = Command::new("/bin/sh").args(kill).status().await.expect("a shell");
        assert!(status.success(), "the {} was not there for {}", self.role, signal.name());
    }

    /// Waits for the exit code of the process; 128 and the signal's number when one killed it.
    pub async fn ended(&mut self) -> i32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.server.ended().expect("a child") {
                return status.code().expect("the shell's own code");
            }
            assert!(Instant::now() < deadline, "the {} does not end:\n{}", self.role, self.output());
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Sends a signal and waits for the end.
    pub async fn end(&mut self, signal: Signal) -> i32 {
        self.signal(signal).await;
        self.ended().await
    }
}

/// Runs one command of the binary to its end; gives its exit code, and what it printed on both streams.
///
/// # Panics
/// When it does not end in time, or the binary was not built.
pub async fn run(words: &[&str], environment: &Environment) -> (i32, String) {
    let dir = tempfile::tempdir().expect("a folder");
    run_in(dir.path(), words, environment).await
}

/// Runs as [`run`] does, in a folder with files of its own.
///
/// # Panics
/// When it does not end in time, or the binary was not built.
pub async fn run_in(folder: &Path, words: &[&str], environment: &Environment) -> (i32, String) {
    run_within(PATIENCE, folder, words, environment).await
}

/// Runs as [`run_in`] does what may take longer.
///
/// # Panics
/// When it does not end in time, or the binary was not built.
pub async fn run_within(patience: Duration, folder: &Path, words: &[&str], environment: &Environment) -> (i32, String) {
    let mut command = command(folder, words, environment);
    let output = tokio::time::timeout(patience, command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("chasqui {words:?} does not end")).expect("it runs");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code().unwrap_or(-1), said)
}

/// Runs a command as [`run`] does, with this on standard input.
///
/// # Panics
/// When it does not end in time, or the binary was not built.
pub async fn run_with_input(words: &[&str], environment: &Environment, input: &[u8]) -> (i32, String) {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("input");
    fs::write(&file, input).expect("written");
    let mut command = command(dir.path(), words, environment);
    command.stdin(fs::File::open(&file).expect("it is there"));
    let output = tokio::time::timeout(PATIENCE, command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("chasqui {words:?} does not end")).expect("it runs");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code().unwrap_or(-1), said)
}

/// Runs a command as [`run_in`] does, with both streams closed by whoever should have read them; gives the exit code.
///
/// # Panics
/// When it does not end in time, or the binary was not built.
pub async fn run_unread(folder: &Path, words: &[&str], environment: &Environment) -> i32 {
    let mut command = command(folder, words, environment);
    let closed = || {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        writer
    };
    command.stdout(closed()).stderr(closed());
    let ended = tokio::time::timeout(PATIENCE, command.status()).await;
    let status = ended.unwrap_or_else(|_| panic!("chasqui {words:?} does not end")).expect("it runs");
    status.code().unwrap_or(-1)
}

/// Runs a command as [`run`] does, with standard output on a disk that is full; gives the exit code, and what was
/// printed on standard error.
///
/// # Panics
/// When it does not end in time, or the binary was not built.
pub async fn run_on_a_full_disk(words: &[&str], environment: &Environment) -> (i32, String) {
    let dir = tempfile::tempdir().expect("a folder");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("it is there");
    let mut command = command(dir.path(), words, environment);
    command.stdout(full).stderr(Stdio::piped());
    let child = command.spawn().expect("it runs");
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
    let output = output.unwrap_or_else(|_| panic!("chasqui {words:?} does not end")).expect("it runs");
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn command(folder: &Path, words: &[&str], environment: &Environment) -> Command {
    let mut command = Command::new(binary());
    command.args(words).env_clear().envs(pairs(environment)).current_dir(folder);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Gives the environment with other values for some names.
pub fn with(environment: &Environment, others: &[(&str, &str)]) -> Vec<(String, String)> {
    let others = others.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    environment.iter().cloned().chain(others).collect()
}

/// Lists names and values. The last value of a name that comes twice counts.
fn pairs(environment: &Environment) -> Vec<(OsString, OsString)> {
    let last: std::collections::BTreeMap<_, _> = environment.iter().map(|(name, value)| (name, value)).collect();
    last.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// Finds the binary: Cargo puts the binaries beside each other, and the test executables in a folder `deps` there.
fn binary() -> PathBuf {
    let this = std::env::current_exe().expect("this executable");
    let folder = this.parent().expect("a target folder");
    let folder = if folder.ends_with("deps") { folder.parent().expect("a target folder") } else { folder };
    let binary = folder.join("chasqui");
    assert!(binary.exists(), "{} is missing: run `make test`, which builds it first", binary.display());
    binary
}
