//! The push service of a browser, and the browser itself, which reads what is sealed for it.
//!
//! Sources: RFC 8030 for the request, RFC 8291 and RFC 8188 for what is sealed, RFC 8292 for who sends, and
//! <https://mozilla-push-service.readthedocs.io/en/latest/http.html#error-codes> for the errors.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, UnparsedPublicKey, agree};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Provider;
use crate::exchange::{Call, Reply};
use crate::keys::{BROWSER_AUTH, Token, VAPID};
use crate::message::{Message, Refusal};
use crate::site::{Site, new_id};

/// The largest body that every push service takes.
const MAX_BODY_BYTES: usize = 4096;
/// How long a token of the sender may hold, in seconds.
const MAX_TOKEN_SECONDS: u64 = 24 * 3600;
const SALT_BYTES: usize = 16;

pub(super) static PROVIDER: Provider = Provider {
    name: "webpush",
    settings,
    takes: |call| matches!(call.posted_to().as_slice(), ["webpush", _]),
    read,
    accepted,
    keep: |_, _| (),
    refused,
    beside: |_, _| None,
    reports: None,
    inbound: None,
};

fn settings(site: &Site) -> Vec<(&'static str, String)> {
    let [_, public] = site.keys.of_webpush().unwrap_or_default();
    vec![
        ("WEB_VAPID_PUBLIC_KEY", URL_SAFE_NO_PAD.encode(public)),
        ("WEB_VAPID_PRIVATE_KEY", URL_SAFE_NO_PAD.encode(VAPID)),
        ("WEB_VAPID_SUBJECT", "mailto:fleet@example.com".to_owned()),
        // The endpoint is no public address, to which nothing is sent otherwise.
        ("OUTBOUND_ALLOW", site.host.clone()),
    ]
}

/// A subscription as its browser would give it to a page.
pub(super) fn subscription(site: &Site) -> String {
    let [browser, _] = site.keys.of_webpush().unwrap_or_default();
    let keys = json!({ "p256dh": URL_SAFE_NO_PAD.encode(browser), "auth": URL_SAFE_NO_PAD.encode(BROWSER_AUTH) });
    json!({ "endpoint": format!("{}/webpush/browser-1", site.base_url), "keys": keys }).to_string()
}

fn read(site: &Site, call: &Call) -> Result<Message, Reply> {
    authorized(site, call)?;
    if call.header("ttl").parse::<u32>().is_err() {
        return Err(error(400, 111, "Missing or invalid TTL"));
    }
    if call.header("content-encoding") != "aes128gcm" {
        return Err(error(400, 110, "Invalid crypto headers"));
    }
    if call.body.len() > MAX_BODY_BYTES {
        return Err(error(413, 104, "Data payload too large"));
    }
    let opened = opened(site, &call.body).map_err(|Unspecified| error(400, 110, "the browser cannot read it"))?;
    let payload: Value = serde_json::from_slice(&opened).unwrap_or_default();
    let shown = payload["body"].as_str().map(str::to_owned);
    let headers = json!({
        "ttl": call.header("ttl"), "urgency": call.header("urgency"), "topic": call.header("topic"),
    });
    Ok(Message {
        id: new_id(),
        to: call.posted_to().get(1).copied().unwrap_or_default().to_owned(),
        text: shown.unwrap_or_else(|| String::from_utf8_lossy(&opened).into_owned()),
        reports_to: None,
        is_delivered: true,
        fields: json!({ "headers": headers, "payload": payload }),
    })
}

/// Who sends: `vapid t=…, k=…`, a token for this service, signed with the key beside it.
fn authorized(site: &Site, call: &Call) -> Result<(), Reply> {
    let no = |why: &str| error(401, 109, why);
    let given = call.authorized_by("vapid").ok_or_else(|| no("there is no vapid"))?;
    let part = |name: &str| {
        let mut parts = given.split(',').filter_map(|part| part.trim().split_once('='));
        parts.find(|(known, _)| *known == name).map(|(_, value)| value)
    };
    let token = part("t").and_then(Token::read).ok_or_else(|| no("t is no token"))?;
    let key = part("k").and_then(|key| URL_SAFE_NO_PAD.decode(key).ok()).ok_or_else(|| no("k is no key"))?;
    if !token.is_signed_by(&key) {
        return Err(no("k has not signed t"));
    }
    let (now, exp) = (site.now(), token.seconds("exp"));
    if token.claims["aud"] != json!(site.base_url) || exp <= now || exp > now + MAX_TOKEN_SECONDS {
        return Err(no("aud or exp is not right"));
    }
    Ok(())
}

/// The content of a message for the browser, in one record.
fn opened(site: &Site, body: &[u8]) -> Result<Vec<u8>, Unspecified> {
    let (salt, rest) = body.split_at_checked(SALT_BYTES).ok_or(Unspecified)?;
    let (_, rest) = rest.split_at_checked(4).ok_or(Unspecified)?;
    let (length, rest) = rest.split_first().ok_or(Unspecified)?;
    let (sender, record) = rest.split_at_checked((*length).into()).ok_or(Unspecified)?;
    let [browser, _] = site.keys.of_webpush()?;
    let both = [b"WebPush: info\0".as_slice(), &browser, sender].concat();
    let sender = UnparsedPublicKey::new(&ECDH_P256, sender);
    let secret: [u8; 32] = agree(&site.keys.browser, sender, Unspecified, |shared| {
        expand(&Salt::new(HKDF_SHA256, &BROWSER_AUTH).extract(shared), &both)
    })?;
    let secret = Salt::new(HKDF_SHA256, salt).extract(&secret);
    let key: [u8; 16] = expand(&secret, b"Content-Encoding: aes128gcm\0")?;
    let nonce: [u8; 12] = expand(&secret, b"Content-Encoding: nonce\0")?;
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key)?);
    let mut record = record.to_vec();
    let content = key.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut record)?;
    // Behind the content stand a byte that is not zero, and zeros.
    let end = content.iter().rposition(|byte| *byte != 0).ok_or(Unspecified)?;
    Ok(content[..end].to_vec())
}

/// As many bytes as are asked for.
struct Bytes(usize);

impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand<const N: usize>(secret: &Prk, info: &[u8]) -> Result<[u8; N], Unspecified> {
    let mut bytes = [0; N];
    secret.expand(&[info], Bytes(N))?.fill(&mut bytes)?;
    Ok(bytes)
}

fn accepted(message: &Message) -> Reply {
    Reply::empty(201).with("location", format!("/webpush/messages/{}", message.id))
}

/// The code is a number of Mozilla's.
fn refused(refusal: &Refusal<'_>) -> Reply {
    let usual = match refusal.status {
        401 | 403 => 109,
        404 => 102,
        410 => 106,
        413 => 104,
        429 | 503 => 201,
        _ => 999,
    };
    let errno = refusal.code.and_then(|code| code.parse().ok()).unwrap_or(usual);
    error(refusal.status, errno, &refusal.words)
}

fn error(status: u16, errno: u32, message: &str) -> Reply {
    Reply::json(status, &json!({ "code": status, "errno": errno, "error": "refused", "message": message }))
}
