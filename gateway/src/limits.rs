//! What one process, one person and one client may take: seats, and messages a second. Pure but for the counting.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::person::Person;

/// The seats of this process: a socket or a stream has one for as long as it lives, from its handshake on.
#[derive(Clone, Debug)]
pub(crate) struct Seats(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    most: usize,
    taken: AtomicUsize,
    /// How many of them are of clients that have shown no token yet.
    unknown: AtomicUsize,
    /// How many each person has.
    of_people: Mutex<HashMap<Person, usize>>,
}

/// So many tokens a client may show over one connection before one of them is believed.
const MOST_SHOWN: u32 = 5;

/// A seat. Dropping it makes room.
#[derive(Debug)]
pub(crate) struct Seat {
    counts: Arc<Counts>,
    is_unknown: AtomicBool,
    tokens_shown: AtomicU32,
    /// Whose it is.
    person: Mutex<Option<Person>>,
}

impl Seats {
    pub(crate) fn new(most: usize) -> Self {
        let (taken, unknown) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Self(Arc::new(Counts { most, taken, unknown, of_people: Mutex::default() }))
    }

    /// A seat for a client that has shown no token yet. None when all are taken, or half of all by such clients: whoever
    /// begins handshakes and never ends them keeps nobody out who would.
    pub(crate) fn take(&self) -> Option<Arc<Seat>> {
        let Self(counts) = self;
        let one_more = |most: usize| move |taken: usize| (taken < most).then_some(taken + 1);
        let most_unknown = counts.most.div_ceil(2);
        counts.unknown.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more(most_unknown)).ok()?;
        if counts.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more(counts.most)).is_err() {
            counts.unknown.fetch_sub(1, Ordering::AcqRel);
            return None;
        }
        Some(Arc::new(Seat {
            counts: Arc::clone(counts),
            is_unknown: AtomicBool::new(true),
            tokens_shown: AtomicU32::new(0),
            person: Mutex::default(),
        }))
    }

    /// How many are taken.
    pub(crate) fn taken(&self) -> usize {
        self.0.taken.load(Ordering::Acquire)
    }
}

impl Seat {
    /// Whether whoever has it may show a token once more.
    pub(crate) fn may_show(&self) -> bool {
        self.tokens_shown.fetch_add(1, Ordering::AcqRel) < MOST_SHOWN
    }

    /// Gives it to somebody, for as long as its connection lives: a client may leave and keep that open. False where this
    /// person has as many as one may have.
    pub(crate) fn is_for(&self, person: &Person, most: usize) -> bool {
        let mut whose = locked(&self.person);
        if whose.as_ref() == Some(person) {
            return true;
        }
        let mut of_people = locked(&self.counts.of_people);
        let count = of_people.get(person).copied().unwrap_or_default();
        if count >= most {
            return false;
        }
        of_people.insert(person.clone(), count + 1);
        if let Some(before) = whose.replace(person.clone()) {
            give_back(&mut of_people, &before);
        }
        true
    }

    /// Notes that whoever has it has shown a token that is believed.
    pub(crate) fn note_known(&self) {
        if self.is_unknown.swap(false, Ordering::AcqRel) {
            self.counts.unknown.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.note_known();
        if let Some(person) = locked(&self.person).take() {
            give_back(&mut locked(&self.counts.of_people), &person);
        }
        self.counts.taken.fetch_sub(1, Ordering::AcqRel);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes one from what a person has.
fn give_back(of_people: &mut HashMap<Person, usize>, person: &Person) {
    if let Some(count) = of_people.get_mut(person) {
        *count -= 1;
        if *count == 0 {
            of_people.remove(person);
        }
    }
}

/// How many messages a client may send: so many a second, and twice as many at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    per_second: f64,
    left: f64,
    at: Instant,
    /// How many were refused, one after the other.
    refused: u32,
}

/// Whether a message may be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pace {
    Fine,
    /// It is not taken.
    TooFast,
    /// Neither are those before it, and its sender does not care.
    Flood,
}

/// So many messages may be refused, one after the other, before their sender is sent away.
const PATIENCE: u32 = 100;

impl Rate {
    pub(crate) fn new(per_second: u32, now: Instant) -> Self {
        let per_second = f64::from(per_second);
        Self { per_second, left: 2.0 * per_second, at: now, refused: 0 }
    }

    /// Counts a message.
    pub(crate) fn count(&mut self, now: Instant) -> Pace {
        let passed: Duration = now.saturating_duration_since(self.at);
        self.left = (self.left + passed.as_secs_f64() * self.per_second).min(2.0 * self.per_second);
        self.at = now;
        if self.left >= 1.0 {
            self.left -= 1.0;
            self.refused = 0;
            return Pace::Fine;
        }
        self.refused = self.refused.saturating_add(1);
        if self.refused > PATIENCE { Pace::Flood } else { Pace::TooFast }
    }
}

#[cfg(test)]
mod tests {
    use domain::Tenant;

    use super::*;

    #[test]
    fn a_person_has_no_more_seats_than_one_may_have_as_long_as_their_connections_live() {
        let (seats, [ana, ben]) = (Seats::new(9), ["ana", "ben"].map(person));
        let [first, second, third] = [seats.take(), seats.take(), seats.take()].map(Option::unwrap);
        assert!(first.is_for(&ana, 2) && second.is_for(&ana, 2) && second.is_for(&ana, 2));
        assert!(!third.is_for(&ana, 2) && third.is_for(&ben, 2));
        drop(first);
        assert!(third.is_for(&ana, 2), "it was ben's");
        drop((second, third));
        assert!(locked(&seats.0.of_people).is_empty());
    }

    fn person(user: &str) -> Person {
        Person { tenant: Tenant::default(), user: user.to_owned() }
    }

    #[test]
    fn there_are_no_more_seats_than_there_are_and_a_left_one_is_free() {
        let seats = Seats::new(4);
        let mut taken: Vec<Arc<Seat>> = Vec::new();
        for _ in 0..4 {
            let seat = seats.take().expect("a seat");
            seat.note_known();
            taken.push(seat);
        }
        assert!(seats.take().is_none());
        assert_eq!(seats.taken(), 4);
        taken.pop();
        assert!(seats.take().is_some(), "it is dropped at once");
        assert_eq!(seats.taken(), 3);
    }

    #[test]
    fn handshakes_that_never_end_leave_half_of_the_seats() {
        let seats = Seats::new(4);
        let waiting = [seats.take().unwrap(), seats.take().unwrap()];
        assert!(seats.take().is_none(), "two of four have shown nothing");
        waiting[0].note_known();
        waiting[0].note_known();
        let third = seats.take().expect("one has shown its token");
        assert!(seats.take().is_none());
        drop((waiting, third));
        assert_eq!(seats.taken(), 0);
        assert!(seats.take().is_some());
    }

    #[test]
    fn a_client_has_its_messages_a_second_and_a_flood_is_told_from_haste() {
        let begin = Instant::now();
        let mut rate = Rate::new(10, begin);
        let paces: Vec<Pace> = (0..25).map(|_| rate.count(begin)).collect();
        assert!(paces[..20].iter().all(|pace| *pace == Pace::Fine), "{paces:?}");
        assert!(paces[20..].iter().all(|pace| *pace == Pace::TooFast), "{paces:?}");
        assert_eq!(rate.count(begin + Duration::from_millis(100)), Pace::Fine);
        let last = (0..=PATIENCE).map(|_| rate.count(begin + Duration::from_millis(100))).last();
        assert_eq!(last, Some(Pace::Flood));
        assert_eq!(rate.count(begin + Duration::from_secs(60)), Pace::Fine, "it has waited");
    }
}
