//! Where a delivery stands, as what there is to say of it: whoever speaks another language says the same.

use std::fmt;

use crate::Timestamp;

/// Where a delivery stands. Displayed, it is one sentence of English.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Summary {
    /// A worker has it.
    Sending {
        since: Timestamp,
    },
    /// A worker took it, and stopped before it recorded an answer.
    Abandoned {
        at: Timestamp,
    },
    InRetryQueue {
        tier: u8,
        due: Timestamp,
    },
    WithScheduler {
        due: Timestamp,
    },
    /// It waits for a worker.
    InItsLane,
    /// `by` is its provider, here and below, where that is known.
    Sent {
        by: Option<String>,
        at: Timestamp,
    },
    /// The scheduler tells the members of its topic.
    FannedOut {
        at: Timestamp,
    },
    Captured {
        at: Timestamp,
    },
    Dead {
        at: Timestamp,
    },
    Held {
        since: Timestamp,
    },
    /// It is dead or held since `at`, and what was done with its letter says more.
    LetterTaken {
        is_held: bool,
        at: Timestamp,
        letter: Whereabouts,
    },
    Expired {
        at: Timestamp,
    },
    Suppressed,
    Cancelled {
        at: Timestamp,
    },
    FellBack {
        at: Timestamp,
    },
    /// It stands in the inbox of its user.
    Posted {
        at: Timestamp,
    },
    Delivered {
        by: Option<String>,
    },
    Bounced {
        by: Option<String>,
    },
    /// No delivery is known, and a letter of its id is in the dead-letter queue.
    OnlyALetter {
        since: Timestamp,
    },
    /// No delivery is known, and a letter of its id was taken out of the dead-letter queue and is kept.
    OnlyAKeptLetter {
        at: Timestamp,
    },
}

/// What was done with the letter of a delivery that is dead or held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Whereabouts {
    /// An operator has sent the delivery with this id in its place.
    Replaced { id: String, at: Timestamp },
    /// It was taken out of the queue, and is kept.
    Kept { at: Timestamp },
    /// A job that was started has it.
    InJob { job: String },
    /// It was published to its lane again, and no worker has taken it since.
    Moved { at: Timestamp },
    /// The last reading of the queue has not met it.
    Missing { read_at: Timestamp },
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sending { since } => write!(f, "A worker has it since {since}, and is sending it."),
            Self::Abandoned { at } => write!(
                f,
                "A worker took it at {at}, and stopped before it recorded an answer; the next copy goes on with it."
            ),
            Self::InRetryQueue { tier, due } => write!(f, "It waits in retry queue {tier} until {due}."),
            Self::WithScheduler { due } => write!(f, "It waits with the scheduler until {due}."),
            Self::InItsLane => f.write_str("It is back in its lane, and waits for a worker."),
            Self::Sent { by, at } => write!(f, "{} accepted it at {at}.", carrier(by.as_deref())),
            Self::FannedOut { at } => write!(f, "It was handed on at {at} to the members of its topic."),
            Self::Captured { at } => write!(f, "It was kept at {at} instead of being sent."),
            Self::Dead { at } => write!(f, "It failed for good at {at}, and is in the dead-letter queue."),
            Self::Held { since } => {
                write!(f, "It may have gone out, and is held in the dead-letter queue since {since}.")
            }
            Self::LetterTaken { is_held, at, letter } => {
                let stands = if *is_held { "It may have gone out, and was held at" } else { "It failed for good at" };
                write!(f, "{stands} {at}{letter}.")
            }
            Self::Expired { at } => write!(f, "Its time had passed at {at}: it was not sent any more."),
            Self::Suppressed => f.write_str("Its recipient is on the suppression list: nothing was sent."),
            Self::Cancelled { at } => write!(f, "It was cancelled at {at}."),
            Self::FellBack { at } => write!(f, "It was handed on to its fallback at {at}."),
            Self::Posted { at } => write!(f, "It is in the inbox of its user since {at}."),
            Self::Delivered { by } => write!(f, "{} reports that it has arrived.", carrier(by.as_deref())),
            Self::Bounced { by } => write!(f, "{} reports that it came back.", carrier(by.as_deref())),
            Self::OnlyALetter { since } => {
                write!(f, "No delivery of this id is known: its letter is in the dead-letter queue since {since}.")
            }
            Self::OnlyAKeptLetter { at } => write!(
                f,
                "No delivery of this id is known: its letter was taken out of the dead-letter queue at {at}, and is kept."
            ),
        }
    }
}

impl fmt::Display for Whereabouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replaced { id, at } => write!(f, ", and `{id}` was sent in its place at {at}"),
            Self::Kept { at } => {
                write!(f, ", and its letter was taken out of the dead-letter queue at {at}, and is kept")
            }
            Self::InJob { job } => write!(f, ", and the job `{job}` has its letter"),
            Self::Moved { at } => {
                write!(f, ", and was moved back to its lane at {at}: no worker has taken it from there yet")
            }
            Self::Missing { read_at } => {
                write!(f, ", and its letter was not in the dead-letter queue when that was read at {read_at}")
            }
        }
    }
}

fn carrier(by: Option<&str>) -> &str {
    by.unwrap_or("its provider")
}
