//! `chasqui key`: the keys of services, changed beside the ledger.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Subcommand;
use domain::{Tenant, Timestamp};
use operations::accounts::keys::{self, Asked, Made};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use store::{ApiKey, MAX_PAGE, Store};

use crate::account_words::{not_done, open, refused};
use crate::config::Sources;
use crate::operator::{By, actor};
use crate::output::{self, say};
use crate::words::{tenant, time};
use crate::{columns, parts};

#[derive(Subcommand, Debug)]
pub enum KeyCommand {
    /// Print the keys, the newest first, those that are over as well
    List(List),
    /// Make a key, which is shown this once
    Add(Box<Add>),
    /// Make the key that follows another, which is taken beside it for a while: exit code 1 where there is none
    Rotate(Rotate),
    /// Refuse a key within five seconds: exit code 1 where there is none
    Revoke(Revoke),
}

#[derive(clap::Args, Debug)]
pub struct List {
    /// Only the keys of this tenant
    #[arg(long, value_parser = tenant)]
    tenant: Option<Tenant>,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub struct Add {
    /// What it is called, such as the service that has it
    name: String,
    /// Whose notifications it publishes and sees
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    /// viewer, operator or admin
    #[arg(long)]
    role: Option<String>,
    /// Words out of notify, read, operate, admin, tenants, inbox
    #[arg(long, value_name = "WORDS")]
    scope: Option<String>,
    /// RFC 3339 with an offset: after this it is refused
    #[arg(long, value_name = "WHEN")]
    expires_at: Option<String>,
    #[command(flatten)]
    by: By,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub struct Rotate {
    /// The id of the old key
    id: String,
    /// How long the old key is taken beside the new one: 0s, 90s, 10m, 2h, 1d
    #[arg(long, value_name = "TIME", value_parser = time, default_value = "1d")]
    overlap: Duration,
    #[command(flatten)]
    by: By,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub struct Revoke {
    /// The key's id
    id: String,
    #[command(flatten)]
    by: By,
}

pub(crate) async fn run(sources: Sources, command: KeyCommand) -> Result<ExitCode> {
    let store = open(sources).await?;
    match command {
        KeyCommand::List(what) => list(&store, what).await,
        KeyCommand::Add(what) => add(&store, *what).await,
        KeyCommand::Rotate(what) => rotate(&store, what).await,
        KeyCommand::Revoke(what) => revoke(&store, what).await,
    }
}

async fn list(store: &Store, what: List) -> Result<ExitCode> {
    let (who, clock) = (actor(None, Tenant::default()), parts::clock());
    let (mut after, mut shown) = (None, columns::List::new(what.json));
    loop {
        let page = keys::list(store, &who, what.tenant.as_ref(), after.as_ref(), MAX_PAGE as usize, clock.as_ref());
        let page = match page.await {
            Ok(page) => page,
            Err(undone) => return not_done(undone, ""),
        };
        page.keys.iter().for_each(|key| shown.add(|| json_of(key), || row_of(key, clock.now())));
        if page.next.is_none() || output::is_unread() {
            break;
        }
        after = page.next;
    }
    shown.end(["ID", "KEY", "NAME", "TENANT", "SCOPE", "LAST USED", "STATE"], "there is no key");
    Ok(ExitCode::SUCCESS)
}

async fn add(store: &Store, what: Add) -> Result<ExitCode> {
    let (who, clock) = (what.by.actor(what.tenant.clone()), parts::clock());
    let given =
        [("name", Some(what.name)), ("role", what.role), ("scope", what.scope), ("expires_at", what.expires_at)];
    let fields = given.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::String(text?))));
    let fields: Map<String, Value> = fields.collect();
    let asked = Asked::of(fields, &what.tenant, clock.now()).map_err(|errors| refused(&errors))?;
    match keys::add(store, &who, asked, clock.as_ref()).await {
        Ok(made) => Ok(shown(&made, what.json)),
        Err(undone) => not_done(undone, ""),
    }
}

async fn rotate(store: &Store, what: Rotate) -> Result<ExitCode> {
    let (who, clock) = (what.by.actor(Tenant::default()), parts::clock());
    match keys::rotate(store, &who, &what.id, what.overlap, clock.as_ref()).await {
        Ok(made) => Ok(shown(&made, what.json)),
        Err(undone) => not_done(undone, "there is no such key in force, or another follows it already"),
    }
}

async fn revoke(store: &Store, what: Revoke) -> Result<ExitCode> {
    let (who, clock) = (what.by.actor(Tenant::default()), parts::clock());
    match keys::revoke(store, &who, &what.id, clock.as_ref()).await {
        Ok(key) => {
            say!("revoked {} of {}", shown_prefix(&key), domain::printable(&key.name));
            Ok(ExitCode::SUCCESS)
        }
        Err(undone) => not_done(undone, "there is no such key: `chasqui key list` shows all of them"),
    }
}

/// Shows a key this once.
fn shown(made: &Made, as_json: bool) -> ExitCode {
    let text = made.text.expose_secret();
    if as_json {
        let mut told = json_of(&made.key);
        told["secret"] = json!(text);
        if let Some(until) = made.old_until {
            told["old_until"] = json!(until.to_string());
        }
        output::json(&told);
    } else {
        say!("{text}");
        let old = made.old_until.map(|until| format!("; the old key works until {until}, and not after"));
        output::complain(format_args!(
            "this is shown once; the id of the key is {}{}",
            made.key.id,
            old.unwrap_or_default()
        ));
    }
    ExitCode::SUCCESS
}

fn shown_prefix(key: &ApiKey) -> String {
    format!("chq_{}", key.prefix)
}

fn row_of(key: &ApiKey, now: Timestamp) -> [String; 7] {
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) if at <= now => format!("expired {at}"),
        (None, Some(at)) => format!("until {at}"),
        (None, None) => "in force".to_owned(),
    };
    let used = key.last_used_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    let ApiKey { id, name, tenant, scopes, .. } = key;
    [id.clone(), shown_prefix(key), name.clone(), tenant.to_string(), scopes.join(" "), used, state]
}

fn json_of(key: &ApiKey) -> Value {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    json!({
        "id": key.id, "name": key.name, "prefix": shown_prefix(key), "tenant": key.tenant.as_str(),
        "scope": key.scopes.join(" "), "created_by": key.created_by, "created_at": key.created_at.to_string(),
        "expires_at": time(key.expires_at), "last_used_at": time(key.last_used_at),
        "revoked_at": time(key.revoked_at), "replaced_by": key.replaced_by,
    })
}
