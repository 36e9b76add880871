//! Who we are to a push service: RFC 8292, a token for each service, signed with the key for which browsers have
//! subscribed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::encoding::{AsBigEndian, EcPrivateKeyBin};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use media::email;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use url::{Host, Url};

use super::settings::{PRIVATE_KEY, PUBLIC_KEY, SUBJECT, Settings};

/// How long a token holds; a service takes none that holds for more than 24 hours (RFC 8292 section 2).
const HOLDS: Duration = Duration::from_secs(12 * 60 * 60);
/// How long a token is used, so that a clock which is hours behind ours takes it to the end.
const USED: Duration = Duration::from_secs(6 * 60 * 60);
/// The most services whose tokens are kept: endpoints come from whoever publishes.
const MAX_SERVICES: usize = 256;

const PUBLIC_BYTES: usize = 65;
const PRIVATE_BYTES: usize = 32;

/// The keys of this installation, and the tokens that were signed with them.
pub(super) struct Vapid {
    key: EncodingKey,
    public_key: String,
    subject: String,
    tokens: Mutex<HashMap<String, Token>>,
}

struct Token {
    header: HeaderValue,
    made: Timestamp,
}

impl Token {
    /// A token from the future was made before the clock was set back.
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.made <= now && now.since(self.made) < USED
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    exp: i64,
    sub: &'a str,
}

impl Vapid {
    /// # Errors
    /// Every missing or wrong setting, one text each.
    pub(super) fn of(settings: &Settings) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let private = settings.private_key.as_ref().map(ExposeSecret::expose_secret);
        let private = key(PRIVATE_KEY.name, private, PRIVATE_BYTES).map_err(|problem| problems.push(problem)).ok();
        let public = settings.public_key.as_deref();
        let public = key(PUBLIC_KEY.name, public, PUBLIC_BYTES).map_err(|problem| problems.push(problem)).ok();
        let signing = private
            .zip(public.as_ref())
            .and_then(|(private, public)| signing_key(&private, public).map_err(|problem| problems.push(problem)).ok());
        let subject = subject(settings.subject.as_deref()).map_err(|problem| problems.push(problem)).ok();
        match (signing, public, subject) {
            (Some(key), Some(public), Some(subject)) => {
                let public_key = URL_SAFE_NO_PAD.encode(public);
                Ok(Self { key, public_key, subject: subject.to_owned(), tokens: Mutex::default() })
            }
            _ => Err(problems),
        }
    }

    /// The header that says to the service of this endpoint who we are; none where nothing can be signed.
    pub(super) fn authorization(&self, endpoint: &Url, now: Timestamp) -> Option<HeaderValue> {
        let service = endpoint.origin().ascii_serialization();
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = tokens.get(&service).filter(|token| token.is_fresh(now)) {
            return Some(token.header.clone());
        }
        let header = self.sign(&service, now)?;
        if tokens.len() >= MAX_SERVICES {
            tokens.clear();
        }
        tokens.insert(service, Token { header: header.clone(), made: now });
        Some(header)
    }

    /// How many services have a token.
    #[cfg(test)]
    pub(super) fn known(&self) -> usize {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn sign(&self, service: &str, now: Timestamp) -> Option<HeaderValue> {
        let exp = now.plus(HOLDS).as_micros() / 1_000_000;
        let claims = Claims { aud: service, exp, sub: &self.subject };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::ES256), &claims, &self.key).ok()?;
        let mut header = HeaderValue::try_from(format!("vapid t={token}, k={}", self.public_key)).ok()?;
        header.set_sensitive(true);
        Some(header)
    }
}

fn key(setting: &str, given: Option<&str>, bytes: usize) -> Result<Vec<u8>, String> {
    let given = given.ok_or_else(|| format!("{setting} is not set: `chasqui vapid new` makes a pair"))?;
    let read = URL_SAFE_NO_PAD.decode(given.trim_end_matches('=')).ok().filter(|read| read.len() == bytes);
    read.ok_or_else(|| {
        format!("{setting} must be a key of {bytes} bytes in base64url, as `chasqui vapid new` makes it")
    })
}

/// The key that signs, of a pair that belongs together.
fn signing_key(private: &[u8], public: &[u8]) -> Result<EncodingKey, String> {
    let pair = EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, private, public);
    let document = pair.ok().and_then(|pair| pair.to_pkcs8v1().ok());
    let document =
        document.ok_or_else(|| format!("{} is not the public key of {}", PUBLIC_KEY.name, PRIVATE_KEY.name))?;
    Ok(EncodingKey::from_ec_der(document.as_ref()))
}

/// Whom a push service may write to. Apple takes none without a domain
/// (<https://github.com/web-push-libs/web-push/issues/947>).
fn subject(given: Option<&str>) -> Result<&str, String> {
    let name = SUBJECT.name;
    let given = given.ok_or_else(|| {
        format!("{name} is not set: name an address or a page of yours that push services may turn to")
    })?;
    let is_mail = given.strip_prefix("mailto:").is_some_and(|address| email::parse(address).is_ok());
    let is_page = || given.starts_with("https://") && Url::parse(given).is_ok_and(|url| has_domain(&url));
    if is_mail || is_page() {
        return Ok(given);
    }
    Err(format!(
        "{name} must be mailto: and an address, such as mailto:push@example.org, or a URL that begins with https://"
    ))
}

fn has_domain(url: &Url) -> bool {
    let is_full = |name: &str| name.contains('.') && !name.ends_with(".localhost");
    matches!(url.host(), Some(Host::Domain(name)) if is_full(name)) && url.password().is_none()
}

/// A new pair of keys, in the form of the settings.
pub struct NewKeys {
    pub public_key: String,
    pub private_key: SecretString,
}

impl NewKeys {
    /// Makes a pair. None where this machine has no random numbers.
    pub fn make() -> Option<Self> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
        let private: EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes().ok()?;
        let public_key = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        Some(Self { public_key, private_key: URL_SAFE_NO_PAD.encode(private.as_ref()).into() })
    }
}
