//! The key that signs what services are told to do, as JSON Web Tokens (RFC 7519) by Ed25519 (RFC 8037), and the mark by which a
//! worker knows that the fleet itself has written a command.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::DerivedKey;
use crate::{Key, Tenant, Timestamp};

/// Who signs.
const ISSUER: &str = "chasqui";
/// How long a token is good for that does not wait in a queue.
const LIVES: Duration = Duration::from_secs(60);

/// Signs what services are told to do.
#[derive(Clone)]
pub struct CommandKeys {
    current: Arc<Signing>,
    previous: Option<Arc<Signing>>,
    mark: hmac::Key,
    previous_mark: Option<hmac::Key>,
}

/// What the token of one request says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommandClaims<'a> {
    /// For whom it is.
    pub audience: &'a str,
    pub command: &'a str,
    pub tenant: &'a Tenant,
    /// That of the body, by which the token is good for this body alone: as in a field `Content-Digest` (RFC 9530).
    pub digest: &'a str,
    /// Who has it done, by the id under which they are known (RFC 8693 section 4.1).
    pub actor: Option<&'a str>,
    /// When it ends. None for a minute: as long as a request takes, with clocks that differ by some seconds.
    pub until: Option<Timestamp>,
}

struct Signing {
    /// The name of the key: the first eight digits of the SHA-256 of its public half.
    id: String,
    pair: Ed25519KeyPair,
}

impl CommandKeys {
    pub(super) fn new(
        (current, mark): (&DerivedKey, &DerivedKey),
        previous: Option<(&DerivedKey, &DerivedKey)>,
    ) -> Self {
        Self {
            current: Arc::new(Signing::new(current)),
            previous: previous.map(|(key, _)| Arc::new(Signing::new(key))),
            mark: mark.hmac(),
            previous_mark: previous.map(|(_, mark)| mark.hmac()),
        }
    }

    /// The token of one command, in the compact form of RFC 7515.
    pub fn token(&self, claims: &CommandClaims<'_>, now: Timestamp) -> String {
        let issued = now.as_micros().div_euclid(1_000_000);
        let expires = claims.until.unwrap_or_else(|| now.plus(LIVES)).as_micros().div_euclid(1_000_000);
        let mut body = json!({
            "iss": ISSUER, "sub": ISSUER, "aud": claims.audience, "iat": issued, "exp": expires,
            "jti": claims.command, "tenant": claims.tenant.as_str(), "digest": claims.digest,
        });
        if let Some(actor) = claims.actor {
            body["act"] = json!({ "sub": actor });
        }
        let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": self.current.id });
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encoded(&header), encoded(&body));
        let signature = self.current.pair.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }

    /// The public halves, as a set of RFC 7517: that of today, and that of the secret before it, unless others may know that
    /// one.
    pub fn public(&self) -> Value {
        let keys: Vec<Value> = std::iter::once(&self.current).chain(&self.previous).map(|key| key.public()).collect();
        json!({ "keys": keys })
    }

    /// The mark of a command in the delivery that takes it to its service.
    pub fn mark(&self, delivery: &Key, service: &str, command: &str) -> String {
        URL_SAFE_NO_PAD.encode(marked(&self.mark, delivery, service, command).as_ref())
    }

    /// Whether the fleet has written this command into this delivery, in constant time.
    pub fn has_marked(&self, delivery: &Key, service: &str, command: &str, mark: &str) -> bool {
        let Ok(mark) = URL_SAFE_NO_PAD.decode(mark) else { return false };
        let bytes = of_mark(delivery, service, command);
        std::iter::once(&self.mark).chain(&self.previous_mark).any(|key| hmac::verify(key, &bytes, &mark).is_ok())
    }
}

impl fmt::Debug for CommandKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CommandKeys")
    }
}

impl Signing {
    fn new(seed: &DerivedKey) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_bytes()).expect("any 32 bytes are a seed of Ed25519");
        let hash = digest::digest(&digest::SHA256, pair.public_key().as_ref());
        let id = hash.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Self { id, pair }
    }

    fn public(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref());
        json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.id, "use": "sig", "alg": "EdDSA" })
    }
}

fn marked(key: &hmac::Key, delivery: &Key, service: &str, command: &str) -> hmac::Tag {
    hmac::sign(key, &of_mark(delivery, service, command))
}

/// Each part has its length before it, so that no two commands give the same bytes.
fn of_mark(delivery: &Key, service: &str, command: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in [delivery.tenant.as_str(), delivery.id.as_str(), service, command] {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    use super::*;
    use crate::Keyring;
    use crate::samples::{NOW, key};

    const SECRET: &[u8] = b"a secret of the tests, 32 bytes or more";
    const FORMER: &[u8] = b"another secret of the tests, long enough";

    fn decoded(part: &str) -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    #[test]
    fn a_token_is_signed_by_the_first_key_of_the_set_and_good_for_a_minute() {
        let keys = Keyring::new(SECRET, Some(FORMER)).commands();
        let tenant = Tenant::default();
        let claims = CommandClaims {
            audience: "trading",
            command: "c-1",
            tenant: &tenant,
            digest: "sha-256=:AA==:",
            actor: Some("ana"),
            until: None,
        };
        let token = keys.token(&claims, NOW);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (header, body) = signed.split_once('.').unwrap();
        let set = keys.public();
        let first = &set["keys"][0];
        assert_eq!(decoded(header), json!({ "alg": "EdDSA", "typ": "JWT", "kid": first["kid"] }));
        let at = NOW.as_micros() / 1_000_000;
        let expected = json!({
            "iss": "chasqui", "sub": "chasqui", "aud": "trading", "iat": at, "exp": at + 60, "jti": "c-1",
            "tenant": "default", "digest": "sha-256=:AA==:", "act": { "sub": "ana" },
        });
        assert_eq!(decoded(body), expected);
        let waiting = keys.token(&CommandClaims { until: Some(NOW.plus(Duration::from_secs(300))), ..claims }, NOW);
        assert_eq!(decoded(waiting.split('.').nth(1).unwrap())["exp"], json!(at + 300), "as long as it may wait");
        let public = URL_SAFE_NO_PAD.decode(first["x"].as_str().unwrap()).unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        UnparsedPublicKey::new(&ED25519, public).verify(signed.as_bytes(), &signature).unwrap();
    }

    #[test]
    fn the_set_has_the_key_of_the_secret_before_unless_others_may_know_it() {
        let kids = |keys: CommandKeys| {
            let set = keys.public();
            let kids = set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned());
            kids.collect::<Vec<_>>()
        };
        let former = kids(Keyring::new(FORMER, None).commands());
        let both = kids(Keyring::new(SECRET, Some(FORMER)).commands());
        assert_eq!((both.len(), &both[1], both[0].len()), (2, &former[0], 8));
        assert_eq!(kids(Keyring::new(SECRET, Some(&[b'a'; 40])).commands()), both[..1]);
    }

    #[test]
    fn a_mark_is_of_one_command_in_one_delivery_to_one_service() {
        let keys = Keyring::new(SECRET, Some(FORMER)).commands();
        let mark = keys.mark(&key("d-1"), "trading", "{}");
        assert!(keys.has_marked(&key("d-1"), "trading", "{}", &mark));
        for (delivery, service, command) in
            [("d-2", "trading", "{}"), ("d-1", "financial", "{}"), ("d-1", "trading", "{ }"), ("d-1t", "rading", "{}")]
        {
            assert!(!keys.has_marked(&key(delivery), service, command, &mark), "{delivery} {service} {command}");
        }
        let former = Keyring::new(FORMER, None).commands();
        assert!(keys.has_marked(&key("d-1"), "trading", "{}", &former.mark(&key("d-1"), "trading", "{}")));
        assert!(!former.has_marked(&key("d-1"), "trading", "{}", &mark));
        for none in ["", "?", "bWFyaw"] {
            assert!(!keys.has_marked(&key("d-1"), "trading", "{}", none));
        }
    }
}
