//! `chasqui health`: is the role at this address ready? For container healthchecks.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use reqwest::Url;
use serde_json::Value;

use crate::config::{Config, Role, Sources};
use crate::exit::{self, Usage};
use crate::output::say;
use crate::unconfigured;

const PATIENCE: Duration = Duration::from_secs(4);
/// The paths that may be asked, the usual one first.
const PROBES: [&str; 3] = ["/health/ready", "/health/live", "/health"];

/// Asks a role. Exit code 0 when it is ready; 1, with the reasons, when it is not or does not answer.
pub(crate) async fn health(sources: Sources, url: Option<String>) -> Result<ExitCode> {
    let address = match url {
        Some(url) => probe(&url)?,
        None => {
            let config = Config::read(unconfigured::with_running(sources), Role::Probe)?;
            // A fleet in one process answers at the address of its API only.
            let alone = config.metrics_listen.filter(|_| !unconfigured::is_running());
            let address = alone.unwrap_or(config.api.listen);
            probe(&format!("http://{}", reachable(address)))?
        }
    };
    // The messages name no user and no password.
    let base = address.origin().ascii_serialization();
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
    let answer = match client.get(address).send().await {
        Ok(answer) => answer,
        Err(error) => {
            say!("not ready: {}", unanswered(&base, &format!("{:#}", anyhow::Error::from(error.without_url()))));
            return Ok(exit::answer(false));
        }
    };
    let success = answer.status().is_success();
    let said: Value = answer.json().await.unwrap_or_default();
    match (success, said["status"].as_str(), said["type"].as_str()) {
        (true, Some("ready" | "ok"), _) => {
            say!("ready");
            return Ok(ExitCode::SUCCESS);
        }
        (false, _, Some(_)) => say!("not ready: {}", reason(&said)),
        _ => say!(
            "not ready: no Chasqui answers at {base}, but another program: give the address of an API or of METRICS_LISTEN"
        ),
    }
    Ok(exit::answer(false))
}

/// What a probe said. Whatever listens at that address may have said it.
fn reason(said: &Value) -> String {
    domain::printable(said["detail"].as_str().unwrap_or("no reason was given")).into_owned()
}

/// What is said of an address that does not answer. rustls says of an answer without TLS that it is of no known type.
pub(crate) fn unanswered(base: &str, why: &str) -> String {
    match base.strip_prefix("https://") {
        Some(place) if why.contains("InvalidContentType") => {
            format!("what answers at {place} speaks plain HTTP, and no TLS: write http://{place}")
        }
        _ => format!("{base} does not answer: {why}"),
    }
}

/// The URL to ask. Its path is the given one if that is a probe, with or without a proxy's prefix.
fn probe(url: &str) -> Result<Url, Usage> {
    let expected = || {
        let paths = PROBES.join(", ");
        Usage(format!("URL must be such as http://127.0.0.1:8080, with no path or with one of {paths}"))
    };
    let mut address = Url::parse(url).map_err(|_| expected())?;
    if !matches!(address.scheme(), "http" | "https") || !address.has_host() {
        return Err(expected());
    }
    let path = address.path().trim_end_matches('/').to_owned();
    match path.as_str() {
        "" => address.set_path(PROBES[0]),
        path if PROBES.iter().any(|probe| path.ends_with(probe)) => address.set_path(path),
        _ => return Err(expected()),
    }
    Ok(address)
}

/// The address at which a listener answers: one on all addresses answers on the loopback address.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn an_answer_without_tls_is_told_as_one() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = plain.local_addr().unwrap().to_string();
        let answering = tokio::spawn(async move {
            let (mut stream, _) = plain.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).await;
        });
        let base = format!("https://{place}");
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let error = client.get(&base).send().await.unwrap_err();
        let told = unanswered(&base, &format!("{:#}", anyhow::Error::from(error)));
        assert_eq!(told, format!("what answers at {place} speaks plain HTTP, and no TLS: write http://{place}"));
        assert_eq!(unanswered("http://x", "refused"), "http://x does not answer: refused");
        answering.abort();
    }

    #[test]
    fn what_another_program_answers_acts_on_no_terminal_and_begins_no_line() {
        assert_eq!(reason(&serde_json::json!({"detail": "\u{1b}[31mred\nready"})), r"\u{1b}[31mred\nready");
        assert_eq!(reason(&Value::Null), "no reason was given");
    }

    #[test]
    fn a_probe_that_was_given_is_asked_and_another_path_is_refused() {
        for (given, asked) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/health/ready"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/health/ready"),
            ("http://127.0.0.1:8080/health/ready", "http://127.0.0.1:8080/health/ready"),
            ("http://127.0.0.1:8080/health/ready/", "http://127.0.0.1:8080/health/ready"),
            ("http://127.0.0.1:8080/health/live", "http://127.0.0.1:8080/health/live"),
            ("https://fleet.example/chasqui/health", "https://fleet.example/chasqui/health"),
        ] {
            assert_eq!(probe(given).ok().map(String::from).as_deref(), Some(asked), "{given}");
        }
        for given in ["http://127.0.0.1:8080/helth", "http://127.0.0.1:8080/docs", "ftp://127.0.0.1", "not a url", ""] {
            let refused = probe(given).unwrap_err();
            assert!(refused.to_string().contains("/health/live"), "{given}: {refused}");
        }
    }
}
