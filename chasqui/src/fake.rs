//! `chasqui fake`: the providers as one process, for staging and for tests.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;
use domain::Clock as _;
use fake::Options;
use reqwest::Url;
use tokio_util::sync::CancellationToken;

use crate::clock::SystemClock;
use crate::{output, roles};

#[derive(Args, Clone, Debug)]
pub struct Fake {
    /// Where everything listens that speaks HTTP; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where the mail server listens
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    smtp_listen: SocketAddr,
    /// The URL by which a fleet reaches it, such as http://fake:9000; default: the address
    #[arg(long, value_name = "URL", value_parser = url)]
    at: Option<String>,
    /// Where the fleet's API is, for callbacks; without it nobody is called
    #[arg(long, value_name = "URL", value_parser = url)]
    callbacks: Option<String>,
}

fn url(text: &str) -> Result<String, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let is_bare = url.is_some_and(|url| url.path() == "/" && url.query().is_none() && url.fragment().is_none());
    if is_bare { Ok(text.to_owned()) } else { Err("must be an http or https URL without a path".into()) }
}

pub(crate) async fn fake(what: Fake) -> Result<ExitCode> {
    let options = Options {
        listen: what.listen.to_string(),
        smtp_listen: what.smtp_listen.to_string(),
        at: what.at,
        callbacks: what.callbacks,
        now,
        complain,
    };
    let fake = fake::Fake::start(options).await.context("the fake does not start")?;
    output::text(&format!(
        "# {} and its mail server are there until this is stopped\n{}",
        fake.base_url, fake.settings
    ));
    let stop = CancellationToken::new();
    tokio::spawn(roles::stop_on_signal(stop.clone()));
    stop.cancelled().await;
    Ok(ExitCode::SUCCESS)
}

fn complain(line: &str) {
    output::complain(format_args!("{line}"));
}

fn now() -> u64 {
    u64::try_from(SystemClock.now().as_micros() / 1_000_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel_lines;
    use crate::config::{Config, REFERENCE, Role};

    #[tokio::test]
    async fn what_the_fake_prints_has_a_fleet_send_everything_by_it() {
        let listen = || "127.0.0.1:0".to_owned();
        let callbacks = Some("http://127.0.0.1:1".to_owned());
        let options = Options { listen: listen(), smtp_listen: listen(), at: None, callbacks, now, complain };
        let fake = fake::Fake::start(options).await.expect("free ports");
        let rest = format!(
            "DATABASE_URL=sqlite:x.db\nAMQP_URL=amqp://u:p@127.0.0.1:5672/foro\nSECRET_KEY={}\n",
            testkit::SECRET
        );
        let dotenv = REFERENCE.with_dotenv(format!("{}{rest}", fake.settings).as_bytes());
        let config = Config::read(dotenv, Role::Worker).unwrap_or_else(|problems| panic!("{problems}"));
        let lines = channel_lines::lines(&config.channels);
        for channel in ["email", "sms", "whatsapp", "telegram", "slack", "push", "webpush"] {
            assert!(lines.iter().any(|line| line.starts_with(channel) && line.contains("really sent")), "{lines:#?}");
        }
        assert!(config.warnings.is_empty(), "{:#?}", config.warnings);
    }

    #[test]
    fn where_a_fleet_is_reached_must_be_a_url_without_a_path() {
        for right in ["http://127.0.0.1:9000", "https://fleet.example.org/"] {
            assert_eq!(url(right), Ok(right.to_owned()));
        }
        for wrong in ["", "127.0.0.1:9000", "ftp://a.example", "http://a.example/webhook", "http://a.example/?x=1"] {
            assert!(url(wrong).is_err(), "{wrong}");
        }
    }
}
