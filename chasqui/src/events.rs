//! `chasqui events`: prints what the fleet tells of its deliveries, as it is told.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use domain::{ChannelName, EventName, Telling, Tenant, printable};
use serde_json::Value;
use topology::Wanted;

use crate::config::{Config, Role, Sources};
use crate::output::{self, complain, say};
use crate::{exit, logs, parts, unconfigured};

/// How often is looked whether somebody still reads, while nothing is told.
const LOOK_EVERY: Duration = Duration::from_millis(500);

#[derive(clap::Args, Debug)]
pub struct Events {
    /// Go on until Ctrl-C; otherwise the command ends after the next event
    #[arg(long)]
    follow: bool,
    /// Only of this tenant. This and the next two may be given several times
    #[arg(long, value_parser = tenant)]
    tenant: Vec<Tenant>,
    /// Only on this channel, such as email
    #[arg(long, value_parser = channel)]
    channel: Vec<ChannelName>,
    /// Only this, such as dead
    #[arg(long, value_name = "EVENT", value_parser = event)]
    event: Vec<EventName>,
    /// One JSON object per line, as it is told
    #[arg(long, conflicts_with = "pretty")]
    json: bool,
    /// The same JSON over several lines
    #[arg(long)]
    pretty: bool,
}

/// How an event is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Line,
    Json,
    Pretty,
}

pub(crate) async fn events(sources: Sources, what: Events) -> Result<ExitCode> {
    let config = Config::read(unconfigured::with_running(sources), Role::Broker)?;
    logs::start(&config)?;
    let topology = parts::topology(&config, "events")?;
    let form = what.form();
    let Events { follow, tenant: tenants, channel: channels, event: events, .. } = what;
    let wanted = Wanted { tenants, channels, events };
    let mut watch = topology::watch_events(&topology.broker, &topology.names, &wanted).await?;
    match config.topology.events {
        Telling::Off => complain(format_args!("EVENTS=off: a fleet with these settings tells nothing")),
        _ => complain(format_args!("waiting for events; Ctrl-C ends this")),
    }
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        let event = tokio::select! {
            event = watch.next() => event,
            _ = &mut interrupted => return Ok(exit::interrupted()),
            () = until_nobody_reads() => return Ok(ExitCode::SUCCESS),
        };
        let Some(event) = event else { bail!("the connection to the broker is gone: start this again") };
        print(&event, form);
        if !follow || output::is_unread() {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

impl Events {
    const fn form(&self) -> Form {
        match (self.json, self.pretty) {
            (_, true) => Form::Pretty,
            (true, false) => Form::Json,
            (false, false) => Form::Line,
        }
    }
}

async fn until_nobody_reads() {
    while !output::is_unread() {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn print(event: &[u8], form: Form) {
    match serde_json::from_slice::<Value>(event) {
        Ok(event) => match form {
            Form::Line => say!("{}", line_of(&event)),
            Form::Json => output::json(&event),
            Form::Pretty => output::text(&format!("{}\n", output::inert_json(&format!("{event:#}")))),
        },
        // Whoever may write to the exchange may write anything.
        Err(error) => say!("(no event: {})", printable(&error.to_string())),
    }
}

/// Time, what has happened to which delivery, and what a person wants to know of that.
fn line_of(event: &Value) -> String {
    let data = &event["data"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let kind = text(&event["type"]);
    let kind = kind.strip_prefix("chasqui.").unwrap_or(&kind);
    let mut words =
        vec![text(&event["time"]), kind.to_owned(), format!("{}/{}", text(&event["tenant"]), text(&data["id"]))];
    if data["attempt"].is_number() {
        words.push(format!("attempt {}", data["attempt"]));
    }
    for name in ["provider", "passed_over", "code", "reason", "suppressed_for", "next", "child", "detail"] {
        if let Some(value) = data[name].as_str() {
            words.push(format!("{name}: {value}"));
        }
    }
    if data["ambiguous"] == true {
        words.push("it may have been sent".to_owned());
    }
    printable(&words.join("  ")).into_owned()
}

pub(crate) fn tenant(text: &str) -> Result<Tenant, String> {
    Tenant::parse(text).ok_or_else(|| "it must be 1 to 64 letters, digits, '_' or '-'".to_owned())
}

fn channel(text: &str) -> Result<ChannelName, String> {
    ChannelName::parse(text).map_err(|error| error.to_string())
}

fn event(text: &str) -> Result<EventName, String> {
    let names = EventName::ALL.map(EventName::as_str);
    let known = EventName::ALL.into_iter().find(|event| event.as_str() == text);
    known.ok_or_else(|| {
        let meant = domain::nearest(text, names).map(|name| format!(": did you mean {name}?"));
        format!("it must be one of {}{}", names.join(", "), meant.unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_says_what_has_happened_and_acts_on_no_terminal() {
        let event = json!({
            "type": "chasqui.sms.dead", "time": "2026-03-01T12:00:00Z", "tenant": "acme",
            "data": {"id": "a\u{1b}[31m", "attempt": 4, "ambiguous": true, "reason": "exhausted", "detail": "503\u{202e}"},
        });
        let line = line_of(&event);
        assert!(line.starts_with("2026-03-01T12:00:00Z  sms.dead  acme/a"), "{line}");
        assert!(line.contains("attempt 4  reason: exhausted") && line.ends_with("it may have been sent"), "{line}");
        assert!(!line.chars().any(domain::acts), "{line:?}");
        assert_eq!(line_of(&json!([])), "    /");
    }

    #[test]
    fn a_word_that_is_no_event_is_told_with_the_nearest_one() {
        assert_eq!(event("fell_back"), Ok(EventName::FellBack));
        let refused = event("ded").expect_err("no event");
        assert!(refused.ends_with("did you mean dead?") && refused.contains("replayed"), "{refused}");
        assert!(tenant("a.b").is_err() && channel("a.b").is_err(), "a dot would be two words of a key");
    }
}
