//! The media that notifications travel by, and the only code that calls providers.
//!
//! Read [`Channel`] first: it says what the author of a channel promises. [`Channels`] holds those that are
//! enabled. No channel retries, sleeps, or knows of attempts.

mod catalog;
mod channel;
mod enabled;
mod http;
mod line;
mod rate;
mod sandbox;
mod settings;
mod words;

pub mod fcm;
pub mod smtp;
pub mod twilio;

#[cfg(test)]
mod conformance;

pub use catalog::{
    DestinationError, check_destination, default_ambiguity, example_destination, faults, known, prefixes, unknown,
};
pub use channel::{Channel, Outgoing};
pub use enabled::{Carried, Channels, NotEnabled};
pub use settings::{SandboxMode, Settings};
pub use words::{Fault, Part, Words};

macro_rules! catalog {
    ($($word:ident),+) => {
        $(mod $word;)+
        static MEDIA: &[&catalog::Medium] = &[$(&$word::MEDIUM),+];
        static NAMES: &[&str] = &[$(stringify!($word)),+];
    };
}

// The catalog: every channel is one file beside this one and one word here (docs/adding-a-channel.md).
catalog! { email, push, sms, whatsapp }
