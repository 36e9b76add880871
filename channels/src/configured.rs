//! Which channels exist and how they are configured, read from the settings. Each provider says which settings it has
//! ([`sections`]); they are read here, and problems with them are reported.

mod limits;
mod list;
mod preference;
mod unreached;

use std::collections::BTreeSet;

use domain::{ChannelName, WebhookKeys};
use media::MEDIA;
use runtime::settings::Reader;

use self::list::{List, words};
use crate::providers::{PROVIDERS, Provider, Service, preferred, service, telegram, webhook};
use crate::{Allow, Channels, SandboxMode, Settings, known};

impl Settings {
    /// Reads the settings. `sends` says that the process sends, so that a missing setting is a problem. `up` says that
    /// everything is captured unless the operator says otherwise. `public_url` is where providers reach our API, and
    /// `webhooks` are the keys that come of `SECRET_KEY`; `service` has those, too, and the services of `SERVICES_FILE`.
    pub fn read(
        reader: &mut Reader,
        sends: bool,
        up: bool,
        public_url: Option<String>,
        webhooks: Option<WebhookKeys>,
        service: service::Settings,
    ) -> Self {
        let (only, sandbox, preferred) = (only(reader), sandbox(reader, up), preference::read(reader));
        let (outbound, timeout) = (outbound(reader), reader.seconds("PROVIDER_TIMEOUT_SECONDS"));
        let webhook = webhook::Settings { keys: webhooks, ..webhook::Settings::default() };
        let mut settings =
            Self { only, sandbox, preferred, outbound, public_url, webhook, service, ..Self::unset(timeout) };
        for provider in PROVIDERS {
            (provider.fill)(&reader.values(provider.section.settings), &mut settings);
            let windows = provider.section.limits.and_then(|setting| limits::read(reader, setting.name));
            settings.limits.extend(windows.map(|windows| (provider.name, windows)));
        }
        for warning in PROVIDERS.iter().flat_map(|provider| (provider.warnings)(&settings)) {
            if reader.are_right(warning.about) {
                reader.warn(warning.text);
            }
        }
        check(reader, &settings, sends);
        settings
    }

    /// Warns of a channel that other settings name although `CHANNELS` leaves it out: `named` are those settings, and
    /// what they send would go nowhere in this process.
    pub fn check_left_out(&self, reader: &mut Reader, sends: bool, named: &[(&str, Option<&ChannelName>)]) {
        let list = reader.text("CHANNELS").unwrap_or_default().to_ascii_lowercase();
        // A word that is no channel was reported already, and may have been meant for the channel that is missing.
        let Some(only) = self.only.as_ref().filter(|_| words(&list).iter().all(|word| known().contains(word))) else {
            return;
        };
        for (name, channel) in named {
            let Some(channel) = channel.filter(|channel| !only.iter().any(|name| name == channel.as_str())) else {
                continue;
            };
            let what = format!("is {channel}, which CHANNELS leaves out: add it there, or name another channel");
            if sends && self.sandbox != SandboxMode::All {
                reader.refuse(name, what);
            } else {
                reader.warn(format!("{name} {what}"));
            }
        }
    }

    /// Reports what is missing or wrong for a process that asks a provider, and sends nothing by it.
    pub fn check_polling(&self, reader: &mut Reader) {
        let problems = telegram::Poller::of(self).and_then(Result::err).unwrap_or_default();
        for problem in problems {
            if reader.are_right(&[named_by(&problem)]) {
                reader.problem(problem);
            }
        }
    }
}

/// The channels of `CHANNELS`.
fn only(reader: &mut Reader) -> Option<Vec<String>> {
    let (known, example) = (known().to_vec(), "email,sms");
    let list = List { name: "CHANNELS", of: "channel", known, example, otherwise: "" };
    Some(list.read(reader)?.into_iter().map(str::to_owned).collect())
}

/// Reports providers that are configured by halves. That is a problem where less would be sent than the operator
/// believes, and a warning elsewhere.
fn check(reader: &mut Reader, settings: &Settings, sends: bool) {
    let halves = half_configured(reader, settings);
    let all_is_captured = settings.sandbox == SandboxMode::All;
    if !sends || all_is_captured {
        halves.iter().for_each(|half| reader.warn(format!("{} {}", half.missing, half.what)));
    } else {
        halves.iter().for_each(|half| reader.refuse(half.missing, &half.what));
    }
    if !sends {
        return;
    }
    for problem in refused(settings, if all_is_captured { &[] } else { &halves }) {
        // A setting that was refused already is not reported as missing as well.
        let name = named_by(&problem);
        let follows = name == "CHANNELS" && (!halves.is_empty() || !reader.are_right(&["SANDBOX"]));
        if reader.are_right(&[name]) && !follows {
            reader.problem(problem);
        }
    }
    for problem in waiting(settings) {
        if reader.are_right(&[named_by(&problem)]) {
            reader.warn(problem);
        }
    }
    if all_is_captured {
        // In this case nothing else checks the settings of the providers.
        let live = Settings { sandbox: SandboxMode::Missing, ..settings.clone() };
        let asleep = refused(&live, &halves).into_iter().filter(|problem| !problem.starts_with("CHANNELS"));
        let told = |problem: &String| halves.iter().any(|half| named_by(problem) == half.missing);
        asleep.filter(|problem| !told(problem)).for_each(|problem| reader.warn(problem));
    }
}

/// The setting that a problem begins with.
fn named_by(problem: &str) -> &str {
    problem.split([' ', ':']).next().unwrap_or_default()
}

/// What the providers refuse of their settings, each problem once. A provider that is configured by halves is not
/// connected, so without this check its other problems would show only later.
fn refused(settings: &Settings, halves: &[HalfConfigured]) -> Vec<String> {
    let rest = halves.iter().flat_map(|half| (half.provider.problems)(settings));
    let refused = Channels::enable(settings).err().unwrap_or_default().into_iter().chain(rest);
    let mut seen = BTreeSet::new();
    refused.filter(|problem| seen.insert(problem.clone())).collect()
}

/// What is missing or wrong with providers that were asked for and carry nothing, although another that goes before them
/// does: it would show only on the day on which that one fails. Where the operator has listed them, it is a problem.
fn waiting(settings: &Settings) -> Vec<String> {
    let mut problems = Vec::new();
    let unlisted = MEDIA.iter().filter(|medium| !settings.preferred.contains_key(medium.name));
    for medium in unlisted.filter(|medium| is_wanted(settings, medium.name)) {
        let asked_for: Vec<_> = preferred(medium, settings)
            .into_iter()
            .filter_map(|(provider, service)| Some((provider, service.kind, (service.connect)(settings)?.err())))
            .collect();
        for (at, (_, kind, wrong)) in asked_for.iter().enumerate() {
            let carrier = asked_for[..at].iter().find(|(_, other, _)| other == kind);
            let (Some((carrier, ..)), Some(wrong)) = (carrier, wrong) else { continue };
            let told = wrong.iter().map(|text| format!("{text}; until then {} carries {}", carrier.name, medium.name));
            problems.extend(told);
        }
    }
    problems
}

/// A provider that lacks a setting which it needs.
struct HalfConfigured {
    missing: &'static str,
    /// The problem, as a text that is read after the name of the setting.
    what: String,
    provider: &'static Provider,
}

/// The settings that are missing beside others of the same provider: its channel would silently be captured or off.
fn half_configured(reader: &Reader, settings: &Settings) -> Vec<HalfConfigured> {
    let halves =
        PROVIDERS.iter().flat_map(|provider| provider.section.halves.iter().map(move |half| (*provider, half)));
    let missing = halves.filter_map(|(provider, half)| {
        let mut beside = reader.set_of(half.beside);
        beside.retain(|name| !is_of_another(name, provider, settings));
        let may_carry = half.channels.iter().any(|channel| may_carry(provider, channel, settings));
        let is_half = may_carry && reader.given_of(half.needs).is_empty() && !beside.is_empty();
        let missing = *half.needs.first().filter(|_| is_half)?;
        let what = format!("is not set, but {}: {}", listed(&beside), half.less);
        Some(HalfConfigured { missing, what, provider })
    });
    let mut halves: Vec<_> = missing.collect();
    halves.extend(named_alone(reader, settings));
    let mut seen = BTreeSet::new();
    halves.retain(|half| seen.insert(half.missing));
    halves
}

/// Whether this provider may be the one that carries the channel.
fn may_carry(provider: &Provider, channel: &str, settings: &Settings) -> bool {
    let medium = MEDIA.iter().find(|medium| medium.name == channel && is_wanted(settings, channel));
    medium.is_some_and(|medium| preferred(medium, settings).iter().any(|(other, _)| other.name == provider.name))
}

fn is_wanted(settings: &Settings, channel: &str) -> bool {
    settings.only.as_ref().is_none_or(|only| only.iter().any(|name| name == channel))
}

/// Whether a setting belongs to another provider as well, one that is configured. Such a setting is no sign that this
/// provider is meant: the sender of mails, for example, must be set whoever carries them.
fn is_of_another(name: &str, provider: &Provider, settings: &Settings) -> bool {
    let others = PROVIDERS.iter().filter(|other| other.name != provider.name);
    let mut sharing = others.filter(|other| other.section.settings.iter().any(|setting| setting.name == name));
    sharing.any(|other| other.serves.iter().any(|service| (service.connect)(settings).is_some()))
}

/// The providers that the operator names for a medium and that are not configured for it.
fn named_alone(reader: &Reader, settings: &Settings) -> Vec<HalfConfigured> {
    let alone = named(settings).filter(|(_, service)| (service.connect)(settings).is_none());
    let half = alone.filter_map(|(provider, service)| {
        let (name, medium) = (preference::given(reader, service.medium)?, service.medium.name);
        let missing = service.needs.iter().find(|need| reader.given_of(&[**need]).is_empty())?;
        let what = format!("is not set, but {name} names {}: {medium} is not sent by it", provider.name);
        Some(HalfConfigured { missing, what, provider })
    });
    half.collect()
}

/// The providers that the operator names for the media that are wanted.
fn named(settings: &Settings) -> impl Iterator<Item = (&'static Provider, &'static Service)> {
    let media = MEDIA.iter().filter(move |medium| settings.preferred.contains_key(medium.name));
    media.filter(move |medium| is_wanted(settings, medium.name)).flat_map(move |medium| preferred(medium, settings))
}

fn listed(names: &[&str]) -> String {
    format!("{} {} set", names.join(", "), if names.len() == 1 { "is" } else { "are" })
}

fn sandbox(reader: &mut Reader, up: bool) -> SandboxMode {
    let Some(text) = reader.text("SANDBOX") else {
        return if up { SandboxMode::All } else { SandboxMode::Off };
    };
    SandboxMode::parse(&text).unwrap_or_else(|| {
        reader.refuse_word("SANDBOX", "must be all, missing or off", &["all", "missing", "off", "true", "false"]);
        SandboxMode::All
    })
}

/// What may be called at an address that others give us, although it is not public.
fn outbound(reader: &mut Reader) -> Allow {
    let Some(text) = reader.text("OUTBOUND_ALLOW") else { return Allow::default() };
    Allow::parse(&text).unwrap_or_else(|problems| {
        problems.iter().for_each(|problem| reader.refuse("OUTBOUND_ALLOW", problem));
        Allow::default()
    })
}
