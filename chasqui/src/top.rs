//! `chasqui top`: the whole fleet at one look, in a terminal, again and again; or once, for scripts.

mod screen;
mod tables;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use domain::Tenant;
use operations::overview::{Overview, Watching};

use self::tables::{head, spark_lines, tables};
use crate::config::{Config, Role, Sources};
use crate::exit::Usage;
use crate::output::{self, say};
use crate::words::tenant;
use crate::{exit, logs, parts, unconfigured};

#[derive(clap::Args, Debug)]
pub struct Top {
    /// Print what is seen now, and end: exit code 3 when neither the broker nor the ledger answers
    #[arg(long)]
    once: bool,
    /// One JSON object, as `GET /overview` answers; with --once
    #[arg(long, requires = "once")]
    json: bool,
    /// Whose deliveries the ledger's numbers are of; default: everybody's
    #[arg(long, value_parser = tenant)]
    tenant: Option<Tenant>,
}

/// Reads the broker and the ledger beside the fleet, so that nobody needs to log in.
pub(crate) async fn run(mut sources: Sources, what: Top) -> Result<ExitCode> {
    let is_drawn = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    if !what.once && !is_drawn {
        return Err(Usage("top draws on a terminal, and this is none: use --once, or --once --json".into()).into());
    }
    // What the connections have to say of themselves is on the screen, and lines between would tear it.
    if !what.once || !sources.is_given("LOG") {
        sources.set("LOG", "off");
    }
    let config = Config::read(unconfigured::with_running(sources), Role::Send)?;
    logs::start(&config)?;
    let topology = parts::topology(&config, "top")?;
    let store = parts::existing_store(&config, parts::clock()).await.context("the ledger")?;
    let watching = Watching::new(store, Some((topology.broker, topology.names)), parts::clock());
    if !what.once {
        screen::show(&watching, what.tenant.as_ref()).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let seen = watching.look(what.tenant).await;
    print(&seen, what.json);
    let is_known = seen.broker.at.is_some() || seen.ledger.at.is_some();
    Ok(if is_known { ExitCode::SUCCESS } else { exit::failed() })
}

fn print(seen: &Overview, is_json: bool) {
    if is_json {
        output::json(&api::overview_as_json(seen));
        return;
    }
    head(seen).iter().for_each(|line| say!("{line}"));
    for table in tables(seen) {
        say!("");
        table.lines().iter().for_each(|line| say!("{line}"));
    }
    say!("");
    spark_lines(seen).iter().for_each(|line| say!("{line}"));
}
