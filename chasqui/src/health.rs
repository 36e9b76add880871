//! `chasqui health`: is the role at this address ready? For container healthchecks.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::config::{Config, Role, Sources};

const PATIENCE: Duration = Duration::from_secs(4);

/// Exit code 0 when it is ready; else 1, with the reasons.
pub(crate) async fn health(sources: Sources, url: Option<String>) -> Result<ExitCode> {
    let base = match url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => {
            let config = Config::read(crate::embedded::with_running(sources), Role::Probe)?;
            let address = config.metrics_listen.unwrap_or(config.api.listen);
            format!("http://{}", reachable(address))
        }
    };
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let answer =
        client.get(format!("{base}/health/ready")).send().await.with_context(|| format!("{base} does not answer"))?;
    if answer.status().is_success() {
        println!("ready");
        return Ok(ExitCode::SUCCESS);
    }
    let problem: Value = answer.json().await.unwrap_or_default();
    println!("not ready: {}", problem["detail"].as_str().unwrap_or("no reason was given"));
    Ok(ExitCode::FAILURE)
}

/// A listener on all addresses answers on the loopback one.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}
