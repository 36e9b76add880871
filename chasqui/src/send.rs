//! `chasqui send`: publishes one notification from the command line and can wait for its outcome.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use domain::{Attempt, Defaults, Draft, FieldError, Headers, Key, Notification, State};
use operations::Checker;
use serde_json::{Map, Value};
use store::{DeliveryView, Store};
use tokio_util::sync::CancellationToken;
use topology::{Carried, Publication, To};

use crate::config::{Config, Role, Sources};
use crate::exit::{self, Usage};
use crate::output::{self, say};
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
    #[arg(long, allow_hyphen_values = true)]
    to: Option<String>,
    #[arg(long, allow_hyphen_values = true)]
    subject: Option<String>,
    /// What to say; or --template
    #[arg(long, allow_hyphen_values = true)]
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

/// Exit code 0 when it was accepted, with --wait when it was delivered or captured; 1 when it ended otherwise.
pub(crate) async fn send(sources: Sources, what: Send) -> Result<ExitCode> {
    let role = if what.wait { Role::Send } else { Role::Broker };
    let config = Config::read(embedded::with_running(sources), role)?;
    logs::start(&config)?;
    let (notification, object) =
        what.notification(&Checker::new(parts::templates(&config)?), &config.worker.defaults)?;
    let id = what.id.clone().unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
    let key = Key { tenant: notification.tenant.clone(), id };
    publish(&config, &key, &notification, &object).await?;
    say!("accepted {}", key.id);
    if !what.wait {
        return Ok(ExitCode::SUCCESS);
    }
    let store = parts::store(&config, parts::clock()).await?;
    watch(&store, &key).await
}

impl Send {
    /// Every problem at once, in terms of the options: what the API would say of it, before it is published.
    fn notification(&self, checker: &Checker, defaults: &Defaults) -> Result<(Notification, Map<String, Value>)> {
        let mut problems = self.forgotten_texts();
        let body = self.body(&mut problems);
        let draft = Draft::of(body.clone(), defaults);
        let findings = checker.check(&draft, parts::clock().now());
        let told = |field: &FieldError| format!("{} {}", option_of(&field.pointer), field.detail);
        for warning in &findings.warnings {
            output::complain(format_args!("warning: {}", told(warning)));
        }
        problems.extend(findings.errors.iter().map(told));
        let mut seen = BTreeSet::new();
        problems.retain(|problem| seen.insert(problem.clone()));
        if problems.is_empty() {
            return Ok((draft.finish()?, body));
        }
        let listed: String = problems.iter().map(|problem| format!("\n  - {problem}")).collect();
        bail!(Usage(format!("nothing was sent:{listed}\n`chasqui send --help` explains the options")))
    }

    /// A text may begin with a hyphen; an option in its place means that it was forgotten.
    fn forgotten_texts(&self) -> Vec<String> {
        let command = <Self as clap::Args>::augment_args(clap::Command::new("send"));
        let options: Vec<String> =
            command.get_arguments().filter_map(|option| Some(format!("--{}", option.get_long()?))).collect();
        let texts = [("--to", &self.to), ("--subject", &self.subject), ("--message", &self.message)];
        let swallowed = |text: &str| options.iter().any(|option| text.split('=').next() == Some(option));
        let forgotten = texts.iter().filter(|(_, text)| text.as_deref().is_some_and(swallowed));
        forgotten.map(|(name, _)| format!("{name} has no text: another option follows it")).collect()
    }

    fn body(&self, problems: &mut Vec<String>) -> Map<String, Value> {
        let mut body = Map::new();
        let texts = [
            ("channel", &self.channel),
            ("destination", &self.to),
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
        match self.data.as_deref().map(serde_json::from_str::<Map<String, Value>>) {
            Some(Ok(data)) => drop(body.insert("data".into(), Value::Object(data))),
            // Its text may quote a value.
            Some(Err(error)) => problems.push(format!(
                "--data must be a JSON object, such as '{{\"name\": \"Ana\"}}' (line {}, column {})",
                error.line(),
                error.column()
            )),
            None => {}
        }
        if let Some(ttl) = self.ttl {
            body.insert("ttl_seconds".into(), ttl.into());
        }
        body
    }
}

/// The option that a field of the body came from.
fn option_of(pointer: &str) -> String {
    let (field, inside) =
        pointer.trim_start_matches('/').split_once('/').unwrap_or((pointer.trim_start_matches('/'), ""));
    let option = match field {
        "" => return "the options:".into(),
        "destination" => "to".to_owned(),
        "ttl_seconds" => "ttl".to_owned(),
        other => other.replace('_', "-"),
    };
    if inside.is_empty() { format!("--{option}") } else { format!("--{option} ({inside})") }
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
                _ => return Ok(exit::answer(false)),
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = tokio::signal::ctrl_c() => return Ok(exit::interrupted()),
        }
    }
}

fn show(attempt: &Attempt) {
    let code = attempt.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
    let words =
        format!("attempt {} {} by {}{code}  {}", attempt.n, attempt.outcome.as_str(), attempt.provider, attempt.detail);
    say!("  {}", domain::printable(&words));
}

fn show_state(view: &DeliveryView) {
    say!("  {}  {}", view.row.updated_at, view.row.state);
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        send: Send,
    }

    fn read(words: &[&str]) -> Result<Notification, String> {
        let line = Line::try_parse_from([&["send"], words].concat()).map_err(|error| error.to_string())?;
        let checker = Checker::new(std::sync::Arc::new(templates::Templates::embedded().unwrap()));
        let read = line.send.notification(&checker, &Defaults { channel: None }).map_err(|error| error.to_string());
        read.map(|(notification, _)| notification)
    }

    #[test]
    fn what_is_wrong_is_told_at_once_by_the_names_of_the_options() {
        let told = read(&["--channel", "fax"]).unwrap_err();
        for words in ["--channel is an unknown channel; known are email", "--to is", "--message is"] {
            assert!(told.contains(words), "{words}: {told}");
        }
        assert!(!told.contains("/message") && !told.contains("/destination"), "{told}");
        let told =
            read(&["--channel", "email", "--to", "not-an-address", "--data", "{", "--priority", "soon"]).unwrap_err();
        for words in ["--to must be an email address", "--data must be a JSON object", "--priority", "--message is"] {
            assert!(told.contains(words), "{words}: {told}");
        }
        assert!(!told.contains("not-an-address"), "{told}");
    }

    #[test]
    fn a_text_may_begin_with_a_hyphen() {
        let sms = read(&["--channel", "sms", "--to", "+12025550143", "--message", "-5 °C", "--subject", "--"]).unwrap();
        assert_eq!(sms.destination, "+12025550143");
        read(&["--channel", "sms", "--to", "+12025550143", "--message=-5 °C and --wait"]).unwrap();
    }

    #[test]
    fn an_option_in_the_place_of_a_text_is_no_text() {
        for words in [["--message", "--wait"], ["--message", "--to=+12025550143"], ["--subject", "--message"]] {
            let told = read(&[&["--channel", "sms", "--to", "+12025550143"], &words[..]].concat()).unwrap_err();
            assert!(told.contains("has no text"), "{words:?}: {told}");
        }
    }
}
