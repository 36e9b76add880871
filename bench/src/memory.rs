//! How much memory a process of the fleet has.

use std::path::Path;

use anyhow::{Context as _, Result};
use e2e::Process;
use tokio::process::Command;

use crate::machine;

/// In MiB.
#[derive(Clone, Copy, Default)]
pub(crate) struct Memory {
    pub(crate) resident: f64,
    /// The memory without what is mapped from files, most of which is the program itself.
    pub(crate) anonymous: f64,
}

impl Memory {
    /// Reads what the kernel has counted so far. `resident` is `VmRSS`, or `VmHWM` for the peak of it.
    pub(crate) async fn look(process: &Process, resident: &str) -> Result<Self> {
        Self::read(process, "status", resident, "RssAnon").await
    }

    /// Has the kernel count every page anew: what it has counted so far may be wrong by some pages for each thread. That
    /// takes longer.
    pub(crate) async fn counted_anew(process: &Process) -> Result<Self> {
        Self::read(process, "smaps_rollup", "Rss", "Anonymous").await
    }

    async fn read(process: &Process, file: &str, resident: &str, anonymous: &str) -> Result<Self> {
        let file = format!("/proc/{}/{file}", process.pid());
        if !Path::new(&file).exists() {
            // This is not Linux, so there is only what every Unix says of a process.
            let ps = Command::new("ps").args(["-o", "rss=", "-p", &process.pid().to_string()]).output().await?;
            let resident = mib(&String::from_utf8_lossy(&ps.stdout))?;
            return Ok(Self { resident, anonymous: resident });
        }
        let field = |name| mib(&machine::field(&file, name));
        Ok(Self { resident: field(resident)?, anonymous: field(anonymous)? })
    }
}

fn mib(text: &str) -> Result<f64> {
    let kib: f64 = text.trim().trim_end_matches(" kB").parse().context("the memory of a process")?;
    Ok(kib / 1024.0)
}
