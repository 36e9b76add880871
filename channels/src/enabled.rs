//! The channels that this installation sends with, made once at start from the settings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::{ChannelName, Notification, Outcome, SANDBOX, Timestamp, Window};
use media::{MEDIA, Medium, find, inapp, is_of_the_fleet, known, unknown};
use runtime::settings::Kind;

use crate::channel::{Channel, Outgoing};
use crate::checked::Checked;
use crate::providers::{Provider, Service, known_providers, preferred, serving};
use crate::sandbox::Sandbox;
use crate::settings::{SandboxMode, Settings};

/// The enabled channels, by name and by the kind of the destinations that they are for ([`Medium::kinds`]): who carries
/// each, the preferred first.
pub struct Channels(BTreeMap<(&'static str, &'static str), Vec<Arc<Enabled>>>);

/// A medium, or a kind of its destinations, with the provider or the sandbox that carries it here.
pub struct Enabled {
    medium: &'static Medium,
    provider: &'static str,
    channel: Box<dyn Channel>,
    limits: Vec<Window>,
}

/// What happens to the messages of one channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Handling {
    /// The providers of these names send them, the first as long as it can.
    By(Vec<&'static str>),
    /// The preferred provider, which has this name, checks them and delivers none.
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
        Self { medium, provider, channel, limits: Vec::new() }
    }

    fn limited(self, limits: Option<&Vec<Window>>) -> Self {
        Self { limits: limits.cloned().unwrap_or_default(), ..self }
    }

    /// The name of the medium, as publishers write it: `email`.
    pub fn name(&self) -> &'static str {
        self.medium.name
    }

    /// The name of the provider: `smtp`.
    pub fn provider(&self) -> &'static str {
        self.provider
    }

    /// How many messages a second the operator lets the provider have. It may be exceeded by as many processes as there
    /// are.
    pub fn max_per_second(&self) -> Option<u32> {
        self.channel.max_per_second()
    }

    /// How many messages of this medium the operator lets the provider have in windows of time, all processes together.
    /// Empty where nothing is limited so.
    pub fn limits(&self) -> &[Window] {
        &self.limits
    }

    /// Whether what one message meets is to be expected by the next ([`Channel::is_one_place`]).
    pub fn is_one_place(&self) -> bool {
        self.channel.is_one_place()
    }

    /// Whether the sandbox carries it.
    pub fn captures(&self) -> bool {
        self.provider == SANDBOX
    }

    /// Asks the provider whether it would take messages, and gives it none.
    pub async fn check(&self, now: Timestamp) -> Checked {
        self.channel.check(now).await
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
                for connected in connect(medium, kind, settings) {
                    is_configured = true;
                    match connected {
                        Ok(carrier) => {
                            let carriers: &mut Vec<_> = enabled.entry((medium.name, kind)).or_default();
                            carriers.push(Arc::new(carrier));
                        }
                        Err(texts) => problems.extend(texts),
                    }
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
            let connected = if wanted(settings, medium) { connect(medium, kind, settings) } else { Vec::new() };
            let carriers: Vec<Enabled> = connected.into_iter().filter_map(Result::ok).collect();
            let handling = match carriers.first() {
                Some(first) if first.captures() => {
                    let configured = carry(medium, kind, settings).iter().any(Result::is_ok);
                    Handling::Captured { configured }
                }
                Some(first) if !first.channel.delivers() => Handling::Checked(first.provider),
                Some(_) => Handling::By(carriers.iter().map(|carrier| carrier.provider).collect()),
                None => Handling::Off,
            };
            (format!("{} {kind}", medium.name).trim_end().to_owned(), handling, needs_of(medium, kind))
        };
        let told = MEDIA.iter().copied().filter(|medium| !is_of_the_fleet(medium) || wanted(settings, medium));
        told.flat_map(|medium| kinds(medium).map(move |kind| of(medium, kind))).collect()
    }

    /// All of them, by their media, and of each the preferred first.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Enabled>> {
        self.0.values().flatten()
    }

    /// Who carries what goes to this destination, the preferred first; at least one. Its prefix decides where the medium
    /// has [kinds](Medium::kinds).
    ///
    /// # Errors
    /// [`NotEnabled`], with what to set.
    pub(crate) fn carriers(&self, name: &ChannelName, destination: &str) -> Result<&[Arc<Enabled>], NotEnabled> {
        let medium = find(name).ok_or_else(|| NotEnabled::Unknown(unknown(name)))?;
        let kind = medium.kind_of(destination);
        self.0.get(&(medium.name, kind)).map(Vec::as_slice).ok_or_else(|| {
            let to =
                if kind.is_empty() { String::new() } else { format!(" for a destination that begins with {kind}") };
            NotEnabled::NotConfigured(format!(
                "channel {} is not enabled{to}: set {} (and name it in CHANNELS, if that is set)",
                medium.name,
                needs_of(medium, kind)
            ))
        })
    }

    /// Who may carry a notification, the preferred first; at least one. Where it names a provider, that one alone, and what
    /// the sandbox carries it captures for whoever is named.
    ///
    /// # Errors
    /// [`NotEnabled`], with who carries its channel here where that is not the one that it names.
    pub fn carriers_of(&self, notification: &Notification) -> Result<&[Arc<Enabled>], NotEnabled> {
        let Notification { channel, destination, provider, .. } = notification;
        let carriers = self.carriers(channel, destination)?;
        let Some(name) = provider else { return Ok(carriers) };
        if let Some(why) = known_providers().refusal(name, Some(channel.as_str())) {
            return Err(NotEnabled::Unknown(format!("/provider {why}")));
        }
        let is_it = |carrier: &&Arc<Enabled>| carrier.provider == name || carrier.captures();
        carriers.iter().find(is_it).map(std::slice::from_ref).ok_or_else(|| {
            let here: Vec<&str> = carriers.iter().map(|carrier| carrier.provider).collect();
            NotEnabled::NotConfigured(format!(
                "/provider {name} does not carry {channel} here: {} may",
                here.join(", ")
            ))
        })
    }
}

/// What the fleet alone writes is named by no publisher, and so by `CHANNELS` neither: it is wanted where it is configured.
fn wanted(settings: &Settings, medium: &Medium) -> bool {
    if is_of_the_fleet(medium) {
        return serving(medium).any(|(_, service)| (service.connect)(settings).is_some());
    }
    match &settings.only {
        None => true,
        Some(only) => only.iter().any(|name| name.eq_ignore_ascii_case(medium.name)),
    }
}

/// The kinds of a medium's destinations by their prefixes, those of no kind first.
fn kinds(medium: &Medium) -> impl Iterator<Item = &'static str> {
    std::iter::once("").chain(medium.kinds.iter().map(|kind| kind.prefix))
}

/// A carrier, or all that is wrong with its settings.
type Connection = Result<Enabled, Vec<String>>;

/// Connects a medium for one kind of its destinations. Nothing when nothing is configured for it.
fn connect(medium: &'static Medium, kind: &str, settings: &Settings) -> Vec<Connection> {
    let captured = || vec![Ok(Enabled::new(medium, SANDBOX, Box::new(Sandbox)))];
    match settings.sandbox {
        // What stays in the ledger goes out to nobody.
        SandboxMode::All if medium.name != inapp::MEDIUM.name => captured(),
        SandboxMode::Off => carry(medium, kind, settings),
        SandboxMode::Missing | SandboxMode::All => {
            Some(carry(medium, kind, settings)).filter(|all| !all.is_empty()).unwrap_or_else(captured)
        }
    }
}

/// Connects a medium for one kind of its destinations with those of its preferred providers that are configured. One that
/// is configured wrongly, that nobody has listed and that another goes before is left out: the operator is warned of it.
fn carry(medium: &'static Medium, kind: &str, settings: &Settings) -> Vec<Connection> {
    let is_listed = settings.preferred.contains_key(medium.name);
    let mut connected: Vec<Connection> = Vec::new();
    for (provider, service) in preferred(medium, settings).into_iter().filter(|(_, service)| service.kind == kind) {
        let Some(one) = (service.connect)(settings) else { continue };
        if one.is_ok() || is_listed || connected.is_empty() {
            let limits = settings.limits.get(provider.name);
            connected.push(one.map(|channel| Enabled::new(medium, provider.name, channel).limited(limits)));
        }
    }
    connected
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
    let public = MEDIA.iter().filter(|medium| !is_of_the_fleet(medium));
    let ways: Vec<String> = public.map(|medium| format!("{} ({})", needs(medium), medium.name)).collect();
    format!(
        "CHANNELS: no channel is configured: set {}; or SANDBOX=all to capture messages instead of sending them",
        ways.join(", or ")
    )
}

/// The settings with which one of the medium's providers can carry it.
fn needs(medium: &Medium) -> String {
    listed(serving(medium))
}

/// The settings with which one of the medium's providers can carry what goes to destinations of this kind.
fn needs_of(medium: &Medium, kind: &str) -> String {
    listed(serving(medium).filter(|(_, service)| service.kind == kind))
}

fn listed(services: impl Iterator<Item = (&'static Provider, &'static Service)>) -> String {
    let needs = |(provider, service): (&'static Provider, &'static Service)| {
        let needs = service.needs.iter().map(|name| to_set(provider, name));
        needs.collect::<Vec<_>>().join(" + ")
    };
    services.map(needs).collect::<Vec<_>>().join(", or ")
}

/// A setting as it is to be set: one that does nothing while it is false has its value.
fn to_set(provider: &Provider, name: &str) -> String {
    let mut settings = provider.section.settings.iter();
    let is_flag = settings.any(|setting| setting.name == name && matches!(setting.kind, Kind::Flag));
    if is_flag { format!("{name}=true") } else { name.to_owned() }
}
