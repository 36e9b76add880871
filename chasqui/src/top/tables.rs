//! What is shown of the overview, as tables of words. Nothing that others have written acts on a terminal.

use domain::{Pause, Timestamp, printable};
use operations::overview::{ChannelNow, Known, LaneNow, Minute, Overview, ProviderNow};
use store::SandboxFault;

use crate::stuck::span;
use crate::words::counted;

/// The heights of a bar, the lowest first.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const NOT_KNOWN: &str = "-";
/// What the sandbox captures has gone nowhere, and is counted with what was sent.
const SENT: &str = "sent/captured";

/// Rows of words below their headings.
pub(super) struct Table {
    pub(super) title: &'static str,
    pub(super) heads: &'static [&'static str],
    pub(super) rows: Vec<Vec<String>>,
    /// Which of the sections it belongs to.
    pub(super) section: u8,
}

/// One chart: what it is of, and its values, the oldest first.
pub(super) struct Chart {
    pub(super) title: &'static str,
    pub(super) values: Vec<u64>,
}

impl Table {
    /// How many columns each heading needs for everything below it.
    pub(super) fn widths(&self) -> Vec<usize> {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain([self.heads[column].chars().count()]).max().unwrap_or_default()
        };
        (0..self.heads.len()).map(width).collect()
    }

    /// The table in plain lines, with its title.
    pub(super) fn lines(&self) -> Vec<String> {
        let widths = self.widths();
        let line = |cells: Vec<&str>| {
            let padded = cells.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}"));
            format!("  {}", padded.collect::<Vec<_>>().join("  ")).trim_end().to_owned()
        };
        let heads = [self.title.to_owned(), line(self.heads.to_vec())];
        let rows = self.rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
        let none = self.rows.is_empty().then(|| "  none".to_owned());
        heads.into_iter().chain(rows).chain(none).collect()
    }
}

/// What the rest is of, and whether somebody does not answer.
pub(super) fn head(seen: &Overview) -> Vec<String> {
    let whose = seen.tenant.as_ref().map_or("all tenants".to_owned(), |tenant| format!("tenant {tenant}"));
    let cut = if seen.span.is_cut { ", cut to the newest 20000 deliveries" } else { "" };
    let first = format!("{}  {whose}  counted since {}{cut}", seen.at, seen.span.since);
    let silent = [("broker", &seen.broker), ("ledger", &seen.ledger)];
    let silent = silent.into_iter().filter_map(|(name, known)| silence(name, known));
    std::iter::once(first).chain(silent).collect()
}

fn silence(name: &str, known: &Known) -> Option<String> {
    let problem = known.problem.as_ref()?;
    let as_known = match known.at {
        Some(at) => format!("shown as it was at {at}"),
        None => "nothing is known of it".to_owned(),
    };
    Some(printable(&format!("the {name} does not answer ({as_known}): {problem}")).into_owned())
}

pub(super) fn tables(seen: &Overview) -> Vec<Table> {
    let all = [lanes(seen), queues(seen), channels(seen), providers(seen), pauses(seen)];
    all.into_iter().chain(faults(&seen.faults)).collect()
}

pub(super) fn charts(seen: &Overview) -> [Chart; 4] {
    let of = |title, value: fn(&Minute) -> u64| Chart { title, values: seen.history.iter().map(value).collect() };
    [
        of("accepted", |minute| minute.accepted),
        of(SENT, |minute| minute.sent),
        of("retried", |minute| minute.retried),
        of("dead", |minute| minute.dead),
    ]
}

/// The charts in plain lines.
pub(super) fn spark_lines(seen: &Overview) -> Vec<String> {
    let lines = charts(seen).map(|chart| {
        let most = chart.values.iter().copied().max().unwrap_or_default();
        format!("  {:<13} {} at most {most} a minute", chart.title, spark(&chart.values, most))
    });
    std::iter::once("the last hour".to_owned()).chain(lines).collect()
}

fn spark(values: &[u64], most: u64) -> String {
    let bar = |value: &u64| {
        // What is there at all is seen: only nothing has the lowest bar.
        let height = (value * 7).div_ceil(most.max(1));
        BARS[usize::try_from(height).unwrap_or(7).min(7)]
    };
    values.iter().map(bar).collect()
}

fn lanes(seen: &Overview) -> Table {
    let row = |now: &LaneNow| {
        vec![
            now.lane.to_string(),
            number(now.depth),
            number(now.consumers),
            format!("{:.1}", now.rate_in),
            format!("{:.1}", now.rate_out),
            now.in_flight.to_string(),
            now.waiting.to_string(),
            age(now.oldest, seen.at),
        ]
    };
    let heads = &["lane", "depth", "workers", "in/s", "out/s", "in flight", "waiting", "oldest"];
    Table { title: "lanes", heads, rows: seen.lanes.iter().map(row).collect(), section: 1 }
}

fn queues(seen: &Overview) -> Table {
    let row = |name: &str, depth: Option<u32>, note: String| vec![name.to_owned(), number(depth), note];
    let retries = (1..).zip(seen.retry_depths).map(|(tier, depth)| row(&format!("retry {tier}"), depth, String::new()));
    let groups = noun(seen.dead.open_groups, "group", "groups");
    let jobs = noun(seen.scheduled.jobs, "job", "jobs");
    let next = seen.scheduled.next_due.map(|due| format!(", the next is due at {due}")).unwrap_or_default();
    let others = [
        row("dead letters", seen.dead.depth, format!("{groups} that nobody looks after")),
        row("scheduled", seen.scheduled.depth, format!("{jobs} stored{next}")),
        row("reports", seen.inbound_depth, String::new()),
        row("events", seen.callbacks_depth, String::new()),
    ];
    Table { title: "queues", heads: &["queue", "depth", ""], rows: retries.chain(others).collect(), section: 1 }
}

fn channels(seen: &Overview) -> Table {
    let row = |now: &ChannelNow| {
        vec![
            printable(&now.channel).into_owned(),
            now.accepted.to_string(),
            success(now),
            now.dead.to_string(),
            now.ended_otherwise.to_string(),
            now.retried.to_string(),
            now.in_flight.to_string(),
            now.waiting_by_tier.map(|count| count.to_string()).join("/"),
            now.waiting_otherwise.to_string(),
            millis(now.p50_ms),
            millis(now.p99_ms),
            age(now.oldest, seen.at),
        ]
    };
    let heads = &[
        "channel",
        "accepted",
        SENT,
        "dead",
        "else",
        "retried",
        "in flight",
        "retry 1/2/3",
        "waiting",
        "p50",
        "p99",
        "oldest",
    ];
    Table { title: "channels", heads, rows: seen.channels.iter().map(row).collect(), section: 2 }
}

fn providers(seen: &Overview) -> Table {
    let row = |now: &ProviderNow| -> Vec<String> {
        let state = now.state.as_deref().unwrap_or(NOT_KNOWN);
        let state = if now.is_given_nothing(seen.at) { format!("{state}, given nothing") } else { state.to_owned() };
        let limits = now.limits.iter().map(|limit| format!("{} in {} s", limit.used, limit.window_seconds));
        let until = now.open_until.map_or(NOT_KNOWN.to_owned(), |until| until.to_string());
        let cells = [now.name(), state, until, age(now.noted_at, seen.at), limits.collect::<Vec<_>>().join(", ")];
        cells.iter().map(|cell| printable(cell).into_owned()).collect()
    };
    let heads = &["provider", "state", "open until", "noted", "leased"];
    Table { title: "providers", heads, rows: seen.providers.iter().map(row).collect(), section: 3 }
}

fn pauses(seen: &Overview) -> Table {
    let row = |pause: &Pause| -> Vec<String> {
        let until = pause.until.map_or("somebody resumes it".to_owned(), |until| until.to_string());
        let cells = [pause.thing(), pause.by.clone(), until, pause.why.clone()];
        cells.iter().map(|cell| printable(cell).into_owned()).collect()
    };
    let heads = &["paused", "by", "until", "why"];
    Table { title: "pauses", heads, rows: seen.pauses.iter().map(row).collect(), section: 3 }
}

/// What goes wrong in the sandbox on demand. None where nothing does, as in every fleet that sends.
fn faults(in_force: &[SandboxFault]) -> Option<Table> {
    let row = |set: &SandboxFault| -> Vec<String> {
        let left = format!("{} of {}", set.left, set.next);
        let thing = format!("{} for {}", set.channel, set.tenant);
        let cells = [thing, set.fault.to_string(), left, set.by.clone(), set.at.to_string()];
        cells.iter().map(|cell| printable(cell).into_owned()).collect()
    };
    let heads = &["sandbox", "fault", "left", "by", "since"];
    let rows: Vec<Vec<String>> = in_force.iter().map(row).collect();
    (!rows.is_empty()).then_some(Table { title: "faults of the sandbox", heads, rows, section: 3 })
}

fn number(value: Option<impl ToString>) -> String {
    value.map_or(NOT_KNOWN.to_owned(), |value| value.to_string())
}

/// The same with what is counted.
fn noun(value: Option<u64>, one: &str, more: &str) -> String {
    value.map_or_else(|| format!("{NOT_KNOWN} {more}"), |value| counted(value, one, more))
}

/// How many were sent, and what part that is of those that ended.
fn success(now: &ChannelNow) -> String {
    match now.sent + now.dead {
        0 => now.sent.to_string(),
        ended => format!("{} ({} %)", now.sent, now.sent.saturating_mul(100) / ended),
    }
}

fn millis(value: Option<u64>) -> String {
    match value {
        None => NOT_KNOWN.to_owned(),
        Some(millis @ 0..10_000) => format!("{millis} ms"),
        Some(millis) => format!("{} s", millis / 1_000),
    }
}

fn age(since: Option<Timestamp>, now: Timestamp) -> String {
    since.map_or(NOT_KNOWN.to_owned(), |since| span(now.since(since)))
}

#[cfg(test)]
mod tests {
    use domain::{ChannelName, Fault, Tenant};

    use super::*;

    #[test]
    fn a_table_is_as_wide_as_what_is_in_it() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let rows = vec![row(["ñandú", "1"]), row(["x", "20000"])];
        let table = Table { title: "t", heads: &["a", "many"], rows, section: 1 };
        assert_eq!(table.lines(), ["t", "  a      many", "  ñandú  1", "  x      20000"]);
        let empty = Table { title: "t", heads: &["a"], rows: Vec::new(), section: 1 };
        assert_eq!(empty.lines(), ["t", "  a", "  none"]);
    }

    #[test]
    fn only_nothing_has_the_lowest_bar() {
        assert_eq!(spark(&[0, 1, 500, 1_000], 1_000), "▁▂▅█");
        assert_eq!(spark(&[0, 0], 0), "▁▁");
    }

    #[test]
    fn a_fault_of_the_sandbox_is_a_line_and_none_is_no_table() {
        let set = SandboxFault {
            tenant: Tenant::default(),
            channel: ChannelName::parse("sms").unwrap(),
            next: 3,
            left: 2,
            fault: Fault { status: Some(503), ..Fault::default() },
            by: "ada\u{1b}".into(),
            at: Timestamp::from_seconds(0),
        };
        let lines = faults(&[set]).expect("a table").lines();
        let [title, _, line] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!(title, "faults of the sandbox");
        assert!(line.starts_with("  sms for default  status 503  2 of 3  ada"), "{line}");
        assert!(!line.contains('\u{1b}') && line.ends_with("1970-01-01T00:00:00Z"), "{line}");
        assert!(faults(&[]).is_none());
    }

    #[test]
    fn the_part_that_was_sent_is_of_those_that_were_sent_or_died() {
        let now = |sent, dead| ChannelNow { sent, dead, ..ChannelNow::default() };
        assert_eq!([now(0, 0), now(3, 1), now(0, 2)].map(|now| success(&now)), ["0", "3 (75 %)", "0 (0 %)"]);
        assert_eq!([None, Some(9_999), Some(61_000)].map(millis), ["-", "9999 ms", "61 s"]);
    }
}
