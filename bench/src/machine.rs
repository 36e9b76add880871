//! What the figures were measured on.

use std::fmt;

use anyhow::Result;
use serde::Serialize;

use crate::services::Services;

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    cores: usize,
    cpu: String,
    memory_mib: u64,
    kernel: String,
    rabbitmq: String,
    postgres: String,
    /// `release` or `dev`.
    profile: &'static str,
}

impl Machine {
    pub(crate) async fn look(services: &Services) -> Result<Self> {
        let (rabbitmq, postgres) = services.versions().await?;
        let kib: u64 =
            field("/proc/meminfo", "MemTotal").split(' ').next().and_then(|kib| kib.parse().ok()).unwrap_or(0);
        Ok(Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            cpu: field("/proc/cpuinfo", "model name"),
            memory_mib: kib / 1024,
            kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            rabbitmq,
            postgres,
            profile: if cfg!(debug_assertions) { "dev" } else { "release" },
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cores, cpu, memory_mib, kernel, rabbitmq, postgres, profile } = self;
        writeln!(f, "{cores} cores ({cpu}), {memory_mib} MiB, Linux {kernel}")?;
        write!(f, "RabbitMQ {rabbitmq}, PostgreSQL {postgres}, profile {profile}")
    }
}

/// Reads the value of the first line `name: value` of a file; empty where there is none.
pub(crate) fn field(file: &str, name: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.find(|(found, _)| found.trim() == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}
