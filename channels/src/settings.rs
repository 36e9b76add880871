//! What the channels need to be told, as plain values that the binary fills from its configuration.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;

use crate::{fcm, smtp, twilio};

/// Everything optional: [`crate::Channels::enable`] says which settings are missing, by their names.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `CHANNELS`: enable exactly these. `None` enables what has credentials.
    pub only: Option<Vec<String>>,
    /// `SANDBOX`.
    pub sandbox: SandboxMode,
    /// How long the worker waits for one `send`. The steps before a message is handed over get a share of it, so
    /// that a server which hangs there is known not to have taken anything.
    pub provider_timeout: Duration,
    pub smtp: smtp::Settings,
    pub twilio: twilio::Settings,
    pub fcm: fcm::Settings,
    /// Settings of channels that have no section above: every variable that begins with one of
    /// [`crate::prefixes`], by its full name, such as `TELEGRAM_BOT_TOKEN`.
    pub others: BTreeMap<String, SecretString>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            only: None,
            sandbox: SandboxMode::Off,
            provider_timeout: Duration::from_secs(10),
            smtp: smtp::Settings::default(),
            twilio: twilio::Settings::default(),
            fcm: fcm::Settings::default(),
            others: BTreeMap::new(),
        }
    }
}

/// Which channels keep their messages instead of sending them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SandboxMode {
    #[default]
    Off,
    /// Every channel, whatever else is configured.
    All,
    /// Those that nothing is configured for.
    Missing,
}

impl SandboxMode {
    /// `all` or `true`, `missing`, `off` or `false`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "off" | "false" => Some(Self::Off),
            "all" | "true" => Some(Self::All),
            "missing" => Some(Self::Missing),
            _ => None,
        }
    }
}
