//! The guard of requests to addresses that somebody else gives us, such as the endpoint of a push subscription: they
//! reach the public internet, and nothing of ours unless `OUTBOUND_ALLOW` names it.
//!
//! A name is judged by the addresses that it stands for at the moment of connecting, and only those are connected to,
//! so that a name which stands for another address a moment later opens nothing. An address in the URL itself never
//! comes to a resolver, and is judged by [`Guard::check`]. Redirects are followed by no client of ours.

mod address;
mod allow;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

pub use self::allow::Allow;

/// Why nothing was called.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("a URL that is called must begin with https://, or with http:// and a host that OUTBOUND_ALLOW names")]
    Scheme,
    #[error("a URL that is called must have no user and no password")]
    User,
    #[error("its address is not a public one, and OUTBOUND_ALLOW does not name it")]
    Address,
}

impl Refused {
    /// The refusal among the causes of an error, if that is what a request failed of.
    pub(crate) fn among(error: &(dyn std::error::Error + 'static)) -> Option<Self> {
        let mut cause = Some(error);
        while let Some(next) = cause {
            if let Some(refused) = next.downcast_ref::<Self>() {
                return Some(*refused);
            }
            cause = next.source();
        }
        None
    }
}

/// Decides which addresses are called. As a resolver, it keeps those that a name may stand for.
#[derive(Clone)]
pub(crate) struct Guard {
    allow: Arc<Allow>,
    names: Arc<dyn Resolve>,
}

impl Guard {
    pub(crate) fn new(allow: &Allow) -> Self {
        Self::with_names(allow, Arc::new(System))
    }

    fn with_names(allow: &Allow, names: Arc<dyn Resolve>) -> Self {
        Self { allow: Arc::new(allow.clone()), names }
    }

    /// Checks what is known of a URL before a name is resolved.
    ///
    /// # Errors
    /// [`Refused`].
    pub(crate) fn check(&self, url: &Url) -> Result<(), Refused> {
        check(&self.allow, url)
    }
}

impl Allow {
    /// Why this URL is never called, whatever its name stands for, as a text that is read after the name of a field.
    /// No name is resolved.
    pub fn refusal(&self, url: &str) -> Option<String> {
        let url = Url::parse(url).ok()?;
        let is_local = matches!(url.host(), Some(Host::Domain("localhost")));
        let loopback = [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)];
        let is_closed = is_local && !self.names("localhost") && !loopback.iter().any(|address| self.takes(*address));
        let refused = check(self, &url).err().or(is_closed.then_some(Refused::Address))?;
        let must = match refused {
            Refused::Scheme => "must begin with https://, or with http:// and a host that OUTBOUND_ALLOW names",
            Refused::User => "must have no user and no password",
            Refused::Address => "must lead to a public address, or to one that OUTBOUND_ALLOW names",
        };
        Some(must.to_owned())
    }
}

/// Checks what is known of a URL before a name is resolved.
fn check(allow: &Allow, url: &Url) -> Result<(), Refused> {
    let host = url.host();
    let is_local = match &host {
        Some(Host::Domain(name)) => *name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_allowed = match &host {
        Some(Host::Domain(name)) => allow.names(name),
        Some(Host::Ipv4(address)) => allow.takes((*address).into()),
        Some(Host::Ipv6(address)) => allow.takes((*address).into()),
        None => false,
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && (is_local || is_allowed)) {
        return Err(Refused::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refused::User);
    }
    match host {
        Some(Host::Ipv4(address)) => judge(allow, address.into()),
        Some(Host::Ipv6(address)) => judge(allow, address.into()),
        Some(Host::Domain(_)) | None => Ok(()),
    }
}

fn judge(allow: &Allow, address: IpAddr) -> Result<(), Refused> {
    if is_open(allow, address) { Ok(()) } else { Err(Refused::Address) }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let is_named = self.allow.names(name.as_str());
        let (allow, found) = (Arc::clone(&self.allow), self.names.resolve(name));
        Box::pin(async move {
            let found: Vec<SocketAddr> = found.await?.collect();
            let open = |at: &&SocketAddr| is_named || is_open(&allow, at.ip());
            let open: Vec<SocketAddr> = found.iter().filter(open).copied().collect();
            if open.is_empty() && !found.is_empty() {
                return Err(Refused::Address.into());
            }
            Ok(Box::new(open.into_iter()) as Addrs)
        })
    }
}

fn is_open(allow: &Allow, address: IpAddr) -> bool {
    address::is_public(address) || allow.takes(address)
}

/// The resolver of this machine.
struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests;
