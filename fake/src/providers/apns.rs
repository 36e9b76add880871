//! Apple's push service, which speaks HTTP/2 alone; here without TLS.
//!
//! Sources: <https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns> and
//! <https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns>.

use serde_json::{Value, json};

use super::Provider;
use crate::exchange::{Call, Reply};
use crate::keys::Token;
use crate::message::{Message, Refusal};
use crate::site::Site;

const KEY_ID: &str = "FAKEKEY001";
const TEAM_ID: &str = "FAKETEAM01";
const TOPIC: &str = "com.example.fleet";
/// The oldest token, in seconds.
const MAX_TOKEN_SECONDS: u64 = 3600;
const MAX_PAYLOAD_BYTES: usize = 4096;

pub(super) static PROVIDER: Provider = Provider {
    name: "apns",
    settings,
    takes: |call| matches!(call.posted_to().as_slice(), ["3", "device", _]),
    read,
    accepted,
    keep: |_, _| (),
    refused,
    beside: |_, _| None,
    reports: None,
    inbound: None,
};

fn settings(site: &Site) -> Vec<(&'static str, String)> {
    vec![
        ("APNS_KEY", site.keys.apple_pem().unwrap_or_default().replace('\n', "\\n")),
        ("APNS_KEY_ID", KEY_ID.to_owned()),
        ("APNS_TEAM_ID", TEAM_ID.to_owned()),
        ("APNS_TOPIC", TOPIC.to_owned()),
        ("APNS_BASE_URL", site.base_url.clone()),
    ]
}

fn read(site: &Site, call: &Call) -> Result<Message, Reply> {
    if !call.is_http2 {
        return Err(reason(505, "HttpVersionNotSupported"));
    }
    authorized(site, call)?;
    let device = call.posted_to().get(2).copied().unwrap_or_default().to_owned();
    let is_token = device.len() >= 64 && device.bytes().all(|b| b.is_ascii_hexdigit());
    // No device has nothing but zeros.
    let is_token = is_token && device.bytes().any(|b| b != b'0');
    if !is_token {
        return Err(reason(400, "BadDeviceToken"));
    }
    match call.header("apns-topic") {
        "" => return Err(reason(400, "MissingTopic")),
        TOPIC => {}
        _ => return Err(reason(400, "TopicDisallowed")),
    }
    if call.body.is_empty() {
        return Err(reason(400, "PayloadEmpty"));
    }
    if call.body.len() > MAX_PAYLOAD_BYTES {
        return Err(reason(413, "PayloadTooLarge"));
    }
    let payload = call.json();
    let given = call.header("apns-id");
    let id = if given.is_empty() { uuid::Uuid::new_v4().hyphenated().to_string() } else { given.to_owned() };
    let named = |name: &'static str| (name.to_owned(), Value::from(call.header(name)));
    let headers = ["apns-push-type", "apns-priority", "apns-collapse-id", "apns-expiration"].map(named);
    let headers = Value::Object(headers.into_iter().collect());
    Ok(Message {
        id,
        to: device,
        text: payload["aps"]["alert"]["body"].as_str().unwrap_or_default().to_owned(),
        reports_to: None,
        is_delivered: true,
        fields: json!({ "headers": headers, "payload": payload }),
    })
}

fn authorized(site: &Site, call: &Call) -> Result<(), Reply> {
    let given = call.authorized_by("bearer").ok_or_else(|| reason(403, "MissingProviderToken"))?;
    let token = Token::read(given).ok_or_else(|| reason(403, "InvalidProviderToken"))?;
    if token.header["kid"] != KEY_ID || token.claims["iss"] != TEAM_ID || !site.keys.is_of_apple(&token) {
        return Err(reason(403, "InvalidProviderToken"));
    }
    let (now, issued_at) = (site.now(), token.seconds("iat"));
    if now.abs_diff(issued_at) > MAX_TOKEN_SECONDS { Err(reason(403, "ExpiredProviderToken")) } else { Ok(()) }
}

fn accepted(message: &Message) -> Reply {
    Reply::empty(200).with("apns-id", message.id.clone())
}

/// The code is a reason such as `Unregistered`.
fn refused(refusal: &Refusal<'_>) -> Reply {
    let usual = match refusal.status {
        403 => "InvalidProviderToken",
        404 => "BadPath",
        410 => "Unregistered",
        413 => "PayloadTooLarge",
        429 => "TooManyRequests",
        500 => "InternalServerError",
        503 => "ServiceUnavailable",
        _ => "BadDeviceToken",
    };
    reason(refusal.status, refusal.code.unwrap_or(usual))
}

/// Of a token that is gone Apple says since when, in milliseconds.
fn reason(status: u16, reason: &str) -> Reply {
    let body = match status {
        410 => json!({ "reason": reason, "timestamp": 1_700_000_000_000_u64 }),
        _ => json!({ "reason": reason }),
    };
    Reply::json(status, &body)
}
