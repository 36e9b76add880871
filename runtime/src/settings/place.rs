//! Hosts, addresses and URLs in settings. What stands where it does not belong is explained, never repeated.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::Reader;

/// A host name or an IP address, with a port if one was written after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostPort {
    /// The host; an IPv6 address is in brackets.
    pub host: String,
    pub port: Option<u16>,
}

impl HostPort {
    /// # Errors
    /// A text that is read after the name of the setting.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains("://") || text.contains('/') {
            return Err(
                "must be a host name or an address, not a URL: leave away what stands before and behind it".into()
            );
        }
        if text.contains('@') {
            return Err("must be a host name or an address, without a user or a password".into());
        }
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return Ok(Self { host: format!("[{address}]"), port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (text, None),
        };
        let port = port.map(|port| {
            port.parse().ok().filter(|port| *port > 0).ok_or("has a colon that no port from 1 to 65535 follows")
        });
        let port = port.transpose()?;
        let right = !host.is_empty() && !host.contains([' ', ',', ';', '%', ':']) || host.starts_with('[');
        match Host::parse(host) {
            Ok(parsed) if right => Ok(Self { host: parsed.to_string(), port }),
            _ => Err("must be a host name or an address, such as mail.example or 192.0.2.7".into()),
        }
    }
}

/// Takes the place of a host that was refused, so that the host is not reported as missing as well.
const REFUSED: &str = "refused.invalid";

impl Reader {
    /// Reads a host whose port has a setting of its own.
    pub fn host(&mut self, name: &str, port_setting: &str) -> Option<String> {
        let text = self.text(name)?;
        match HostPort::parse(&text) {
            Ok(HostPort { host, port: None }) => Some(host.trim_matches(['[', ']']).to_owned()),
            Ok(HostPort { port: Some(port), .. }) => {
                self.refuse(name, format_args!("must be the host alone: put its port into {port_setting}={port}"));
                Some(REFUSED.into())
            }
            Err(what) => {
                self.refuse(name, what);
                Some(REFUSED.into())
            }
        }
    }

    /// Reads an address to listen on.
    pub fn listen(&mut self, name: &str, example: &str) -> Option<SocketAddr> {
        let text = self.text(name)?;
        let address = text.parse().ok();
        if address.is_none() {
            self.refuse(
                name,
                format_args!("must be an IP address and a port, such as {example} (a name such as localhost, or a port alone, is not read)"),
            );
        }
        address
    }

    /// Reads a URL of http or https, which may hold a user and a password.
    pub fn http_url(&mut self, name: &str, example: &str) -> Option<SecretString> {
        let text = self.secret(name)?;
        let url = Url::parse(text.expose_secret()).ok();
        let right = url.is_some_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host() && is_whole(&url));
        if right {
            return Some(text);
        }
        self.refuse(
            name,
            format_args!(
                "must be a URL such as {example} (of a password, percent-encode @ : / ? # and the percent sign)"
            ),
        );
        None
    }
}

/// The URL under which others call an installation, in parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnUrl {
    /// The URL, without a slash at its end.
    pub url: String,
    /// Its host alone, in lower case and without brackets.
    pub host: String,
}

impl OwnUrl {
    /// The longest URL of ours: what is added to it still fits into one line of a mail.
    const MAX_BYTES: usize = 200;

    /// Whether browsers come over TLS by it.
    pub fn is_over_tls(&self) -> bool {
        self.url.starts_with("https:")
    }

    /// https, and http to this machine alone; no user, query or fragment.
    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok().filter(|url| url.as_str().len() <= Self::MAX_BYTES)?;
        let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_this_machine(&host));
        let is_bare = url.username().is_empty() && url.password().is_none();
        let ends = url.query().is_none() && url.fragment().is_none() && is_whole(&url);
        (is_safe && is_bare && ends).then(|| Self { url: url.as_str().trim_end_matches('/').to_owned(), host })
    }
}

impl Reader {
    /// Reads the URL under which others call us.
    pub fn own_url(&mut self, name: &str, example: &str) -> Option<OwnUrl> {
        let text = self.text(name)?;
        let url = OwnUrl::parse(&text);
        if url.is_none() {
            self.refuse(
                name,
                format_args!(
                    "must be an https URL such as {example}, without a user, a query and a fragment, at most {} bytes",
                    OwnUrl::MAX_BYTES
                ),
            );
        }
        url
    }
}

/// Whether a host, without brackets, is this machine, so that what is sent there does not leave it.
pub fn is_this_machine(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// Whether no part of the password has slipped behind the host, where it would be printed. That happens when a slash, a
/// question mark or a hash of the password was not percent-encoded.
pub fn is_whole(url: &Url) -> bool {
    let behind = [Some(url.path()), url.query(), url.fragment()];
    !behind.into_iter().flatten().any(|part| part.contains('@'))
}
