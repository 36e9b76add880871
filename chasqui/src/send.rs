//! `chasqui send`: publishes one notification from the command line and can wait for its outcome.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use domain::{Attempt, Headers, Key, Notification, State};
use serde_json::{Map, Value};
use store::{DeliveryView, Store};
use tokio_util::sync::CancellationToken;
use topology::{Carried, Publication, To};

use crate::config::{Config, Role, Sources};
use crate::{embedded, logs, parts};

const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long to wait for a connection to the broker.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// One notification; the options are the fields of its body.
#[derive(clap::Args, Debug)]
pub struct Send {
    /// email, sms, whatsapp or push
    #[arg(long)]
    channel: Option<String>,
    /// An address, a number, a device token
    #[arg(long)]
    to: String,
    #[arg(long)]
    subject: Option<String>,
    #[arg(long)]
    message: Option<String>,
    #[arg(long)]
    template: Option<String>,
    #[arg(long)]
    locale: Option<String>,
    /// The template's data, as a JSON object
    #[arg(long, value_name = "JSON")]
    data: Option<String>,
    /// low, normal, high or urgent
    #[arg(long)]
    priority: Option<String>,
    /// RFC 3339 with an offset: deliver later
    #[arg(long, value_name = "WHEN")]
    send_at: Option<String>,
    /// Do not deliver later than this many seconds from now
    #[arg(long, value_name = "SECONDS")]
    ttl: Option<u64>,
    /// The delivery's id; a known id is not sent twice
    #[arg(long)]
    id: Option<String>,
    #[arg(long)]
    tenant: Option<String>,
    /// Show the attempts as they happen, until the delivery has ended
    #[arg(long)]
    wait: bool,
}

/// Exit code 0 when it was accepted; with --wait, when it was delivered or captured.
pub(crate) async fn send(sources: Sources, what: Send) -> Result<ExitCode> {
    let role = if what.wait { Role::Send } else { Role::Broker };
    let config = Config::read(embedded::with_running(sources), role)?;
    logs::start(&config)?;
    let object = what.body()?;
    let notification = Notification::from_object(object.clone(), &config.worker.defaults)?;
    channels::check_destination(&notification.channel, &notification.destination)
        .map_err(|error| anyhow::anyhow!("--to {error}"))?;
    let id = what.id.clone().unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
    let key = Key { tenant: notification.tenant.clone(), id };
    publish(&config, &key, &notification, &object).await?;
    println!("accepted {}", key.id);
    if !what.wait {
        return Ok(ExitCode::SUCCESS);
    }
    let store = parts::store(&config, parts::clock()).await?;
    watch(&store, &key).await
}

impl Send {
    fn body(&self) -> Result<Map<String, Value>> {
        let mut body = Map::new();
        let texts = [
            ("channel", &self.channel),
            ("subject", &self.subject),
            ("message", &self.message),
            ("template", &self.template),
            ("locale", &self.locale),
            ("priority", &self.priority),
            ("send_at", &self.send_at),
            ("tenant", &self.tenant),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                body.insert(name.into(), Value::String(text.clone()));
            }
        }
        body.insert("destination".into(), Value::String(self.to.clone()));
        if let Some(data) = &self.data {
            let data: Map<String, Value> = serde_json::from_str(data).context("--data must be a JSON object")?;
            body.insert("data".into(), Value::Object(data));
        }
        if let Some(ttl) = self.ttl {
            body.insert("ttl_seconds".into(), ttl.into());
        }
        Ok(body)
    }
}

async fn publish(config: &Config, key: &Key, notification: &Notification, object: &Map<String, Value>) -> Result<()> {
    let topology = parts::topology(config, "send")?;
    let stop = CancellationToken::new();
    let _ends_the_publisher = stop.clone().drop_guard();
    let publisher = parts::publisher(config, topology, stop);
    let mut state = publisher.watch();
    // The borrowed state must not outlive this line: the publisher could not change it.
    let connected = tokio::time::timeout(CONNECT_PATIENCE, state.wait_for(|state| state.connected)).await.is_ok();
    if !connected {
        let problem = publisher.watch().borrow().problem.clone();
        bail!("no connection to the broker: {}", problem.unwrap_or_else(|| "it does not answer".into()));
    }
    let now = parts::clock().now();
    let later = notification.send_at.is_some_and(|send_at| send_at > now);
    let lane = notification.priority.lane();
    let publication = Publication {
        to: if later { To::Scheduled } else { To::Lane(lane) },
        message_id: key.id.clone(),
        body: Bytes::from(serde_json::to_vec(object)?),
        headers: Headers { publisher: Some("chasqui send".into()), lane: Some(lane), ..Headers::default() },
        carried: Carried::default().with_content_type("application/json").with_timestamp(now),
    };
    publisher.publish(publication).await.context("the broker did not take it")
}

/// Prints what changes until the delivery has ended.
async fn watch(store: &Store, key: &Key) -> Result<ExitCode> {
    let (mut seen, mut last) = (BTreeSet::new(), None);
    loop {
        if let Some(view) = store.delivery(key).await? {
            for attempt in &view.attempts {
                if seen.insert((attempt.epoch, attempt.n, attempt.outcome.as_str(), attempt.at)) {
                    show(attempt);
                }
            }
            if last.replace(view.row.state) != Some(view.row.state) {
                show_state(&view);
            }
            match view.row.state {
                State::Sending | State::Waiting => {}
                State::Sent | State::Captured | State::Delivered => return Ok(ExitCode::SUCCESS),
                _ => return Ok(ExitCode::FAILURE),
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = tokio::signal::ctrl_c() => return Ok(ExitCode::FAILURE),
        }
    }
}

fn show(attempt: &Attempt) {
    let code = attempt.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
    println!("  attempt {} {} by {}{code}  {}", attempt.n, attempt.outcome.as_str(), attempt.provider, attempt.detail);
}

fn show_state(view: &DeliveryView) {
    println!("  {}  {}", view.row.updated_at, view.row.state);
}
