//! What is told of a provider's report besides the transition of its delivery: what a person did with a message, and what
//! a person has written.

use uuid::Uuid;

use super::EventName;
use crate::identity::heard_id;
use crate::{ChannelName, Key, Report, Reported, Row, Tenant, Timestamp};

/// One thing that a person did, as it is told.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    pub name: EventName,
    pub tenant: &'a Tenant,
    pub channel: &'a ChannelName,
    /// The delivery that it is about; none for what a person has written.
    pub row: Option<&'a Row>,
    /// Who has written.
    pub from: Option<&'a str>,
    pub report: &'a Report,
    /// When we were told for the first time: a repeat is the same event.
    pub received_at: Timestamp,
}

impl Heard<'_> {
    /// Always the same for one report, so that an event that is told twice is known.
    pub fn id(&self) -> Uuid {
        let subject = Key { tenant: self.tenant.clone(), id: self.subject().to_owned() };
        heard_id(&subject, self.report.provider, &self.report.event_id, self.name.as_str())
    }

    /// The delivery, or what a person has written.
    pub fn subject(&self) -> &str {
        self.row.map_or(self.report.event_id.as_str(), |row| row.key.id.as_str())
    }
}

impl EventName {
    /// The event of what a person did with a message of a delivery. None where the delivery's own transition tells it,
    /// or there is nothing to tell.
    pub const fn of_reaction(said: &Reported) -> Option<Self> {
        Some(match said {
            Reported::Complained => Self::Complained,
            Reported::Opened => Self::Opened,
            Reported::Clicked => Self::Clicked,
            Reported::Unsubscribed => Self::Unsubscribed,
            Reported::Read => Self::Read,
            _ => return None,
        })
    }
}
