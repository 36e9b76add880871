//! Tokens of users, as the application signs them that they use.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chasqui::clock::SystemClock;
use domain::Clock as _;
use serde_json::{Value, json};

/// What gateways and the application share.
pub(in crate::chaos) const SHARED: &str = "0123456789abcdef-shared-by-the-chaos-run";

/// A token that ends after so many seconds.
pub(super) fn token(user: &str, seconds: i64) -> String {
    let ends = SystemClock.now().as_micros() / 1_000_000 + seconds;
    let encoded = |part: Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let head = encoded(json!({"alg": "HS256", "typ": "JWT"}));
    let signed = format!("{head}.{}", encoded(json!({"user_id": user, "exp": ends})));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SHARED.as_bytes()), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}
