//! The destination of a webhook that tells an endpoint of an event: its URL, and whose secret signs it.

use crate::Timestamp;

/// What such a destination begins with. No URL does.
const PREFIX: &str = "endpoint:";

/// An endpoint as the destination of a delivery names it. Only the fleet can write one: its seal is keyed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EndpointAddress<'a> {
    pub id: &'a str,
    /// Which of its secrets signs.
    pub generation: u32,
    /// Until when the secret before that one signs as well.
    pub previous_until: Option<Timestamp>,
    pub seal: &'a str,
    pub url: &'a str,
}

impl<'a> EndpointAddress<'a> {
    /// None for a destination that names no endpoint.
    pub fn parse(destination: &'a str) -> Option<Self> {
        let mut parts = destination.strip_prefix(PREFIX)?.splitn(5, ':');
        let (id, generation, until) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        let until = if until.is_empty() { None } else { Some(Timestamp::from_micros(until.parse().ok()?)) };
        Some(Self { id, generation, previous_until: until, seal: parts.next()?, url: parts.next()? })
    }

    /// The generations whose secrets sign, the newest first.
    pub(crate) fn generations(&self, now: Timestamp) -> Vec<u32> {
        let overlaps = self.previous_until.is_some_and(|until| now < until);
        let before = self.generation.checked_sub(1).filter(|before| overlaps && *before > 0);
        std::iter::once(self.generation).chain(before).collect()
    }

    pub(crate) fn written(&self) -> String {
        let Self { id, generation, seal, url, .. } = self;
        format!("{PREFIX}{id}:{generation}:{}:{seal}:{url}", self.until())
    }

    /// What the seal says of the delivery with this tenant and id. No part of it holds the end of a line.
    pub(crate) fn sealed(&self, delivery: &str) -> String {
        let Self { id, generation, url, .. } = self;
        format!("{delivery}\n{id}\n{generation}\n{}\n{url}", self.until())
    }

    fn until(&self) -> String {
        self.previous_until.map(|until| until.as_micros().to_string()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_was_written_and_a_url_is_none() {
        for previous_until in [None, Some(Timestamp::from_seconds(7))] {
            let url = "https://hooks.example.org:8443/a:b?c=d:e";
            let address = EndpointAddress { id: "orders", generation: 7, previous_until, seal: "s-_1", url };
            assert!(EndpointAddress::parse(&address.written()) == Some(address), "{previous_until:?}");
        }
        for none in [
            "https://hooks.example.org/a",
            "endpoint:",
            "endpoint:orders:7::s",
            "endpoint:orders:x::s:https://hooks.example.org/",
            "endpoint:orders:7:x:s:https://hooks.example.org/",
        ] {
            assert!(EndpointAddress::parse(none).is_none(), "{none}");
        }
    }

    #[test]
    fn the_secret_before_the_newest_signs_until_its_time_is_over() {
        let until = Timestamp::from_seconds(7);
        let generations = |generation, previous_until, seconds| {
            let address = EndpointAddress { id: "orders", generation, previous_until, seal: "", url: "" };
            address.generations(Timestamp::from_seconds(seconds))
        };
        assert_eq!(generations(2, Some(until), 6), [2, 1]);
        assert_eq!(generations(2, Some(until), 7), [2]);
        assert_eq!(generations(2, None, 6), [2]);
        assert_eq!(generations(1, Some(until), 6), [1], "there was none before");
    }
}
