//! `chasqui dead edit`: sends a corrected letter as a delivery of its own.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use domain::{Actor, Clock as _, FieldError, RequestedBy, parse_object, printable};
use operations::Rules;
use operations::dead_letters::{self, Edited, Opened, Wish};
use serde_json::{Map, Value, json};
use store::Store;
use tokio::time::Instant;
use topology::Letter;

use crate::clock::SystemClock;
use crate::config::Config;
use crate::exit::Usage;
use crate::output::{self, say};
use crate::{parts, send};

/// How long the command waits for a scheduler to read the letter.
const READ_WITHIN: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(200);

#[derive(clap::Args, Debug)]
pub(super) struct Edit {
    /// The name of the letter
    letter: String,
    /// A field by its JSON pointer and its value, such as /destination=+14155550100. A value that is JSON is read as JSON,
    /// so that null takes the field away and a number that is a text has quotes
    #[arg(long = "set", value_name = "/FIELD=VALUE", conflicts_with = "body", allow_hyphen_values = true)]
    set: Vec<String>,
    /// A file with the whole notification, instead
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// Why, for whoever asks later
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    why: String,
    /// Which of equal letters it is for: the same edit with another number is another delivery
    #[arg(long, value_name = "N", default_value_t = 1)]
    copy: u32,
}

impl Edit {
    /// The fields of an edit, as whoever asks over HTTP writes them.
    fn fields(&self) -> Result<Map<String, Value>> {
        let mut fields = Map::new();
        fields.insert("why".to_owned(), json!(self.why));
        if self.copy != 1 {
            fields.insert("copy".to_owned(), json!(self.copy));
        }
        if let Some(file) = &self.body {
            let body = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            let body = parse_object(&body).map_err(|error| refused("--body", &error.fields))?;
            fields.insert("body".to_owned(), Value::Object(body));
        }
        if !self.set.is_empty() {
            let mut set = Map::new();
            for pair in &self.set {
                let (pointer, value) =
                    pair.split_once('=').ok_or_else(|| Usage(format!("--set {pair}: write /field=value")))?;
                set.insert(pointer.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| json!(value)));
            }
            fields.insert("set".to_owned(), Value::Object(set));
        }
        Ok(fields)
    }
}

/// Sends what was made of a letter, and returns the id of the job that closes it. None where it was not sent, and why was
/// said.
pub(super) async fn edit(
    store: &Store,
    config: &Config,
    actor: &Actor,
    edit: Edit,
    is_json: bool,
) -> Result<Option<String>> {
    let wish = Wish::of(edit.fields()?).map_err(|errors| refused("the edit", &errors))?;
    let Some(letter) = opened(store, config, actor, &edit.letter).await? else {
        output::complain(format_args!("there is no letter of this name in the queue: `chasqui dead list` lists them"));
        return Ok(None);
    };
    let (checker, request_ids) = (parts::checker(config)?, parts::request_ids(config));
    let rules = Rules {
        defaults: &config.defaults,
        tenant: &actor.tenant,
        by: RequestedBy::TokenHolder,
        request_ids: &request_ids,
        idempotency_key: None,
        checker: &checker,
        clock: &SystemClock,
    };
    let (publisher, _ends_the_publisher) = send::connect(config).await?;
    let edited = dead_letters::edit(store, &publisher, &rules, actor, &letter, &wish).await;
    match edited.context("the ledger has not answered: edit it once more in the same way")? {
        Edited::Sent { accepted, difference } => {
            for warning in &accepted.warnings {
                output::complain(format_args!("warning: {} {}", warning.pointer, warning.detail));
            }
            if is_json {
                let from = &letter.message_id;
                output::json(&json!({"id": accepted.id, "edited_from": from, "difference": difference}));
            } else {
                say!("accepted {} in the place of {}", printable(&accepted.id), printable(&letter.message_id));
            }
            Ok(Some(accepted.id))
        }
        Edited::Refused(errors) => Err(refused("nothing was sent", &errors.errors())),
        Edited::Gone => {
            output::complain(format_args!("the letter is not in the queue any more: nothing was sent"));
            Ok(None)
        }
        Edited::InJob { job, by } => {
            let by = printable(&by);
            output::complain(format_args!("{by} has started the job {job}, which has the letter: nothing was sent"));
            Ok(None)
        }
        Edited::SentBefore { id, copy } => {
            let (id, next) = (printable(&id), copy.saturating_add(1));
            output::complain(format_args!(
                "the same was sent as {id} for a letter of this name, and there is one in the queue: it was put back, or it is \
                 an equal one. Nothing was sent; `chasqui explain {id}` says what became of that, and `--copy {next}` sends \
                 the same once more"
            ));
            Ok(None)
        }
        Edited::Unconfirmed(unconfirmed) => {
            let (what, id) = (unconfirmed.what_happened(), &unconfirmed.id);
            Err(anyhow::Error::from(unconfirmed.error.clone())).with_context(|| {
                format!("{what} Edit it once more in the same way, or `chasqui dead cancel {id}` gives the letter free")
            })
        }
    }
}

/// The letter, once a scheduler has read it.
async fn opened(store: &Store, config: &Config, actor: &Actor, name: &str) -> Result<Option<Box<Letter>>> {
    let sealer = parts::letter_sealer(config);
    let until = Instant::now() + READ_WITHIN;
    loop {
        let opened = dead_letters::open(store, &sealer, actor, name, SystemClock.now()).await;
        match opened.context("the ledger has not answered")? {
            Opened::Here(letter) => return Ok(Some(letter)),
            Opened::Gone => return Ok(None),
            Opened::OtherSecret => bail!("the scheduler has another SECRET_KEY than this command: give both the same"),
            Opened::Asked if Instant::now() >= until => {
                bail!(
                    "no scheduler has read the letter within {} seconds: is one running and ready?",
                    READ_WITHIN.as_secs()
                )
            }
            Opened::Asked => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

fn refused(what: &str, errors: &[FieldError]) -> anyhow::Error {
    let lines: String = errors.iter().map(|error| format!("\n  - {} {}", error.pointer, error.detail)).collect();
    Usage(format!("{what}:{lines}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_json_where_it_can_be_read_so_and_a_text_otherwise() {
        let set =
            ["/destination=+14155550100", "/data/n=7", "/subject=null", "/message=a=b"].map(str::to_owned).to_vec();
        let edit = Edit { letter: "0a".into(), set, body: None, why: "typo".into(), copy: 1 };
        let expected = json!({
            "why": "typo",
            "set": {"/destination": "+14155550100", "/data/n": 7, "/subject": null, "/message": "a=b"},
        });
        assert_eq!(Value::Object(edit.fields().expect("fields")), expected);
    }
}
