//! What every entrance of the fleet does alike, whoever stands before it: the API, the command line, the settings.
//!
//! [`Checker`] says of a notification, before it is published, what a channel or a template would refuse for certain.

mod check;

pub use check::{Checker, Findings, check_plain};

/// The names of all channels, whether this process could send by them or not.
pub fn channel_names() -> &'static [&'static str] {
    media::known()
}

#[cfg(test)]
mod tests;
