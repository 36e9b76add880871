//! When a channel is enabled, captured or off.

use domain::{ChannelName, Outcome};
use media::MEDIA;

use super::Case;
use crate::providers::{PROVIDERS, serving};
use crate::settings::of_tests;
use crate::{Channels, NotEnabled, SandboxMode, Settings};

#[tokio::test]
async fn the_sandbox_captures_every_channel_and_shows_the_same_bad_input() {
    let channels = Channels::enable(&sandboxed(SandboxMode::All)).unwrap();
    for medium in MEDIA {
        let channel = channels.get(&name(medium)).unwrap();
        assert_eq!((channel.name(), channel.provider()), (medium.name, "sandbox"));
        let case = Case::of(medium);
        assert_eq!(channel.send(&case.outgoing()).await, Outcome::Captured, "{}", medium.name);
        let bad = Case { destination: format!("{}\r\nx", medium.example), ..Case::of(medium) };
        assert!(matches!(channel.send(&bad.outgoing()).await, Outcome::Permanent { .. }), "{}", medium.name);
    }
}

#[test]
fn channels_without_settings_are_not_enabled_and_say_what_they_need() {
    let problems = Channels::enable(&of_tests()).err().unwrap();
    assert_eq!(problems.len(), 1);
    for medium in MEDIA {
        let needs: Vec<&str> = serving(medium).flat_map(|(_, service)| service.needs).copied().collect();
        assert!(serving(medium).all(|(_, service)| (service.connect)(&of_tests()).is_none()), "{}", medium.name);
        assert!(!needs.is_empty(), "{}", medium.name);
        assert!(needs.iter().all(|setting| problems[0].contains(setting)), "{}", problems[0]);

        let only = Settings { only: Some(vec![medium.name.to_uppercase()]), ..of_tests() };
        let problems = Channels::enable(&only).err().unwrap();
        assert!(needs.iter().all(|setting| problems[0].contains(setting)), "{}", problems[0]);
        let caught = Settings { only: Some(vec![medium.name.into()]), ..sandboxed(SandboxMode::Missing) };
        let caught = Channels::enable(&caught).unwrap();
        let enabled = MEDIA.iter().filter_map(|medium| caught.get(&name(medium)).ok());
        let enabled: Vec<_> = enabled.map(|channel| (channel.name(), channel.provider())).collect();
        assert_eq!(enabled, [(medium.name, "sandbox")]);
    }
    let unknown = Settings { only: Some(vec!["pigeon".into()]), ..sandboxed(SandboxMode::All) };
    assert!(
        Channels::enable(&unknown).err().unwrap()[0].starts_with("CHANNELS names \"pigeon\", which is not a channel")
    );
    let empty = Settings { only: Some(vec![]), ..sandboxed(SandboxMode::All) };
    assert!(Channels::enable(&empty).err().unwrap()[0].starts_with("CHANNELS names no channel"));
    assert!(matches!(
        Channels::enable(&sandboxed(SandboxMode::All)).unwrap().get(&ChannelName::parse("pigeon").unwrap()),
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

fn name(medium: &media::Medium) -> ChannelName {
    ChannelName::parse(medium.name).unwrap()
}

fn sandboxed(sandbox: SandboxMode) -> Settings {
    Settings { sandbox, ..of_tests() }
}
