//! A PostgreSQL cluster of the tests' own: on a free port, in a folder of its own, gone when the test is.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use embedded::{Launch, Signal, Supervised, free_ports};
use tokio::process::Command;

const SUPERUSER: &str = "postgres";
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_GRACE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);

/// A running cluster. Dropping it, or the death of this process, ends it and deletes its folder.
#[derive(Debug)]
pub struct Postgres {
    pub port: u16,
    programs: Programs,
    server: Supervised,
    /// The folder of the cluster.
    pub root: PathBuf,
}

impl Postgres {
    /// Makes a cluster and waits until it takes connections: some 3 s. The folder is under `/tmp`, or where `TMPDIR`
    /// says: PostgreSQL refuses to run as root, and so its folder must be one that another user can reach.
    ///
    /// # Errors
    /// Says what to install, or has what PostgreSQL complained about.
    pub async fn start() -> Result<Self> {
        let programs = Programs::find()?;
        let root = programs.new_folder(&[env::temp_dir(), "/tmp".into(), "/var/tmp".into()]).await?;
        Self::start_at(programs, root).await
    }

    /// Makes a cluster as [`Self::start`] does, in a folder under this one.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_in(parent: &Path) -> Result<Self> {
        let programs = Programs::find()?;
        let root = programs.new_folder(&[parent.to_owned()]).await?;
        Self::start_at(programs, root).await
    }

    async fn start_at(programs: Programs, root: PathBuf) -> Result<Self> {
        let data = root.join("data");
        let mut initdb = programs.command("initdb");
        initdb.args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--username", SUPERUSER]);
        run(initdb.arg("--pgdata").arg(&data)).await?;
        let [port] = free_ports()?;
        let server = start_server(&programs, &root, port).await?;
        Ok(Self { port, programs, server, root })
    }

    /// Creates a database and gives its URL.
    ///
    /// # Errors
    /// Has what PostgreSQL complained about.
    pub async fn create_database(&self, name: &str) -> Result<String> {
        let mut createdb = self.programs.command("createdb");
        createdb.args(["--host=127.0.0.1", "--username", SUPERUSER, "--port", &self.port.to_string(), name]);
        run(&mut createdb).await?;
        Ok(format!("postgresql://{SUPERUSER}@127.0.0.1:{}/{name}", self.port))
    }

    /// Stops the server as a restart does: it breaks every connection and keeps the data.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn stop(&mut self) -> Result<()> {
        self.server.end(Signal::Int).await.context("PostgreSQL does not stop")?;
        Ok(())
    }

    /// Ends the server as a crash does: nothing is written down, and it has to recover from its log.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn crash(&mut self) -> Result<()> {
        self.server.end(Signal::Quit).await.context("PostgreSQL does not crash")?;
        Ok(())
    }

    /// Starts the stopped server again on the same port.
    ///
    /// # Errors
    /// When it still runs, or does not start.
    pub async fn start_again(&mut self) -> Result<()> {
        if self.server.ended()?.is_none() {
            bail!("PostgreSQL still runs");
        }
        self.server = start_server(&self.programs, &self.root, self.port).await?;
        Ok(())
    }
}

impl Postgres {
    /// Starts the server as an operator or systemd would. True when it had ended.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_if_it_ended(&mut self) -> Result<bool> {
        let ended = self.server.ended()?.is_some();
        if ended {
            self.start_again().await?;
        }
        Ok(ended)
    }
}

impl Drop for Postgres {
    /// The supervisor of a server that was stopped is gone and has left the folder.
    fn drop(&mut self) {
        if matches!(self.server.ended(), Ok(Some(_))) {
            let _ = fs::remove_dir_all(&self.root);
        }
    }
}

/// Finds one of the programs that were installed with the server.
///
/// # Errors
/// Says what to install.
pub fn program(name: &str) -> Result<PathBuf> {
    Ok(Programs::find()?.bin.join(name))
}

async fn start_server(programs: &Programs, root: &Path, port: u16) -> Result<Supervised> {
    let settings = [
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        format!("unix_socket_directories={}", root.display()),
    ];
    let mut command = programs.arguments(&programs.bin.join("postgres"));
    command.extend(["-D".into(), root.join("data").into_os_string()]);
    command.extend(settings.into_iter().flat_map(|setting| ["-c".into(), setting.into()]));
    let mut server = Supervised::start(&Launch {
        name: format!("postgres-{port}"),
        program: command.remove(0).into(),
        args: command,
        env: programs.env(),
        log: root.join("postgres.log"),
        at_end: Signal::Quit,
        grace: STOP_GRACE,
        remove: Some(root.to_owned()),
    })?;
    let deadline = Instant::now() + START_LIMIT;
    loop {
        let ended = server.ended()?;
        // The eighth line of this file is the server's state.
        let state = fs::read_to_string(root.join("data/postmaster.pid")).unwrap_or_default();
        if ended.is_none() && state.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
            return Ok(server);
        }
        if ended.is_some() || Instant::now() >= deadline {
            let log = fs::read_to_string(root.join("postgres.log")).unwrap_or_default();
            bail!("PostgreSQL did not start: {}", log.trim());
        }
        tokio::time::sleep(POLL).await;
    }
}

/// PostgreSQL's programs, and the user to run them as when we are root.
#[derive(Clone, Debug)]
struct Programs {
    bin: PathBuf,
    /// The user id and the group id.
    user: Option<(u32, u32)>,
}

impl Programs {
    fn find() -> Result<Self> {
        let bin = newest_release().or_else(|| {
            let path = env::var_os("PATH").unwrap_or_default();
            env::split_paths(&path).find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
        });
        let bin =
            bin.context("PostgreSQL's server is not installed: run `make tools`, which installs it or says how")?;
        let user = if is_root() { Some(unprivileged_user()?) } else { None };
        Ok(Self { bin, user })
    }

    /// Gives the whole command line of a program, up to its own arguments.
    fn arguments(&self, program: &Path) -> Vec<OsString> {
        let Some((uid, gid)) = self.user else { return vec![program.into()] };
        // setpriv becomes the program, where runuser would stand between us and it.
        let setpriv = ["setpriv", &format!("--reuid={uid}"), &format!("--regid={gid}"), "--clear-groups"];
        setpriv.into_iter().map(OsString::from).chain([program.into()]).collect()
    }

    fn env(&self) -> Vec<(OsString, OsString)> {
        vec![("PATH".into(), env::var_os("PATH").unwrap_or_default()), ("LC_ALL".into(), "C".into())]
    }

    fn command(&self, program: &str) -> Command {
        self.command_of(&self.bin.join(program))
    }

    fn command_of(&self, program: &Path) -> Command {
        let mut arguments = self.arguments(program);
        let mut command = Command::new(arguments.remove(0));
        // The folder is one that every user may enter.
        command.args(arguments).env_clear().envs(self.env()).current_dir("/").kill_on_drop(true);
        command
    }

    /// Makes a folder that only the server's user can write.
    async fn new_folder(&self, parents: &[PathBuf]) -> Result<PathBuf> {
        let name = format!("chasqui-postgres-{}", uuid::Uuid::new_v4().simple());
        let mut complaint = None;
        for parent in parents {
            let root = parent.join(&name);
            fs::create_dir(&root).with_context(|| format!("cannot create {}", root.display()))?;
            if let Some((uid, gid)) = self.user {
                chown(&root, Some(uid), Some(gid))?;
            }
            match run(self.command_of("ls".as_ref()).arg(&root)).await {
                Ok(()) => return Ok(root),
                Err(error) => complaint = Some(error),
            }
            fs::remove_dir_all(&root)?;
        }
        Err(complaint.context("no folder for temporary files")?)
    }
}

async fn run(command: &mut Command) -> Result<()> {
    let program = format!("{:?}", command.as_std());
    let output = command.output().await.with_context(|| format!("cannot run {program}"))?;
    if !output.status.success() {
        bail!("{program} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// Finds PostgreSQL's programs in Debian's and Homebrew's places; the last in the order of the alphabet serves.
fn newest_release() -> Option<PathBuf> {
    let places = [("/usr/lib/postgresql", "bin"), ("/opt/homebrew/opt", "bin"), ("/usr/local/opt", "bin")];
    let folders = places.into_iter().filter_map(|(place, bin)| Some((fs::read_dir(place).ok()?, bin)));
    let releases = folders.flat_map(|(entries, bin)| entries.filter_map(Result::ok).map(move |e| e.path().join(bin)));
    releases.filter(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file()).max()
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Finds the user of Debian's package, or else the one that may do nothing.
fn unprivileged_user() -> Result<(u32, u32)> {
    let passwd = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
    let ids = |name: &str| {
        let mut fields = passwd.lines().map(|line| line.split(':')).find_map(|mut fields| {
            let found = fields.next() == Some(name);
            found.then_some(fields)
        })?;
        let _password = fields.next();
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    ids("postgres").or_else(|| ids("nobody")).context("PostgreSQL does not run as root: run as another user")
}
