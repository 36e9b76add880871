//! Asks people: the request is made of options or read as a body, checked as the API checks it, and published.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::{Clock as _, RequestedBy, Tenant, parse_object};
use operations::asks::{self, CheckedAsk};
use operations::{Checker, Rules};
use serde_json::{Map, Value, json};
use store::Store;

use super::rejected::Rejections;
use super::watch;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::exit::{Conflict, Usage};
use crate::operator::By;
use crate::words::{tenant, time};
use crate::{contract, exit, output, parts, send};

#[derive(clap::Args, Debug)]
pub struct Create {
    /// A body as POST /asks takes it, in place of the options that say what is asked; - is standard input
    #[arg(conflicts_with_all = OF_A_BODY)]
    file: Option<PathBuf>,
    /// What is asked
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, required_unless_present = "file")]
    question: Option<String>,
    /// A choice, by its label; ID=LABEL gives it an id too. Without any: yes or no
    #[arg(long, value_name = "LABEL", allow_hyphen_values = true)]
    choice: Vec<String>,
    /// A choice that refuses, in the same way
    #[arg(long, value_name = "LABEL", allow_hyphen_values = true)]
    refusal: Vec<String>,
    /// Somebody who is asked: the id of a contact
    #[arg(long, value_name = "CONTACT")]
    to: Vec<String>,
    /// A group of contacts who are asked
    #[arg(long, value_name = "GROUP")]
    to_group: Vec<String>,
    /// An address that is asked, such as email:ana@example.org
    #[arg(long, value_name = "CHANNEL:ADDRESS")]
    to_address: Vec<String>,
    /// How many must choose the same; default: one
    #[arg(long, value_name = "NUMBER")]
    quorum: Option<u32>,
    /// Whoever asks may not answer
    #[arg(long)]
    four_eyes: bool,
    /// Who has answered may answer otherwise
    #[arg(long)]
    may_change: bool,
    /// How long it stands: 90s, 10m, 2h, 1d; default: an hour
    #[arg(long, value_name = "TIME", value_parser = time)]
    expires_in: Option<Duration>,
    /// How long one channel of a person is waited for before the next is tried
    #[arg(long, value_name = "TIME", value_parser = time)]
    next_channel_after: Option<Duration>,
    /// When those who have not answered are asked once more
    #[arg(long, value_name = "TIME", value_parser = time)]
    remind_after: Option<Duration>,
    /// The language of the messages, such as es
    #[arg(long)]
    locale: Option<String>,
    /// Connects its events with whatever it belongs to
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    correlation_id: Option<String>,
    /// An id of your own: the same again asks nobody twice, and that of another question is refused (exit code 4)
    #[arg(long, allow_hyphen_values = true)]
    id: Option<String>,
    /// For whom it is asked
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    /// Wait until it has ended, and print what is said meanwhile: exit code 1 also where the answer is a no
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    by: By,
}

/// The options that say what a body says.
const OF_A_BODY: [&str; 14] = [
    "question",
    "choice",
    "refusal",
    "to",
    "to_group",
    "to_address",
    "quorum",
    "four_eyes",
    "may_change",
    "expires_in",
    "next_channel_after",
    "remind_after",
    "locale",
    "correlation_id",
];

impl Create {
    pub(super) async fn run(self, config: &Config, store: &Store) -> Result<ExitCode> {
        let actor = self.by.actor(self.tenant.clone());
        let checker = Checker::new(parts::templates(config)?).linking(config.public_url.is_some());
        let request_ids = parts::request_ids(config);
        let rules = Rules {
            defaults: &config.defaults,
            tenant: &actor.tenant,
            by: RequestedBy::TokenHolder,
            request_ids: &request_ids,
            idempotency_key: None,
            checker: &checker,
            clock: &SystemClock,
        };
        let checked = CheckedAsk::of(self.object()?, &actor.name, &rules);
        let option = if self.file.is_some() { of_a_body } else { option_of };
        let checked = checked.map_err(|refused| Usage::of(&refused.errors(), option))?;
        let unknown = asks::faults_of_contacts(store, &checked).await;
        if !unknown.is_empty() {
            return Err(Usage::of(&unknown, option).into());
        }
        match asks::is_known_as_another(store, &checked, &parts::hasher(config)).await {
            Ok(false) => {}
            Ok(true) => return Err(another(&checked.key.id).into()),
            // Whoever opens the question goes by the same rule.
            Err(error) => tracing::warn!("whether this id is that of another question was not looked at: {error}"),
        }
        let key = checked.key.clone();
        let (publisher, _ends_the_publisher) = send::connect(config).await?;
        let topology = self.follow.then(|| parts::topology(config, "ask")).transpose()?;
        let rejections = match &topology {
            Some(topology) => Rejections::of(topology, &key).await,
            None => Rejections::none(),
        };
        let asked = asks::ask(&publisher, checked, None, SystemClock.now()).await;
        asked.map_err(|unconfirmed| unconfirmed.error).context("the broker did not take it")?;
        output::accepted(&key.id);
        match self.follow {
            true => watch::watch(store, &key, &config.topology.names.dead_letter_queue(), &[], rejections).await,
            false => Ok(exit::answer(true)),
        }
    }

    /// The request, as a client of the API would write it.
    fn object(&self) -> Result<Map<String, Value>> {
        let mut object = match &self.file {
            None => self.of_options()?,
            Some(file) => {
                let text = contract::read(file)?;
                parse_object(&text).map_err(|error| Usage::of(&error.fields, of_a_body))?
            }
        };
        if let Some(id) = &self.id {
            object.insert("id".to_owned(), Value::from(id.as_str()));
        }
        Ok(object)
    }

    pub(super) fn of_options(&self) -> Result<Map<String, Value>> {
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs());
        let body = json!({
            "question": self.question, "choices": self.choices(), "to": self.people()?, "quorum": self.quorum,
            "four_eyes": self.four_eyes, "may_change": self.may_change, "expires_in": seconds(self.expires_in),
            "next_channel_after": seconds(self.next_channel_after), "remind_after": seconds(self.remind_after),
            "locale": self.locale, "correlation_id": self.correlation_id,
        });
        // What was not given is not written.
        let is_given = |value: &Value| !value.is_null() && *value != Value::Bool(false);
        let Value::Object(body) = body else { return Ok(Map::new()) };
        Ok(body.into_iter().filter(|(_, value)| is_given(value)).collect())
    }

    /// None where the usual ones stand.
    fn choices(&self) -> Option<Vec<Value>> {
        let agreeing = self.choice.iter().map(|text| choice(text, false));
        let choices: Vec<Value> = agreeing.chain(self.refusal.iter().map(|text| choice(text, true))).collect();
        (!choices.is_empty()).then_some(choices)
    }

    fn people(&self) -> Result<Vec<Value>> {
        let contacts = self.to.iter().map(|id| Ok(json!({"contact": id})));
        let groups = self.to_group.iter().map(|name| Ok(json!({"group": name})));
        let addresses = self.to_address.iter().map(|text| match text.split_once(':') {
            Some((channel, destination)) => Ok(json!({"channel": channel, "destination": destination})),
            None => Err(Usage("--to-address must have a channel before it, such as email:ana@example.org".to_owned())),
        });
        Ok(contacts.chain(groups).chain(addresses).collect::<Result<_, Usage>>()?)
    }
}

fn another(id: &str) -> Conflict {
    Conflict(format!(
        "id_conflict: the id {id} is that of another question, so nobody is asked. To ask something else, leave --id out or \
         give another one."
    ))
}

fn choice(text: &str, refuses: bool) -> Value {
    match text.split_once('=') {
        Some((id, label)) => json!({"id": id, "label": label, "refuses": refuses}),
        None => json!({"label": text, "refuses": refuses}),
    }
}

/// The option that a field came from, with the place within it.
pub(super) fn option_of(field: &str) -> String {
    let (name, inside) = field.split_once('/').unwrap_or((field, ""));
    let option = match name {
        "choices" => "--choice".to_owned(),
        "to" => "--to".to_owned(),
        name => format!("--{}", name.replace('_', "-")),
    };
    if inside.is_empty() { option } else { format!("{option} ({inside})") }
}

fn of_a_body(field: &str) -> String {
    format!("/{field}")
}
