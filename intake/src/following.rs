//! What follows for a message in hand, with its events written.

use domain::{Event, FollowUp, Follows, Heard, Notification, Row, SubjectEvent, events_of};
use topology::{Incoming, Publication, PublisherProperties};

use crate::intake::Intake;
use crate::telling::Told;

/// First the events, in their order, then what is done with the message.
#[derive(Debug)]
pub struct Following {
    pub told: Vec<Told>,
    pub then: FollowUp,
}

impl From<FollowUp> for Following {
    fn from(then: FollowUp) -> Self {
        Self { told: Vec::new(), then }
    }
}

impl Intake {
    /// Writes the events of what follows, so that their row need not be kept until they are published.
    pub fn following(&self, follows: Follows<'_>, notification: &Notification, incoming: &Incoming) -> Following {
        Following { told: self.written(&follows.events, notification, incoming), then: follows.then }
    }

    /// The events of a row that has ended together with the message in hand.
    pub fn told_of(&self, row: &Row, notification: &Notification, incoming: &Incoming) -> Vec<Told> {
        self.written(&events_of(row, &row.order), notification, incoming)
    }

    /// The events of a row whose message is not in hand, so that its properties are not known.
    pub fn told_of_row(&self, row: &Row, notification: Option<&Notification>) -> Vec<Told> {
        let (events, unknown) = (events_of(row, &row.order), PublisherProperties::default());
        let wanted = events.iter().filter(|event| self.teller.tells(event.name));
        wanted.map(|event| Told::new(event, Publication::of_event(event, notification, &unknown), None)).collect()
    }

    /// The event of what a person did; none where nobody is to be told of it.
    pub fn told_of_heard(&self, heard: &Heard<'_>) -> Vec<Told> {
        if !self.teller.tells(heard.name) {
            return Vec::new();
        }
        vec![Told::of_heard(heard, Publication::of_heard(heard))]
    }

    /// The event of what is no delivery; none where nobody is to be told of it. `reply_to` is told as well, where it is an
    /// end.
    pub fn told_of_subject(
        &self,
        event: &SubjectEvent,
        correlation_id: Option<&str>,
        reply_to: Option<&str>,
    ) -> Vec<Told> {
        if !self.teller.tells_of_subject(event) {
            return Vec::new();
        }
        let reply_to = reply_to.filter(|_| event.is_ending()).map(str::to_owned);
        vec![Told::of_subject(event, Publication::of_subject(event, correlation_id), reply_to)]
    }

    /// Publishes events one after the other. False when the stop came first: whoever gets the message next tells them
    /// again.
    pub async fn tell(&self, told: Vec<Told>) -> bool {
        for one in told {
            if !self.teller.tell(one, &self.publisher, &self.stopping).await {
                return false;
            }
        }
        true
    }

    fn written(&self, events: &[Event<'_>], notification: &Notification, incoming: &Incoming) -> Vec<Told> {
        let wanted = events.iter().filter(|event| self.teller.tells(event.name));
        let write = |event: &Event<'_>| {
            let publication = Publication::of_event(event, Some(notification), &incoming.publisher_properties);
            let reply_to = incoming.reply_to.clone().filter(|_| event.name.is_ending());
            Told::new(event, publication, reply_to)
        };
        wanted.map(write).collect()
    }
}
