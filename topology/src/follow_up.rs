//! Makes the publication of what follows for a message in hand.

use bytes::Bytes;
use domain::{Destination, Message, Publish, Received};

use crate::{Incoming, Publication, To};

impl Incoming {
    /// The copy as the rules of `domain` see it.
    pub fn received(&self) -> Received<'_> {
        Received { lane: self.lane, headers: &self.headers, body: &self.body }
    }

    /// What to publish before this message is acknowledged. `id` gives the id of its delivery; a child has its own.
    /// Every such publication keeps the properties that the publisher chose.
    pub fn publication(&self, id: impl FnOnce() -> String, publish: Publish) -> Publication {
        let (message_id, body) = match publish.message {
            Message::Received => (id(), self.body.clone()),
            Message::Child { id, body } => (id, Bytes::from(body)),
        };
        Publication {
            to: publish.to.into(),
            message_id,
            body,
            headers: publish.headers,
            publisher_properties: self.publisher_properties.clone(),
        }
    }
}

impl From<Destination> for To {
    fn from(destination: Destination) -> Self {
        match destination {
            Destination::Lane(lane) => Self::Lane(lane),
            Destination::Retry(tier) => Self::Retry(tier),
            Destination::Scheduled => Self::Scheduled,
            Destination::FanOut => Self::FanOut,
            Destination::DeadLetter => Self::DeadLetter,
        }
    }
}
