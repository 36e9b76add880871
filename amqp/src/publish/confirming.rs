//! Whether the broker confirms publications, as far as the publications themselves show.
//!
//! A cluster that has lost most of its nodes keeps its connections, but confirms nothing, or (on RabbitMQ 3.10) refuses
//! everything. Only a publisher can see that.

use std::time::Duration;

use tokio::time::Instant;

/// Refusals count when a publisher has heard nothing else for this long. A full queue refuses too, and one full lane is
/// no reason to call the broker away.
const REFUSING: Duration = Duration::from_secs(3);
/// How long the state is valid without a publication: a process that publishes nothing learns nothing.
const REMEMBERED: Duration = Duration::from_secs(10);

/// What the publisher has heard in a round.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Heard {
    /// The broker confirmed at least one message.
    pub(super) confirmed: bool,
    /// The broker refused at least one message.
    pub(super) refused: bool,
    /// At least one message had no answer in time, although the connection stood and there was no alarm.
    pub(super) unanswered: bool,
}

#[derive(Debug)]
pub(super) struct Confirming {
    refusing_since: Option<Instant>,
    unconfirmed_since: Option<Instant>,
    asked: Instant,
}

/// What changes with a round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Change {
    /// The broker stops confirming, with the reason in words for people.
    Stops(&'static str),
    /// The broker confirms again, after so long.
    GoesOn(Duration),
}

impl Confirming {
    pub(super) fn new(now: Instant) -> Self {
        Self { refusing_since: None, unconfirmed_since: None, asked: now }
    }

    pub(super) fn note(&mut self, heard: Heard, now: Instant) -> Option<Change> {
        if heard == Heard::default() {
            return None;
        }
        self.asked = now;
        if heard.confirmed {
            self.refusing_since = None;
            return self.unconfirmed_since.take().map(|since| Change::GoesOn(now - since));
        }
        let refusing = heard.refused && now - *self.refusing_since.get_or_insert(now) >= REFUSING;
        let why = match heard.unanswered {
            true => "a confirm did not come in time",
            false if refusing => "everything is refused",
            false => return None,
        };
        let begins = self.unconfirmed_since.is_none();
        self.unconfirmed_since.get_or_insert(now);
        begins.then_some(Change::Stops(why))
    }

    /// Whether the broker confirms nothing, as far as anybody can know.
    pub(super) fn is_unconfirmed(&self, now: Instant) -> bool {
        self.unconfirmed_since.is_some() && now - self.asked < REMEMBERED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIRMED: Heard = Heard { confirmed: true, refused: false, unanswered: false };
    const REFUSED: Heard = Heard { confirmed: false, refused: true, unanswered: false };
    const UNANSWERED: Heard = Heard { confirmed: false, refused: false, unanswered: true };

    fn after(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[tokio::test]
    async fn an_unanswered_confirm_is_told_once_and_a_confirm_ends_it() {
        let begun = Instant::now();
        let mut confirming = Confirming::new(begun);
        assert_eq!(confirming.note(CONFIRMED, begun), None);
        assert_eq!(confirming.note(UNANSWERED, begun), Some(Change::Stops("a confirm did not come in time")));
        assert_eq!(confirming.note(UNANSWERED, begun + after(5)), None);
        assert_eq!(confirming.note(REFUSED, begun + after(6)), None);
        assert!(confirming.is_unconfirmed(begun + after(6)));
        assert_eq!(confirming.note(CONFIRMED, begun + after(9)), Some(Change::GoesOn(after(9))));
        assert!(!confirming.is_unconfirmed(begun + after(9)));
    }

    #[tokio::test]
    async fn refusals_count_when_nothing_else_is_heard_for_three_seconds() {
        let begun = Instant::now();
        let mut confirming = Confirming::new(begun);
        assert_eq!(confirming.note(REFUSED, begun), None);
        assert_eq!(confirming.note(CONFIRMED, begun + after(1)), None, "another lane takes messages");
        assert_eq!(confirming.note(REFUSED, begun + after(4)), None);
        assert_eq!(confirming.note(Heard { refused: true, ..CONFIRMED }, begun + after(8)), None);
        assert_eq!(confirming.note(REFUSED, begun + after(9)), None);
        assert_eq!(confirming.note(Heard::default(), begun + after(11)), None);
        assert_eq!(confirming.note(REFUSED, begun + after(12)), Some(Change::Stops("everything is refused")));
    }

    #[tokio::test]
    async fn without_publications_it_is_forgotten_but_not_told() {
        let begun = Instant::now();
        let mut confirming = Confirming::new(begun);
        assert!(confirming.note(UNANSWERED, begun).is_some());
        assert!(confirming.is_unconfirmed(begun + after(9)));
        assert!(!confirming.is_unconfirmed(begun + after(10)));
        assert_eq!(confirming.note(UNANSWERED, begun + after(60)), None, "it was told already");
        assert!(confirming.is_unconfirmed(begun + after(60)));
    }
}
