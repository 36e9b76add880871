//! The headers of a message that the scheduler has kept as a job and publishes when it is due. The scheduler and the
//! simulation both carry out what this file says.

use crate::{Headers, Lane};

/// What a job keeps of the headers of its message besides the lane and the counts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeptHeaders {
    pub publisher: Option<String>,
    pub parent: Option<String>,
    /// The message has met no row yet, and still asks for a new budget when it does.
    pub again: bool,
}

/// The counts of a job, as its message has brought them or its row has set them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    pub epoch: u32,
    pub seq: u32,
    pub attempt: u32,
}

impl KeptHeaders {
    pub fn of(headers: &Headers) -> Self {
        Self { publisher: headers.publisher.clone(), parent: headers.parent.clone(), again: headers.again }
    }

    /// The headers with which the message is published to its lane. A message that has not been tried is published as
    /// its publisher sent it, without counts.
    pub fn released(self, lane: Lane, counts: Counts) -> Headers {
        let count = |value: u32| (counts != Counts::default()).then_some(value);
        Headers {
            epoch: count(counts.epoch),
            seq: count(counts.seq),
            attempt: count(counts.attempt),
            lane: Some(lane),
            released: true,
            publisher: self.publisher,
            parent: self.parent,
            again: self.again,
            ..Headers::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_published_with_everything_that_its_message_brought_but_its_due_time() {
        let told = Headers {
            publisher: Some("ada".into()),
            parent: Some("d-0".into()),
            again: true,
            due: Some(crate::samples::NOW),
            ..Headers::default()
        };
        let released = Headers { due: None, lane: Some(Lane::Bulk), released: true, ..told.clone() };
        assert_eq!(KeptHeaders::of(&told).released(Lane::Bulk, Counts::default()), released);
        let counted = Headers { epoch: Some(1), seq: Some(0), attempt: Some(0), ..released };
        let counts = Counts { epoch: 1, ..Counts::default() };
        assert_eq!(KeptHeaders::of(&told).released(Lane::Bulk, counts), counted);
    }
}
