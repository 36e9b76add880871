//! What is counted and logged of a delivery. All of it is derived from what was decided, and no decision depends on it.

use domain::{Cause, ChannelName, Lane, Order, Outcome, Pause, PauseKind, PublishedBy, State, Transition, printable};
use intake::{DeadLettered, Role, Steps};
use store::Recorded;

use crate::delivery::Delivery;
use crate::latency::latency;
use crate::meters::label;
use crate::shared::Shared;
use crate::traced;

/// The worker's log lines, metrics and failpoints for the handling of messages.
pub(crate) const ROLE: Role = Role {
    dead_lettered,
    taken_over: |lane| copy(lane, "adopted_by_another"),
    steps: Steps {
        told: Some("worker.told"),
        republished: Some("worker.republished"),
        letter_noted: Some("worker.letter_noted"),
        before_ack: Some("worker.before_ack"),
    },
};

fn dead_lettered(letter: &DeadLettered<'_>) {
    let DeadLettered { reason, delivery, lane, error, .. } = letter;
    tracing::warn!(%reason, %delivery, %lane, error, "a message went to the dead-letter queue unclaimed");
}

/// Counts a copy that was not simply sent.
pub(crate) fn copy(lane: Lane, what: &'static str) {
    metrics::counter!("chasqui_copies_total", "lane" => lane.as_str(), "what" => what).increment(1);
}

/// Counts a copy for which nothing is sent. One of a delivery whose dead letter is in the dead-letter queue is logged as
/// well: whoever published it waits for something that will not happen.
pub(crate) fn unsent(delivery: &Delivery, cause: Cause) {
    copy(delivery.lane, cause.as_str());
    if cause != Cause::HasLetter {
        return;
    }
    let what = "a copy of a delivery that is in the dead-letter queue was acknowledged: to send it again move its \
                letter, or publish it with the header notify-again";
    let arrival = &delivery.arrival;
    if was_just_published(arrival.published_by, delivery.has_counts, arrival.redelivered) {
        tracing::warn!(delivery = %delivery.arrival.key, "{what}");
    } else {
        tracing::info!(delivery = %delivery.arrival.key, "{what}");
    }
}

/// Whether somebody has just published the copy, rather than the fleet or the broker brought it again. A copy with an
/// epoch and without counts is from somebody's hand, who has most likely misspelt `notify-again`.
fn was_just_published(published_by: PublishedBy, has_counts: bool, redelivered: bool) -> bool {
    let is_by_hand = match published_by {
        PublishedBy::Publisher => true,
        PublishedBy::Fleet => !has_counts,
        PublishedBy::OperatorMove | PublishedBy::OperatorRequest => false,
    };
    is_by_hand && !redelivered
}

/// Counts a message that was put aside because its channel hangs.
pub(crate) fn stalled(channel: &ChannelName) {
    metrics::counter!("chasqui_parked_total", "channel" => label(channel), "why" => "stalled").increment(1);
}

/// Counts a message that waits because an operator has paused what it needs, because none of the providers of its channel
/// takes it now, or because one that works is at its limit.
pub(crate) fn waits(channel: &ChannelName, outcome: &Outcome) {
    let why = match outcome {
        Outcome::Paused { .. } => "paused",
        Outcome::Parked { is_limit: true, .. } => "limit",
        _ => "no_provider",
    };
    metrics::counter!("chasqui_parked_total", "channel" => label(channel), "why" => why).increment(1);
}

/// Says how much is paused.
pub(crate) fn pauses(in_force: &[&Pause]) {
    for kind in PauseKind::ALL {
        let count = in_force.iter().filter(|pause| pause.kind == kind).count();
        metrics::gauge!("chasqui_pauses", "kind" => kind.as_str()).set(count as f64);
    }
}

/// Reports what was decided, once the ledger has answered whether that was in time.
pub(crate) fn recorded(shared: &Shared, delivery: &Delivery, transition: &Transition, recorded: Recorded) {
    let row = &transition.row;
    attempt(transition);
    traced::decided(&delivery.span, transition);
    if recorded == Recorded::Late {
        metrics::counter!("chasqui_late_answers_total", "channel" => label(&row.channel)).increment(1);
        tracing::warn!(delivery = %row.key, "an answer came after another claim had taken over");
        return;
    }
    if transition.alarm {
        let detail = transition.attempt.as_ref().map(|attempt| attempt.detail.as_str());
        tracing::error!(channel = %row.channel, provider = row.provider.as_deref(), code = row.code.as_deref(), detail,
            "not the recipient's fault: what this provider is given on this channel will fail until its settings, or what \
             it has under them, are put right; another provider of the channel, where there is one, may carry it (a Web \
             Push: or only this browser has subscribed with another key)");
        metrics::counter!("chasqui_credentials_refused_total", "channel" => label(&row.channel)).increment(1);
    }
    if !matches!(row.state, State::Sending | State::Waiting) {
        shared.meters.ended(&row.channel, row.state).increment(1);
        if let Some(latency) = latency(delivery, row) {
            shared.meters.delivery_latency(delivery.lane).record(latency);
        }
        end(transition);
    }
}

fn attempt(transition: &Transition) {
    let (row, Some(attempt)) = (&transition.row, &transition.attempt) else { return };
    metrics::counter!("chasqui_attempts_total", "channel" => label(&row.channel),
        "provider" => attempt.provider.clone(), "outcome" => attempt.outcome.as_str())
    .increment(1);
    tracing::info!(delivery = %row.key, channel = %row.channel, epoch = attempt.epoch, attempt = attempt.n,
        outcome = attempt.outcome.as_str(), code = attempt.code.as_deref(), detail = attempt.detail,
        state = %row.state, "an attempt failed");
}

/// Warns of a delivery that is dead or held, at which somebody must look; other ends are only in the ledger.
fn end(transition: &Transition) {
    let row = &transition.row;
    let Order::DeadLetter { reason, error } = &transition.order else {
        tracing::debug!(delivery = %row.key, channel = %row.channel, state = %row.state, "a delivery ended");
        return;
    };
    // A publisher chose the id: its control characters must not reach a terminal.
    let (id, tenant) = (printable(&row.key.id), &row.key.tenant);
    tracing::warn!(delivery = format_args!("{tenant}/{id}"), channel = %row.channel, %reason, detail = error, "a delivery is dead");
}

#[cfg(test)]
mod tests {
    use domain::Headers;

    use super::*;

    #[test]
    fn a_copy_that_somebody_has_published_is_a_warning_and_one_that_came_again_is_none() {
        for (published_by, has_counts, redelivered, warns) in [
            (PublishedBy::Publisher, false, false, true),
            (PublishedBy::Publisher, false, true, false),
            (PublishedBy::Fleet, true, false, false),
            (PublishedBy::Fleet, true, true, false),
        ] {
            let published = was_just_published(published_by, has_counts, redelivered);
            assert_eq!(published, warns, "{published_by:?} {has_counts} {redelivered}");
        }
    }

    #[test]
    fn a_letter_that_is_published_with_its_epoch_and_without_a_readable_notify_again_is_a_warning() {
        let by_hand = Headers { epoch: Some(0), ..Headers::default() };
        let by_the_fleet = Headers { seq: Some(0), attempt: Some(0), ..by_hand.clone() };
        for (headers, redelivered, warns) in
            [(&by_hand, false, true), (&by_hand, true, false), (&by_the_fleet, false, false)]
        {
            let published = was_just_published(headers.published_by(), headers.has_counts(), redelivered);
            assert_eq!(published, warns, "{headers:?} {redelivered}");
        }
    }
}
