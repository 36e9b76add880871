//! The destination of a webhook that tells an endpoint of an event: its URL, and whose secret signs it.

/// What such a destination begins with. No URL does.
const PREFIX: &str = "endpoint:";

/// An endpoint as the destination of a delivery names it. Only the fleet can write one: its seal is keyed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EndpointAddress<'a> {
    pub id: &'a str,
    /// Which of its secrets signs.
    pub generation: u32,
    /// The one before, while its secret signs as well.
    pub previous: Option<u32>,
    pub seal: &'a str,
    pub url: &'a str,
}

impl<'a> EndpointAddress<'a> {
    /// None for a destination that names no endpoint.
    pub fn parse(destination: &'a str) -> Option<Self> {
        let mut parts = destination.strip_prefix(PREFIX)?.splitn(5, ':');
        let (id, generation, previous) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        let previous = if previous.is_empty() { None } else { Some(previous.parse().ok()?) };
        Some(Self { id, generation, previous, seal: parts.next()?, url: parts.next()? })
    }

    pub(crate) fn written(&self) -> String {
        let Self { id, generation, seal, url, .. } = self;
        format!("{PREFIX}{id}:{generation}:{}:{seal}:{url}", self.previous_written())
    }

    /// What the seal says of the delivery with this tenant and id. No part of it holds the end of a line.
    pub(crate) fn sealed(&self, delivery: &str) -> String {
        let Self { id, generation, url, .. } = self;
        format!("{delivery}\n{id}\n{generation}\n{}\n{url}", self.previous_written())
    }

    fn previous_written(&self) -> String {
        self.previous.map(|generation| generation.to_string()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_was_written_and_a_url_is_none() {
        for previous in [None, Some(6)] {
            let url = "https://hooks.example.org:8443/a:b?c=d:e";
            let address = EndpointAddress { id: "orders", generation: 7, previous, seal: "s-_1", url };
            assert!(EndpointAddress::parse(&address.written()) == Some(address), "{previous:?}");
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
}
