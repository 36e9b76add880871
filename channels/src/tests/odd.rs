//! Bodies that no provider would send, for the readers of what providers do send.

use domain::{Report, Reported};
use proptest::prelude::*;
use reqwest::header::HeaderMap;
use serde_json::Value;
use testkit::NOW;

use crate::callback::MAX_CALLBACK_BYTES;
use crate::{Callback, Settings, Webhooks};

/// A right body with a few bytes replaced, removed or repeated; any JSON; any bytes.
pub(crate) fn bodies(right: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), 0..4_u8, any::<u8>());
    let mutated = (prop::sample::select(right), proptest::collection::vec(change, 0..8)).prop_map(|(body, changes)| {
        let mut bytes = body;
        for (at, change, byte) in changes {
            let at = at.index(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            match change {
                _ if bytes.is_empty() => bytes.push(byte),
                0 => bytes[at] = byte,
                1 => bytes.truncate(at.max(1)),
                2 => bytes.insert(at, byte),
                _ => bytes.extend_from_within(at..),
            }
        }
        bytes
    });
    let json = value().prop_map(|value| value.to_string().into_bytes());
    let deep = (0..3_000_usize).prop_map(|depth| "[".repeat(depth).into_bytes());
    prop_oneof![6 => mutated, 3 => json, 1 => proptest::collection::vec(any::<u8>(), 0..48), 1 => deep]
}

/// Any JSON, often under names that mean something.
fn value() -> impl Strategy<Value = Value> {
    let words = ["failed", "bounce", "9999999999", "sha256=", "{\"chasqui_id\":1}", "\u{202e}\n", "ñ", ""];
    let leaf = prop_oneof![
        prop::sample::select(words.to_vec()).prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    let names = [
        "entry",
        "changes",
        "value",
        "statuses",
        "messages",
        "id",
        "status",
        "errors",
        "code",
        "event",
        "sg_event_id",
        "MessageSid",
        "MessageStatus",
        "type",
        "text",
        "context",
        "biz_opaque_callback_data",
        "interactive",
        "update_id",
        "callback_query",
        "message",
        "from",
        "chat",
        "photo",
    ];
    leaf.prop_recursive(6, 40, 4, move |inner| {
        let entry = (prop::sample::select(names.to_vec()).prop_map(str::to_owned), inner.clone());
        prop_oneof![
            proptest::collection::vec(inner, 0..4).prop_map(Value::from),
            proptest::collection::vec(entry, 0..5).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

/// What these bytes say, and that it has its limits.
pub(crate) fn bounded(provider: &str, settings: &Settings, body: &[u8]) -> Vec<Report> {
    let headers = HeaderMap::new();
    let callback =
        Callback { target: "/webhook?id=%00&tenant=default&epoch=0&attempt=1&mac=", headers: &headers, body, at: NOW };
    let webhooks = Webhooks::new(settings);
    assert!(webhooks.verify(provider, &callback).is_err(), "nobody has signed it");
    let reports = webhooks.reports(provider, &callback).unwrap_or_default().reports;
    for report in &reports {
        assert!((1..=300).contains(&report.event_id.len()), "{}", report.event_id);
        assert!(report.provider_id.as_ref().is_none_or(|id| id.len() <= 255));
        assert!(report.detail.chars().count() <= 600 && !report.detail.contains('\n'), "{}", report.detail);
        let texts = match &report.said {
            Reported::Reply { from, text, media, .. } => from.len().max(text.len()).max(media.len()),
            Reported::Button { payload, by } => payload.len().max(by.len()),
            _ => 0,
        };
        assert!(texts <= 16 * 1024);
    }
    reports
}

/// A body that is one byte too long.
pub(crate) fn too_long() -> Vec<u8> {
    vec![b' '; MAX_CALLBACK_BYTES + 1]
}
