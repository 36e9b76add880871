//! How long a delivery took: from when its publisher was told that it is accepted, until a provider had it.

use std::time::Duration;

use domain::{Row, State, Timestamp};

use crate::delivery::Delivery;

/// How long the delivery took; none where that would say nothing of the fleet. A delivery that somebody has brought
/// back, or that began because another one ended, waited for something else than for us.
pub(crate) fn latency(delivery: &Delivery, row: &Row) -> Option<Duration> {
    let is_ours = row.state == State::Sent && row.epoch == 0 && row.parent.is_none();
    is_ours.then(|| row.updated_at.since(began(row.created_at, delivery.published_at, delivery.notification.send_at)))
}

/// Since when the delivery is late: when it was accepted, or its later `send_at`. A publisher's `timestamp` has whole
/// seconds only, so within that second the moment at which the ledger first saw the delivery is nearer. Of a publisher
/// that gives none, that moment is all that is known.
fn began(first_seen: Timestamp, published_at: Option<Timestamp>, send_at: Option<Timestamp>) -> Timestamp {
    const ITS_SECOND: Duration = Duration::from_secs(1);
    let accepted = published_at.filter(|at| at.plus(ITS_SECOND) <= first_seen).unwrap_or(first_seen);
    send_at.map_or(accepted, |send_at| accepted.max(send_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1_000)
    }

    #[test]
    fn a_delivery_begins_when_it_was_accepted_or_is_due() {
        for (first_seen, published_at, send_at, expected) in [
            // It waited in its queue.
            (9_300, Some(4_000), None, 4_000),
            // It was seen in the second in which it was published.
            (4_300, Some(4_000), None, 4_300),
            (5_000, Some(4_000), None, 4_000),
            // The publisher's clock is ahead, or it has given no time.
            (4_300, Some(60_000), None, 4_300),
            (4_300, None, None, 4_300),
            // It was to be sent later, or earlier than it was published.
            (4_300, Some(4_000), Some(90_000), 90_000),
            (9_300, Some(4_000), Some(1_000), 4_000),
        ] {
            let began = began(millis(first_seen), published_at.map(millis), send_at.map(millis));
            assert_eq!(began, millis(expected), "{first_seen} {published_at:?} {send_at:?}");
        }
    }
}
