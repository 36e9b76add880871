//! How many files a process may have open: each connection is one, at each of its ends.

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What a process has open beside the connections that are counted: to the broker, to the ledger, to the sinks.
const BESIDE: u64 = 1_024;

/// Sees to it that this process, and whatever it starts from now on, may have so many connections at once.
///
/// # Errors
/// When the system allows it fewer; then it says what is to be set.
pub(crate) fn allow(connections: u64) -> Result<()> {
    let needed = connections + BESIDE;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    ensure!(
        maximum.is_none_or(|maximum| maximum >= needed),
        "{connections} sockets need {needed} open files, and a process may have {} here: raise that limit (`ulimit -Hn \
         {needed}` as root, LimitNOFILE of a service, `--ulimit nofile={needed}` of a container), or leave this case out \
         by BENCH_ONLY",
        maximum.unwrap_or(u64::MAX)
    );
    setrlimit(Resource::Nofile, Rlimit { current: Some(needed), maximum }).context("raising the limit of open files")
}
