//! Reads a schedule as it was written, into a job of the scheduler.

use std::collections::BTreeMap;

use domain::{
    Cron, Draft, FieldError, InvalidCron, MAX_SPAN, Notification, SEND_AT_GRACE, Timestamp, Zones, check_subject,
    content_of, nearest, parse_object, pointer_step, reversed_sign, whole,
};
use serde_json::Value;
use serde_json::value::RawValue;
use store::{Job, JobKind, JobSummary};

use super::{FIELDS, Schedule};
use crate::check::{too_far_ahead, too_late};
use crate::checked::{Checked, Refused, Rules, field, rewritten};
use crate::reader::field_meant;

const MAX_NAME_CHARS: usize = 100;
const MAX_LATENESS_SECONDS: u64 = MAX_SPAN.as_secs();

/// What is said of a field of the notification that no run of a recurring schedule can have.
const NO_ID: &str = "must be left out with cron: every run has an id of its own";
const NO_EXPIRY: &str = "must be left out with cron: give ttl_seconds, counted from each run";

/// When a schedule fires.
enum When {
    Once(Timestamp),
    Cron { pattern: String, zone: String, first: Timestamp },
}

impl Schedule {
    /// # Errors
    /// [`Refused::Text`] for anything but a JSON object, else [`Refused::Fields`] with every bad field.
    pub fn read(text: &str, rules: &Rules<'_>, zones: &Zones) -> Result<Self, Refused> {
        parse_object(text.as_bytes()).map_err(|error| Refused::Text(error.fields))?;
        let object: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text)
            .map_err(|_| Refused::Text(vec![field("", "the body is not a JSON object that we read")]))?;
        let mut reader = Reader { object, errors: Vec::new() };
        // A rule that cannot be read counts as one, so that everything wrong is named at once.
        let recurring = reader.object.get("cron").is_some_and(|cron| !matches!(cron.get(), "null" | "\"\""));
        let when = reader.when(rules.clock.now(), zones);
        let name = reader.name();
        let max_lateness_seconds = reader.max_lateness();
        let notification = reader.notification(rules, recurring);
        reader.unknown(recurring);
        match (when, notification) {
            (Some(when), Some(notification)) if reader.errors.is_empty() => {
                let mut warnings = notification.warnings.clone();
                if name.is_some() && matches!(when, When::Once(_)) {
                    warnings.push(field("/name", "has no effect with send_at: only what repeats has a name"));
                }
                if let When::Cron { zone, .. } = &when {
                    warnings.extend(reversed_sign(zone).map(|doubt| field("/timezone", doubt)));
                }
                let job = job(when, name, max_lateness_seconds, notification, rules);
                let late = late(&job, rules).filter(|late| warnings.iter().all(|told| told.pointer != late.pointer));
                warnings.extend(late);
                Ok(Self { job, warnings })
            }
            _ => Err(Refused::Fields(reader.errors)),
        }
    }
}

fn job(when: When, name: Option<String>, max_lateness_seconds: Option<u64>, item: Checked, rules: &Rules<'_>) -> Job {
    let now = rules.clock.now();
    let lateness = ("max_lateness_seconds", max_lateness_seconds.map(Value::from));
    let (kind, due_at, body) = match when {
        // The body is exactly what POST /notify would publish with this send_at.
        When::Once(at) => {
            let body = rewritten(&item.body, &[("send_at", Some(at.to_string().into())), lateness]);
            (JobKind::OneShot, at, body)
        }
        // The body has no id: every run gets an id and a send_at of its own.
        When::Cron { pattern, zone, first } => {
            (JobKind::Cron { cron: pattern, zone, name }, first, rewritten(&item.body, &[("id", None), lateness]))
        }
    };
    let expires_at = match kind {
        JobKind::OneShot => Notification::decode(&body, rules.defaults).ok().and_then(|once| once.expires_at(now)),
        JobKind::Cron { .. } => None,
    };
    let content = content_of(&identity(&kind, &body));
    let to = (item.notification.channel, item.notification.destination.as_str());
    let summary = JobSummary {
        lane: item.notification.priority.lane(),
        expires_at,
        max_lateness_seconds,
        ..JobSummary::new(item.key, kind, to, content, due_at, now)
    };
    Job { summary, body: body.to_vec(), carried: Vec::new() }
}

/// Says what `POST /notify` would say of the same notification with this `send_at` when it will not be sent.
fn late(job: &Job, rules: &Rules<'_>) -> Option<FieldError> {
    if job.kind != JobKind::OneShot {
        return None;
    }
    let draft = Draft::of(parse_object(&job.body).ok()?, rules.defaults);
    let late = too_late(&draft, rules.clock.now())?;
    let within = if late.pointer == "/max_lateness_seconds" { "" } else { "/notification" };
    Some(field(format!("{within}{}", late.pointer), late.detail))
}

/// Gives what two requests with one id must have in common to be the same: the body, and of a recurring schedule its
/// rule too.
fn identity(kind: &JobKind, body: &[u8]) -> Vec<u8> {
    match kind {
        JobKind::OneShot => body.to_vec(),
        JobKind::Cron { cron, zone, name } => {
            let name = name.as_deref().unwrap_or_default();
            [cron.as_bytes(), b"\0", zone.as_bytes(), b"\0", name.as_bytes(), b"\0", body].concat()
        }
    }
}

/// Takes fields out of the object and collects what is wrong with them.
struct Reader {
    object: BTreeMap<String, Box<RawValue>>,
    errors: Vec<FieldError>,
}

impl Reader {
    fn refuse(&mut self, pointer: &str, detail: impl Into<String>) {
        self.errors.push(field(pointer, detail));
    }

    /// Takes a value out of the object. `null` counts as absent, and so does an empty text.
    fn value(&mut self, name: &str) -> Option<Value> {
        let raw = self.object.remove(name)?;
        serde_json::from_str(raw.get()).ok().filter(|value| !is_absent(value))
    }

    fn text(&mut self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) => Some(text),
            _ => {
                self.refuse(&format!("/{name}"), "must be a string");
                None
            }
        }
    }

    fn when(&mut self, now: Timestamp, zones: &Zones) -> Option<When> {
        let before = self.errors.len();
        let (cron, zone, send_at) = (self.text("cron"), self.text("timezone"), self.text("send_at"));
        match (cron, send_at) {
            (Some(pattern), send_at) => {
                if send_at.is_some() {
                    self.refuse("/send_at", "must not be given together with cron");
                }
                self.cron(pattern, zone.unwrap_or_else(|| "UTC".into()), now, zones)
            }
            (None, Some(text)) => {
                if zone.is_some() {
                    self.refuse("/timezone", "belongs to cron; send_at has an offset of its own");
                }
                self.once(&text, now)
            }
            (None, None) => {
                let unreadable = self.errors.iter().skip(before).any(|error| error.pointer != "/timezone");
                if !unreadable {
                    self.refuse("/cron", "is missing: give cron or send_at");
                }
                if let Some(zone) = zone {
                    self.cron("@daily".into(), zone, now, zones);
                }
                None
            }
        }
    }

    fn once(&mut self, text: &str, now: Timestamp) -> Option<When> {
        match Timestamp::parse_rfc3339(text) {
            Ok(at) if now.since(at) > SEND_AT_GRACE => {
                self.refuse("/send_at", "lies in the past: give a time that is ahead, or POST /notify to send it now");
                None
            }
            Ok(at) => match too_far_ahead(at, now) {
                None => Some(When::Once(at)),
                Some(wrong) => {
                    self.errors.push(wrong);
                    None
                }
            },
            Err(error) => {
                self.refuse("/send_at", error.to_string());
                None
            }
        }
    }

    fn cron(&mut self, pattern: String, zone: String, now: Timestamp, zones: &Zones) -> Option<When> {
        match Cron::parse(&pattern, &zone, zones) {
            Ok(rule) => match rule.next_after(now) {
                Some(first) => return Some(When::Cron { pattern, zone, first }),
                None => self.refuse("/cron", "never fires"),
            },
            Err(InvalidCron { pattern, zone }) => {
                for (pointer, wrong) in [("/cron", pattern), ("/timezone", zone)] {
                    if let Some(wrong) = wrong {
                        self.refuse(pointer, wrong);
                    }
                }
            }
        }
        None
    }

    fn name(&mut self) -> Option<String> {
        let name = self.text("name")?;
        if name.chars().count() > MAX_NAME_CHARS {
            self.refuse("/name", format!("must have at most {MAX_NAME_CHARS} characters"));
        } else if let Err(why) = check_subject(&name) {
            self.refuse("/name", why);
        }
        Some(name)
    }

    fn max_lateness(&mut self) -> Option<u64> {
        let value = self.value("max_lateness_seconds")?;
        let seconds = whole(&value).filter(|seconds| (1..=MAX_LATENESS_SECONDS).contains(seconds));
        if seconds.is_none() {
            let range = format!("must be a whole number of seconds from 1 to {MAX_LATENESS_SECONDS} (ten years)");
            self.refuse("/max_lateness_seconds", range);
        }
        seconds
    }

    fn notification(&mut self, rules: &Rules<'_>, recurring: bool) -> Option<Checked> {
        let Some(raw) = self.object.remove("notification") else {
            self.refuse("/notification", "is missing: the notification to send");
            return None;
        };
        self.misplaced(raw.get(), recurring);
        match Checked::read(raw.get(), "/notification", None, rules) {
            Ok(checked) => Some(checked),
            Err(refused) => {
                self.errors.extend(refused.errors());
                None
            }
        }
    }

    /// Refuses fields of the notification that the schedule decides: when the notification is sent, and under which id.
    fn misplaced(&mut self, raw: &str, recurring: bool) {
        let Ok(Value::Object(object)) = serde_json::from_str(raw) else { return };
        let mut refuse = |name: &str, detail: &str| {
            if object.get(name).is_some_and(|value| !is_absent(value)) {
                self.errors.push(field(format!("/notification/{name}"), detail));
            }
        };
        refuse("send_at", "belongs beside notification");
        refuse("max_lateness_seconds", "belongs beside notification");
        if recurring {
            refuse("id", NO_ID);
            refuse("expires_at", NO_EXPIRY);
        }
    }

    fn unknown(&mut self, recurring: bool) {
        for name in self.object.keys().filter(|name| !FIELDS.contains(&name.as_str())) {
            let hint = match meant(name) {
                _ if recurring && nearest(name, ["id"]).is_some() => format!(": it {NO_ID}"),
                _ if recurring && nearest(name, ["expires_at"]).is_some() => format!(": it {NO_EXPIRY}"),
                _ if is_an_end(name) && recurring => ": a schedule goes on until it is deleted".into(),
                _ if is_an_end(name) => ": give expires_at in notification".into(),
                Some(known) => format!(": did you mean {known}?"),
                None if domain::is_field(name) => ": it belongs into notification".into(),
                None => String::new(),
            };
            self.errors.push(field(format!("/{}", pointer_step(name)), format!("is not known here{hint}")));
        }
    }
}

/// Finds the field of a schedule that a name stands for.
fn meant(name: &str) -> Option<&'static str> {
    const OTHERS: [(&str, &[&str]); 5] = [
        ("cron", &["schedule", "expression", "cronexpression", "pattern", "rule", "crontab"]),
        ("timezone", &["tz", "zone", "tzid"]),
        ("send_at", &["at", "when", "run_at", "date", "time", "scheduled_at", "deliver_at"]),
        ("name", &["label", "title", "description"]),
        ("max_lateness_seconds", &["max_lateness", "lateness"]),
    ];
    field_meant(name, FIELDS, &OTHERS)
}

/// Whether others call the end of a schedule so. Some of these names are near `send_at`.
fn is_an_end(name: &str) -> bool {
    let plain = name.to_ascii_lowercase().replace(['_', '-', ' '], "");
    ["end", "endat", "endsat", "enddate", "endtime", "until"].contains(&plain.as_str())
}

/// Whether a value counts as absent, as it does in a notification.
fn is_absent(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("")
}
