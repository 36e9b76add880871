//! The secrets that webhooks are signed with: derived from `SECRET_KEY` whenever one is needed, so that none is stored.
//!
//! Source: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::signed;
use crate::{Content, EndpointAddress, Key, Tenant, Timestamp};

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

    /// The secrets of an endpoint, those of its first generation here first.
    pub fn of_endpoint(&self, endpoint: &Key, generations: &[u32]) -> Vec<WebhookSecret> {
        let Key { tenant, id } = endpoint;
        generations.iter().flat_map(|number| self.derived(&format!("{tenant}/endpoint/{id}/{number}"))).collect()
    }

    /// The destination with which a delivery of the endpoint's tenant reaches it, and no other delivery does.
    pub fn address(
        &self,
        delivery: &Key,
        endpoint: &str,
        generation: u32,
        previous_until: Option<Timestamp>,
        url: &str,
    ) -> String {
        let address = EndpointAddress { id: endpoint, generation, previous_until, seal: "", url };
        let seal = self.seal(&address.sealed(&delivery.to_string()));
        EndpointAddress { seal: &seal, ..address }.written()
    }

    /// The secrets with which this delivery is signed. None where the fleet has not written the address for it.
    pub fn addressed(
        &self,
        delivery: &Key,
        address: &EndpointAddress<'_>,
        now: Timestamp,
    ) -> Option<Vec<WebhookSecret>> {
        if !self.has_sealed(&address.sealed(&delivery.to_string()), address.seal) {
            return None;
        }
        let endpoint = Key { tenant: delivery.tenant.clone(), id: address.id.to_owned() };
        Some(self.of_endpoint(&endpoint, &address.generations(now)))
    }

    /// The mark by which a delivery to an endpoint is known as one that the fleet has made.
    pub fn mark(&self, delivery: &Key, endpoint: &str) -> String {
        self.seal(&marked(delivery, endpoint))
    }

    pub fn has_marked(&self, delivery: &Key, endpoint: &str, mark: &str) -> bool {
        self.has_sealed(&marked(delivery, endpoint), mark)
    }

    fn seal(&self, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(signed(&self.current, text.as_bytes()))
    }

    fn has_sealed(&self, text: &str, seal: &str) -> bool {
        let Ok(seal) = URL_SAFE_NO_PAD.decode(seal) else { return false };
        let mut keys = std::iter::once(&self.current).chain(&self.previous);
        keys.any(|key| hmac::verify(key, text.as_bytes(), &seal).is_ok())
    }

    fn derived(&self, name: &str) -> Vec<WebhookSecret> {
        let keys = std::iter::once(&self.current).chain(&self.previous);
        keys.map(|key| WebhookSecret(signed(key, name.as_bytes()))).collect()
    }
}

/// Begins otherwise than what derives a secret or seals an address.
fn marked(delivery: &Key, endpoint: &str) -> String {
    format!("mark\n{delivery}\n{endpoint}")
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

    fn orders() -> Key {
        Key { tenant: acme(), id: "orders".into() }
    }

    #[test]
    fn no_two_receivers_share_a_secret_and_none_is_printed_by_mistake() {
        let keys = Keyring::new(SECRET, None).webhooks();
        let one = keys.direct(&acme());
        let others = [keys.direct(&Tenant::default()), keys.of_endpoint(&orders(), &[1, 2])].concat();
        assert!(!others.contains(&one[0]) && others[1] != others[2]);
        assert_eq!(others[2].shown(), "whsec_DuzGaMzzsTyCyHrCj/YhdaHBcqqdaSAlHei36IQaVkU=");
        assert_eq!(format!("{keys:?} {:?}", one[0]), "WebhookKeys WebhookSecret");
    }

    #[test]
    fn an_address_is_good_for_the_delivery_that_the_fleet_has_written_it_for_and_no_other() {
        let (old, url) = (Keyring::new(SECRET, None).webhooks(), "https://hooks.example.org/a");
        let now = Keyring::new(b"the secret of this year, which is another one", Some(SECRET)).webhooks();
        let delivery = Key { tenant: acme(), id: "d-1".into() };
        let (until, at) = (Some(Timestamp::from_seconds(7)), Timestamp::from_seconds(6));
        let written = old.address(&delivery, "orders", 2, until, url);
        let address = EndpointAddress::parse(&written).unwrap();
        assert_eq!(old.addressed(&delivery, &address, at), Some(old.of_endpoint(&orders(), &[2, 1])));
        assert_eq!(
            now.addressed(&delivery, &address, at).map(|secrets| secrets.len()),
            Some(4),
            "two keys, two generations"
        );
        for other in [
            EndpointAddress { id: "others", ..address },
            EndpointAddress { generation: 3, ..address },
            EndpointAddress { previous_until: None, ..address },
            EndpointAddress { url: "https://evil.example.org/a", ..address },
            EndpointAddress { seal: "", ..address },
            EndpointAddress { seal: "no base64!", ..address },
        ] {
            assert_eq!(old.addressed(&delivery, &other, at), None);
        }
        assert_eq!(old.addressed(&Key { id: "d-2".into(), ..delivery.clone() }, &address, at), None);
        assert_eq!(old.addressed(&Key { tenant: Tenant::default(), ..delivery }, &address, at), None);
    }

    #[test]
    fn a_mark_names_one_delivery_and_one_endpoint() {
        let keys = Keyring::new(SECRET, None).webhooks();
        let mark = keys.mark(&orders(), "e-1");
        assert!(keys.has_marked(&orders(), "e-1", &mark));
        assert!(!keys.has_marked(&orders(), "e-2", &mark) && !keys.has_marked(&orders(), "e-1", "x"));
        assert!(!keys.has_marked(&Key { tenant: acme(), id: "others".into() }, "e-1", &mark));
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
