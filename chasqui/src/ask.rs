//! `chasqui ask`: asks people, follows what they say, shows and lists what they were asked, and takes a question back.

mod create;
mod rejected;
mod shown;
mod watch;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use domain::{AskKind, AskState, Key, Tenant, printable};
use operations::asks::{self, Withdrawn};
use store::{AskFilter, Store};

use crate::config::{Config, Role, Sources};
use crate::listing::Range;
use crate::named::{Named, Show};
use crate::operator::By;
use crate::output::{self, say};
use crate::words::{one_of, tenant};
use crate::{columns, exit, logs, parts, unconfigured};

#[derive(Subcommand, Debug)]
pub enum AskCommand {
    /// Ask people, by options or by a body as POST /asks takes it
    Create(Box<create::Create>),
    /// Print questions, the newest first
    List(Box<List>),
    /// Print one question, who is asked by what, and what they have said: exit code 1 where there is none
    Show(Show),
    /// Take a question back: exit code 1 where it has ended, or there is none
    Cancel(Cancel),
}

#[derive(clap::Args, Debug)]
pub struct List {
    /// Whose questions
    #[arg(long, value_parser = tenant, default_value = "default")]
    tenant: Tenant,
    /// open, answered, expired or cancelled
    #[arg(long, value_parser = state)]
    state: Option<AskState>,
    /// confirm, verify, command or optin
    #[arg(long, value_parser = kind)]
    kind: Option<AskKind>,
    /// Only those with this correlation id
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    correlation_id: Option<String>,
    #[command(flatten)]
    range: Range,
}

#[derive(clap::Args, Debug)]
pub struct Cancel {
    #[command(flatten)]
    named: Named,
    /// Why, for whoever asks later
    #[arg(long, value_name = "TEXT", value_parser = asks::why, allow_hyphen_values = true)]
    why: String,
    #[command(flatten)]
    by: By,
}

pub(crate) async fn run(sources: Sources, command: AskCommand) -> Result<ExitCode> {
    let role = if matches!(command, AskCommand::Create(_)) { Role::Send } else { Role::Ledger };
    let config = Config::read(unconfigured::with_ledger_and_secret(sources), role)?;
    logs::start(&config)?;
    let store = parts::existing_store(&config, parts::clock()).await?;
    match command {
        AskCommand::Create(what) => what.run(&config, &store).await,
        AskCommand::List(what) => list(&store, *what).await,
        AskCommand::Show(what) => show(&config, &store, what).await,
        AskCommand::Cancel(what) => cancel(&store, what).await,
    }
}

async fn list(store: &Store, what: List) -> Result<ExitCode> {
    let List { tenant, state, kind, correlation_id, range } = what;
    let (from, until) = range.times()?;
    let mut filter = AskFilter { tenant, state, kind, correlation_id, from, until, after: None, limit: 0 };
    let (mut wanted, mut rows) = (range.wanted(), columns::List::new(range.json));
    loop {
        filter.limit = wanted.of_a_page();
        let page = asks::list(store, filter.clone()).await.context("the ledger could not be read")?;
        let answered = asks::answered(store, &page.asks).await.context("the ledger could not be read")?;
        for (ask, answered) in page.asks.iter().zip(answered) {
            rows.add(|| shown::json_of_ask(ask), || shown::row_of(ask, answered));
        }
        filter.after = wanted.behind(page.asks.len(), page.next);
        if filter.after.is_none() {
            break;
        }
    }
    rows.end(shown::HEADING, "no question fits");
    Ok(ExitCode::SUCCESS)
}

async fn show(config: &Config, store: &Store, what: Show) -> Result<ExitCode> {
    let Show { named, follow, json } = what;
    let key = named.key();
    let Some(found) = asks::show(store, &key).await.context("the ledger could not be read")? else {
        return Ok(exit::no(&unknown(&key.id)));
    };
    let states = asks::states(store, &key, &found.copies).await.context("the ledger could not be read")?;
    match json {
        true => output::json(&shown::json_of(&found, &states)),
        false => shown::print(&found, &states, parts::clock().now()),
    }
    if follow && found.ask.end.is_none() {
        let (dead_letters, none) = (config.topology.names.dead_letter_queue(), rejected::Rejections::none());
        return watch::watch(store, &key, &dead_letters, &found.answers, none).await;
    }
    Ok(ExitCode::SUCCESS)
}

async fn cancel(store: &Store, what: Cancel) -> Result<ExitCode> {
    let Cancel { named, why, by } = what;
    let Key { tenant, id } = named.key();
    let (actor, now) = (by.actor(tenant), parts::clock().now());
    let withdrawn = asks::cancel(store, &actor, &id, Some(&why), now).await;
    match withdrawn.context("the ledger has taken nothing back")? {
        Withdrawn::Cancelled(_) => {
            say!("taken back: {}", printable(&id));
            Ok(ExitCode::SUCCESS)
        }
        Withdrawn::Ended(ask) => Ok(exit::no(&format!("{id} has ended before: {}", shown::outcome(&ask)))),
        Withdrawn::Unknown => Ok(exit::no(&unknown(&id))),
    }
}

fn unknown(id: &str) -> String {
    format!("{id} is no question of this tenant, or nobody has opened it yet: `chasqui ask list` shows them")
}

fn state(text: &str) -> Result<AskState, String> {
    AskState::parse(text).ok_or_else(|| one_of(text, &AskState::ALL.map(AskState::as_str)))
}

fn kind(text: &str) -> Result<AskKind, String> {
    AskKind::parse(text).ok_or_else(|| one_of(text, &AskKind::ALL.map(AskKind::as_str)))
}

#[cfg(test)]
mod tests;
