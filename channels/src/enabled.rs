//! The channels that this installation sends with, made once at start from the settings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::{ChannelName, Outcome, SANDBOX};
use media::{MEDIA, Medium, find, known, unknown};

use crate::channel::{Channel, Outgoing};
use crate::providers::{Service, preferred, serving};
use crate::sandbox::Sandbox;
use crate::settings::{SandboxMode, Settings};

/// The enabled channels, by name and by the kind of the destinations that they are for ([`Medium::kinds`]).
pub struct Channels(BTreeMap<(&'static str, &'static str), Arc<Enabled>>);

/// A medium, or a kind of its destinations, with the provider or the sandbox that carries it here.
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
            let mut is_configured = false;
            for kind in kinds(medium) {
                let Some(connected) = connect(medium, kind, settings) else { continue };
                is_configured = true;
                match connected {
                    Ok(channel) => {
                        enabled.insert((medium.name, kind), Arc::new(channel));
                    }
                    Err(texts) => problems.extend(texts),
                }
            }
            if !is_configured && settings.only.is_some() {
                problems.push(format!(
                    "CHANNELS names {}, which needs {}: set them, or SANDBOX=missing to capture its messages",
                    medium.name,
                    needs(medium)
                ));
            }
        }
        if enabled.is_empty() && problems.is_empty() {
            problems.push(nothing_configured(settings));
        }
        let mut seen = BTreeSet::new();
        problems.retain(|problem| seen.insert(problem.clone()));
        if problems.is_empty() { Ok(Self(enabled)) } else { Err(problems) }
    }

    /// What these settings do with each channel, in the order of the catalog, and the settings that it needs to send. A
    /// kind of destinations follows its channel, with its prefix behind the channel's name.
    pub fn handling(settings: &Settings) -> Vec<(String, Handling, String)> {
        let of = |medium: &'static Medium, kind: &'static str| {
            let handling = match connect(medium, kind, settings).filter(|_| wanted(settings, medium)) {
                Some(Ok(channel)) if channel.provider == SANDBOX => {
                    Handling::Captured { configured: matches!(carry(medium, kind, settings), Some(Ok(_))) }
                }
                Some(Ok(channel)) if !channel.channel.delivers() => Handling::Checked(channel.provider),
                Some(Ok(channel)) => Handling::By(channel.provider),
                _ => Handling::Off,
            };
            (format!("{} {kind}", medium.name).trim_end().to_owned(), handling, needs_of(medium, kind))
        };
        MEDIA.iter().copied().flat_map(|medium| kinds(medium).map(move |kind| of(medium, kind))).collect()
    }

    /// Who carries what goes to this destination, whose prefix decides where the medium has [kinds](Medium::kinds).
    ///
    /// # Errors
    /// [`NotEnabled`], with what to set.
    pub fn get(&self, name: &ChannelName, destination: &str) -> Result<&Arc<Enabled>, NotEnabled> {
        let medium = find(name).ok_or_else(|| NotEnabled::Unknown(unknown(name)))?;
        let kind = medium.kind_of(destination);
        self.0.get(&(medium.name, kind)).ok_or_else(|| {
            let to =
                if kind.is_empty() { String::new() } else { format!(" for a destination that begins with {kind}") };
            NotEnabled::NotConfigured(format!(
                "channel {} is not enabled{to}: set {} (and name it in CHANNELS, if that is set)",
                medium.name,
                needs_of(medium, kind)
            ))
        })
    }
}

fn wanted(settings: &Settings, medium: &Medium) -> bool {
    match &settings.only {
        None => true,
        Some(only) => only.iter().any(|name| name.eq_ignore_ascii_case(medium.name)),
    }
}

/// The kinds of a medium's destinations by their prefixes, those of no kind first.
fn kinds(medium: &Medium) -> impl Iterator<Item = &'static str> {
    std::iter::once("").chain(medium.kinds.iter().map(|kind| kind.prefix))
}

/// Connects a medium for one kind of its destinations. None when nothing is configured for it.
fn connect(medium: &'static Medium, kind: &str, settings: &Settings) -> Option<Result<Enabled, Vec<String>>> {
    let captured = || Some(Ok(Enabled::new(medium, SANDBOX, Box::new(Sandbox))));
    match settings.sandbox {
        SandboxMode::All => captured(),
        SandboxMode::Off => carry(medium, kind, settings),
        SandboxMode::Missing => carry(medium, kind, settings).or_else(captured),
    }
}

/// Connects a medium for one kind of its destinations with the first of its preferred providers that is configured.
fn carry(medium: &'static Medium, kind: &str, settings: &Settings) -> Option<Result<Enabled, Vec<String>>> {
    let mut reaching = preferred(medium, settings).into_iter().filter(|(_, service)| service.kind == kind);
    reaching.find_map(|(provider, service)| {
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
    listed(serving(medium).map(|(_, service)| service))
}

/// The settings with which one of the medium's providers can carry what goes to destinations of this kind.
fn needs_of(medium: &Medium, kind: &str) -> String {
    listed(serving(medium).map(|(_, service)| service).filter(|service| service.kind == kind))
}

fn listed(services: impl Iterator<Item = &'static Service>) -> String {
    services.map(|service| service.needs.join(" + ")).collect::<Vec<_>>().join(", or ")
}
