//! Whom a pause concerns, and how long.

use super::*;
use crate::samples::NOW;

fn tenant(name: &str) -> Tenant {
    Tenant::parse(name).unwrap()
}

fn sms() -> ChannelName {
    ChannelName::parse("sms").unwrap()
}

fn later(seconds: u64) -> Timestamp {
    NOW.plus(std::time::Duration::from_secs(seconds))
}

fn pause(kind: PauseKind, name: &str, of: Option<&str>, until: Option<u64>) -> Pause {
    let tenant = of.map(tenant);
    Pause {
        id: Pause::id_of(kind, name, tenant.as_ref()),
        kind,
        name: name.into(),
        tenant,
        why: "the provider is being moved".into(),
        by: "ada".into(),
        by_platform: false,
        since: NOW,
        until: until.map(later),
    }
}

#[test]
fn every_kind_is_read_as_it_is_written() {
    for kind in PauseKind::ALL {
        assert_eq!(PauseKind::parse(kind.as_str()), Some(kind));
    }
    assert_eq!((PauseKind::parse("Channel"), PauseKind::parse("")), (None, None));
}

#[test]
fn a_pause_concerns_what_has_its_name_and_nothing_else() {
    use PauseKind::{Channel, Provider, Template};
    for (paused, of_delivery, of_provider) in [
        (pause(Channel, "sms", None, None), true, false),
        (pause(Channel, "sms", Some("acme"), None), true, false),
        (pause(Channel, "sms", Some("other"), None), false, false),
        (pause(Channel, "email", None, None), false, false),
        (pause(Channel, "welcome", None, None), false, false),
        (pause(PauseKind::Tenant, "acme", Some("acme"), None), true, false),
        (pause(PauseKind::Tenant, "other", Some("other"), None), false, false),
        (pause(Template, "welcome", None, None), true, false),
        (pause(Template, "goodbye", None, None), false, false),
        (pause(Provider, "twilio", None, None), false, true),
        (pause(Provider, "twilio", Some("acme"), None), false, true),
        (pause(Provider, "twilio", Some("other"), None), false, false),
        (pause(Provider, "smtp", None, None), false, false),
    ] {
        let (acme, thing) = (tenant("acme"), paused.thing());
        let all: Pauses = [paused].into_iter().collect();
        let found = all.of_delivery(&acme, &sms(), Some("welcome"), NOW).is_some();
        assert_eq!((found, all.of_provider(&acme, "twilio", NOW).is_some()), (of_delivery, of_provider), "{thing}");
    }
    let all: Pauses = [pause(Template, "welcome", None, None)].into_iter().collect();
    assert_eq!(all.of_delivery(&tenant("acme"), &sms(), None, NOW), None, "plain words are of no template");
    assert!(Pauses::default().is_empty() && !all.is_empty());
}

#[test]
fn a_pause_ends_at_its_time_and_the_longest_counts() {
    let short = pause(PauseKind::Channel, "sms", None, Some(60));
    let long = pause(PauseKind::Channel, "sms", Some("acme"), Some(120));
    let all: Pauses = [long.clone(), short.clone()].into_iter().collect();
    let found = |at| all.of_delivery(&tenant("acme"), &sms(), None, later(at)).map(|pause| pause.until);
    assert_eq!(
        [0, 59, 60, 119, 120].map(found),
        [Some(long.until), Some(long.until), Some(long.until), Some(long.until), None]
    );
    let in_force = |at| all.in_force(later(at)).into_iter().map(Pause::thing).collect::<Vec<_>>();
    assert_eq!(in_force(0), ["the channel sms", "the channel sms for acme"]);
    assert_eq!((in_force(60), in_force(120)), (vec!["the channel sms for acme".to_owned()], vec![]));
    let endless: Pauses = [short, pause(PauseKind::Channel, "sms", Some("acme"), None)].into_iter().collect();
    let kept = endless.of_delivery(&tenant("acme"), &sms(), None, NOW).expect("it is paused");
    assert_eq!(kept.until, None);
}

#[test]
fn what_a_delivery_is_told_says_why_and_until_when_and_not_by_whom() {
    let until = pause(PauseKind::Provider, "twilio", Some("acme"), Some(60));
    let told = until.told();
    assert_eq!(
        told,
        format!("the provider twilio for acme is paused until {}: the provider is being moved", later(60))
    );
    let whole = pause(PauseKind::Tenant, "acme", Some("acme"), None).told();
    assert_eq!(whole, "the tenant acme is paused: the provider is being moved");
}

#[test]
fn a_thing_is_paused_once_for_everybody_and_once_for_each_tenant() {
    let id = |kind, name, of: Option<&str>| Pause::id_of(kind, name, of.map(tenant).as_ref());
    let sms = id(PauseKind::Channel, "sms", None);
    assert_eq!(sms, id(PauseKind::Channel, "sms", None));
    for other in [
        id(PauseKind::Channel, "sms", Some("acme")),
        id(PauseKind::Channel, "email", None),
        id(PauseKind::Template, "sms", None),
    ] {
        assert_ne!(other, sms);
    }
}
