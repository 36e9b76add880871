//! The name of a medium (`email`, `sms`, …) as publishers write it. Which names exist is not decided
//! here: the catalog of the `channels` crate says so.

use std::fmt;
use std::sync::Arc;

/// A lower-case word, 1 to 32 characters of `a-z`, `0-9`, `_`, `-`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelName(Arc<str>);

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must be a channel's name: 1 to 32 letters, digits, '_' or '-'")]
pub struct InvalidChannelName;

impl ChannelName {
    /// Upper case is folded: publishers write `EMAIL` as well as `email`.
    ///
    /// # Errors
    /// [`InvalidChannelName`] when it is not one word of the allowed characters.
    pub fn parse(text: &str) -> Result<Self, InvalidChannelName> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if text.is_empty() || text.len() > 32 || !text.bytes().all(allowed) {
            return Err(InvalidChannelName);
        }
        Ok(Self(text.to_ascii_lowercase().into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
