//! `chasqui audit`: who did what, and whether anybody has changed what was told.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use domain::{Tenant, Timestamp, printable};
use operations::journal;
use serde_json::{Value, json};
use store::{JournalEntry, JournalFilter, JournalHead, Store, VerifiedJournal, WrongEntry};

use crate::config::{Config, Role, Sources};
use crate::listing::{Wanted, in_order};
use crate::output::{self, say};
use crate::words::{counted, tenant, when};
use crate::{exit, logs, parts, unconfigured};

/// What is said of an altered entry: no seal tells a change from another secret.
const MAYBE_ANOTHER_SECRET: &str = "an entry that was sealed with another SECRET_KEY looks the same: after a change of the secret \
                                    give the one of that time as SECRET_KEY_PREVIOUS, or verify with --from-head from an end that \
                                    was printed while both secrets were set";

#[derive(Subcommand, Debug)]
pub enum AuditCommand {
    /// Print what operators did and what was refused, the newest first
    List(Box<List>),
    /// Look at the seal of every entry: exit code 1, and the first one that is wrong, when one is not as it was told
    Verify(Verify),
}

#[derive(clap::Args, Debug)]
pub struct List {
    /// Only what was done in this tenant; default: in all
    #[arg(long, value_parser = tenant)]
    tenant: Option<Tenant>,
    /// Only what this one did, such as 'command line:ada'
    #[arg(long)]
    actor: Option<String>,
    /// Only entries of this kind, such as pause.begun or denied
    #[arg(long)]
    kind: Option<String>,
    /// Only what was done to this: an id
    #[arg(long, allow_hyphen_values = true)]
    subject: Option<String>,
    /// Only what was done at this time or later: RFC 3339 with an offset
    #[arg(long, value_name = "WHEN", value_parser = when)]
    since: Option<Timestamp>,
    /// Only what was done before this time
    #[arg(long, value_name = "WHEN", value_parser = when)]
    until: Option<Timestamp>,
    /// How many at most
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args, Debug)]
pub struct Verify {
    /// Begin behind this entry, as the log or GET /audit has told it: its place, a colon and its seal
    #[arg(long, value_name = "SEQ:MAC", value_parser = head)]
    from_head: Option<JournalHead>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(sources: Sources, command: AuditCommand) -> Result<ExitCode> {
    let config = Config::read(unconfigured::with_ledger_and_secret(sources), Role::Ledger)?;
    logs::start(&config)?;
    let store = parts::existing_store(&config, parts::clock()).await?;
    match command {
        AuditCommand::List(what) => list(&store, *what).await,
        AuditCommand::Verify(what) => verify(&config, &store, what).await,
    }
}

async fn list(store: &Store, what: List) -> Result<ExitCode> {
    let List { tenant, actor, kind, subject, since, until, limit, json } = what;
    in_order(since, until, "--since")?;
    let mut filter = JournalFilter { tenant, actor, kind, subject, since, until, after: None, limit: 0 };
    let (mut wanted, mut is_empty) = (Wanted::of(limit, "--since"), true);
    loop {
        filter.limit = wanted.of_a_page();
        let page = journal::list(store, filter.clone()).await.context("the ledger could not be read")?;
        page.entries.iter().for_each(|entry| print(entry, json));
        is_empty &= page.entries.is_empty();
        filter.after = wanted.behind(page.entries.len(), page.next);
        if filter.after.is_none() {
            if is_empty {
                output::complain(format_args!("no entry fits: `chasqui audit list` without options shows the newest"));
            }
            return Ok(ExitCode::SUCCESS);
        }
    }
}

/// Without the fleet's own secret no seal would be right.
async fn verify(config: &Config, store: &Store, what: Verify) -> Result<ExitCode> {
    parts::needs_secret(config, "the journal is sealed with a key that is made of it")?;
    let now = parts::clock().now();
    let verified = journal::verify(store, &parts::journal_keys(config), what.from_head.as_ref(), now).await;
    let verified = verified.context("the ledger could not be read")?;
    match what.json {
        true => output::json(&json_of_verified(&verified)),
        false => say!("{}", said(&verified)),
    }
    if verified.unsealed > 0 {
        output::complain(format_args!(
            "{} had no seal for more than a minute: is a scheduler running? Until then a change of that does not show",
            counted(verified.unsealed, "entry has", "entries have")
        ));
    }
    if let Some((_, WrongEntry::Altered)) = verified.wrong {
        output::complain(format_args!("{MAYBE_ANOTHER_SECRET}"));
    }
    Ok(exit::answer(verified.wrong.is_none()))
}

fn said(verified: &VerifiedJournal) -> String {
    match verified.wrong {
        Some((seq, wrong)) => {
            format!("entry {seq} is {}; the last before it that is as it was told: {}", wrong.as_str(), verified.head)
        }
        None if verified.head.seq == 0 => "nothing is sealed yet".to_owned(),
        None => format!("every entry is as it was told; the end of the chain: {}", verified.head),
    }
}

fn json_of_verified(verified: &VerifiedJournal) -> Value {
    let wrong = verified.wrong.map(|(seq, wrong)| json!({"seq": seq, "what": wrong.as_str()}));
    json!({"head": verified.head.to_string(), "wrong": wrong, "unsealed": verified.unsealed})
}

fn print(entry: &JournalEntry, json: bool) {
    match json {
        true => output::json(&json_of(entry)),
        false => say!("{}", line_of(entry)),
    }
}

fn line_of(entry: &JournalEntry) -> String {
    let row = &entry.row;
    let at = Timestamp::from_micros(row.at);
    let data = if row.data == "{}" { String::new() } else { format!("  {}", row.data) };
    let line = format!("{at}  {}  {}  {} by {}{data}", row.tenant, row.kind, row.subject, row.actor);
    printable(&line).into_owned()
}

fn json_of(entry: &JournalEntry) -> Value {
    let row = &entry.row;
    let data: Value = serde_json::from_str(&row.data).unwrap_or_else(|_| Value::String(row.data.clone()));
    json!({
        "id": row.id, "seq": entry.seq, "at": Timestamp::from_micros(row.at).to_string(), "tenant": row.tenant,
        "kind": row.kind, "subject": row.subject, "actor": row.actor, "data": data,
    })
}

fn head(text: &str) -> Result<JournalHead, String> {
    JournalHead::parse(text).ok_or_else(|| "it must be a place, a colon and 64 hexadecimal digits".to_owned())
}

#[cfg(test)]
mod tests {
    use domain::JournalRow;

    use super::*;

    #[test]
    fn a_line_says_who_did_what_and_why_and_acts_on_no_terminal() {
        let row = JournalRow {
            id: "j-1".into(),
            tenant: "acme".into(),
            kind: "pause.begun".into(),
            subject: "p-1".into(),
            actor: "command line:ada".into(),
            at: testkit::NOW.as_micros(),
            data: "{\"why\":\"a\u{1b}[31m\"}".into(),
        };
        let line = line_of(&JournalEntry { row, seq: None });
        let words = "2026-03-01T12:00:00Z  acme  pause.begun  p-1 by command line:ada  {\"why\":\"a";
        assert!(line.starts_with(words), "{line}");
        assert!(!line.chars().any(domain::acts), "{line:?}");
    }

    #[test]
    fn a_head_reads_as_it_is_told_and_the_first_wrong_entry_is_named() {
        let told = JournalHead { seq: 7, mac: vec![0xab; 32] };
        assert_eq!(head(&told.to_string()), Ok(told.clone()));
        let (negative, letters) = (format!("-1:{}", "ab".repeat(32)), format!("1:{}", "é".repeat(32)));
        for wrong in ["", "7", "7:ab", "0:", "x:y", negative.as_str(), letters.as_str()] {
            assert!(super::head(wrong).is_err(), "{wrong}");
        }
        let verified = VerifiedJournal { head: told, wrong: Some((8, WrongEntry::Missing)), unsealed: 0 };
        assert!(said(&verified).starts_with("entry 8 is missing; "), "{}", said(&verified));
    }
}
