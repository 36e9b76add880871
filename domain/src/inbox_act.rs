//! What a user does with an item of an inbox: what the item is afterwards, which child is called off by it, and what is told.

use uuid::Uuid;

use crate::identity::inbox_event_id;
use crate::{EventName, InboxMarks, InboxStanding, Key, Timestamp, When};

/// What a user does with an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InboxAct {
    Seen,
    Read,
    /// It is to be read again, so that it is archived no more.
    Unread,
    Archive,
    Unarchive,
    Snooze(Timestamp),
}

impl InboxAct {
    /// What the item is afterwards.
    #[must_use]
    pub fn apply(self, before: InboxMarks, now: Timestamp) -> InboxMarks {
        let seen_at = before.seen_at.or(Some(now));
        let read_at = before.read_at.or(Some(now));
        match self {
            Self::Seen => InboxMarks { seen_at, ..before },
            Self::Read => InboxMarks { seen_at, read_at, snoozed_until: None, ..before },
            Self::Unread => InboxMarks { read_at: None, archived_at: None, ..before },
            Self::Archive => {
                InboxMarks { seen_at, read_at, archived_at: before.archived_at.or(Some(now)), snoozed_until: None }
            }
            Self::Unarchive => InboxMarks { archived_at: None, ..before },
            Self::Snooze(until) => InboxMarks { seen_at, snoozed_until: Some(until), ..before },
        }
    }

    /// Whether it is what a child waits for in vain: then the child is called off.
    pub const fn answers(self, when: When) -> bool {
        match when {
            When::Unread => matches!(self, Self::Read | Self::Archive),
            When::Unseen => matches!(self, Self::Seen | Self::Read | Self::Archive | Self::Snooze(_)),
            When::Undelivered | When::Unanswered => false,
        }
    }

    /// What is told of it.
    pub const fn event(self) -> EventName {
        match self {
            Self::Seen => EventName::Seen,
            Self::Read => EventName::Read,
            Self::Unread => EventName::Unread,
            Self::Archive => EventName::Archived,
            Self::Unarchive => EventName::Unarchived,
            Self::Snooze(_) => EventName::Snoozed,
        }
    }
}

impl InboxMarks {
    /// Whether what a child waits for in vain was done with the item.
    pub const fn answer(&self, when: When) -> bool {
        match when {
            When::Unread => self.read_at.is_some(),
            When::Unseen => self.seen_at.is_some(),
            When::Undelivered | When::Unanswered => false,
        }
    }
}

/// What is told when a user has done something with an item, or with several at once.
#[derive(Clone, Copy, Debug)]
pub struct InboxEvent<'a> {
    pub name: EventName,
    /// The delivery of the item; of several, of the newest.
    pub item: &'a Key,
    pub standing: InboxStanding<'a>,
    pub at: Timestamp,
}

impl InboxEvent<'_> {
    /// Always the same for one change, so that an event that is told twice is known.
    pub fn id(&self) -> Uuid {
        inbox_event_id(self.item, self.name.as_str(), self.standing.counters.epoch, self.standing.counters.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::NOW;

    fn later(seconds: u64) -> Timestamp {
        NOW.plus(std::time::Duration::from_secs(seconds))
    }

    #[test]
    fn what_is_archived_was_read_and_what_was_read_was_seen() {
        let none = InboxMarks::default();
        let seen = InboxMarks { seen_at: Some(NOW), ..none };
        let read = InboxMarks { read_at: Some(NOW), ..seen };
        let archived = InboxMarks { archived_at: Some(NOW), ..read };
        for (act, before, after) in [
            (InboxAct::Seen, none, seen),
            (InboxAct::Read, none, read),
            (InboxAct::Archive, none, archived),
            (InboxAct::Unread, archived, seen),
            (InboxAct::Unarchive, archived, read),
            (InboxAct::Snooze(later(60)), none, InboxMarks { snoozed_until: Some(later(60)), ..seen }),
            (InboxAct::Read, InboxMarks { snoozed_until: Some(later(60)), ..seen }, read),
        ] {
            assert_eq!(act.apply(before, NOW), after, "{act:?}");
            let again = if act == InboxAct::Unread { after } else { act.apply(after, later(9)) };
            assert_eq!(again, after, "{act:?} a second time changes nothing");
        }
    }

    #[test]
    fn a_child_is_called_off_by_what_its_sender_has_chosen() {
        let acts = [
            (InboxAct::Seen, true, false),
            (InboxAct::Read, true, true),
            (InboxAct::Archive, true, true),
            (InboxAct::Snooze(NOW), true, false),
            (InboxAct::Unread, false, false),
            (InboxAct::Unarchive, false, false),
        ];
        for (act, by_seeing, by_reading) in acts {
            assert_eq!((act.answers(When::Unseen), act.answers(When::Unread)), (by_seeing, by_reading), "{act:?}");
            assert!(!act.answers(When::Undelivered) && !act.answers(When::Unanswered), "{act:?}");
        }
    }

    #[test]
    fn what_an_act_answers_its_item_shows_afterwards() {
        for act in [InboxAct::Seen, InboxAct::Read, InboxAct::Archive, InboxAct::Snooze(later(60)), InboxAct::Unread] {
            let after = act.apply(InboxMarks::default(), NOW);
            for when in [When::Unread, When::Unseen, When::Undelivered, When::Unanswered] {
                assert_eq!(after.answer(when), act.answers(when), "{act:?} {when:?}");
            }
        }
    }
}
