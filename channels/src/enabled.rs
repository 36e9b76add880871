//! The channels that this installation sends with, made once at start from the settings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::{ChannelName, Outcome, SANDBOX};
use media::{MEDIA, Medium, find, known, unknown};

use crate::channel::{Channel, Outgoing};
use crate::providers::{preferred, serving};
use crate::sandbox::Sandbox;
use crate::settings::{SandboxMode, Settings};

/// The enabled channels, by name.
pub struct Channels(BTreeMap<&'static str, Arc<Enabled>>);

/// A medium, with the provider or the sandbox that carries it here.
pub struct Enabled {
    medium: &'static Medium,
    provider: &'static str,
    channel: Box<dyn Channel>,
}

/// What happens to the messages of one channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Handling {
    /// The provider of this name sends them.
    By(&'static str),
    /// The provider of this name checks them and delivers none.
    Checked(&'static str),
    /// The sandbox captures them. `configured` says that they would be sent without the sandbox.
    Captured { configured: bool },
    /// They are dead-lettered, because the channel is not enabled.
    Off,
}

/// Why a channel cannot send. The text is for the operator who finds the message in the dead-letter queue.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotEnabled {
    #[error("{0}")]
    Unknown(String),
    #[error("{0}")]
    NotConfigured(String),
}

impl Enabled {
    pub(crate) fn new(medium: &'static Medium, provider: &'static str, channel: Box<dyn Channel>) -> Self {
        Self { medium, provider, channel }
    }

    /// The name of the medium, as publishers write it: `email`.
    pub fn name(&self) -> &'static str {
        self.medium.name
    }

    /// The name of the provider: `smtp`.
    pub fn provider(&self) -> &'static str {
        self.provider
    }

    /// Sends one message, unless its medium refuses it. [`Channel`] says what a call promises.
    pub async fn send(&self, outgoing: &Outgoing<'_>) -> Outcome {
        match self.medium.accept(outgoing.destination, &outgoing.words()) {
            Ok(()) => self.channel.send(outgoing).await,
            Err(why) => Outgoing::refuse(self.provider, why),
        }
    }
}

impl Channels {
    /// Reads the settings and the files that they name; connects to nothing yet.
    ///
    /// # Errors
    /// Every problem at once, one text each that begins with the name of a setting.
    pub fn enable(settings: &Settings) -> Result<Self, Vec<String>> {
        let mut enabled = BTreeMap::new();
        let mut problems = unknown_names(settings);
        for medium in MEDIA.iter().filter(|medium| wanted(settings, medium)) {
            match connect(medium, settings) {
                Some(Ok(channel)) => {
                    enabled.insert(medium.name, Arc::new(channel));
                }
                Some(Err(texts)) => problems.extend(texts),
                None if settings.only.is_some() => problems.push(format!(
                    "CHANNELS names {}, which needs {}: set them, or SANDBOX=missing to capture its messages",
                    medium.name,
                    needs(medium)
                )),
                None => {}
            }
        }
        if enabled.is_empty() && problems.is_empty() {
            problems.push(nothing_configured(settings));
        }
        let mut seen = BTreeSet::new();
        problems.retain(|problem| seen.insert(problem.clone()));
        if problems.is_empty() { Ok(Self(enabled)) } else { Err(problems) }
    }

    /// What these settings do with each channel, in the order of the catalog, and the settings that it needs to send.
    pub fn handling(settings: &Settings) -> Vec<(&'static str, Handling, String)> {
        let of = |medium: &&'static Medium| {
            let handling = match connect(medium, settings).filter(|_| wanted(settings, medium)) {
                Some(Ok(channel)) if channel.provider == SANDBOX => {
                    Handling::Captured { configured: matches!(carry(medium, settings), Some(Ok(_))) }
                }
                Some(Ok(channel)) if !channel.channel.delivers() => Handling::Checked(channel.provider),
                Some(Ok(channel)) => Handling::By(channel.provider),
                _ => Handling::Off,
            };
            (medium.name, handling, needs(medium))
        };
        MEDIA.iter().map(of).collect()
    }

    /// # Errors
    /// [`NotEnabled`], with what to set.
    pub fn get(&self, name: &ChannelName) -> Result<&Arc<Enabled>, NotEnabled> {
        if let Some(channel) = self.0.get(name.as_str()) {
            return Ok(channel);
        }
        let medium = find(name).ok_or_else(|| NotEnabled::Unknown(unknown(name)))?;
        Err(NotEnabled::NotConfigured(format!(
            "channel {} is not enabled: set {} (and name it in CHANNELS, if that is set)",
            medium.name,
            needs(medium)
        )))
    }
}

fn wanted(settings: &Settings, medium: &Medium) -> bool {
    match &settings.only {
        None => true,
        Some(only) => only.iter().any(|name| name.eq_ignore_ascii_case(medium.name)),
    }
}

/// Connects a medium. None when nothing is configured for it.
fn connect(medium: &'static Medium, settings: &Settings) -> Option<Result<Enabled, Vec<String>>> {
    let captured = || Some(Ok(Enabled::new(medium, SANDBOX, Box::new(Sandbox))));
    match settings.sandbox {
        SandboxMode::All => captured(),
        SandboxMode::Off => carry(medium, settings),
        SandboxMode::Missing => carry(medium, settings).or_else(captured),
    }
}

/// Connects a medium with the first of its preferred providers that is configured.
fn carry(medium: &'static Medium, settings: &Settings) -> Option<Result<Enabled, Vec<String>>> {
    preferred(medium, settings).into_iter().find_map(|(provider, service)| {
        let connected = (service.connect)(settings)?;
        Some(connected.map(|channel| Enabled::new(medium, provider.name, channel)))
    })
}

fn unknown_names(settings: &Settings) -> Vec<String> {
    let names = settings.only.iter().flatten();
    names
        .filter(|name| !known().iter().any(|known| name.eq_ignore_ascii_case(known)))
        .map(|name| format!("CHANNELS names {name:?}, which is not a channel; known are {}", known().join(", ")))
        .collect()
}

fn nothing_configured(settings: &Settings) -> String {
    if settings.only.is_some() {
        return format!("CHANNELS names no channel: name some of {}, or leave it out", known().join(", "));
    }
    let ways: Vec<String> = MEDIA.iter().map(|medium| format!("{} ({})", needs(medium), medium.name)).collect();
    format!(
        "CHANNELS: no channel is configured: set {}; or SANDBOX=all to capture messages instead of sending them",
        ways.join(", or ")
    )
}

/// The settings with which one of the medium's providers can carry it.
fn needs(medium: &Medium) -> String {
    serving(medium).map(|(_, service)| service.needs.join(" + ")).collect::<Vec<_>>().join(", or ")
}
