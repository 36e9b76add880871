//! What the channels need to know, as plain values.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Labels, Window};

use crate::outbound::Allow;
use crate::providers::apns::Settings as Apns;
use crate::providers::fcm::Settings as Fcm;
use crate::providers::inbox::Settings as Inbox;
use crate::providers::sendgrid::Settings as SendGrid;
use crate::providers::service::Settings as Service;
use crate::providers::slack::Settings as Slack;
use crate::providers::smtp::Settings as Smtp;
use crate::providers::telegram::Settings as Telegram;
use crate::providers::twilio::Settings as Twilio;
use crate::providers::webhook::Settings as Webhook;
use crate::providers::webpush::Settings as WebPush;
use crate::providers::whatsapp_cloud::Settings as WhatsAppCloud;

/// Where providers reach our API.
pub(crate) const PUBLIC_URL: &str = "PUBLIC_URL";

/// Every value is optional: [`crate::Channels::enable`] says which settings are missing, by their names.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `CHANNELS`: enable exactly these. `None` enables what has credentials.
    pub only: Option<Vec<String>>,
    /// `SANDBOX`.
    pub sandbox: SandboxMode,
    /// How long the worker waits for one `send`. The steps before a message is handed over get a share of it: when a
    /// server hangs in one of them, it certainly has accepted nothing.
    pub provider_timeout: Duration,
    /// `EMAIL_PROVIDERS`, `WHATSAPP_PROVIDERS`, by medium: who may carry it, the preferred first. A medium for which the
    /// operator names nobody is not here: then it is all that are configured, in the order of the providers.
    pub preferred: BTreeMap<&'static str, Vec<&'static str>>,
    /// `SMTP_LIMITS` and its like, by provider: how many messages of a medium the whole fleet gives it, in windows of time.
    pub limits: BTreeMap<&'static str, Vec<Window>>,
    pub smtp: Smtp,
    pub sendgrid: SendGrid,
    pub fcm: Fcm,
    pub twilio: Twilio,
    pub whatsapp_cloud: WhatsAppCloud,
    pub apns: Apns,
    pub webpush: WebPush,
    pub webhook: Webhook,
    pub telegram: Telegram,
    pub slack: Slack,
    pub service: Service,
    pub inbox: Inbox,
    /// `OUTBOUND_ALLOW`: what may be called at an address that others give us, although it is not public.
    pub outbound: Allow,
    /// `PUBLIC_URL`, without a slash at its end: where providers reach our API.
    pub public_url: Option<String>,
    /// Signs the labels that stand in URLs. None where nothing is labelled.
    pub labels: Option<Labels>,
}

impl Settings {
    /// Settings in which no provider has a value yet: the [`crate::sections`] fill them in.
    pub fn unset(provider_timeout: Duration) -> Self {
        Self {
            only: None,
            sandbox: SandboxMode::Off,
            provider_timeout,
            preferred: BTreeMap::new(),
            limits: BTreeMap::new(),
            smtp: Smtp::default(),
            sendgrid: SendGrid::default(),
            fcm: Fcm::default(),
            twilio: Twilio::default(),
            whatsapp_cloud: WhatsAppCloud::default(),
            apns: Apns::default(),
            webpush: WebPush::default(),
            webhook: Webhook::default(),
            telegram: Telegram::default(),
            slack: Slack::default(),
            service: Service::default(),
            inbox: Inbox::default(),
            outbound: Allow::default(),
            public_url: None,
            labels: None,
        }
    }
}

/// Settings with no values and plenty of time for a provider.
#[cfg(test)]
pub(crate) fn of_tests() -> Settings {
    Settings::unset(Duration::from_secs(10))
}

/// Which channels capture their messages instead of sending them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SandboxMode {
    #[default]
    Off,
    /// Every channel, whatever else is configured.
    All,
    /// The channels for which nothing is configured.
    Missing,
}

impl SandboxMode {
    /// Reads `all` or `true`, `missing`, `off` or `false`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "off" | "false" => Some(Self::Off),
            "all" | "true" => Some(Self::All),
            "missing" => Some(Self::Missing),
            _ => None,
        }
    }
}
