//! A server process that ends when this process says so, and also when this process is killed.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// The shell between this process and the server. It reads orders on its standard input, and notices there when this
/// process ends.
const SUPERVISE: &str = include_str!("supervise.sh");
const POLL: Duration = Duration::from_millis(20);

/// How to run a server. It runs in a process group of its own, so a terminal's Ctrl-C does not reach it.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The name that the process list shows.
    pub name: String,
    pub program: PathBuf,
    pub args: Vec<OsString>,
    /// The whole environment: nothing is inherited.
    pub env: Vec<(OsString, OsString)>,
    /// Where the server's output is appended. The server works in this file's folder, where a dump that it may write
    /// does no harm; so all paths are absolute.
    pub log: PathBuf,
    /// The signal that the server gets when this process ends without ending it, or drops it.
    pub at_end: Signal,
    /// How long a signal may take to work before `KILL` follows; whole seconds.
    pub grace: Duration,
    /// A folder that is deleted when this process ends without ending the server, or drops it.
    pub remove: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    Term,
    Int,
    Quit,
    Kill,
}

impl Signal {
    pub fn name(self) -> &'static str {
        match self {
            Self::Term => "TERM",
            Self::Int => "INT",
            Self::Quit => "QUIT",
            Self::Kill => "KILL",
        }
    }
}

/// A running server. Dropping it has the same effect as the end of this process, and waits for the server to end.
#[derive(Debug)]
pub struct Supervised {
    shell: Child,
    orders: Option<ChildStdin>,
    pid: u32,
    patience: Duration,
}

impl Supervised {
    /// # Errors
    /// When no shell can be started, or the shell says nothing.
    pub fn start(launch: &Launch) -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh")
            .arg("-c")
            // The script is in the environment, so that the process list stays readable.
            .arg("eval \"$SUPERVISE\"")
            .args([launch.name.as_str(), launch.at_end.name()])
            .arg(launch.grace.as_secs().to_string())
            .arg(&launch.log)
            .arg(launch.remove.as_deref().unwrap_or("".as_ref()))
            .arg(&launch.program)
            .args(&launch.args)
            .env_clear()
            .envs(launch.env.iter().map(|(name, value)| (name, value)))
            .env("SUPERVISE", SUPERVISE)
            .current_dir(launch.log.parent().unwrap_or("/".as_ref()))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let orders = shell.stdin.take();
        let mut line = String::new();
        if let Some(stdout) = shell.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let pid = line.trim().parse().map_err(|_| io::Error::other("the shell did not say the server's process id"))?;
        let patience = launch.grace + Duration::from_secs(5);
        Ok(Self { shell, orders, pid, patience })
    }

    /// The process id of the server itself.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The server's exit status, if it has ended.
    ///
    /// # Errors
    /// When the operating system cannot tell.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.shell.try_wait()
    }

    /// Ends the server with `signal` and waits for it; after [`Launch::grace`] it is killed.
    ///
    /// # Errors
    /// `TimedOut` when even that had no effect.
    pub async fn end(&mut self, signal: Signal) -> io::Result<ExitStatus> {
        if let Some(mut orders) = self.orders.take() {
            // A broken pipe means that the server has ended already.
            let _ = writeln!(orders, "{}", signal.name());
        }
        let deadline = Instant::now() + self.patience;
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if Instant::now() >= deadline {
                return Err(io::Error::new(io::ErrorKind::TimedOut, format!("process {} does not end", self.pid)));
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        drop(self.orders.take());
        let deadline = Instant::now() + self.patience;
        while matches!(self.shell.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(POLL);
        }
    }
}
