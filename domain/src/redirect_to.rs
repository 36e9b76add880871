//! By which way a dead letter goes out in the place of its own, and how that is kept as a text.

use std::fmt;

use crate::ChannelName;

/// What stands before the name of a provider where a way is kept as a text. No channel's name begins with it.
const PROVIDER: &str = "provider:";

/// By which way a dead letter goes out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RedirectTo {
    /// Another channel that reaches its recipient by the same address.
    Channel(ChannelName),
    /// The same channel, and this provider alone.
    Provider(String),
}

impl RedirectTo {
    /// Reads what [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix(PROVIDER) {
            Some(name) => Some(Self::Provider(name.to_owned())).filter(|_| !name.is_empty()),
            None => ChannelName::parse(text).ok().map(Self::Channel),
        }
    }

    pub fn channel(&self) -> Option<&str> {
        match self {
            Self::Channel(name) => Some(name.as_str()),
            Self::Provider(_) => None,
        }
    }

    pub fn provider(&self) -> Option<&str> {
        match self {
            Self::Channel(_) => None,
            Self::Provider(name) => Some(name),
        }
    }

    /// The name of the channel or of the provider.
    pub fn name(&self) -> &str {
        match self {
            Self::Channel(name) => name.as_str(),
            Self::Provider(name) => name,
        }
    }
}

impl fmt::Display for RedirectTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Channel(name) => f.write_str(name.as_str()),
            Self::Provider(name) => write!(f, "{PROVIDER}{name}"),
        }
    }
}
