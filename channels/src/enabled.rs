//! The channels that this installation sends with: made once at start from the settings.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::ChannelName;

use crate::catalog::{Connected, Medium, find, known, unknown};
use crate::channel::Channel;
use crate::sandbox::Sandbox;
use crate::settings::{SandboxMode, Settings};

/// The enabled channels, by name.
pub struct Channels(BTreeMap<&'static str, Arc<dyn Channel>>);

/// What becomes of the messages of one channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carried {
    /// They are really sent.
    By(&'static str),
    /// They are kept instead of sent. `configured`: they would be sent without the sandbox.
    Captured { configured: bool },
    /// They go to the dead-letter queue: the channel is not enabled.
    Off,
}

/// Why there is nothing to send with. The text is for the operator who finds the message in the dead-letter queue.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotEnabled {
    #[error("{0}")]
    Unknown(String),
    #[error("{0}")]
    NotConfigured(String),
}

impl Channels {
    /// Connects nothing yet: it only reads the settings, and the files that they name.
    ///
    /// # Errors
    /// Every problem at once, one text each that begins with the name of a setting.
    pub fn enable(settings: &Settings) -> Result<Self, Vec<String>> {
        let mut enabled = BTreeMap::new();
        let mut problems = unknown_names(settings);
        for medium in crate::MEDIA.iter().filter(|medium| wanted(settings, medium)) {
            match connect(medium, settings) {
                Connected::Ready(channel) => {
                    enabled.insert(medium.name, channel);
                }
                Connected::NotConfigured(needs) if settings.only.is_some() => problems.push(format!(
                    "CHANNELS names {}, which needs {}: set them, or SANDBOX=missing to capture its messages",
                    medium.name,
                    needs.join(", ")
                )),
                Connected::NotConfigured(_) => {}
                Connected::Wrong(texts) => problems.extend(texts),
            }
        }
        if enabled.is_empty() && problems.is_empty() {
            problems.push(nothing_configured(settings));
        }
        problems.dedup();
        if problems.is_empty() { Ok(Self(enabled)) } else { Err(problems) }
    }

    /// What these settings make of each channel, in the order of the catalog, and which settings it needs to be sent.
    pub fn carried(settings: &Settings) -> Vec<(&'static str, Carried, String)> {
        let of = |medium: &&'static Medium| {
            let configured = matches!((medium.connect)(settings), Connected::Ready(_));
            let carried = match (wanted(settings, medium), connect(medium, settings)) {
                (true, Connected::Ready(channel)) if channel.provider() == crate::sandbox::PROVIDER => {
                    Carried::Captured { configured }
                }
                (true, Connected::Ready(channel)) => Carried::By(channel.provider()),
                _ => Carried::Off,
            };
            (medium.name, carried, needs(medium))
        };
        crate::MEDIA.iter().map(of).collect()
    }

    /// # Errors
    /// [`NotEnabled`], with what to set.
    pub fn get(&self, name: &ChannelName) -> Result<&Arc<dyn Channel>, NotEnabled> {
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

    /// Name and provider of each, in the order of their names.
    pub fn enabled(&self) -> Vec<(&'static str, &'static str)> {
        self.0.values().map(|channel| (channel.name(), channel.provider())).collect()
    }
}

fn wanted(settings: &Settings, medium: &Medium) -> bool {
    match &settings.only {
        None => true,
        Some(only) => only.iter().any(|name| name.eq_ignore_ascii_case(medium.name)),
    }
}

fn connect(medium: &'static Medium, settings: &Settings) -> Connected {
    let sandbox = || Connected::Ready(Arc::new(Sandbox::of(medium)));
    match settings.sandbox {
        SandboxMode::All => sandbox(),
        SandboxMode::Off => (medium.connect)(settings),
        SandboxMode::Missing => match (medium.connect)(settings) {
            Connected::NotConfigured(_) => sandbox(),
            connected => connected,
        },
    }
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
    let ways: Vec<String> = crate::MEDIA.iter().map(|medium| format!("{} ({})", needs(medium), medium.name)).collect();
    format!(
        "CHANNELS: no channel is configured: set {}; or SANDBOX=all to capture messages instead of sending them",
        ways.join(", or ")
    )
}

fn needs(medium: &Medium) -> String {
    match (medium.connect)(&Settings::default()) {
        Connected::NotConfigured(needs) => needs.join(", "),
        Connected::Ready(_) | Connected::Wrong(_) => "its settings".into(),
    }
}
