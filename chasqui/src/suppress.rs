//! `chasqui suppress`: who is not written to any more, by hand.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use domain::{ChannelName, FieldError, RecipientHasher, SuppressedFor, Suppression, Tenant, printable};
use operations::suppressions::{self, Entry, Lifted, Wanted};
use serde_json::{Map, Value, json};
use store::{Lift as KeptLift, Store};

use crate::config::{Config, Role, Sources};
use crate::exit::Usage;
use crate::operator::By;
use crate::output::{self, say};
use crate::words::{channel, one_of, tenant};
use crate::{exit, logs, parts, unconfigured};

#[derive(Subcommand, Debug)]
pub enum SuppressCommand {
    /// Print who is on the list, the newest first
    List(List),
    /// Put somebody on the list, or renew the entry for the same reason
    Add(Box<Add>),
    /// Take somebody off the list: exit code 1 when nobody was on it
    Lift(Box<Lift>),
}

#[derive(clap::Args, Debug)]
pub struct List {
    /// Whose list
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    /// Only the recipients of this channel, such as email
    #[arg(long, value_parser = channel)]
    channel: Option<ChannelName>,
    /// Only this recipient of the channel
    #[arg(long, requires = "channel", allow_hyphen_values = true)]
    to: Option<String>,
    /// Who was taken off the list, when, by whom and why
    #[arg(long)]
    lifted: bool,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub struct Add {
    /// Whose list
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    /// email, inapp, sms, whatsapp, telegram, slack, push, webpush or webhook
    #[arg(long)]
    channel: String,
    /// The recipient, as a notification names it
    #[arg(long, allow_hyphen_values = true)]
    to: String,
    /// complaint, hard_bounce, soft_bounce, unsubscribe, stop, gone, provider or manual (the default)
    #[arg(long)]
    reason: Option<String>,
    /// marketing, all_but_urgent or all; default: that of the reason
    #[arg(long)]
    scope: Option<String>,
    /// RFC 3339 with an offset: after this it stops nothing
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
    /// Whatever there is to say about it
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    note: Option<String>,
    #[command(flatten)]
    by: By,
}

#[derive(clap::Args, Debug)]
pub struct Lift {
    /// Whose list
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    /// The id of an entry; or --channel and --to
    #[arg(required_unless_present = "to", conflicts_with_all = ["channel", "to", "only"])]
    id: Option<String>,
    /// The channel of the recipient that --to names
    #[arg(long, value_parser = channel, requires = "to")]
    channel: Option<ChannelName>,
    /// All entries of this recipient of the channel
    #[arg(long, requires = "channel", allow_hyphen_values = true)]
    to: Option<String>,
    /// Only the entry for this, such as complaint
    #[arg(long, value_name = "WHAT", value_parser = listed_for, requires = "to")]
    only: Option<SuppressedFor>,
    /// Why, for whoever asks later
    #[arg(long, value_name = "TEXT", value_parser = suppressions::why, allow_hyphen_values = true)]
    reason: String,
    #[command(flatten)]
    by: By,
}

pub(crate) async fn run(sources: Sources, command: SuppressCommand) -> Result<ExitCode> {
    let config = Config::read(unconfigured::with_ledger_and_secret(sources), Role::Ledger)?;
    logs::start(&config)?;
    let recipients = recipients(&config)?;
    let store = parts::existing_store(&config, parts::clock()).await?;
    match command {
        SuppressCommand::List(what) => list(&store, &recipients, what).await,
        SuppressCommand::Add(what) => add(&store, &recipients, *what).await,
        SuppressCommand::Lift(what) => lift(&store, &recipients, *what).await,
    }
}

/// Without the fleet's own secret nobody would be found, and whoever is put on the list would be written to.
pub(crate) fn recipients(config: &Config) -> Result<RecipientHasher> {
    parts::needs_secret(config, "recipients are on the list by a hash that is made with it")?;
    Ok(parts::hasher(config))
}

async fn list(store: &Store, recipients: &RecipientHasher, what: List) -> Result<ExitCode> {
    let List { tenant, channel, to, lifted, json } = what;
    let whom = if channel.is_some() { "nobody of that kind" } else { "nobody" };
    let mut wanted = Wanted { channel, destination: to, after: None, limit: store::MAX_PAGE };
    let mut is_empty = true;
    loop {
        let next = if lifted {
            let page = suppressions::lifts(store, tenant.clone(), wanted.clone(), recipients).await;
            let page = page.context("the ledger could not be read")?;
            is_empty &= page.lifts.is_empty();
            page.lifts.iter().for_each(|lift| print(&lift.suppression, Some(lift), json));
            page.next
        } else {
            let page = suppressions::list(store, tenant.clone(), wanted.clone(), recipients).await;
            let page = page.context("the ledger could not be read")?;
            is_empty &= page.suppressions.is_empty();
            page.suppressions.iter().for_each(|entry| print(entry, None, json));
            page.next
        };
        if next.is_none() || output::is_unread() {
            if is_empty && !json {
                say!("{whom} {} of {tenant}", if lifted { "was taken off the list" } else { "is on the list" });
            }
            return Ok(ExitCode::SUCCESS);
        }
        wanted.after = next;
    }
}

async fn add(store: &Store, recipients: &RecipientHasher, what: Add) -> Result<ExitCode> {
    let clock = parts::clock();
    let given = [
        ("channel", Some(what.channel)),
        ("destination", Some(what.to)),
        ("reason", what.reason),
        ("scope", what.scope),
        ("until", what.until),
        ("note", what.note),
    ];
    let is_empty = |(_, text): &&(&str, Option<String>)| text.as_deref().is_some_and(|text| text.trim().is_empty());
    let empty = given.iter().filter(is_empty).map(|(name, _)| FieldError {
        pointer: format!("/{name}"),
        detail: "is empty: give it a value, or leave it out".into(),
    });
    let empty: Vec<FieldError> = empty.collect();
    if !empty.is_empty() {
        return Err(refused(&empty));
    }
    let fields = given.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::String(text?))));
    let entry = Entry::of(fields.collect::<Map<_, _>>(), clock.now()).map_err(|errors| refused(&errors))?;
    let actor = what.by.actor(what.tenant);
    let listed = suppressions::suppress(store, &actor, entry, recipients, clock.as_ref()).await;
    print(&listed.context("the ledger has not stored it")?, None, false);
    Ok(ExitCode::SUCCESS)
}

async fn lift(store: &Store, recipients: &RecipientHasher, what: Lift) -> Result<ExitCode> {
    let Lift { tenant, id, channel, to, only, reason, by } = what;
    let which = match (id, channel, to) {
        (None, Some(channel), Some(destination)) => Lifted::Destination { channel, destination, reason: only },
        (id, ..) => Lifted::Entry(id.unwrap_or_default()),
    };
    let nobody = nobody(&tenant, &which);
    let clock = parts::clock();
    let actor = by.actor(tenant);
    let lifted = suppressions::lift(store, &actor, which, &reason, recipients, clock.as_ref()).await;
    let lifted = lifted.context("the ledger has lifted nothing")?;
    lifted.iter().for_each(|entry| say!("lifted {}", line_of(entry)));
    if lifted.is_empty() {
        say!("{nobody}");
    }
    Ok(exit::answer(!lifted.is_empty()))
}

/// What is said where nothing was lifted.
fn nobody(tenant: &Tenant, which: &Lifted) -> String {
    match which {
        Lifted::Entry(id) => {
            let id = printable(id);
            format!(
                "no entry of {tenant} has the id {id}: `chasqui suppress list` shows the ids, or give --channel and --to"
            )
        }
        Lifted::Destination { reason, .. } => {
            let reason = reason.map(|reason| format!(" for {reason}")).unwrap_or_default();
            format!("this recipient is not on the list of {tenant}{reason}")
        }
        Lifted::Said { reason, .. } => format!("this recipient is not on the list of {tenant} for {reason}"),
    }
}

/// What is wrong, by the options that were given.
fn refused(errors: &[FieldError]) -> anyhow::Error {
    let option = |field: &str| match field {
        "destination" => "--to".to_owned(),
        field => format!("--{field}"),
    };
    Usage::of(errors, option).into()
}

fn print(entry: &Suppression, lift: Option<&KeptLift>, json: bool) {
    match (json, lift) {
        (true, _) => output::json(&json_of(entry, lift)),
        (false, None) => say!("{}", line_of(entry)),
        (false, Some(KeptLift { at, by, why, .. })) => {
            say!("{}; lifted {at} by {}: {}", line_of(entry), printable(by), printable(why));
        }
    }
}

fn line_of(entry: &Suppression) -> String {
    let Suppression { id, tenant, channel, recipient_mask, reason, scope, since, until, by, note, .. } = entry;
    let until = until.map(|at| format!(" until {at}")).unwrap_or_default();
    let note = note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
    let whom = format!("{id}  {tenant}  {channel} to {recipient_mask}");
    let line = format!("{whom}  {reason}, stops {scope}, since {since}{until} by {by}{note}");
    printable(&line).into_owned()
}

fn json_of(entry: &Suppression, lift: Option<&KeptLift>) -> Value {
    let mut told = json!({
        "id": entry.id, "tenant": entry.tenant.as_str(), "channel": entry.channel.as_str(),
        "recipient": entry.recipient_mask, "reason": entry.reason.as_str(), "scope": entry.scope.as_str(),
        "since": entry.since.to_string(), "until": entry.until.map(|at| at.to_string()), "by": entry.by,
        "note": entry.note,
    });
    if let Some(KeptLift { at, by, why, .. }) = lift {
        told["lifted"] = json!({"at": at.to_string(), "by": by, "reason": why});
    }
    told
}

fn listed_for(text: &str) -> Result<SuppressedFor, String> {
    SuppressedFor::parse(text).ok_or_else(|| one_of(text, &SuppressedFor::ALL.map(SuppressedFor::as_str)))
}

#[cfg(test)]
mod tests {
    use domain::{RecipientHash, SuppressionScope, Timestamp};

    use super::*;

    fn entry() -> Suppression {
        Suppression {
            id: "s-1".into(),
            tenant: Tenant::default(),
            channel: ChannelName::parse("email").unwrap(),
            recipient: RecipientHash::UNKNOWN,
            recipient_mask: "***@example.com".into(),
            reason: SuppressedFor::Complaint,
            scope: SuppressionScope::AllButUrgent,
            since: testkit::NOW,
            until: None,
            by: "ada".into(),
            note: Some("a\u{1b}[31m".into()),
        }
    }

    #[test]
    fn a_line_says_who_and_why_and_acts_on_no_terminal() {
        let line = line_of(&entry());
        assert!(line.contains("email to ***@example.com  complaint, stops all_but_urgent, since 2026-03-01"), "{line}");
        assert!(!line.chars().any(domain::acts), "{line:?}");
        let lift =
            KeptLift { suppression: entry(), at: Timestamp::from_seconds(0), by: "bob".into(), why: "START".into() };
        assert_eq!(json_of(&entry(), Some(&lift))["lifted"]["reason"], "START");
        assert_eq!(json_of(&entry(), None).get("lifted"), None);
    }

    #[test]
    fn a_word_that_is_none_is_told_with_the_nearest_one() {
        assert!(listed_for("complain").is_err_and(|said| said.ends_with("did you mean complaint?")));
        assert!(channel("emial").is_err_and(|said| said.ends_with("did you mean email?")));
        assert_eq!(listed_for("stop"), Ok(SuppressedFor::Stop));
    }

    #[test]
    fn what_was_not_on_the_list_is_told_as_it_was_named() {
        let told = nobody(&Tenant::default(), &Lifted::Entry("no\u{1b}id".into()));
        assert!(told.starts_with("no entry of default has the id no\\u{1b}id: `chasqui suppress list`"), "{told}");
        let channel = ChannelName::parse("email").unwrap();
        let reason = Some(SuppressedFor::Complaint);
        let told = nobody(&Tenant::default(), &Lifted::Destination { channel, destination: "a".into(), reason });
        assert_eq!(told, "this recipient is not on the list of default for complaint");
    }

    #[test]
    fn what_is_wrong_is_told_by_its_option() {
        let errors = [("/destination", "must be"), ("/until", "lies")]
            .map(|(pointer, detail)| FieldError { pointer: pointer.into(), detail: detail.into() });
        assert_eq!(refused(&errors).to_string(), "--to must be\n--until lies");
    }
}
