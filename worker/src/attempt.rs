//! One attempt: renders the words, gives them to the channel, and turns whatever happens into an outcome.

use std::sync::Arc;
use std::time::{Duration, Instant};

use channels::{CarriedFile, Enabled, NotEnabled, Outgoing};
use domain::{About, Before, Failure, Fault, Notification, Outcome, Reason, Rendered, Row, Subscriber};
use media::Words;
use runtime::{Panicked, catch_panic, failpoint};
use serde_json::{Map, Value};
use store::{Capture, Post};

use crate::attached::{self, Named};
use crate::delivery::Delivery;
use crate::health::Chosen;
use crate::render::render;
use crate::report;
use crate::reveal::{Form, reveal};
use crate::shared::Shared;
use crate::{inbox, traced};

/// How an attempt ended, who carried it, and what the sandbox captured of it.
pub(crate) struct Tried {
    pub(crate) outcome: Outcome,
    /// Who was to carry it rather than whoever did, and why not.
    pub(crate) passed_over: Option<String>,
    /// How long it takes until another one may be asked, where this one has not taken it.
    pub(crate) other: Option<Duration>,
    pub(crate) capture: Option<Capture>,
    /// What goes into an inbox with the record of the attempt.
    pub(crate) post: Option<Post>,
}

impl From<Outcome> for Tried {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, passed_over: None, other: None, capture: None, post: None }
    }
}

/// What the ledger was asked before an attempt.
pub(crate) struct LookedUp<'a> {
    /// What is beside the words of a mail.
    pub(crate) mail: &'a Map<String, Value>,
    /// The files that it names.
    pub(crate) named: Vec<Named>,
    pub(crate) form: Form<'a>,
}

/// Tries to deliver what was claimed as `row`, with what was looked up for it. When the send cannot begin before
/// `send_until`, the outcome is that the message is put aside. Never fails: a panic and a hang are outcomes too.
pub(crate) async fn attempt(
    shared: &Shared,
    row: &Row,
    delivery: &Delivery,
    looked_up: LookedUp<'_>,
    body_bytes: usize,
    send_until: Instant,
) -> Tried {
    let LookedUp { mail, named, form } = looked_up;
    let notification = &delivery.notification;
    if row.expires_at.is_some_and(|expires| expires <= shared.intake.clock.now()) {
        return Outcome::Expired.into();
    }
    let carriers = match shared.setup.channels.carriers_of(notification) {
        Ok(carriers) => carriers,
        Err(not_enabled) => return refuse(&not_enabled).into(),
    };
    if let Err(refused) = channels::check_destination(&notification.channel, &notification.destination) {
        return permanent("worker", Reason::Permanent, format!("/destination {refused}")).into();
    }
    let revealed = match reveal(&shared.setup, row, notification) {
        Ok(revealed) => revealed,
        Err(refused) => return refused.into(),
    };
    let worded = revealed.as_ref().map_or(notification, |revealed| &revealed.notification);
    let rendered = match render(&shared.setup.templates, worded, body_bytes).await {
        Ok(rendered) => rendered,
        Err(refused) => return permanent("template", Reason::Template, refused).into(),
    };
    let with_buttons = revealed.map(|revealed| revealed.data_beside(&rendered, form));
    let data = with_buttons.as_ref().unwrap_or(&notification.wording.data);
    let link = match link_to_leave(shared, row, notification) {
        Ok(link) => link,
        Err(refused) => return permanent("worker", Reason::ChannelNotConfigured, refused).into(),
    };
    let loaded = match attached::load(shared, row, &named, mail, data).await {
        Ok(loaded) => loaded,
        Err(outcome) => return outcome.into(),
    };
    let (mail, data) = (loaded.mail.as_ref().unwrap_or(mail), loaded.data.as_ref().unwrap_or(data));
    if shared.intake.stopping.is_cancelled() {
        return Outcome::GivenBack.into();
    }
    // Nothing is asked for a provider's message.
    let fault = match carriers {
        [only] if only.captures() => {
            shared.faults.take(&shared.intake.store, &row.key.tenant, &notification.channel).await
        }
        _ => None,
    };
    if Instant::now() > send_until {
        tracing::warn!(delivery = %row.key,
            "not sent: this process, or the ledger, stood still for so long that its claim may run out");
        return Outcome::PutAside.into();
    }
    let chosen = match choose(shared, carriers, row, delivery) {
        Ok(chosen) => chosen,
        Err(outcome) => return outcome.into(),
    };
    let (link, fault, files) = (link.as_deref(), fault.as_ref(), loaded.files.as_slice());
    let ready = Ready { rendered: &rendered, data, mail, link, fault, files };
    let outcome = send(shared, row, delivery, chosen.carrier, ready).await;
    shared.health.note(&chosen, &outcome, shared.intake.clock.now());
    let other = match outcome {
        Outcome::Throttled { .. } | Outcome::Retriable { .. } | Outcome::Ambiguous { .. } => {
            let paused = shared.paused.known();
            shared.health.other(carriers, &chosen, delivery.wants(paused.as_deref()), shared.intake.clock.now())
        }
        _ => None,
    };
    let (capture, post) = match outcome {
        Outcome::Captured => (Some(captured(notification, data, rendered)), None),
        Outcome::Posted => (None, inbox::post(notification, data, rendered)),
        _ => (None, None),
    };
    Tried { outcome, passed_over: chosen.passed_over, other, capture, post }
}

/// Chooses who carries the attempt.
///
/// # Errors
/// The outcome, when nobody takes the message now.
fn choose<'a>(
    shared: &Shared,
    carriers: &'a [Arc<Enabled>],
    row: &Row,
    delivery: &Delivery,
) -> Result<Chosen<'a>, Outcome> {
    let policy = shared.setup.settings.policy(&row.channel).ambiguity;
    let before = Before { last: row.provider.as_deref(), ambiguous: row.ambiguous, policy };
    let paused = shared.paused.known();
    let chosen = shared.health.choose(carriers, before, delivery.wants(paused.as_deref()), shared.intake.clock.now());
    if let Err(waits) = &chosen {
        report::waits(&row.channel, waits);
    }
    chosen.map_err(|waits| if delivery.notification.provider.is_some() { for_it_alone(waits) } else { waits })
}

/// Says of a delivery that waits for the one provider that it names why no other carries it.
fn for_it_alone(waits: Outcome) -> Outcome {
    let with_it = |why: String| format!("{why}; no other provider may carry it");
    match waits {
        Outcome::Parked { wait, why, is_limit } => Outcome::Parked { wait, why: with_it(why), is_limit },
        Outcome::Paused { until, why } => Outcome::Paused { until, why: with_it(why) },
        other => other,
    }
}

/// What the sandbox keeps: the words, or in their place what the channel makes of them.
fn captured(notification: &Notification, data: &Map<String, Value>, rendered: Rendered) -> Capture {
    let words = Words::of(&rendered, data, None);
    let shown = media::shown(&notification.channel, &words);
    Capture {
        channel: notification.channel.clone(),
        destination: notification.destination.clone(),
        subject: rendered.subject,
        text: shown.unwrap_or(rendered.text),
        html: rendered.html,
    }
}

fn refuse(not_enabled: &NotEnabled) -> Outcome {
    let reason = match not_enabled {
        NotEnabled::Unknown(_) => Reason::Unsupported,
        NotEnabled::NotConfigured(_) => Reason::ChannelNotConfigured,
    };
    permanent("worker", reason, not_enabled.to_string())
}

fn permanent(step: &'static str, reason: Reason, detail: String) -> Outcome {
    Outcome::Permanent { reason, failure: Failure::new(step, None, detail) }
}

/// The link by which the recipient leaves the list that a mail is of. None where it is of no list.
///
/// # Errors
/// There can be no link, and whoever receives many mails refuses one of a list without it.
fn link_to_leave(shared: &Shared, row: &Row, notification: &Notification) -> Result<Option<String>, String> {
    let Some(list) = media::list_of(&notification.channel, &notification.wording.mail) else { return Ok(None) };
    let Some(links) = &shared.setup.links else {
        return Err("/list needs PUBLIC_URL, to which the link leads by which the recipient leaves the list".into());
    };
    let (tenant, channel) = (row.key.tenant.clone(), notification.channel.clone());
    let destination = notification.destination.clone();
    Ok(Some(links.to(&Subscriber { tenant, channel, list: list.to_owned(), destination })))
}

/// What is sent of a message.
#[derive(Clone, Copy)]
struct Ready<'a> {
    rendered: &'a Rendered,
    /// What media carry beside the words.
    data: &'a Map<String, Value>,
    mail: &'a Map<String, Value>,
    link: Option<&'a str>,
    fault: Option<&'a Fault>,
    files: &'a [CarriedFile],
}

async fn send(shared: &Shared, row: &Row, delivery: &Delivery, channel: &Enabled, ready: Ready<'_>) -> Outcome {
    let notification = &delivery.notification;
    let (now, started) = (shared.intake.clock.now(), Instant::now());
    let outgoing = Outgoing {
        key: &row.key,
        destination: &notification.destination,
        rendered: ready.rendered,
        data: ready.data,
        mail: Some(ready.mail),
        unsubscribe: ready.link,
        expires_at: row.expires_at,
        // An expiry that is too far ahead for this clock counts as never.
        deadline: row.expires_at.and_then(|expires| started.checked_add(expires.since(now))),
        now,
        epoch: row.epoch,
        attempt: row.attempt.saturating_add(1),
        template: notification.wording.template.as_deref(),
        lane: delivery.lane,
        fault: ready.fault,
        files: ready.files,
    };
    if outgoing.has_expired() {
        return Outcome::Expired;
    }
    let _in_flight = shared.slots.in_flight(delivery.lane, &notification.channel);
    let limit = shared.setup.settings.provider_timeout;
    let asked = traced::ask(&delivery.span, channel, row);
    failpoint("worker.before_send");
    let sending = async {
        // No channel waits by itself.
        if let Some(Fault { latency, .. }) = ready.fault.filter(|fault| !fault.latency.is_zero()) {
            tokio::time::sleep(*latency).await;
        }
        channel.send(&outgoing).await
    };
    let outcome = match tokio::time::timeout(limit, catch_panic(sending)).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(Panicked)) => ambiguous(channel.provider(), "the channel panicked while sending".into()),
        Err(_elapsed) => {
            let detail = format!("no complete answer within {} s", limit.as_secs_f32());
            let failure = Failure::new(channel.provider(), None, detail).about(About::Provider);
            Outcome::Ambiguous { failure }
        }
    };
    failpoint("worker.after_send");
    shared.meters.send_seconds(channel).record(started.elapsed());
    traced::answered(asked, &outcome);
    outcome
}

fn ambiguous(provider: &'static str, detail: String) -> Outcome {
    Outcome::Ambiguous { failure: Failure::new(provider, None, detail) }
}
