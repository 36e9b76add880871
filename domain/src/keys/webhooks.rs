//! The secrets that webhooks are signed with: derived from `SECRET_KEY` whenever one is needed, so that none is stored.
//!
//! Source: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::signed;
use crate::{Content, Tenant};

/// The generation of the secret of those who are called by their URL. A new `SECRET_KEY` is what changes it.
const DIRECT_GENERATION: u32 = 1;

/// Derives the secret of each receiver. While there are two secrets of the fleet, each receiver has one of both.
#[derive(Clone)]
pub struct WebhookKeys {
    current: hmac::Key,
    previous: Option<hmac::Key>,
}

impl WebhookKeys {
    pub(super) fn new(current: hmac::Key, previous: Option<hmac::Key>) -> Self {
        Self { current, previous }
    }

    /// The secrets with which a tenant's messages to a URL are signed, today's first.
    pub fn direct(&self, tenant: &Tenant) -> Vec<WebhookSecret> {
        self.derived(&format!("{tenant}/direct/{DIRECT_GENERATION}"))
    }

    fn derived(&self, name: &str) -> Vec<WebhookSecret> {
        let keys = std::iter::once(&self.current).chain(&self.previous);
        keys.map(|key| WebhookSecret(signed(key, name.as_bytes()))).collect()
    }
}

impl fmt::Debug for WebhookKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookKeys")
    }
}

/// What the fleet and one receiver know, and nobody else.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Content);

impl WebhookSecret {
    /// The text that a receiver's library takes: `whsec_…`.
    pub fn shown(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0))
    }

    /// The signature of one message, as one of those in the header `webhook-signature`. `id` has no dot, because a dot
    /// stands between the parts that are signed.
    pub fn signature(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let text = [format!("{id}.{seconds}.").as_bytes(), body].concat();
        format!("v1,{}", STANDARD.encode(signed(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), &text)))
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Keyring;

    const SECRET: &[u8] = b"a secret that is known to this test";

    fn acme() -> Tenant {
        Tenant::parse("acme").unwrap()
    }

    #[test]
    fn a_signature_is_what_the_published_vector_of_standard_webhooks_has() {
        let bytes = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        // A secret of theirs is shorter than ours, and HMAC fills both up with zeros.
        let mut secret = Content::default();
        secret[..bytes.len()].copy_from_slice(&bytes);
        let signature =
            WebhookSecret(secret).signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b"{\"test\": 2432232314}");
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_derived_secret_is_the_same_for_ever() {
        let keys = Keyring::new(SECRET, None).webhooks();
        // Any other implementation of RFC 5869 and RFC 2104 computes the same.
        let shown: Vec<String> = keys.direct(&acme()).iter().map(WebhookSecret::shown).collect();
        assert_eq!(shown, ["whsec_/PEz0hJzQGGsPx6REE/YwitTuaw/smC6WP3p8uBkxWA="]);
    }

    #[test]
    fn no_two_receivers_share_a_secret_and_none_is_printed_by_mistake() {
        let keys = Keyring::new(SECRET, None).webhooks();
        let (one, other) = (keys.direct(&acme()), keys.direct(&Tenant::default()));
        assert_ne!(one, other);
        assert_eq!(format!("{keys:?} {:?}", one[0]), "WebhookKeys WebhookSecret");
    }

    #[test]
    fn while_the_secret_of_the_fleet_changes_both_sign_unless_the_former_is_guessable() {
        let before = Keyring::new(SECRET, None).webhooks().direct(&acme());
        let now = Keyring::new(b"the secret of this year, which is another one", Some(SECRET)).webhooks();
        let secrets = now.direct(&acme());
        assert_eq!(secrets[1..], before[..]);
        assert_ne!(secrets[0], before[0]);
        let guessable = Keyring::new(SECRET, Some(&[b'x'; 32])).webhooks();
        assert_eq!(guessable.direct(&acme()), before);
    }
}
