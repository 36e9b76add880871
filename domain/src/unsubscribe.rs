//! Who may leave which list: sealed into a link that stands in each mail of the list (RFC 8058). Whoever has the link may
//! leave; nobody reads an address in it, and nobody else makes one.

use std::fmt;

use crate::{ChannelName, LinkSealer, Tenant};

/// The longest sealed text that is looked at: an address has at most 254 bytes, and each is two digits.
const MAX_SEALED_BYTES: usize = 1024;
const MAX_LIST_BYTES: usize = 64;

/// Where the links lead to, below the address by which an installation is called.
const PATH: &str = "/unsubscribe/";

/// A recipient, and the list that they may leave.
#[derive(Clone, PartialEq, Eq)]
pub struct Subscriber {
    pub tenant: Tenant,
    pub channel: ChannelName,
    /// 1 to 64 letters, digits, `_` or `-`.
    pub list: String,
    /// The destination as the publisher wrote it.
    pub destination: String,
}

/// Makes the links of an installation.
#[derive(Clone, Debug)]
pub struct UnsubscribeLinks {
    public_url: String,
    sealer: LinkSealer,
}

impl UnsubscribeLinks {
    /// Links that begin with this URL, which has no slash at its end.
    pub fn new(public_url: String, sealer: LinkSealer) -> Self {
        Self { public_url, sealer }
    }

    /// The link of one subscriber, the same in every mail.
    pub fn to(&self, subscriber: &Subscriber) -> String {
        format!("{}{PATH}{}", self.public_url, subscriber.sealed(&self.sealer))
    }
}

impl Subscriber {
    /// The text that stands at the end of a link.
    fn sealed(&self, sealer: &LinkSealer) -> String {
        let place = format!("{}.{}.{}", self.tenant, self.channel, self.list);
        let sealed = sealer.seal(&self.destination, &place);
        let digits: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{place}.{digits}")
    }

    /// Reads the text at the end of a link. None for one that this installation has not sealed.
    pub fn unsealed(text: &str, sealer: &LinkSealer) -> Option<Self> {
        if text.len() > MAX_SEALED_BYTES {
            return None;
        }
        let (place, digits) = text.rsplit_once('.')?;
        let destination = sealer.open(&bytes(digits)?, place)?;
        let mut names = place.split('.');
        let (tenant, channel, list) = (names.next()?, names.next()?, names.next()?);
        let is_list = (1..=MAX_LIST_BYTES).contains(&list.len()) && names.next().is_none();
        let (tenant, channel) = (Tenant::parse(tenant)?, ChannelName::parse(channel).ok()?);
        is_list.then(|| Self { tenant, channel, list: list.to_owned(), destination })
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subscriber({}, {}, {})", self.tenant, self.channel, self.list)
    }
}

/// The bytes of hexadecimal digits.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests;
