//! Looks for whom a request is meant and which page sent it: names that are not ours and pages of other origins are
//! refused.
//!
//! A browser sends what any page tells it to, to any address that it can reach. Two headers tell on such a page: `Host`
//! when the page has had its own name resolve to this machine (DNS rebinding), `Origin` when it sends to us openly.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Version};

use crate::problem::Problem;
use crate::same_origin::Sender;

/// The names and addresses by which a listener may be called, besides `localhost` and the loopback addresses.
#[derive(Clone, Debug)]
pub struct Hosts {
    /// The address that the listener has.
    pub listen: IpAddr,
    /// Names and addresses, in lower case and without a port.
    pub names: Vec<String>,
    /// The setting by which the operator adds to the names, as a refusal tells it.
    pub setting: &'static str,
}

/// The address of our own end of the connection that a request came on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LocalAddress(pub(crate) SocketAddr);

/// Where a request came from, as far as its connection and its header tell.
#[derive(Clone, Copy, Default, Debug)]
pub struct Source {
    /// The other end of the connection: the client's, or a proxy's.
    pub peer: Option<IpAddr>,
    /// Whether the request was sent to this machine by a name of its own, and nothing says that somebody has passed it
    /// on. A proxy that adds no header and repeats our name cannot be told from a client.
    pub direct: bool,
}

impl Source {
    /// The source of a request that the edge has let in. Of any other request nothing is known.
    #[inline]
    pub fn of(parts: &Parts) -> Self {
        parts.extensions.get().copied().unwrap_or_default()
    }

    /// Whether the request comes from this machine itself.
    pub fn is_this_machine(self) -> bool {
        self.direct && self.peer.is_some_and(|peer| peer.is_loopback())
    }
}

impl<S: Sync> FromRequestParts<S> for Source {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts))
    }
}

/// Refuses a request for another host or from a page of another origin. What is known of the others' [`Source`] is
/// left in their extensions.
///
/// # Errors
/// 400, 421 or 403.
pub(crate) fn admit(request: &mut Request, hosts: &Hosts) -> Result<(), Problem> {
    // Probes come by whatever address an orchestrator knows, and say nothing that needs hiding.
    if !is_probe(request.uri().path()) {
        let source = source_of(request, hosts)?;
        request.extensions_mut().insert(source);
    }
    Ok(())
}

fn source_of(request: &Request, hosts: &Hosts) -> Result<Source, Problem> {
    let written = written_host(request)?;
    let host = written.map(Host::read).transpose()?;
    let authority = request.uri().authority().map(|authority| Host::read(authority.as_str()));
    let local = request.extensions().get::<LocalAddress>().map(|local| local.0.ip().to_canonical());
    let is_ours = |host: &Host<'_>| host.is_ours(&hosts.names, hosts.listen, local);
    if !host.iter().all(is_ours) || !authority.as_ref().is_none_or(|named| named.as_ref().is_ok_and(is_ours)) {
        return Err(misdirected(hosts.setting));
    }
    if let Some(problem) = foreign_page(request.method(), request.headers(), written) {
        return Err(problem);
    }
    let direct = request.version() >= Version::HTTP_11
        && host.is_some_and(|host| host.is_this_machine())
        && authority.is_none()
        && !request.headers().keys().any(|name| tells_of_a_proxy(name.as_str()));
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
    Ok(Source { peer, direct })
}

/// Whether this is the path of a probe, such as `/health`.
pub(crate) fn is_probe(path: &str) -> bool {
    matches!(path, "/health" | "/health/live" | "/health/ready")
}

/// The one `Host` header. None where HTTP/1.0 sends none.
fn written_host(request: &Request) -> Result<Option<&str>, Problem> {
    let mut values = request.headers().get_all(HOST).iter();
    match (values.next(), values.next()) {
        (None, _) if request.version() < Version::HTTP_11 => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| invalid_host()),
        _ => Err(invalid_host()),
    }
}

fn invalid_host() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "invalid-host",
        "The request does not say whom it is for",
        "Send the header Host once (RFC 9112, section 3.2): a name or an IPv4 address, or an IPv6 address in brackets, \
         and a port if it is not the usual one.",
    )
}

fn misdirected(setting: &str) -> Problem {
    Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "unknown-host",
        "The request is for another host",
        format!(
            "This API answers to localhost, to the address that it listens on, and to the names in the setting {setting}: \
             the operator adds the name by which you call it there."
        ),
    )
}

/// The host for which a request is meant.
struct Host<'a> {
    /// The name or the address in lower case.
    name: Cow<'a, str>,
    /// The address, if the name is one.
    address: Option<IpAddr>,
}

impl<'a> Host<'a> {
    /// Reads a `Host` header or an authority, in which only an IPv6 address is in brackets.
    ///
    /// # Errors
    /// 400 for what is neither a name nor an address.
    fn read(written: &'a str) -> Result<Self, Problem> {
        Self::parse(written).ok_or_else(invalid_host)
    }

    fn parse(written: &'a str) -> Option<Self> {
        let is_port =
            |port: &str| port.bytes().all(|b| b.is_ascii_digit()) && (port.is_empty() || port.parse::<u16>().is_ok());
        let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
        let (name, rest, is_written_well) = match written.strip_prefix('[') {
            Some(bracketed) => {
                let (address, rest) = bracketed.split_once(']')?;
                (address, rest, address.parse::<Ipv6Addr>().is_ok())
            }
            None => {
                let (name, rest) = written.split_at(written.find(':').unwrap_or(written.len()));
                (name, rest, is_name(name))
            }
        };
        let port_fits = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
        let name = name.strip_suffix('.').unwrap_or(name);
        let is_lower = !name.bytes().any(|b| b.is_ascii_uppercase());
        let name = if is_lower { Cow::Borrowed(name) } else { Cow::Owned(name.to_ascii_lowercase()) };
        let address = name.parse::<IpAddr>().ok().map(|address| address.to_canonical());
        (is_written_well && port_fits && !name.is_empty()).then_some(Self { name, address })
    }

    fn is_ours(&self, hosts: &[String], listen: IpAddr, local: Option<IpAddr>) -> bool {
        match self.address {
            Some(address) => {
                let here = address.is_loopback() || address == listen.to_canonical() || Some(address) == local;
                (here && !address.is_unspecified()) || (!hosts.is_empty() && hosts.contains(&address.to_string()))
            }
            None => self.name == "localhost" || hosts.iter().any(|host| *host == self.name),
        }
    }

    /// Whether the name means this machine on every machine.
    fn is_this_machine(&self) -> bool {
        self.name == "localhost" || self.address.is_some_and(|address| address.is_loopback())
    }
}

fn tells_of_a_proxy(header: &str) -> bool {
    // That of RFC 9110, and those that well-known proxies and networks add besides an address.
    const OTHERS: [&str; 4] = ["via", "x-envoy-external-address", "x-amzn-trace-id", "cdn-loop"];
    // Some programs write names with underscores.
    if header.contains('_') {
        return tells_of_a_proxy(&header.replace('_', "-"));
    }
    // `Forwarded` (RFC 7239) and all that are made of it, and whatever names the address of somebody else: each proxy
    // has a name of its own for that, such as `X-Real-IP`.
    let names_an_address = ["-ip", "-clientip"].iter().any(|end| header.ends_with(end));
    header.contains("forwarded") || names_an_address || OTHERS.contains(&header)
}

/// Refuses a request that a page of another origin sent. Such a page cannot send a token without asking us first, and
/// we never agree; a request that needs no token must be looked at for where it came from.
fn foreign_page(method: &Method, headers: &HeaderMap, host: Option<&str>) -> Option<Problem> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) || headers.contains_key(AUTHORIZATION) {
        return None;
    }
    (Sender::of(headers, host) == Sender::ForeignPage).then(|| {
        Problem::new(
            StatusCode::FORBIDDEN,
            "foreign-origin",
            "A page of another origin sent this",
            "Without a token, only pages of this API itself may send requests from a browser. Behind a proxy, have it \
             pass the header Host on as it came, and say https in X-Forwarded-Proto only where the page came over TLS.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_header_that_says_for_whom_a_request_is_passed_on_tells_of_a_proxy() {
        for header in [
            "forwarded",
            "forwarded-for",
            "x-forwarded",
            "x-forwarded-for",
            "x_forwarded_for",
            "x-original-forwarded-for",
            "x-vercel-forwarded-for",
            "x-real-ip",
            "x-client-ip",
            "x-cluster-client-ip",
            "x-proxyuser-ip",
            "x-azure-clientip",
            "client-ip",
            "cf-connecting-ip",
            "true-client-ip",
            "fastly-client-ip",
            "fly-client-ip",
            "via",
            "cdn-loop",
            "x-envoy-external-address",
            "x-amzn-trace-id",
        ] {
            assert!(tells_of_a_proxy(header), "{header}");
        }
        for header in ["host", "accept", "user-agent", "x-request-id", "x-zip", "x_vip", "content-type", "traceparent"]
        {
            assert!(!tells_of_a_proxy(header), "{header}");
        }
    }

    #[test]
    fn loopback_names_the_own_addresses_and_the_listed_names_are_ours() {
        let hosts = ["notify.example".to_owned(), "192.0.2.80".to_owned()];
        let (listen, local) = ("192.0.2.7".parse().unwrap(), "192.0.2.8".parse().ok());
        let ours = |host: &str| Host::parse(host).is_some_and(|host| host.is_ours(&hosts, listen, local));
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "localhost.",
            "127.0.0.1",
            "127.1.2.3:80",
            "[::1]:8080",
            "[::1]",
            "[::ffff:127.0.0.1]:1",
            "192.0.2.7",
            "192.0.2.8:8080",
            "192.0.2.80",
            "notify.example",
            "Notify.Example.:443",
        ] {
            assert!(ours(host), "{host}");
        }
        for host in [
            "",
            ".",
            "rebound.example",
            "localhost.rebound.example",
            "a.localhost",
            "127.0.0.1.rebound.example",
            "192.0.2.9",
            "0.0.0.0",
            "[::]",
            "localhost:x",
            "localhost:65536",
            "localhost@rebound.example",
            "localhost, rebound.example",
            "[::1",
            "::1",
            "[localhost]",
            "[127.0.0.1]",
            "[notify.example]:443",
            "[]",
            "[::1]x",
            "[[::1]]",
            "127.1",
            "notify.example/",
            "x.notify.example",
        ] {
            assert!(!ours(host), "{host}");
        }
        let unspecified = Host::parse("0.0.0.0:8080").unwrap();
        assert!(!unspecified.is_ours(&[], "0.0.0.0".parse().unwrap(), None));
    }
}
