//! What each channel tells of itself, and the questions that others ask about channels by name.

use std::sync::Arc;

use domain::{Ambiguity, ChannelName};

use crate::channel::{Channel, Outgoing};
use crate::settings::Settings;
use crate::words::{Fault, Words};

/// What the fleet must know of a channel before it sends anything. Each channel's file has one, named `MEDIUM`.
pub(crate) struct Medium {
    /// As publishers write it, and the name of its file.
    pub(crate) name: &'static str,
    /// A destination that `check` accepts, for samples and tests: one that is reserved for examples.
    pub(crate) example: &'static str,
    /// What to do after an ambiguous attempt unless the operator says otherwise. A second copy that costs money or
    /// trust is [`Ambiguity::ResendIfFresh`] or [`Ambiguity::Hold`].
    pub(crate) ambiguity: Ambiguity,
    /// Says why a destination cannot be one, as a text that begins with "must" and does not quote it.
    pub(crate) check: fn(&str) -> Result<(), String>,
    /// What of these words and data the provider would refuse for certain. Pure; nothing is found where nothing is wrong.
    pub(crate) faults: fn(&Words<'_>) -> Vec<Fault>,
    /// Builds what would be sent, without sending it: the sandbox shows the same bad input as the provider.
    pub(crate) rehearse: fn(&Outgoing<'_>) -> Result<(), String>,
    /// The channel, as far as it is configured.
    pub(crate) connect: fn(&Settings) -> Connected,
    /// The settings that make it send to this base URL, for the conformance test; `None` if it does not speak HTTP.
    /// `{base}/token` answers every request with an OAuth token.
    #[cfg(test)]
    pub(crate) over_http: Option<fn(&str) -> Settings>,
}

/// What became of a channel's settings.
pub(crate) enum Connected {
    Ready(Arc<dyn Channel>),
    /// None of its own settings is there: nobody asked for it. These are the ones it needs.
    NotConfigured(&'static [&'static str]),
    /// Somebody asked for it; this is what is missing or wrong, one text each, beginning with a setting's name.
    Wrong(Vec<String>),
}

/// Why a destination was refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DestinationError {
    #[error("{0}")]
    UnknownChannel(String),
    /// Begins with "must" and does not quote the destination.
    #[error("{0}")]
    Bad(String),
}

/// The names of all channels, enabled or not.
pub fn known() -> &'static [&'static str] {
    crate::NAMES
}

/// A destination of that channel that belongs to nobody, for examples and samples.
pub fn example_destination(channel: &ChannelName) -> Option<&'static str> {
    find(channel).map(|medium| medium.example)
}

/// What the names of settings without a typed section begin with: `TELEGRAM_` for a channel `telegram`.
pub fn prefixes() -> Vec<String> {
    known().iter().map(|name| format!("{}_", name.to_ascii_uppercase())).collect()
}

/// Whether this can be a destination of that channel, as far as its form tells.
///
/// # Errors
/// [`DestinationError`], which never quotes the destination.
pub fn check_destination(channel: &ChannelName, destination: &str) -> Result<(), DestinationError> {
    let medium = find(channel).ok_or_else(|| DestinationError::UnknownChannel(unknown(channel)))?;
    (medium.check)(destination).map_err(DestinationError::Bad)
}

/// What of these words the channel's provider would refuse for certain. Nothing for a channel that is not known.
pub fn faults(channel: &ChannelName, words: &Words<'_>) -> Vec<Fault> {
    find(channel).map(|medium| (medium.faults)(words)).unwrap_or_default()
}

/// What is said of a channel that there is not.
pub fn unknown(channel: &ChannelName) -> String {
    let hint = domain::nearest(channel.as_str(), known().iter().copied());
    let hint = hint.map(|near| format!(": did you mean {near}?")).unwrap_or_default();
    format!("unknown channel; known are {}{hint}", known().join(", "))
}

/// What to do after an ambiguous attempt on this channel unless the operator says otherwise.
/// A channel that is not known is held: nobody knows what a second copy costs there.
pub fn default_ambiguity(channel: &ChannelName) -> Ambiguity {
    find(channel).map_or(Ambiguity::Hold, |medium| medium.ambiguity)
}

pub(crate) fn find(channel: &ChannelName) -> Option<&'static Medium> {
    crate::MEDIA.iter().copied().find(|medium| medium.name == channel.as_str())
}
