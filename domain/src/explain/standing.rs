//! Where a delivery stands, why, and what comes next.

use super::reasons::{of_a_letter, of_the_list};
use super::summary::Summary;
use super::{Facts, Sentence, Topic, dead};
use crate::{INBOX, Lease, Order, Row, State, Timestamp, When};

/// Where it stands.
pub(super) fn summary(facts: &Facts<'_>) -> Summary {
    let row = facts.row;
    let (at, by) = (row.updated_at, row.provider.clone());
    match row.state {
        State::Sending if row.lease == Lease::Live => Summary::Sending { since: at },
        State::Sending => Summary::Abandoned { at },
        State::Waiting => waits(facts),
        State::Sent if row.order == Order::FanOut => Summary::FannedOut { at },
        State::Sent => Summary::Sent { by, at },
        State::Captured => Summary::Captured { at },
        State::Dead | State::Held => dead::summary(facts),
        State::Expired => Summary::Expired { at },
        State::Suppressed => Summary::Suppressed,
        State::Cancelled => Summary::Cancelled { at },
        State::FellBack => Summary::FellBack { at },
        State::Delivered if by.as_deref() == Some(INBOX) => Summary::Posted { at },
        State::Delivered => Summary::Delivered { by },
        State::Bounced => Summary::Bounced { by },
    }
}

fn waits(facts: &Facts<'_>) -> Summary {
    match (&facts.row.order, due(facts)) {
        (Order::Retry { tier }, Some(due)) => Summary::InRetryQueue { tier: *tier, due },
        (_, Some(due)) => Summary::WithScheduler { due },
        (_, None) => Summary::InItsLane,
    }
}

/// When the message of a delivery that waits comes back.
fn due(facts: &Facts<'_>) -> Option<Timestamp> {
    match &facts.row.order {
        Order::Retry { tier } => {
            let delay = facts.delays.get(usize::from(*tier).saturating_sub(1));
            delay.map(|delay| facts.row.updated_at.plus(*delay))
        }
        Order::Schedule { due } => Some(*due),
        _ => None,
    }
}

/// Why it stands there, or did not go.
pub(super) fn why(facts: &Facts<'_>) -> Vec<Sentence> {
    let row = facts.row;
    let mut said = Vec::new();
    said.extend(moved(row));
    said.extend(passed_over(facts));
    said.extend(ended(facts));
    if let Some(since) = row.throttled_since.filter(|_| row.state == State::Waiting) {
        let text = format!("Since {since} no provider has taken it; that spends time, and no attempt.");
        said.push(Topic::Why.says(Some(since), text));
    }
    if row.ambiguous {
        let text = "Some attempt may have gone out without our knowing. That stays with it for ever, and it goes out on \
                    no other channel as well unless its publisher asked for that.";
        said.push(Topic::Why.says(None, text));
    }
    said
}

fn moved(row: &Row) -> Option<Sentence> {
    let text = match row.epoch {
        0 => return None,
        1 => "It was moved out of the dead-letter queue once, or asked for again, which gave it a fresh budget."
            .to_owned(),
        times => {
            format!(
                "It was moved out of the dead-letter queue, or asked for again, {times} times, each with a fresh budget."
            )
        }
    };
    Some(Topic::Why.says(None, text))
}

fn passed_over(facts: &Facts<'_>) -> Option<Sentence> {
    let row = facts.row;
    let why = row.passed_over.as_ref()?;
    let was_tried = facts.attempts.last().is_some_and(|attempt| attempt.at == row.updated_at);
    let text = match row.state {
        State::Waiting if row.paused_for(facts.attempts.last()).is_some() => format!("It waits because {why}."),
        State::Waiting | State::Dead | State::FellBack if !was_tried => format!("No provider took it: {why}."),
        _ => format!("Who was to carry its last attempt was passed over: {why}."),
    };
    Some(Topic::Why.says(Some(row.updated_at), text))
}

fn ended(facts: &Facts<'_>) -> Option<Sentence> {
    let row = facts.row;
    let text = match (row.state, &row.order) {
        (State::Dead | State::Held, Order::DeadLetter { reason, error }) => {
            let (meaning, _) = of_a_letter(*reason);
            let advice = dead::advice(facts, *reason, error);
            let error = error.trim_end_matches('.');
            format!("`{reason}`: it did not go because {meaning} ({error}). {advice}").trim_end().to_owned()
        }
        (State::Suppressed | State::FellBack, _) if row.listed_for().is_some() => {
            let reason = row.listed_for()?;
            format!(
                "`{reason}`: nothing was sent for its last claim because {}. Lift the entry, and publish it again with \
                 `notify-again`, to have it tried once more.",
                of_the_list(reason)
            )
        }
        (State::Expired, _) => match row.expires_at {
            Some(at) => format!("It did not go because its `expires_at` ({at}) came before it could be sent."),
            None => "It did not go because its time had passed.".to_owned(),
        },
        (State::Cancelled, _) if row.content.is_none() => {
            "It did not go because it was cancelled before anybody had seen its message: a copy that comes is dropped."
                .to_owned()
        }
        (State::Cancelled, Order::DeadLetter { reason, .. }) => format!(
            "`{reason}`: it had failed for good, and somebody closed it because its dead letter was not in the queue any \
             more. A letter that turns up and is moved to a lane is tried again."
        ),
        (State::Cancelled, _) => "It did not go because somebody cancelled it while it waited.".to_owned(),
        (State::FellBack, _) => "It did not go by this channel, and its publisher named another one.".to_owned(),
        (State::Waiting, Order::Schedule { .. }) if facts.attempts.is_empty() && row.passed_over.is_none() => {
            "It was asked to be sent later.".to_owned()
        }
        (State::Waiting, Order::Schedule { .. }) => {
            "The wait that was asked for is longer than the longest retry queue.".to_owned()
        }
        _ => return None,
    };
    Some(Topic::Why.says(Some(row.updated_at), text))
}

/// What comes next, and when.
pub(super) fn next(facts: &Facts<'_>) -> Vec<Sentence> {
    let row = facts.row;
    let mut said = Vec::new();
    if row.state == State::Waiting {
        let text = match due(facts) {
            Some(due) => format!("It comes back at {due}, and the next attempt is made as soon as a worker is free."),
            None => "The next attempt is made as soon as a worker takes it.".to_owned(),
        };
        said.push(Topic::Next.says(due(facts), text));
    }
    if let Order::Escalate { when, due } = row.order {
        let unless = match when {
            When::Undelivered => "it is reported before that this one has arrived",
            When::Unanswered => "what it asks is answered, or has ended, before that",
            When::Unread => "its user reads it before that",
            When::Unseen => "its user sees it before that",
        };
        said.push(Topic::Next.says(Some(due), format!("Its fallback is sent at {due}, unless {unless}.")));
    }
    if row.order == Order::FanOut {
        let text = "The scheduler makes a delivery for each member of the topic, which has this one as its parent.";
        said.push(Topic::Next.says(None, text));
    }
    if let Some(due) = facts.due_at.filter(|_| row.state == State::Cancelled && row.order.escalates_at().is_none()) {
        said.push(Topic::Next.says(Some(due), format!("It was to be sent at {due}, and will not be.")));
    }
    if matches!(row.state, State::Waiting | State::Sending) {
        said.extend(row.expires_at.map(expiry));
    }
    said
}

pub(super) fn expiry(at: Timestamp) -> Sentence {
    Topic::Next.says(Some(at), format!("From {at} on it is not sent any more."))
}
