//! `chasqui health`: is the role at this address ready? For container healthchecks.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use crate::config::{Config, Role, Sources};
use crate::exit::{self, Usage};
use crate::output::say;

const PATIENCE: Duration = Duration::from_secs(4);

/// Exit code 0 when it is ready; 1, with the reasons, when it is not or does not answer.
pub(crate) async fn health(sources: Sources, url: Option<String>) -> Result<ExitCode> {
    let base = match url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => {
            let config = Config::read(crate::unconfigured::with_running(sources), Role::Probe)?;
            let address = config.metrics_listen.unwrap_or(config.api.listen);
            format!("http://{}", reachable(address))
        }
    };
    let address = reqwest::Url::parse(&format!("{base}/health/ready")).ok();
    let address = address.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let address = address.ok_or_else(|| Usage("URL must be such as http://127.0.0.1:8080".into()))?;
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let answer = match client.get(address).send().await {
        Ok(answer) => answer,
        Err(error) => {
            let why = error.without_url();
            say!("not ready: {base} does not answer: {:#}", anyhow::Error::from(why));
            return Ok(exit::answer(false));
        }
    };
    if answer.status().is_success() {
        say!("ready");
        return Ok(ExitCode::SUCCESS);
    }
    let problem: Value = answer.json().await.unwrap_or_default();
    say!("not ready: {}", problem["detail"].as_str().unwrap_or("no reason was given"));
    Ok(exit::answer(false))
}

/// A listener on all addresses answers on the loopback one.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}
