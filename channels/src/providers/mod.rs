//! The providers. Each is a folder with its section of the settings, what it sends, and what the answers mean. A
//! provider serves as many media as it likes, and a medium may have several providers: one of them carries each attempt.

pub mod apns;
pub mod fcm;
pub mod inbox;
pub mod sendgrid;
pub mod service;
pub mod slack;
pub mod smtp;
pub mod telegram;
pub mod twilio;
pub mod webhook;
pub mod webpush;
pub mod whatsapp_cloud;

use domain::{KnownProviders, Outcome, SuppressedFor};
use media::{Medium, is_of_the_fleet};
use runtime::settings::Values;

use crate::callback::{Callback, Readable, Refused, Unreadable};
use crate::channel::Channel;
use crate::section::{Section, Warning};
use crate::settings::Settings;

/// Every provider. Where several serve a medium, those of [`preferred`] that are configured carry it, and the worker
/// chooses for each attempt. The destinations of a kind have carriers of their own in the same way. A new provider is a
/// folder beside this file and an entry here.
pub(crate) static PROVIDERS: &[&Provider] = &[
    &smtp::PROVIDER,
    &sendgrid::PROVIDER,
    &fcm::PROVIDER,
    &twilio::PROVIDER,
    &whatsapp_cloud::PROVIDER,
    &apns::PROVIDER,
    &webpush::PROVIDER,
    &webhook::PROVIDER,
    &telegram::PROVIDER,
    &slack::PROVIDER,
    &service::PROVIDER,
    &inbox::PROVIDER,
];

/// The names of all providers, as attempts and outcomes have them, whether anybody has configured them or not.
pub fn provider_names() -> Vec<&'static str> {
    PROVIDERS.iter().map(|provider| provider.name).collect()
}

/// The providers that somebody may name who lets no other carry a message, each with the channels that it can carry.
pub fn known_providers() -> KnownProviders {
    let mut known: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
    for provider in PROVIDERS {
        let public = provider.serves.iter().filter(|service| !is_of_the_fleet(service.medium));
        let mut channels: Vec<&'static str> = public.map(|service| service.medium.name).collect();
        // One may carry several kinds of destinations of a channel.
        channels.dedup();
        if !channels.is_empty() {
            known.push((provider.name, channels));
        }
    }
    KnownProviders::new(known)
}

/// What the fleet must know of a provider. Each folder has one of these, named `PROVIDER`.
pub(crate) struct Provider {
    /// The name in outcomes, logs and metrics.
    pub(crate) name: &'static str,
    pub(crate) serves: &'static [Service],
    pub(crate) section: Section,
    /// Copies the values that were read of its section to where the provider looks for them.
    pub(crate) fill: fn(&Values, &mut Settings),
    /// Warnings about settings with which the provider starts, but that are most likely not meant.
    pub(crate) warnings: fn(&Settings) -> Vec<Warning>,
    /// Everything that keeps the provider's channels from being connected, whether anybody asks for them or not: what
    /// is missing, and what is wrong. One text each, beginning with a setting's name.
    pub(crate) problems: fn(&Settings) -> Vec<String>,
    /// The codes of its answers by which a destination is no longer there, and will not be again.
    pub(crate) gone: &'static [&'static str],
    /// The codes of its answers by which whoever is there wants nothing more from us.
    pub(crate) stopped: &'static [&'static str],
    /// What the provider reports, if it calls us.
    pub(crate) webhook: Option<Webhook>,
    /// Settings with which the provider sends to this base URL, for the conformance test; `None` if it does not speak
    /// HTTP. `{base}/token` answers every request with an OAuth token.
    #[cfg(test)]
    pub(crate) over_http: Option<fn(&str) -> Settings>,
}

/// What a provider sends to us. Both functions look at the raw body, and ask nobody.
pub(crate) struct Webhook {
    /// The header in which its signature stands.
    pub(crate) signature: &'static str,
    /// The answer to the query of a GET by which the provider asks whether the URL is ours, or why it gets none.
    pub(crate) challenge: fn(&Settings, &str) -> Result<String, Refused>,
    /// Whether the provider has sent it.
    pub(crate) verify: fn(&Settings, &Callback<'_>) -> Result<(), Refused>,
    /// The content type and the text that the provider expects as an answer to a call that is its own.
    pub(crate) answer: fn(&Callback<'_>) -> (&'static str, String),
    /// What it says.
    pub(crate) reports: fn(&Settings, &Callback<'_>) -> Result<Readable, Unreadable>,
}

/// One medium, as far as one provider carries it.
pub(crate) struct Service {
    pub(crate) medium: &'static Medium,
    /// The prefix of the kind of destinations that it carries ([`Medium::kinds`]); empty for those that are of none.
    pub(crate) kind: &'static str,
    /// The settings that the provider needs for this medium.
    pub(crate) needs: &'static [&'static str],
    pub(crate) connect: fn(&Settings) -> Connected,
}

/// The connected channel. None when no setting of the provider is given, so that nobody asked for it. An error lists
/// what is missing or wrong, one text each, beginning with a setting's name.
pub(crate) type Connected = Option<Result<Box<dyn Channel>, Vec<String>>>;

/// The sections of all providers, in the order in which they are read.
pub fn sections() -> impl Iterator<Item = &'static Section> {
    PROVIDERS.iter().map(|provider| &provider.section)
}

/// The providers that can carry this medium, or a kind of its destinations, in the order of the list.
pub(crate) fn serving(medium: &Medium) -> impl Iterator<Item = (&'static Provider, &'static Service)> {
    let name = medium.name;
    let services =
        PROVIDERS.iter().flat_map(|provider| provider.serves.iter().map(move |service| (*provider, service)));
    services.filter(move |(_, service)| service.medium.name == name)
}

/// The providers that may carry this medium here, the preferred first: those that the operator has listed, or else all
/// that can.
pub(crate) fn preferred(medium: &Medium, settings: &Settings) -> Vec<(&'static Provider, &'static Service)> {
    let Some(listed) = settings.preferred.get(medium.name) else { return serving(medium).collect() };
    listed.iter().filter_map(|name| serving(medium).find(|(provider, _)| provider.name == *name)).collect()
}

/// Why nothing need be sent to the destination of an attempt again, if that follows from what its provider has answered:
/// nobody is there any more, or whoever is there does not want it.
pub fn suppresses(outcome: &Outcome) -> Option<SuppressedFor> {
    let Outcome::Permanent { failure, .. } = outcome else { return None };
    let provider = PROVIDERS.iter().find(|provider| provider.name == failure.provider)?;
    let code = failure.code.as_deref()?;
    let is_among = |codes: &[&str]| codes.contains(&code);
    if is_among(provider.gone) {
        return Some(SuppressedFor::Gone);
    }
    is_among(provider.stopped).then_some(SuppressedFor::Stop)
}

#[cfg(test)]
mod tests {
    use domain::{Failure, Reason};

    use super::*;

    #[test]
    fn every_provider_that_publishers_may_name_has_the_channels_that_it_carries() {
        let known = known_providers();
        assert_eq!(known.channels_of("twilio"), ["sms", "whatsapp"]);
        assert_eq!(known.channels_of("smtp"), ["email"]);
        assert!(known.refusal(service::PROVIDER.name, None).is_some(), "the fleet alone writes what it carries");
        assert_eq!(known.names().count() + 1, PROVIDERS.len());
    }

    #[test]
    fn a_destination_is_suppressed_where_its_provider_says_so_for_good() {
        for (provider, code, expected) in [
            ("webpush", Some("subscription_dead"), Some(SuppressedFor::Gone)),
            ("fcm", Some("UNREGISTERED"), Some(SuppressedFor::Gone)),
            ("apns", Some("Unregistered"), Some(SuppressedFor::Gone)),
            ("telegram", Some("user_deactivated"), Some(SuppressedFor::Gone)),
            ("telegram", Some("bot_blocked"), Some(SuppressedFor::Stop)),
            ("telegram", Some("chat_not_found"), None),
            ("apns", Some("BadDeviceToken"), None),
            ("twilio", Some("UNREGISTERED"), None),
            ("fcm", None, None),
        ] {
            let failure = || Failure::new(provider, code.map(str::to_owned), "");
            let refused = Outcome::Permanent { reason: Reason::Permanent, failure: failure() };
            assert_eq!(suppresses(&refused), expected, "{provider} {code:?}");
            let later = Outcome::Retriable { failure: failure(), alarm: false, maybe_sent: false };
            assert_eq!(suppresses(&later), None, "{provider} {code:?}");
        }
    }
}
