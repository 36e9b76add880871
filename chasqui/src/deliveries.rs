//! `chasqui deliveries`: the deliveries that fit, a line each.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use domain::{ChannelName, Order, Reason, State, Tenant, Timestamp, is_unsafe_in_a_line, printable};
use operations::NotListed;
use operations::deliveries::{self, Wanted};
use serde_json::{Value, json};
use store::{Cursor, DeliveryView, MAX_PAGE};

use crate::config::{Config, Role, Sources};
use crate::exit::Usage;
use crate::listing::in_order;
use crate::output::{self, say};
use crate::words::{channel, one_of, tenant, when};
use crate::{logs, parts, unconfigured};

/// What is said where nothing is found that begins with the id that was asked for.
const NOT_SCHEDULED: &str = "nothing was found; what is to be sent later is found by no search of deliveries before it is due: \
                             `chasqui schedule list` lists it";

/// The same of any other search.
const NOTHING: &str = "no delivery fits: ask for less; `chasqui deliveries` without options lists the newest";

#[derive(clap::Args, Debug)]
pub struct Deliveries {
    /// Only those of this tenant; default: of all
    #[arg(long, value_parser = tenant)]
    tenant: Option<Tenant>,
    /// Only those to this recipient, in any spelling that reaches the same
    #[arg(long, value_name = "RECIPIENT", allow_hyphen_values = true)]
    to: Option<String>,
    #[arg(long, value_parser = channel)]
    channel: Option<ChannelName>,
    /// Only those whose last attempt was answered by this provider, such as smtp
    #[arg(long, value_parser = provider)]
    provider: Option<String>,
    /// Only those for which this template was asked
    #[arg(long, value_parser = line)]
    template: Option<String>,
    /// sending, waiting, sent, captured, dead, held, expired, suppressed, cancelled, fell_back, delivered or bounced
    #[arg(long, value_parser = state)]
    state: Option<State>,
    /// Only those in the dead-letter queue for this reason, such as exhausted
    #[arg(long, value_parser = reason)]
    reason: Option<Reason>,
    /// Only those whose last attempt was answered with this code of the provider, such as 21610
    #[arg(long, value_parser = line, allow_hyphen_values = true)]
    code: Option<String>,
    /// Only those with an attempt that may have gone out without our knowing
    #[arg(long)]
    ambiguous: bool,
    /// Only those first seen at this time or later: RFC 3339 with an offset
    #[arg(long, value_name = "WHEN", value_parser = when)]
    from: Option<Timestamp>,
    /// Only those first seen before this time
    #[arg(long, value_name = "WHEN", value_parser = when)]
    until: Option<Timestamp>,
    /// Only those whose id begins like this, in the order of ids
    #[arg(long, value_name = "PREFIX", value_parser = line, allow_hyphen_values = true)]
    id: Option<String>,
    /// How many at most
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Where to go on, as the end of the list before has said
    #[arg(long, value_parser = cursor)]
    cursor: Option<Cursor>,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

/// Lists what fits. A page may have nothing, and a next one: the search goes on until there are enough, or no more.
pub(crate) async fn run(sources: Sources, what: Deliveries) -> Result<ExitCode> {
    let config = Config::read(unconfigured::with_ledger_and_secret(sources), Role::Ledger)?;
    logs::start(&config)?;
    in_order(what.from, what.until, "--from")?;
    let recipients = parts::hasher(&config);
    let store = match what.to {
        Some(_) => parts::store_of_recipients(&config, parts::clock(), parts::HASHED_IN_LEDGER).await?,
        None => parts::existing_store(&config, parts::clock()).await?,
    };
    let (mut left, mut after, mut is_empty) = (what.limit, what.cursor.clone(), what.cursor.is_none());
    loop {
        let wanted = Wanted { after, limit: left.min(MAX_PAGE), ..wanted(&what) };
        let page = match deliveries::list(&store, what.tenant.clone(), wanted, &recipients).await {
            Ok(page) => page,
            Err(NotListed::OtherFilter) => {
                let why =
                    "--cursor is of a list of something else: ask for what that list has asked for, or leave it out";
                return Err(Usage(why.to_owned()).into());
            }
            Err(NotListed::Store(error)) => return Err(error).context("the ledger could not be read"),
        };
        page.deliveries.iter().for_each(|view| print(view, what.json));
        is_empty &= page.deliveries.is_empty();
        left = left.saturating_sub(u32::try_from(page.deliveries.len()).unwrap_or(u32::MAX));
        match page.next {
            None => {
                if is_empty {
                    output::complain(format_args!("{}", if what.id.is_some() { NOT_SCHEDULED } else { NOTHING }));
                }
                return Ok(ExitCode::SUCCESS);
            }
            Some(_) if output::is_unread() => return Ok(ExitCode::SUCCESS),
            Some(next) if left == 0 => {
                output::complain(format_args!("there may be more: the same with --cursor {next}"));
                return Ok(ExitCode::SUCCESS);
            }
            Some(next) => after = Some(next),
        }
    }
}

fn wanted(what: &Deliveries) -> Wanted {
    Wanted {
        state: what.state,
        ambiguous: what.ambiguous.then_some(true),
        recipient: what.to.clone(),
        channel: what.channel.clone(),
        provider: what.provider.clone(),
        template: what.template.clone(),
        reason: what.reason,
        code: what.code.clone(),
        from: what.from,
        until: what.until,
        id_prefix: what.id.clone(),
        after: None,
        limit: 0,
    }
}

fn print(view: &DeliveryView, json: bool) {
    match json {
        true => output::json(&json_of(view)),
        false => say!("{}", line_of(view)),
    }
}

fn line_of(view: &DeliveryView) -> String {
    let row = &view.row;
    let why = why(view).map(|(reason, _)| format!(" ({reason})")).unwrap_or_default();
    let by = row.provider.as_deref().map(|provider| format!("  by {provider}")).unwrap_or_default();
    let code = row.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
    let whom = format!("{}  {} to {}", row.key, row.channel, row.recipient_mask);
    let line = format!("{}  {whom}  {}{why}{by}{code}", row.created_at, row.state);
    printable(&line).into_owned()
}

fn json_of(view: &DeliveryView) -> Value {
    let (row, why) = (&view.row, why(view));
    json!({
        "id": row.key.id, "tenant": row.key.tenant.as_str(), "channel": row.channel.as_str(),
        "recipient": row.recipient_mask, "state": row.state.as_str(), "reason": why.map(|(reason, _)| reason.as_str()),
        "detail": why.map(|(_, error)| error), "provider": row.provider, "code": row.code,
        "template": row.origin.template, "attempts": view.attempts.len(), "ambiguous": row.ambiguous,
        "created_at": row.created_at.to_string(), "updated_at": row.updated_at.to_string(), "parent": row.parent,
    })
}

/// Why it is in the dead-letter queue.
fn why(view: &DeliveryView) -> Option<(Reason, &str)> {
    match &view.row.order {
        Order::DeadLetter { reason, error } if view.row.state.is_dead_lettered() => Some((*reason, error.as_str())),
        _ => None,
    }
}

pub(crate) fn provider(text: &str) -> Result<String, String> {
    let known = parts::answerers();
    if known.contains(&text) { Ok(text.to_owned()) } else { Err(one_of(text, &known)) }
}

fn state(text: &str) -> Result<State, String> {
    deliveries::written::state(text).map_err(|said| format!("it {said}"))
}

fn reason(text: &str) -> Result<Reason, String> {
    Reason::parse(text).ok_or_else(|| one_of(text, &Reason::ALL.map(Reason::as_str)))
}

fn line(text: &str) -> Result<String, String> {
    let is_line = (1..=255).contains(&text.len()) && !text.chars().any(is_unsafe_in_a_line);
    if is_line { Ok(text.to_owned()) } else { Err("it must be 1 to 255 bytes on one line".to_owned()) }
}

fn cursor(text: &str) -> Result<Cursor, String> {
    Cursor::parse(text).ok_or_else(|| "it must be what the end of the list before has said".to_owned())
}

#[cfg(test)]
mod tests {
    use domain::Row;

    use super::*;

    fn dead() -> DeliveryView {
        let order = Order::DeadLetter { reason: Reason::Exhausted, error: "try later".into() };
        let (state, provider) = (State::Dead, Some("smtp".to_owned()));
        let row = Row { state, order, provider, code: Some("451\u{1b}[31m".into()), ..testkit::row("d-1") };
        DeliveryView { row, due_at: None, attempts: Vec::new(), late_answers: 0 }
    }

    #[test]
    fn a_line_says_where_a_delivery_stands_and_acts_on_no_terminal() {
        let line = line_of(&dead());
        let words = "2026-03-01T12:00:00Z  default/d-1  sms to ***43  dead (exhausted)  by smtp 451";
        assert!(line.starts_with(words), "{line}");
        assert!(!line.chars().any(domain::acts), "{line:?}");
        let told = json_of(&dead());
        assert_eq!((&told["reason"], &told["detail"]), (&json!("exhausted"), &json!("try later")));
    }

    #[test]
    fn a_word_that_is_none_is_told_with_those_that_are() {
        assert!(state("ded").is_err_and(|said| said.ends_with("did you mean dead?")));
        assert!(
            state("scheduled").is_err_and(|said| said.starts_with("it must be") && said.contains("schedule list`"))
        );
        assert!(reason("exausted").is_err_and(|said| said.ends_with("did you mean exhausted?")));
        assert!(provider("twillio").is_err_and(|said| said.ends_with("did you mean twilio?")));
        assert_eq!(provider("sandbox"), Ok("sandbox".to_owned()));
        assert!(when("2026-03-01T09:00:00").is_err_and(|said| said.contains("offset")));
        assert!(line("a\nb").is_err() && line("").is_err() && cursor("x").is_err());
    }
}
