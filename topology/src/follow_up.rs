//! Makes the publication of what follows for a message in hand.

use bytes::Bytes;
use domain::{Destination, Key, Message, Publish, Received};

use crate::{Incoming, Publication, PublisherProperties, To};

impl Incoming {
    /// The copy as the rules of `domain` see it.
    pub fn received(&self) -> Received<'_> {
        Received { lane: self.lane, headers: &self.headers, body: &self.body }
    }

    /// What to publish before this message is acknowledged. `id` gives the id of its delivery; a child has its own.
    /// Every such publication keeps the properties that the publisher chose.
    pub fn publication(&self, id: impl FnOnce() -> String, publish: Publish) -> Publication {
        self.publication_with(self.publisher_properties.clone(), id, publish)
    }

    /// The delivery of one member of the topic that this message is for, by its id and body. It answers nobody, because its
    /// publisher has sent one message and waits for one answer: that of the delivery to the topic.
    pub fn publication_to_member(&self, topic: &Key, delivery: (String, Vec<u8>)) -> Publication {
        let properties = self.publisher_properties.of_a_member(self.timestamp);
        self.publication_with(properties, String::new, self.received().member(topic, delivery))
    }

    fn publication_with(
        &self,
        publisher_properties: PublisherProperties,
        id: impl FnOnce() -> String,
        publish: Publish,
    ) -> Publication {
        let (message_id, body) = match publish.message {
            Message::Received => (id(), self.body.clone()),
            Message::Child { id, body } => (id, Bytes::from(body)),
        };
        Publication { to: publish.to.into(), message_id, body, headers: publish.headers, publisher_properties }
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
