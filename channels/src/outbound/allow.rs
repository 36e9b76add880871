//! `OUTBOUND_ALLOW`: hosts and networks that may be called although they are not public.

use std::collections::BTreeSet;
use std::net::IpAddr;

use runtime::settings::place_in_list;

use super::address::{Network, reached};

/// What an operator allows. The default is nothing but the public internet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Allow {
    hosts: BTreeSet<String>,
    networks: Vec<Network>,
}

impl Allow {
    /// Reads a list with commas between its entries: names of hosts, addresses, and networks.
    ///
    /// # Errors
    /// What each wrong entry must be, as a text that is read after the setting's name.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<String>> {
        let entries: Vec<&str> = text.split(',').map(str::trim).collect();
        let (mut allow, mut problems) = (Self::default(), Vec::new());
        for (at, entry) in entries.iter().enumerate() {
            match (network(entry), host(entry)) {
                (Some(network), _) => allow.networks.push(network),
                (None, Some(host)) => {
                    allow.hosts.insert(host);
                }
                (None, None) => {
                    let place = place_in_list(at, entries.len()).map(|place| format!("{place} ")).unwrap_or_default();
                    problems.push(format!(
                        "{place}must be the name of a host, an address, or a network such as 10.20.0.0/16{}",
                        hint(entry)
                    ));
                }
            }
        }
        if problems.is_empty() { Ok(allow) } else { Err(problems) }
    }

    /// Whether a name is listed, so that whatever it stands for may be called.
    pub(super) fn names(&self, host: &str) -> bool {
        self.hosts.contains(&plain(host))
    }

    pub(super) fn takes(&self, address: IpAddr) -> bool {
        let address = reached(address);
        self.networks.iter().any(|network| network.has(address))
    }
}

/// What to take away from an entry that is more than what is called.
fn hint(entry: &str) -> &'static str {
    if entry.contains("://") {
        return "; of a URL, give the host alone";
    }
    let is_port = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match entry.rsplit_once(':') {
        Some((before, port)) if is_port(port) && (network(before).is_some() || host(before).is_some()) => {
            "; give it without its port, because all ports may be called"
        }
        _ => "",
    }
}

/// A network, or an address alone.
fn network(entry: &str) -> Option<Network> {
    let Some((first, bits)) = entry.split_once('/') else {
        let address = reached(address(entry)?);
        return Network::new(address, if address.is_ipv4() { 32 } else { 128 });
    };
    // Only addresses that stand for no other are compared.
    let first = address(first).filter(|first| reached(*first) == *first)?;
    let is_number = bits.bytes().all(|digit| digit.is_ascii_digit());
    Network::new(first, bits.parse().ok().filter(|_| is_number)?)
}

/// An address, the sixth version with or without the brackets of a URL.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    match bare {
        Some(bare) => bare.parse().ok().filter(IpAddr::is_ipv6),
        None => text.parse().ok(),
    }
}

/// A name that is no number, which a URL would read as an address.
fn host(entry: &str) -> Option<String> {
    let label = |label: &str| {
        let inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        (1..=63).contains(&label.len()) && label.bytes().all(inner)
    };
    let name = plain(entry);
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_name =
        name.len() <= 253 && name.split('.').all(label) && last.starts_with(|c: char| c.is_ascii_alphabetic());
    is_name.then_some(name)
}

/// A name as it is compared.
fn plain(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}
