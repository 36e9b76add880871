//! `chasqui events`: prints what the fleet tells of its deliveries, questions, commands and verifications, as it is told.

use std::collections::VecDeque;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use domain::{ChannelName, EventName, SubjectEvent, Telling, Tenant, printable};
use serde_json::Value;
use topology::{EventWatch, Topology, TopologyError, Wanted};

use crate::config::{Config, Role, Sources};
use crate::output::{self, complain, say};
use crate::words::{channel, one_of, tenant};
use crate::{exit, logs, parts, unconfigured};

/// How often is looked whether somebody still reads, while nothing is told.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long is waited before a broker that has gone is asked again.
const TRY_EVERY: Duration = Duration::from_secs(1);
/// How many ids are remembered, so that a person sees an event once.
const MAX_SHOWN: usize = 1_000;

#[derive(clap::Args, Debug)]
pub struct Events {
    /// Go on until Ctrl-C; otherwise the command ends after the next event
    #[arg(long)]
    follow: bool,
    /// Only of this tenant. This and the next two may be given several times
    #[arg(long, value_parser = tenant)]
    tenant: Vec<Tenant>,
    /// Only on this channel, such as email, or of this: ask, command or verification
    #[arg(long, value_parser = channel_or_noun)]
    channel: Vec<ChannelName>,
    /// Only this, such as dead
    #[arg(long, value_name = "EVENT", value_parser = event)]
    event: Vec<String>,
    /// One JSON object per line, as it is told
    #[arg(long, conflicts_with = "pretty")]
    json: bool,
    /// The same JSON over several lines
    #[arg(long)]
    pretty: bool,
}

/// The ids of the newest events that were shown: an event may be told again, with the same id.
#[derive(Default, Debug)]
struct Shown(VecDeque<String>);

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
    let mut shown = Shown::default();
    if let Some(never) = never_told(config.topology.events, &wanted.events) {
        complain(format_args!("{never}"));
    }
    complain(format_args!("waiting for events; Ctrl-C ends this"));
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        let event = tokio::select! {
            event = watch.next() => event,
            _ = &mut interrupted => return Ok(exit::interrupted()),
            () = until_nobody_reads() => return Ok(ExitCode::SUCCESS),
        };
        let Some(event) = event else {
            if !follow {
                bail!("the connection to the broker is gone: start this again");
            }
            complain(format_args!("the connection to the broker is gone: trying again"));
            watch = tokio::select! {
                again = watch_again(&topology, &wanted) => again?,
                _ = &mut interrupted => return Ok(exit::interrupted()),
                () = until_nobody_reads() => return Ok(ExitCode::SUCCESS),
            };
            complain(format_args!("waiting for events again; what was told in between is not shown"));
            continue;
        };
        if form == Form::Line && !shown.is_new(&event) {
            continue;
        }
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

/// What is said at the start of events that are waited for in vain, where the fleet has these settings too.
fn never_told(telling: Telling, wanted: &[String]) -> Option<String> {
    let setting = match telling {
        Telling::All => return None,
        Telling::Off => return Some("EVENTS=off: a fleet with these settings tells nothing".to_owned()),
        Telling::Ended => "EVENTS=ended",
    };
    let never: Vec<&str> = wanted.iter().filter(|name| !telling.tells_any(name)).map(String::as_str).collect();
    let told = format!("{setting}: a fleet with these settings never tells {}", never.join(", "));
    (!never.is_empty()).then_some(told)
}

/// Watches anew, once the broker is there again.
async fn watch_again<'a>(topology: &'a Topology, wanted: &Wanted) -> Result<EventWatch<'a>, TopologyError> {
    loop {
        tokio::time::sleep(TRY_EVERY).await;
        match topology::watch_events(&topology.broker, &topology.names, wanted).await {
            Err(error) if error.may_pass() => {}
            ended => return ended,
        }
    }
}

impl Shown {
    /// Whether an event is not among the newest that were shown. One without an id always is new.
    fn is_new(&mut self, event: &[u8]) -> bool {
        let event: Value = serde_json::from_slice(event).unwrap_or_default();
        let Some(id) = event["id"].as_str() else { return true };
        if self.0.iter().any(|shown| shown == id) {
            return false;
        }
        if self.0.len() == MAX_SHOWN {
            self.0.pop_front();
        }
        self.0.push_back(id.to_owned());
        true
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
    words.extend(told_of_subject(kind.split('.').next().unwrap_or_default(), data));
    for name in
        ["provider", "passed_over", "code", "reason", "suppressed_for", "next", "child", "escalates_at", "detail"]
    {
        if let Some(value) = data[name].as_str() {
            words.push(format!("{name}: {value}"));
        }
    }
    if data["ambiguous"] == true {
        words.push("it may have been sent".to_owned());
    }
    printable(&words.join("  ")).into_owned()
}

/// What a person wants to know of a question, a command or a verification. Of a delivery nothing.
fn told_of_subject(noun: &str, data: &Value) -> Vec<String> {
    let names: &[&str] = match noun {
        "ask" => &["approver", "choice", "by", "via", "state", "correlation_id"],
        "command" => &["confirmed_by", "correlation_id"],
        "verification" => &["purpose", "channel"],
        _ => return Vec::new(),
    };
    let text = |name: &str| data[name].as_str();
    let action = text("service").zip(text("action")).map(|(service, action)| format!("{service}.{action}"));
    let told = names.iter().copied().filter_map(|name| Some(format!("{name}: {}", text(name)?)));
    let reasons: Vec<&str> = data["reasons"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let reasons = (!reasons.is_empty()).then(|| format!("reasons: {}", reasons.join(", ")));
    action.into_iter().chain(told).chain(reasons).collect()
}

fn event(text: &str) -> Result<String, String> {
    let of_deliveries = EventName::ALL.map(EventName::as_str);
    let others = SubjectEvent::NAMES.into_iter().filter(|name| !of_deliveries.contains(name));
    let names: Vec<&str> = of_deliveries.into_iter().chain(others).collect();
    if names.contains(&text) { Ok(text.to_owned()) } else { Err(one_of(text, &names)) }
}

/// A channel, or the word that an event of no delivery has in its place.
fn channel_or_noun(text: &str) -> Result<ChannelName, String> {
    match ChannelName::parse(text) {
        Ok(noun) if SubjectEvent::NOUNS.contains(&noun.as_str()) => Ok(noun),
        _ => channel(text),
    }
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
    fn a_line_of_a_question_a_command_or_a_verification_says_what_a_person_wants_to_know() {
        for (kind, data, told) in [
            (
                "ask.answered",
                json!({"kind": "confirm", "choice": "yes", "by": "ana", "correlation_id": "order-7", "version": 3}),
                "choice: yes  by: ana  correlation_id: order-7",
            ),
            ("ask.rejected", json!({"reason": "/to/0 is a group of nobody"}), "reason: /to/0 is a group of nobody"),
            (
                "command.dispatched",
                json!({"service": "trading", "action": "strategy.pause", "confirmed_by": "ana", "requested_by": "ben"}),
                "trading.strategy.pause  confirmed_by: ana",
            ),
            ("verification.sent", json!({"purpose": "log in", "channel": "sms"}), "purpose: log in  channel: sms"),
            (
                "verification.blocked",
                json!({"purpose": "log in", "channel": "sms", "reasons": ["country", "prefix"]}),
                "purpose: log in  channel: sms  reasons: country, prefix",
            ),
            ("sms.sent", json!({"channel": "sms", "provider": "twilio"}), "provider: twilio"),
        ] {
            let event = json!({"type": format!("chasqui.{kind}"), "tenant": "acme", "data": data});
            assert_eq!(line_of(&event), format!("  {kind}  acme/  {told}"));
        }
    }

    #[test]
    fn a_word_that_is_no_event_is_told_with_the_nearest_one() {
        assert_eq!((event("fell_back"), event("answered")), (Ok("fell_back".into()), Ok("answered".into())));
        let refused = event("ded").expect_err("no event");
        assert!(refused.ends_with("did you mean dead?") && refused.contains("replayed"), "{refused}");
        assert!(tenant("a.b").is_err() && channel("a.b").is_err(), "a dot would be two words of a key");
    }

    #[test]
    fn a_word_that_is_no_channel_is_refused_with_the_nearest_one() {
        assert!(channel("emial").is_err_and(|said| said.ends_with("did you mean email?")));
        assert!(channel("pigeon").is_err_and(|said| said.starts_with("it must be one of email, inapp, push")));
        for told in ["email", "ask", "verification"] {
            assert_eq!(channel_or_noun(told).map(|channel| channel.to_string()), Ok(told.to_owned()));
        }
        assert!(channel_or_noun("asks").is_err());
    }

    #[test]
    fn an_event_that_is_told_again_is_shown_once() {
        let mut shown = Shown::default();
        assert!(shown.is_new(br#"{"id": "a"}"#) && shown.is_new(br#"{"id": "b"}"#));
        assert!(!shown.is_new(br#"{"id": "a"}"#));
        for _ in 0..2 {
            assert!(shown.is_new(b"no JSON") && shown.is_new(b"{}"), "what has no id is shown");
        }
        for at in 0..MAX_SHOWN {
            assert!(shown.is_new(format!(r#"{{"id": "{at}"}}"#).as_bytes()));
        }
        assert_eq!(shown.0.len(), MAX_SHOWN);
    }

    #[test]
    fn an_event_that_is_never_told_is_said_at_the_start() {
        let wanted = ["retrying", "dead", "answered", "opened"].map(str::to_owned);
        let told = never_told(Telling::Ended, &wanted).expect("retrying is no ending");
        assert_eq!(told, "EVENTS=ended: a fleet with these settings never tells retrying, opened");
        assert_eq!(never_told(Telling::Ended, &["dead".to_owned()]), None);
        assert_eq!(never_told(Telling::Ended, &[]), None);
        assert_eq!(never_told(Telling::All, &wanted), None);
        assert!(never_told(Telling::Off, &[]).is_some_and(|told| told.starts_with("EVENTS=off")));
    }
}
