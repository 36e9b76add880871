//! Values that tests start from.

use std::time::Duration;

use domain::{ChannelName, Entry, Key, Lease, Order, Origin, RecipientHash, Row, State, Tenant, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

/// 2026-03-01T12:00:00Z
pub const NOW: Timestamp = Timestamp::from_seconds(1_772_366_400);

/// A `SECRET_KEY` with which every role starts.
pub const SECRET: &str = "a secret of the tests that is long enough";

/// How long the retry queues keep a message, first to third.
pub const RETRY_DELAYS: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(120)];

/// An instant as RFC 3339 writes it.
///
/// # Panics
/// When it is none.
#[track_caller]
pub fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).expect("RFC 3339")
}

/// Of the tenant that is meant where none is named.
pub fn key(id: &str) -> Key {
    Key { tenant: Tenant::default(), id: id.to_owned() }
}

/// Of another tenant.
///
/// # Panics
/// When no tenant can have this name.
#[track_caller]
pub fn key_of(tenant: &str, id: &str) -> Key {
    Key { tenant: Tenant::parse(tenant).expect("the name of a tenant"), id: id.to_owned() }
}

/// A delivery that its first claim holds since [`NOW`].
pub fn row(id: &str) -> Row {
    Row {
        key: key(id),
        channel: ChannelName::parse("sms").expect("a name"),
        origin: Origin::default(),
        state: State::Sending,
        epoch: 0,
        attempt: 0,
        seq: 0,
        version: 1,
        token: Uuid::nil(),
        lease: Lease::Live,
        content: Some([7; 32]),
        fingerprint: None,
        order: Order::Nothing,
        has_letter: false,
        ambiguous: false,
        throttled_since: None,
        expires_at: None,
        created_at: NOW,
        updated_at: NOW,
        recipient_hash: RecipientHash::UNKNOWN,
        recipient_mask: "***43".into(),
        parent: None,
        provider: None,
        provider_id: None,
        code: None,
        suppressed_for: None,
        passed_over: None,
    }
}

/// What an operator's decision has to tell, where a test needs any.
pub fn told() -> Entry {
    told_by("ada", NOW)
}

/// The same, by somebody at a time.
pub fn told_by(actor: &str, at: Timestamp) -> Entry {
    let data = serde_json::Map::from_iter([("why".to_owned(), Value::from("a test"))]);
    Entry { tenant: Tenant::default(), kind: "test.told", subject: "thing".into(), actor: actor.into(), at, data }
}

/// Each option of a push message that a publisher may set, with a value that is taken.
pub fn every_push_option() -> Value {
    json!({
        "notification": { "image": "https://cdn.example/a.png" },
        "fcm_options": { "analytics_label": "spring-sale_1.0~50%" },
        "android": {
            "priority": "high", "ttl": "90s", "collapse_key": "orders", "restricted_package_name": "com.example.app",
            "notification": {
                "channel_id": "orders", "icon": "parcel", "color": "#00AAff", "sound": "default",
                "click_action": "OPEN_ORDER", "image": "https://cdn.example/b.png"
            },
            "fcm_options": { "analytics_label": "a" }
        },
        "apns": {
            "headers": { "apns-priority": "5" },
            "payload": {
                "aps": {
                    "badge": 3, "sound": "ping", "category": "ORDER", "thread-id": "order-7", "mutable-content": 1
                }
            },
            "fcm_options": { "image": "https://cdn.example/c.png", "analytics_label": "b" }
        },
        "webpush": {
            "headers": { "Urgency": "very-low" },
            "notification": { "icon": "https://cdn.example/d.png", "image": "https://cdn.example/e.png" },
            "fcm_options": { "link": "https://shop.example/orders/7", "analytics_label": "c" }
        }
    })
}
