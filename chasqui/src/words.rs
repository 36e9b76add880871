//! Words of a command line that are told with the nearest known one when they are not known.

use domain::{ChannelName, Tenant, nearest};

pub(crate) fn tenant(text: &str) -> Result<Tenant, String> {
    Tenant::parse(text).ok_or_else(|| "it must be 1 to 64 letters, digits, '_' or '-'".to_owned())
}

pub(crate) fn channel(text: &str) -> Result<ChannelName, String> {
    let known = operations::channel_names();
    let channel = ChannelName::parse(text).map_err(|error| error.to_string())?;
    if known.contains(&channel.as_str()) {
        return Ok(channel);
    }
    Err(one_of(text, known))
}

/// What is said of a word that is none of these.
pub(crate) fn one_of(text: &str, known: &[&str]) -> String {
    let meant = nearest(text, known.iter().copied()).map(|near| format!(": did you mean {near}?"));
    format!("it must be one of {}{}", known.join(", "), meant.unwrap_or_default())
}
