//! What stands in a JSON Web Token that nobody has believed yet (RFC 7515, RFC 7519), and by what one may be signed.

mod algorithm;

use serde_json::{Map, Value};

pub use algorithm::{JwtAlgorithm, public_key};

/// The most bytes of a token. A token of ours has about 400, one of a large identity provider about 2,000.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The members of a token's header, whatever their values.
pub fn header(token: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&base64url(token.split_once('.')?.0)?).ok()
}

/// The claims of a token that nobody has looked at yet, whatever their values.
pub(crate) fn claims_of(token: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&base64url(token.split('.').nth(1)?)?).ok()
}

/// RFC 4648 section 5, without padding.
fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        (bits, count) = (bits << 6 | u32::from(value), count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    Some(bytes)
}
