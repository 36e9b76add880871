//! What subscribers are told of a delivery: one event for each transition. An event is derived from the row that the
//! transition has written, so that whoever meets that row later tells the same event again.

mod heard;

use std::fmt;

use uuid::Uuid;

use crate::identity::event_id;
use crate::{InboxStanding, Order, Row, State, SubjectEvent};

pub use self::heard::Heard;

/// What has happened to a delivery: the last word of an event's routing key and type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EventName {
    Sent,
    Captured,
    /// An attempt has failed, and another one will be made.
    Retrying,
    /// Another attempt will be made, although one before it may have gone out.
    Ambiguous,
    FellBack,
    Dead,
    Held,
    Expired,
    /// The recipient is on the suppression list: nothing was sent.
    Suppressed,
    Cancelled,
    /// An operator's move out of the dead-letter queue has begun a new budget.
    Replayed,
    /// The provider reports that it has arrived.
    Delivered,
    /// The provider reports that it has not arrived, and will not.
    Bounced,
    /// The recipient has called it spam.
    Complained,
    Opened,
    Clicked,
    /// The recipient wants no more of the list.
    Unsubscribed,
    Read,
    /// Of an item of an inbox: it was shown to its user.
    Seen,
    /// Of an item of an inbox: it is to be read again.
    Unread,
    Archived,
    Unarchived,
    /// Of an item of an inbox: its user wants to see it later.
    Snoozed,
    /// A person has written, or pressed a button: it is about no delivery.
    Inbound,
}

impl EventName {
    pub const ALL: [Self; 24] = [
        Self::Sent,
        Self::Captured,
        Self::Retrying,
        Self::Ambiguous,
        Self::FellBack,
        Self::Dead,
        Self::Held,
        Self::Expired,
        Self::Suppressed,
        Self::Cancelled,
        Self::Replayed,
        Self::Delivered,
        Self::Bounced,
        Self::Complained,
        Self::Opened,
        Self::Clicked,
        Self::Unsubscribed,
        Self::Read,
        Self::Seen,
        Self::Unread,
        Self::Archived,
        Self::Unarchived,
        Self::Snoozed,
        Self::Inbound,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Captured => "captured",
            Self::Retrying => "retrying",
            Self::Ambiguous => "ambiguous",
            Self::FellBack => "fell_back",
            Self::Dead => "dead",
            Self::Held => "held",
            Self::Expired => "expired",
            Self::Suppressed => "suppressed",
            Self::Cancelled => "cancelled",
            Self::Replayed => "replayed",
            Self::Delivered => "delivered",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Opened => "opened",
            Self::Clicked => "clicked",
            Self::Unsubscribed => "unsubscribed",
            Self::Read => "read",
            Self::Seen => "seen",
            Self::Unread => "unread",
            Self::Archived => "archived",
            Self::Unarchived => "unarchived",
            Self::Snoozed => "snoozed",
            Self::Inbound => "inbound",
        }
    }

    /// Whether the delivery has come to an end. A dead letter is one, though an operator may move it back; so is what its
    /// provider reports of it later, as far as that is a state.
    pub const fn is_ending(self) -> bool {
        !matches!(
            self,
            Self::Retrying
                | Self::Ambiguous
                | Self::Replayed
                | Self::Complained
                | Self::Opened
                | Self::Clicked
                | Self::Unsubscribed
                | Self::Read
                | Self::Seen
                | Self::Unread
                | Self::Archived
                | Self::Unarchived
                | Self::Snoozed
                | Self::Inbound
        )
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The setting `EVENTS`: which events are published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Telling {
    All,
    /// Only how deliveries end.
    Ended,
    Off,
}

impl Telling {
    pub const fn tells(self, name: EventName) -> bool {
        match self {
            Self::All => true,
            Self::Ended => name.is_ending(),
            Self::Off => false,
        }
    }

    /// Whether any event of this name is told.
    pub fn tells_any(self, name: &str) -> bool {
        let of_deliveries = || EventName::ALL.into_iter().any(|event| event.as_str() == name && event.is_ending());
        match self {
            Self::All => true,
            Self::Ended => of_deliveries() || SubjectEvent::may_end(name),
            Self::Off => false,
        }
    }

    /// The same for what is told of no delivery.
    pub fn tells_of_subject(self, event: &SubjectEvent) -> bool {
        match self {
            Self::All => true,
            Self::Ended => event.is_ending(),
            Self::Off => false,
        }
    }
}

/// One transition of a delivery, as it is told.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Event<'a> {
    pub name: EventName,
    /// The row that the transition has written, or a later one that still shows it.
    pub row: &'a Row,
    /// What was ordered with the transition.
    pub order: &'a Order,
    /// Where the inbox stands that has the message. None where no inbox has it.
    pub inbox: Option<InboxStanding<'a>>,
}

impl Event<'_> {
    /// Always the same for one transition, so that an event that is told twice is known.
    pub fn id(&self) -> Uuid {
        let Row { key, epoch, seq, attempt, .. } = self.row;
        match self.name {
            EventName::Replayed => event_id(key, *epoch, 0, self.state().as_str(), 0),
            _ => event_id(key, *epoch, *seq, self.state().as_str(), *attempt),
        }
    }

    /// The state that the transition led to. The row may have been claimed since.
    pub fn state(&self) -> State {
        match self.name {
            EventName::Replayed => State::Sending,
            EventName::Retrying | EventName::Ambiguous => State::Waiting,
            _ => self.row.state,
        }
    }
}

/// The events of the transition that wrote `row` with this order. There is none where nothing was tried: a delivery that
/// waits for its time or for a channel that hangs stands where it stood before. The first transition of a new budget
/// tells of that budget too, because the claim that began it may not have been the last one.
pub fn events_of<'a>(row: &'a Row, order: &'a Order) -> Vec<Event<'a>> {
    let replayed = (row.epoch > 0 && is_first_of_its_epoch(row)).then_some(EventName::Replayed);
    replayed.into_iter().chain(name_of(row, order)).map(|name| Event { name, row, order, inbox: None }).collect()
}

fn name_of(row: &Row, order: &Order) -> Option<EventName> {
    match row.state {
        State::Sent => Some(EventName::Sent),
        State::Captured => Some(EventName::Captured),
        State::FellBack => Some(EventName::FellBack),
        State::Dead => Some(EventName::Dead),
        State::Held => Some(EventName::Held),
        State::Expired => Some(EventName::Expired),
        State::Suppressed => Some(EventName::Suppressed),
        State::Cancelled => Some(EventName::Cancelled),
        // A row that is being sent still has the order with which it waited.
        State::Sending | State::Waiting => {
            let waits = matches!(order, Order::Retry { .. } | Order::Schedule { .. });
            let name = if row.ambiguous { EventName::Ambiguous } else { EventName::Retrying };
            (waits && was_tried(row)).then_some(name)
        }
        State::Delivered => Some(EventName::Delivered),
        State::Bounced => Some(EventName::Bounced),
    }
}

/// Whether an attempt of this budget has failed so far. Throttling spends none.
fn was_tried(row: &Row) -> bool {
    row.attempt > 0 || row.throttled_since.is_some()
}

/// A delivery that waits has counted its transition already; one that ended has not. A cancelled one waited before, and
/// may not have told of it.
fn is_first_of_its_epoch(row: &Row) -> bool {
    match row.state {
        State::Sending | State::Waiting => row.seq == 1,
        State::Cancelled => row.seq <= 1,
        _ => row.seq == 0,
    }
}

#[cfg(test)]
mod tests;
