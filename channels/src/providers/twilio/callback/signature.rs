//! Whether Twilio has sent a request: its signature over the URL that it called and the form that it posted.
//!
//! Sources: <https://www.twilio.com/docs/usage/webhooks/webhooks-security> and
//! <https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys>.

use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::super::settings::{AUTH_TOKEN, Settings, WEBHOOK_KEYS, webhook_keys};
use crate::callback::{Callback, Refused, first, pairs};

pub(in super::super) const SIGNATURE: &str = "x-twilio-signature";
/// `key=webhooks_sharedkey_…,algorithm=HMAC_SHA256`: which key a request was signed with. Without it, it is the token.
const SIGNED_WITH: &str = "x-twilio-webhooks-signature-settings";
/// The parameter of the URL that has the hash of a body which is no form.
const BODY_HASH: &str = "bodySHA256";

/// # Errors
/// Why the request is not Twilio's. `public_url` is what stands before the path in the URL that Twilio was given.
pub(super) fn verify(settings: &Settings, public_url: &str, callback: &Callback<'_>) -> Result<(), Refused> {
    let keys = keys(settings, callback.header(SIGNED_WITH))?;
    let signature = callback.header(SIGNATURE).ok_or(Refused::Unsigned)?;
    let signature = STANDARD.decode(signature).map_err(|_| Refused::Forged)?;
    let url = format!("{public_url}{}", callback.target);
    let has_hash = callback.target.contains(BODY_HASH);
    if has_hash && !is_hash_of(callback.query(), callback.body) {
        return Err(Refused::Forged);
    }
    let parameters = if has_hash { String::new() } else { parameters(callback.body) };
    let is_signed = |url: &String| {
        let signed = format!("{url}{parameters}");
        keys.iter().any(|key| hmac::verify(key, signed.as_bytes(), &signature).is_ok())
    };
    if forms_of(&url).iter().any(is_signed) { Ok(()) } else { Err(Refused::Forged) }
}

/// The keys of which one must have signed the request. A shared key that is not ours is never replaced by the token.
fn keys(settings: &Settings, signed_with: Option<&str>) -> Result<Vec<hmac::Key>, Refused> {
    let key = |algorithm, secret: &SecretString| hmac::Key::new(algorithm, secret.expose_secret().as_bytes());
    let Some(signed_with) = signed_with else {
        let tokens = settings.auth_token.iter().chain(&settings.secondary_auth_token);
        let keys: Vec<_> = tokens.map(|token| key(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token)).collect();
        return if keys.is_empty() { Err(Refused::NotConfigured(AUTH_TOKEN.name)) } else { Ok(keys) };
    };
    let part = |name: &str| {
        let mut parts = signed_with.split(',').filter_map(|part| part.split_once('='));
        parts.find(|(known, _)| known.trim() == name).map(|(_, value)| value.trim())
    };
    let algorithm = match part("algorithm").unwrap_or_default().to_ascii_uppercase().as_str() {
        "HMAC_SHA256" => hmac::HMAC_SHA256,
        // As the SDKs have it, no name is that of the older hash.
        "HMAC_SHA1" | "" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        _ => return Err(Refused::Forged),
    };
    let named = part("key").ok_or(Refused::Forged)?;
    let listed = settings.webhook_keys.as_ref().and_then(webhook_keys).unwrap_or_default();
    let ours = listed.iter().filter(|(name, _)| name == named);
    let keys: Vec<_> = ours.map(|(_, secret)| key(algorithm, secret)).collect();
    if keys.is_empty() { Err(Refused::UnknownKey(WEBHOOK_KEYS.name)) } else { Ok(keys) }
}

fn is_hash_of(query: &str, body: &[u8]) -> bool {
    let pairs = pairs(query.as_bytes());
    let hash: String =
        digest::digest(&digest::SHA256, body).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let given = first(&pairs, BODY_HASH).unwrap_or_default();
    constant_time::verify_slices_are_equal(hash.as_bytes(), given.as_bytes()).is_ok()
}

/// The names and values of a form behind each other, sorted by name. Of a name that comes several times, each value
/// counts once.
fn parameters(form: &[u8]) -> String {
    let mut pairs = pairs(form);
    pairs.sort();
    pairs.dedup();
    pairs.into_iter().map(|(name, value)| name + &value).collect()
}

/// The URL in the forms in which Twilio's own machines sign it: without and with its port, as it was called and as a
/// browser would write it, the latter also with its query written anew. Its SDKs accept the same.
fn forms_of(url: &str) -> Vec<String> {
    let mut forms = vec![without_port(url), with_port(url)];
    if let Ok(parsed) = Url::parse(url) {
        let (without, with) = (without_port(parsed.as_str()), with_port(parsed.as_str()));
        forms.extend([rewritten(&without), rewritten(&with), without, with]);
    }
    forms.dedup();
    forms
}

/// A URL cut into its scheme with `://`, its host, its port with the colon, and the rest.
fn parts(url: &str) -> Option<(&str, &str, &str, &str)> {
    let after_scheme = url.find("://")? + 3;
    let (scheme, rest) = url.split_at(after_scheme);
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // In an address of IPv6, colons stand within brackets.
    let host_from = authority.rfind(']').unwrap_or(0);
    let port_from = authority[host_from..].find(':').map_or(authority.len(), |at| host_from + at);
    let (host, port) = authority.split_at(port_from);
    Some((scheme, host, port, rest))
}

fn without_port(url: &str) -> String {
    parts(url).map_or_else(|| url.to_owned(), |(scheme, host, _, rest)| format!("{scheme}{host}{rest}"))
}

fn with_port(url: &str) -> String {
    match parts(url) {
        Some((scheme, host, "", rest)) => {
            let port = if scheme.eq_ignore_ascii_case("https://") { 443 } else { 80 };
            format!("{scheme}{host}:{port}{rest}")
        }
        _ => url.to_owned(),
    }
}

/// The query as some of Twilio's machines write it: values of one name together, and few characters escaped.
fn rewritten(url: &str) -> String {
    let Some((before, query)) = url.split_once('?').filter(|(_, query)| !query.is_empty()) else {
        return url.to_owned();
    };
    let mut together: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in pairs(query.as_bytes()) {
        match together.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => together.push((name, vec![value])),
        }
    }
    let each = together.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    let written: Vec<String> = each.map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    format!("{before}?{}", written.join("&"))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
