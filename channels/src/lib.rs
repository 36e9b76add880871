//! The only code that calls providers.
//!
//! Read [`Channel`] first: it says what the author of a provider promises. [`Channels`] has the media that are enabled,
//! each with the providers that may carry it. No channel retries, sleeps, or decides by
//! attempts.

mod callback;
mod channel;
mod checked;
mod configured;
mod enabled;
mod files;
mod http;
mod label;
mod outbound;
mod providers;
mod redact;
mod sandbox;
mod section;
mod sender;
mod settings;
mod webhooks;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod tests;

pub use callback::{Callback, Readable, Refused, Unreadable};
pub use channel::{CarriedFile, Channel, Outgoing};
pub use checked::Checked;
pub use enabled::{Channels, Enabled, Handling, NotEnabled};
pub use media::{DestinationError, check_destination, default_ambiguity, known, prefixes, unknown};
pub use outbound::Allow;
pub use providers::{
    apns, fcm, inbox, known_providers, provider_names, sections, sendgrid, service, slack, smtp, suppresses, telegram,
    twilio, webhook, webpush, whatsapp_cloud,
};
pub use section::{Half, Section};
pub use settings::{SandboxMode, Settings};
pub use webhooks::{CameBack, Webhooks};
