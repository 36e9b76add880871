//! Values that the tests of this crate start from.

use std::time::Duration;

use serde_json::Map;
use uuid::Uuid;

use crate::{
    Ambiguity, Arrival, AskChoice, ChannelName, Failure, Interactive, Key, Keyring, Lease, Order, Origin, Policy,
    PublishedBy, Purpose, RecipientHash, Row, Secrets, Seed, Shown, State, Tenant, Timestamp,
};

/// 2026-03-01T12:00:00Z
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_772_366_400);
pub(crate) const CONTENT: [u8; 32] = [7; 32];
pub(crate) const HOLDER: Uuid = Uuid::from_u128(1);
pub(crate) const TOKEN: Uuid = Uuid::from_u128(2);

pub(crate) fn key(id: &str) -> Key {
    Key { tenant: Tenant::default(), id: id.into() }
}

/// What the reader at this destination answers with.
pub(crate) fn interactive(channel: &str, destination: &str) -> Interactive {
    let (secrets, key) = (Secrets::new(&Keyring::new(b"a secret that is known to this test", None)), key("a-1"));
    let seed = Seed { key: &key, salt: &[9; 16], key_id: secrets.key_id() };
    let choices = [AskChoice { id: "yes".into(), label: "Sí".into(), refuses: false }];
    let channel = ChannelName::parse(channel).unwrap();
    let data = Map::new();
    let shown =
        Shown { channel: &channel, destination, template: None, message: Some("?"), subject: None, data: &data };
    Interactive::new(&secrets, &seed, Purpose::Answer, 0, &choices, &shown).unwrap()
}

/// A delivery that its first claim has leased.
pub(crate) fn row() -> Row {
    Row {
        key: key("d-1"),
        channel: ChannelName::parse("sms").unwrap(),
        origin: Origin::default(),
        state: State::Sending,
        epoch: 0,
        attempt: 0,
        seq: 0,
        version: 1,
        token: HOLDER,
        lease: Lease::Live,
        content: Some(CONTENT),
        fingerprint: None,
        order: Order::Nothing,
        has_letter: false,
        ambiguous: false,
        throttled_since: None,
        expires_at: None,
        created_at: NOW,
        updated_at: NOW,
        recipient_hash: RecipientHash::UNKNOWN,
        recipient_mask: "***".into(),
        parent: None,
        provider: None,
        provider_id: None,
        code: None,
        suppressed_for: None,
        passed_over: None,
    }
}

/// The same delivery after its first attempt failed: it waits for the copy with seq 1.
pub(crate) fn waiting() -> Row {
    Row { state: State::Waiting, attempt: 1, seq: 1, order: Order::Retry { tier: 1 }, ..row() }
}

/// A copy of the same delivery as a republish carries it.
pub(crate) fn arrival(epoch: u32, seq: u32) -> Arrival {
    Arrival {
        key: key("d-1"),
        content: CONTENT,
        epoch,
        seq,
        attempt: seq,
        published_by: PublishedBy::Fleet,
        redelivered: false,
    }
}

pub(crate) fn policy() -> Policy {
    Policy {
        max_retries: 3,
        delays: [5, 30, 120].map(Duration::from_secs),
        throttle_max_age: Duration::from_secs(86_400),
        ambiguity: Ambiguity::Resend,
    }
}

pub(crate) fn failure() -> Failure {
    Failure::new("twilio", Some("503".into()), "service unavailable")
}
