//! Who is chosen and what is learned, of Twilio, which carries two media.

use channels::{Settings, twilio, whatsapp_cloud};
use domain::{Ambiguity, Failure, Pause, PauseKind, Window, WindowUnit};
use testkit::NOW;

use super::*;
use crate::testing::notification;

const BEFORE: Before<'static> = Before { last: None, ambiguous: false, policy: Ambiguity::ResendIfFresh };
const URGENT: Wants<'static> = Wants { lane: Lane::Urgent, is_reserved: false, paused: None };

/// SMS and WhatsApp by Twilio, of each two messages a second.
fn channels() -> Channels {
    channels_of_a_fleet(&[])
}

/// The same in a fleet that has these limits.
fn channels_of_a_fleet(limits: &[Window]) -> Channels {
    Channels::enable(&settings_of_a_fleet(limits)).unwrap()
}

fn settings_of_a_fleet(limits: &[Window]) -> Settings {
    let mut settings = Settings::unset(Duration::from_secs(10));
    settings.twilio = twilio::Settings {
        account_sid: Some(format!("AC{}", "0".repeat(32))),
        auth_token: Some("t".into()),
        from_number: Some("+14155550101".into()),
        whatsapp_from: Some("+14155550101".into()),
        base_url: "http://127.0.0.1:1".into(),
        max_per_second: Some(2),
        ..twilio::Settings::default()
    };
    settings.limits.insert("twilio", limits.to_vec());
    settings
}

fn carriers<'a>(channels: &'a Channels, medium: &str) -> &'a [Arc<Enabled>] {
    channels.carriers_of(&notification(medium, "+14155550100")).unwrap()
}

fn at(millis: u64) -> Timestamp {
    NOW.plus(Duration::from_millis(millis))
}

/// A message that is being sent.
fn sent<'a>(health: &Health, carriers: &'a [Arc<Enabled>], now: Timestamp) -> Chosen<'a> {
    health.choose(carriers, BEFORE, URGENT, now).unwrap_or_else(|outcome| panic!("{outcome:?}"))
}

/// For how many milliseconds a message waits at this time; none if it is sent.
fn waits(health: &Health, carriers: &[Arc<Enabled>], now: Timestamp) -> Option<u128> {
    match health.choose(carriers, BEFORE, URGENT, now) {
        Ok(_) => None,
        Err(Outcome::Parked { wait, .. }) => Some(wait.as_millis()),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn what_exceeds_the_ceiling_of_a_sender_waits_until_it_may_be_sent_and_no_other_sender_does() {
    let channels = channels();
    let (health, sms) = (Health::of(&channels), carriers(&channels, "sms"));
    assert_eq!([0, 0, 0].map(|millis| waits(&health, sms, at(millis))), [None, None, Some(500)]);
    assert_eq!(waits(&health, carriers(&channels, "whatsapp"), at(0)), None);
    assert_eq!(waits(&health, sms, at(500)), None);
}

#[test]
fn a_wait_that_a_provider_names_holds_for_all_its_messages_unless_it_is_about_one() {
    let channels = channels();
    let (health, sms) = (Health::of(&channels), carriers(&channels, "sms"));
    let throttled = |about| Outcome::Throttled {
        failure: Failure::new("twilio", None, "slow down").about(about),
        retry_after: Some(Duration::from_secs(30)),
    };
    health.note(&sent(&health, sms, at(0)), &throttled(About::Message), at(0));
    health.note(&sent(&health, sms, at(1000)), &throttled(About::Provider), at(1000));
    assert_eq!(waits(&health, sms, at(1000)), Some(30_000));
    assert_eq!(waits(&health, sms, at(31_000)), None);
}

#[test]
fn credentials_that_are_refused_keep_back_every_medium_of_the_provider_but_for_one_message() {
    let channels = channels();
    let (health, sms) = (Health::of(&channels), carriers(&channels, "sms"));
    let failure = Failure::new("twilio", Some("20003".into()), "refused").about(About::Credentials);
    let refused = Outcome::Retriable { failure, alarm: true, maybe_sent: false };
    health.note(&sent(&health, sms, at(0)), &refused, at(0));
    let both = |now| ["sms", "whatsapp"].map(|medium| waits(&health, carriers(&channels, medium), now));
    assert_eq!(both(at(1000)), [Some(119_000), Some(119_000)]);
    let asks = sent(&health, sms, at(120_000));
    assert_eq!(both(at(120_000)), [Some(5000), Some(5000)], "one message asks again");
    let accepted = Outcome::Sent { provider: "twilio", provider_id: None, code: None };
    health.note(&asks, &accepted, at(120_000));
    assert_eq!(both(at(121_000)), [None, None]);
}

#[test]
fn a_medium_that_fails_keeps_back_no_other_medium_of_its_provider() {
    let channels = channels();
    let (health, whatsapp) = (Health::of(&channels), carriers(&channels, "whatsapp"));
    let failure = Failure::new("twilio", Some("503".into()), "down").about(About::Provider);
    for n in 0..20 {
        let failed = Outcome::Retriable { failure: failure.clone(), alarm: false, maybe_sent: false };
        health.note(&sent(&health, whatsapp, at(n * 1000)), &failed, at(n * 1000));
    }
    assert_eq!(waits(&health, whatsapp, at(19_000)), Some(5000));
    assert_eq!(waits(&health, carriers(&channels, "sms"), at(19_000)), None);
    let mut shown: Vec<_> = health.known().into_iter().map(|(name, known)| (name.to_owned(), known.state)).collect();
    shown.sort();
    let expected = [("twilio", "closed"), ("twilio/sms", "closed"), ("twilio/whatsapp", "open")];
    assert_eq!(shown, expected.map(|(name, state)| (name.to_owned(), state)));
}

#[test]
fn it_is_known_when_another_provider_may_be_asked_where_there_is_another() {
    let mut settings = settings_of_a_fleet(&[]);
    settings.whatsapp_cloud = whatsapp_cloud::Settings {
        access_token: Some("EAA".into()),
        phone_number_id: Some("106540352242922".into()),
        base_url: "http://127.0.0.1:1/v24.0".into(),
        ..whatsapp_cloud::Settings::default()
    };
    let channels = Channels::enable(&settings).unwrap();
    let (health, whatsapp) = (Health::of(&channels), carriers(&channels, "whatsapp"));
    let first = sent(&health, whatsapp, at(0));
    let other = || health.other(whatsapp, &first, URGENT, at(0));
    assert_eq!(other(), Some(Duration::ZERO));
    let after_it = Before { last: Some(first.carrier.provider()), ..BEFORE };
    let second = health.choose(whatsapp, after_it, URGENT, at(0)).unwrap();
    let failure = Failure::new(second.carrier.provider(), None, "slow down").about(About::Provider);
    let throttled = Outcome::Throttled { failure, retry_after: Some(Duration::from_secs(30)) };
    health.note(&second, &throttled, at(0));
    assert_eq!(other(), Some(Duration::from_secs(30)));
    let sms = carriers(&channels, "sms");
    assert_eq!(health.other(sms, &sent(&health, sms, at(0)), URGENT, at(0)), None, "SMS has one provider");
}

#[test]
fn a_failure_that_names_a_time_keeps_all_messages_back_until_then() {
    let channels = channels();
    let (health, sms) = (Health::of(&channels), carriers(&channels, "sms"));
    let failure = Failure::new("twilio", None, "it broke off").about(About::Provider);
    let lost = Outcome::Ambiguous { failure: failure.not_before(Some(Duration::from_secs(20))) };
    health.note(&sent(&health, sms, at(0)), &lost, at(0));
    assert_eq!(
        ["sms", "whatsapp"].map(|medium| waits(&health, carriers(&channels, medium), at(0))),
        [Some(20_000), None]
    );
}

#[test]
fn a_message_that_finds_no_token_of_the_fleet_waits_and_the_other_medium_has_its_own() {
    let channels = channels_of_a_fleet(&[Window { unit: WindowUnit::Minute, messages: 1 }]);
    let (health, sms) = (Health::of(&channels), carriers(&channels, "sms"));
    let began = NOW.minus(Duration::from_micros(NOW.as_micros().rem_euclid(60_000_000).unsigned_abs()));
    let at = |millis| began.plus(Duration::from_millis(millis));
    assert_eq!(waits(&health, sms, at(0)), Some(100), "nothing is leased yet");
    let leases = health.leases(at(0));
    assert_eq!(leases.len(), 2);
    let lease = *leases.iter().find(|lease| lease.medium == "sms").expect("of SMS");
    health.leased(lease, Leased { tokens: 1, used: 1 });
    assert_eq!([0, 1000].map(|millis| waits(&health, sms, at(millis))), [None, Some(100)]);
    assert_eq!(waits(&health, carriers(&channels, "whatsapp"), at(1000)), Some(100));
    health.leased(lease, Leased { tokens: 0, used: 1 });
    assert_eq!(waits(&health, sms, at(1000)), Some(59_000), "the fleet has used the minute up");
    assert_eq!(health.window_ends(at(1000)), Some(at(60_000)));
    assert_eq!(waits(&health, sms, at(60_000)), Some(100));
}

#[test]
fn without_limits_of_the_fleet_nothing_is_leased() {
    let channels = channels();
    let health = Health::of(&channels);
    assert!(health.places.values().all(|place| place.purse.is_none()));
    assert_eq!((health.leases(NOW).len(), health.window_ends(NOW)), (0, None));
}

#[test]
fn a_message_whose_provider_is_paused_waits_and_takes_no_place() {
    let channels = channels();
    let (health, sms, tenant) = (Health::of(&channels), carriers(&channels, "sms"), Tenant::default());
    let paused = Pause {
        id: Pause::id_of(PauseKind::Provider, "twilio", None),
        kind: PauseKind::Provider,
        name: "twilio".into(),
        tenant: None,
        why: "the account moves".into(),
        by: "ada".into(),
        by_platform: false,
        since: NOW,
        until: None,
    };
    let pauses: Pauses = [paused].into_iter().collect();
    for _ in 0..3 {
        let chosen = health.choose(sms, BEFORE, Wants { paused: Some((&pauses, &tenant)), ..URGENT }, at(0));
        assert!(matches!(chosen, Err(Outcome::Paused { until: None, .. })));
    }
    assert_eq!([0, 0, 0].map(|millis| waits(&health, sms, at(millis))), [None, None, Some(500)], "both are left");
}
