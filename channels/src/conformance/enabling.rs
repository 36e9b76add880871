//! When a channel is enabled, captured or off.

use domain::{ChannelName, Outcome};
use media::{MEDIA, Medium, is_of_the_fleet};

use super::Case;
use crate::providers::{PROVIDERS, serving};
use crate::settings::of_tests;
use crate::{Channels, NotEnabled, SandboxMode, Settings};

#[tokio::test]
async fn the_sandbox_captures_every_channel_and_shows_the_same_bad_input() {
    let channels = Channels::enable(&sandboxed(SandboxMode::All)).unwrap();
    let each = public().flat_map(|medium| examples(medium).map(move |example| (medium, example)));
    for (medium, example) in each {
        let channel = &channels.carriers(&name(medium), example).unwrap()[0];
        assert_eq!((channel.name(), channel.provider()), (medium.name, "sandbox"));
        assert_eq!(channel.send(&Case::of(example).outgoing()).await, Outcome::Captured, "{example}");
        let bad = Case::of(&format!("{example}\r\nx"));
        assert!(matches!(channel.send(&bad.outgoing()).await, Outcome::Permanent { .. }), "{example}");
    }
}

#[test]
fn channels_without_settings_are_not_enabled_and_say_what_they_need() {
    let problems = Channels::enable(&of_tests()).err().unwrap();
    assert_eq!(problems.len(), 1);
    for medium in public() {
        let needs: Vec<&str> = serving(medium).flat_map(|(_, service)| service.needs).copied().collect();
        assert!(serving(medium).all(|(_, service)| (service.connect)(&of_tests()).is_none()), "{}", medium.name);
        assert!(!needs.is_empty(), "{}", medium.name);
        assert!(needs.iter().all(|setting| problems[0].contains(setting)), "{}", problems[0]);

        let only = Settings { only: Some(vec![medium.name.to_uppercase()]), ..of_tests() };
        let problems = Channels::enable(&only).err().unwrap();
        assert!(needs.iter().all(|setting| problems[0].contains(setting)), "{}", problems[0]);
        let caught = Settings { only: Some(vec![medium.name.into()]), ..sandboxed(SandboxMode::Missing) };
        let caught = Channels::enable(&caught).unwrap();
        let enabled =
            MEDIA.iter().copied().flat_map(|medium| examples(medium).map(move |example| (name(medium), example)));
        let enabled = enabled.filter_map(|(name, example)| caught.carriers(&name, example).ok()?.first());
        let enabled: Vec<_> = enabled.map(|channel| (channel.name(), channel.provider())).collect();
        assert_eq!(enabled, vec![(medium.name, "sandbox"); 1 + medium.kinds.len()]);
    }
    let unknown = Settings { only: Some(vec!["pigeon".into()]), ..sandboxed(SandboxMode::All) };
    assert!(
        Channels::enable(&unknown).err().unwrap()[0].starts_with("CHANNELS names \"pigeon\", which is not a channel")
    );
    let empty = Settings { only: Some(vec![]), ..sandboxed(SandboxMode::All) };
    assert!(Channels::enable(&empty).err().unwrap()[0].starts_with("CHANNELS names no channel"));
    assert!(matches!(
        Channels::enable(&sandboxed(SandboxMode::All)).unwrap().carriers(&ChannelName::parse("pigeon").unwrap(), "x"),
        Err(NotEnabled::Unknown(_))
    ));
}

#[test]
fn every_provider_has_a_name_of_its_own_and_serves_each_medium_once() {
    let names: std::collections::BTreeSet<_> = PROVIDERS.iter().map(|provider| provider.name).collect();
    assert_eq!(names.len(), PROVIDERS.len());
    for provider in PROVIDERS {
        let media: std::collections::BTreeSet<_> = provider.serves.iter().map(|service| service.medium.name).collect();
        assert!(!media.is_empty() && media.len() == provider.serves.len(), "{}", provider.name);
    }
}

#[test]
fn a_provider_speaks_of_no_setting_and_no_channel_that_is_not_its_own() {
    for provider in PROVIDERS {
        let section = &provider.section;
        let needs = provider.serves.iter().flat_map(|service| service.needs);
        let halves = section.halves.iter().flat_map(|half| half.needs.iter().chain(half.beside));
        for name in needs.chain(halves) {
            assert!(section.settings.iter().any(|setting| setting.name == *name), "{}: {name}", provider.name);
        }
        for channel in section.halves.iter().flat_map(|half| half.channels) {
            assert!(provider.serves.iter().any(|service| service.medium.name == *channel), "{}", provider.name);
        }
    }
}

#[test]
fn whatever_a_destination_begins_with_has_a_provider_and_each_knows_whom_it_reaches() {
    for medium in MEDIA {
        for kind in std::iter::once("").chain(medium.kinds.iter().map(|kind| kind.prefix)) {
            assert!(serving(medium).any(|(_, service)| service.kind == kind), "{} {kind}", medium.name);
        }
        for (provider, service) in serving(medium) {
            let is_known = service.kind.is_empty() || medium.kinds.iter().any(|kind| kind.prefix == service.kind);
            assert!(is_known, "{}: {}", provider.name, service.kind);
        }
    }
}

/// Who carries which destination, and what is to be set where nobody does.
#[test]
fn the_prefix_of_a_destination_decides_who_carries_it_and_no_other_provider_stands_in() {
    let push = ChannelName::parse("push").unwrap();
    let settings = |names: &[&str], sandbox: SandboxMode| {
        let mut settings = sandboxed(sandbox);
        for provider in PROVIDERS.iter().filter(|provider| names.contains(&provider.name)) {
            let configured = provider.over_http.unwrap()("http://127.0.0.1:1");
            match provider.name {
                "fcm" => settings.fcm = configured.fcm,
                _ => settings.apns = configured.apns,
            }
        }
        settings
    };
    let apple = media::push::MEDIUM.kinds[0].example;
    for (names, sandbox, of_google, of_apple) in [
        (&["fcm", "apns"][..], SandboxMode::Off, Ok("fcm"), Ok("apns")),
        (&["fcm"], SandboxMode::Off, Ok("fcm"), Err("set APNS_KEY")),
        (&["apns"], SandboxMode::Off, Err("set FIREBASE_SERVICE_ACCOUNT_KEY"), Ok("apns")),
        (&["fcm"], SandboxMode::Missing, Ok("fcm"), Ok("sandbox")),
        (&["apns"], SandboxMode::Missing, Ok("sandbox"), Ok("apns")),
        (&["fcm", "apns"], SandboxMode::All, Ok("sandbox"), Ok("sandbox")),
    ] {
        let channels = Channels::enable(&settings(names, sandbox)).unwrap();
        for (destination, expected) in [("token-1", of_google), ("topic:a", of_google), (apple, of_apple)] {
            let found = channels.carriers(&push, destination).map(|carriers| carriers[0].provider());
            match (found, expected) {
                (Ok(provider), Ok(expected)) => assert_eq!(provider, expected, "{names:?} {destination}"),
                (Err(NotEnabled::NotConfigured(why)), Err(setting)) => {
                    let of_kind = destination == apple;
                    assert!(why.contains(setting) && why.contains("begins with apns:") == of_kind, "{why}");
                    assert!(!why.contains(destination), "{why}");
                }
                (found, _) => panic!("{names:?} {destination}: {found:?}"),
            }
        }
    }
}

/// Those that publishers may name.
fn public() -> impl Iterator<Item = &'static Medium> {
    MEDIA.iter().copied().filter(|medium| !is_of_the_fleet(medium))
}

fn name(medium: &Medium) -> ChannelName {
    ChannelName::parse(medium.name).unwrap()
}

/// A destination of no kind, and one of each kind.
fn examples(medium: &'static Medium) -> impl Iterator<Item = &'static str> {
    std::iter::once(medium.example).chain(medium.kinds.iter().map(|kind| kind.example))
}

fn sandboxed(sandbox: SandboxMode) -> Settings {
    Settings { sandbox, ..of_tests() }
}
