//! Finds RabbitMQ's server and Erlang's port mapper on this machine.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// Where Debian, Ubuntu, Fedora and RHEL have the server. This folder is searched first, because the program that these
/// systems put into `PATH` is a wrapper that only root and the user rabbitmq may run.
const SYSTEM: &str = "/usr/lib/rabbitmq/lib";
/// Where Homebrew has the programs, and where the wrappers find Erlang.
const ELSEWHERE: [&str; 7] = [
    "/opt/homebrew/opt/rabbitmq/sbin",
    "/usr/local/opt/rabbitmq/sbin",
    "/opt/homebrew/sbin",
    "/opt/homebrew/opt/erlang/bin",
    "/usr/local/opt/erlang/bin",
    "/usr/lib/erlang/bin",
    "/usr/lib64/erlang/bin",
];

const NOT_INSTALLED: &str = "\
no RabbitMQ server is installed here, and no broker is configured. One of these helps:
  tools/setup                     installs it (Debian or Ubuntu, as root), as `make run` does
  brew install rabbitmq           installs it (macOS)
  docker compose up -d rabbitmq   runs it; then set
                                  AMQP_URL=amqp://notifications_user:notifications-for-development@127.0.0.1:5672/foro
  AMQP_URL=amqp://…               names a broker that you have already";

#[derive(Clone, Debug)]
pub(crate) struct Installation {
    /// The folder of `rabbitmq-server` and `rabbitmqctl`.
    pub(crate) sbin: PathBuf,
    pub(crate) epmd: PathBuf,
    /// The `PATH` with which both programs run.
    pub(crate) path: OsString,
}

impl Installation {
    /// # Errors
    /// An error that says what to install.
    pub(crate) fn find() -> Result<Self> {
        Self::find_in(Path::new(SYSTEM), &env::var_os("PATH").unwrap_or_default(), &ELSEWHERE)
    }

    pub(crate) fn find_in(system: &Path, path: &OsStr, elsewhere: &[&str]) -> Result<Self> {
        let folders: Vec<PathBuf> = env::split_paths(path).chain(elsewhere.iter().map(PathBuf::from)).collect();
        let in_folders = |program| folders.iter().find(|folder| folder.join(program).is_file()).cloned();
        let Some(sbin) = newest_release(system).or_else(|| in_folders("rabbitmq-server")) else {
            bail!(NOT_INSTALLED);
        };
        let epmd = in_folders("epmd").context(
            "RabbitMQ is installed, but Erlang's epmd is in none of the folders of PATH: \
             add the folder that has erl and epmd, or install the package erlang-base",
        )?;
        let path = env::join_paths(folders.iter().chain([&sbin])).context("PATH has a folder with a colon")?;
        Ok(Self { sbin, epmd: epmd.join("epmd"), path })
    }

    /// The release of the server, as its folder or that of its own plugin is called: `rabbitmq_server-4.0.5`, with
    /// Homebrew `rabbitmq/4.0.5`, and `plugins/rabbit-4.0.5` in either. None for a folder of another shape.
    pub(crate) fn release(&self) -> Option<String> {
        let server = self.sbin.join("rabbitmq-server").canonicalize().ok()?;
        let home = server.parent()?.parent()?;
        let own = home.file_name().and_then(OsStr::to_str).and_then(|name| release_in(name, "rabbitmq_server-"));
        let plugins = || fs::read_dir(home.join("plugins")).into_iter().flatten().filter_map(Result::ok);
        let plugin = || plugins().find_map(|entry| release_in(entry.file_name().to_str()?, "rabbit-"));
        own.or_else(plugin)
    }
}

/// The release in the name of a folder or an archive: `4.0.5`, with or without this prefix and the ending `.ez`.
fn release_in(name: &str, prefix: &str) -> Option<String> {
    let release = name.strip_prefix(prefix).unwrap_or(name);
    let release = release.strip_suffix(".ez").unwrap_or(release);
    let is_release = release.starts_with(|c: char| c.is_ascii_digit()) && release.contains('.');
    is_release.then(|| release.to_owned())
}

/// The `sbin` folder of the newest `rabbitmq_server-X.Y.Z` in `system`.
fn newest_release(system: &Path) -> Option<PathBuf> {
    let releases = fs::read_dir(system).ok()?.filter_map(Result::ok).filter_map(|entry| {
        let version = entry.file_name().to_str()?.strip_prefix("rabbitmq_server-")?.to_owned();
        let numbers: Vec<u32> = version.split('.').map(|part| part.parse().unwrap_or(0)).collect();
        let sbin = entry.path().join("sbin");
        sbin.join("rabbitmq-server").is_file().then_some((numbers, sbin))
    });
    releases.max().map(|(_, sbin)| sbin)
}
