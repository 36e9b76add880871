//! `chasqui send`: publishes one notification from the command line and can wait for its outcome.

mod reach;
mod slips;
mod watch;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use domain::{Content, Defaults, Draft, FieldError, Key, content_of, parse_object};
use operations::{Checked, Checker, accept};
use serde_json::{Map, Value};
use store::Store;
use tokio_util::sync::{CancellationToken, DropGuard};
use topology::{Mode, Publisher, Topology};

use crate::config::{Config, Role, Sources};
use crate::exit::{Conflict, Usage};
use crate::output;
use crate::{logs, parts, unconfigured};

/// How long to wait for the publishing connection, once the broker was reached.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// One notification; the options are the fields of its body.
#[derive(clap::Args, Debug)]
pub struct Send {
    /// email, inapp, sms, whatsapp, telegram, slack, push, webpush or webhook
    #[arg(long)]
    channel: Option<String>,
    /// An address, a number, a device token, the JSON of a push subscription, a URL
    #[arg(long, allow_hyphen_values = true)]
    to: Option<String>,
    /// The subject of a mail, the title of a push
    #[arg(long, allow_hyphen_values = true)]
    subject: Option<String>,
    /// What to say; or --template
    #[arg(long, allow_hyphen_values = true)]
    message: Option<String>,
    /// The template that has the words; its variables come from --data
    #[arg(long)]
    template: Option<String>,
    /// The language of the template, such as es or pt-BR; default: DEFAULT_LOCALE
    #[arg(long)]
    locale: Option<String>,
    /// The template's data, as a JSON object
    #[arg(long, value_name = "JSON")]
    data: Option<String>,
    /// low, normal, high or urgent
    #[arg(long)]
    priority: Option<String>,
    /// The only provider that may carry it, such as smtp; default: whoever carries the channel
    #[arg(long)]
    provider: Option<String>,
    /// RFC 3339 with an offset: deliver later
    #[arg(long, value_name = "WHEN")]
    send_at: Option<String>,
    /// Do not deliver later than this many seconds from now
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    ttl: Option<String>,
    /// The delivery's id; a known id is not sent twice, and refused (exit code 4) when it is known with another body
    #[arg(long)]
    id: Option<String>,
    /// Whose notification it is; default: the tenant `default`
    #[arg(long)]
    tenant: Option<String>,
    /// Show the attempts as they happen, until the delivery has ended
    #[arg(long)]
    wait: bool,
}

/// Adds to an error of the command line what was meant by an option that there is not, or by a word without quotes.
pub(crate) fn explain(error: &mut clap::Error, words: &[OsString]) {
    slips::explain(error, words, &options());
}

/// The options that there are, with their hyphens.
fn options() -> Vec<String> {
    let command = <Send as clap::Args>::augment_args(clap::Command::new("send"));
    command.get_arguments().filter_map(|option| Some(format!("--{}", option.get_long()?))).collect()
}

/// Sends one notification. Exit code 0 when it was accepted, with --wait when it was delivered or captured; 1 when it
/// ended otherwise; 4 when the id is known with another body.
pub(crate) async fn send(sources: Sources, what: Send) -> Result<ExitCode> {
    let role = if what.wait { Role::Send } else { Role::Publish };
    let config = Config::read(unconfigured::with_running(sources), role)?;
    logs::start(&config)?;
    let notification = what.notification(&parts::checker(&config)?, &config.defaults)?;
    let key = notification.key.clone();
    let content = content_of(&notification.body);
    // The ledger is opened before anything is published: a command that waits in vain for its ledger has sent nothing.
    let store = if what.wait { Some(parts::existing_store(&config, parts::clock()).await?) } else { None };
    if what.id.is_some() {
        look_for_another(&config, store.as_ref(), &key, &content).await?;
    }
    publish(&config, notification).await?;
    output::accepted(&key.id);
    match &store {
        Some(store) => watch::watch(store, &key, &content, &config.topology.names.dead_letter_queue()).await,
        None => Ok(ExitCode::SUCCESS),
    }
}

/// Refuses an id that the ledger knows with another body, before anything is published. Without --wait the ledger is
/// asked only where the settings name one; whether it answers or not, the broker accepts the notification.
async fn look_for_another(config: &Config, store: Option<&Store>, key: &Key, content: &Content) -> Result<()> {
    let found = match store {
        Some(store) => is_known_with_another_body(store, key, content).await?,
        None if config.ledger.url.is_none() => false,
        None => {
            let looked = match parts::existing_store(config, parts::clock()).await {
                Ok(store) => is_known_with_another_body(&store, key, content).await,
                Err(error) => Err(error),
            };
            looked.unwrap_or_else(|error| {
                tracing::warn!("whether this id is known with another body was not looked at: {error:#}");
                false
            })
        }
    };
    if found { Err(conflict(key, "nothing was sent")) } else { Ok(()) }
}

async fn is_known_with_another_body(store: &Store, key: &Key, content: &Content) -> Result<bool> {
    operations::is_known_with_another_body(store, key, content).await.context("the ledger could not be read")
}

fn conflict(key: &Key, became: &str) -> anyhow::Error {
    let id = domain::printable(&key.id);
    Conflict(format!(
        "id_conflict: the id {id} is known with another body, so {became}. To send something new, leave --id out or give \
         another one; to repeat the notification of that id, give exactly what it was given. `GET /deliveries/{id}` shows \
         what became of it"
    ))
    .into()
}

impl Send {
    /// Makes the notification. Every problem is reported at once, in terms of the options: what the API would say of
    /// it.
    fn notification(&self, checker: &Checker, defaults: &Defaults) -> Result<Checked> {
        let mut problems = self.forgotten_texts();
        problems.extend(self.empty_options());
        let (mut body, unread) = self.body();
        let mut with_id = body.clone();
        with_id.extend(self.id.iter().map(|id| ("id".to_owned(), Value::from(id.as_str()))));
        let mut draft = Draft::of(with_id, defaults);
        // What was meant by data that cannot be read is not known, so nothing is said of what they should hold.
        draft.errors.extend(unread);
        if let (None, Some(channel)) = (&self.channel, &defaults.channel) {
            // The worker may have another default, or none.
            body.insert("channel".into(), Value::from(channel.as_str()));
        }
        let body = Bytes::from(serde_json::to_vec(&body)?);
        let checked = Checked::of_draft(draft, body, checker, parts::clock().now());
        let told = |field: &FieldError| format!("{} {}", option_of(&field.pointer), field.detail);
        for warning in checked.as_ref().map_or_else(|findings| &findings.warnings, |checked| &checked.warnings) {
            output::complain(format_args!("warning: {}", told(warning)));
        }
        problems.extend(checked.as_ref().err().into_iter().flat_map(|findings| &findings.errors).map(told));
        let mut seen = BTreeSet::new();
        problems.retain(|problem| seen.insert(problem.clone()));
        match checked {
            Ok(checked) if problems.is_empty() => Ok(checked),
            _ => {
                let listed: String = problems.iter().map(|problem| format!("\n  - {problem}")).collect();
                bail!(Usage(format!("nothing was sent:{listed}\n`chasqui send --help` explains the options")))
            }
        }
    }

    /// Finds options that were taken for the text of another: a text may begin with a hyphen, but an option in its
    /// place means that the text was forgotten.
    fn forgotten_texts(&self) -> Vec<String> {
        let options = options();
        let texts = [("--to", &self.to), ("--subject", &self.subject), ("--message", &self.message)];
        let why = |text: &Option<String>| slips::taken_for_a_text(text.as_deref()?, &options);
        texts.iter().filter_map(|(name, text)| Some(format!("{name} has no text: {}", why(text)?))).collect()
    }

    /// Options that are empty, as a variable that is not set leaves them. An option that is left out would mean
    /// something else, such as "send it now".
    fn empty_options(&self) -> Vec<String> {
        let options = [
            ("--channel", &self.channel),
            ("--template", &self.template),
            ("--locale", &self.locale),
            ("--priority", &self.priority),
            ("--provider", &self.provider),
            ("--send-at", &self.send_at),
            ("--ttl", &self.ttl),
            ("--id", &self.id),
            ("--tenant", &self.tenant),
        ];
        let empty = options.iter().filter(|(_, text)| text.as_deref().is_some_and(|text| text.trim().is_empty()));
        empty.map(|(name, _)| format!("{name} is empty: give it a value, or leave it out")).collect()
    }

    /// The body, without what could not be read of its data, and the problems with them.
    fn body(&self) -> (Map<String, Value>, Vec<FieldError>) {
        let mut body = Map::new();
        let texts = [
            ("channel", &self.channel),
            ("destination", &self.to),
            ("subject", &self.subject),
            ("message", &self.message),
            ("template", &self.template),
            ("locale", &self.locale),
            ("priority", &self.priority),
            ("provider", &self.provider),
            ("send_at", &self.send_at),
            ("tenant", &self.tenant),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                body.insert(name.into(), Value::String(text.clone()));
            }
        }
        // An empty list counts as an empty object, as in a body.
        let data = self.data.as_deref().filter(|text| text.split_whitespace().collect::<String>() != "[]");
        let mut unread = Vec::new();
        match data.map(|text| parse_object(text.as_bytes())) {
            Some(Ok(data)) => drop(body.insert("data".into(), Value::Object(data))),
            Some(Err(error)) => unread.extend(error.fields.into_iter().map(of_data)),
            None => {}
        }
        if let Some(ttl) = &self.ttl {
            // A value that is no number stays a text, which the rule of the field refuses.
            let number = ttl.trim().parse::<serde_json::Number>();
            body.insert("ttl_seconds".into(), number.map_or_else(|_| Value::from(ttl.as_str()), Value::Number));
        }
        (body, unread)
    }
}

/// The problem with the text of --data, which is read as a body is, by its place in the body.
fn of_data(wrong: FieldError) -> FieldError {
    let FieldError { pointer, detail } = wrong;
    let detail = match pointer.as_str() {
        "" => {
            let what = detail.strip_prefix("the body ").unwrap_or(&detail);
            format!("{what}; give an object, such as '{{\"name\": \"Ana\"}}'")
        }
        _ => detail,
    };
    FieldError { pointer: format!("/data{pointer}"), detail }
}

/// The option that a field of the body came from.
fn option_of(pointer: &str) -> String {
    let (field, inside) =
        pointer.trim_start_matches('/').split_once('/').unwrap_or((pointer.trim_start_matches('/'), ""));
    if field.is_empty() {
        return "the options:".into();
    }
    let option = slips::option_of_field(field);
    if inside.is_empty() { option } else { format!("{option} ({inside})") }
}

async fn publish(config: &Config, notification: Checked) -> Result<()> {
    let (publisher, _ends_the_publisher) = connect(config).await?;
    let accepted = accept(&publisher, notification, "chasqui send", None, parts::clock().now()).await;
    accepted.map_err(|unconfirmed| unconfirmed.error).context("the broker did not take it")?;
    Ok(())
}

/// Connects to a broker that is there and as it must be. The publisher ends when its guard is dropped.
///
/// # Errors
/// Why nothing can be published.
pub(crate) async fn connect(config: &Config) -> Result<(Publisher, DropGuard)> {
    let topology = parts::topology(config, "send")?;
    reach::reach(&topology).await?;
    // All is as it must be, and the publisher need not look again.
    let topology = Topology { mode: Mode::Off, ..topology };
    let stop = CancellationToken::new();
    let ends_the_publisher = stop.clone().drop_guard();
    let publisher = parts::publisher(config, topology, stop);
    let mut state = publisher.watch();
    // The borrowed state must not outlive this line, because the publisher could not change it.
    let connected = tokio::time::timeout(CONNECT_PATIENCE, state.wait_for(|state| state.connected)).await.is_ok();
    if !connected {
        let problem = publisher.watch().borrow().problem.clone();
        bail!("no connection to the broker: {}", problem.unwrap_or_else(|| "it does not answer".into()));
    }
    Ok((publisher, ends_the_publisher))
}

#[cfg(test)]
mod tests;
