//! Whether a token is one of a registered service: signed with its key, by the algorithm of that key, and for us.

use std::collections::BTreeMap;
use std::fmt;

use domain::{Registry, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::Value;

use crate::tokens::{MAX_TOKEN_BYTES, claims_of, header};

/// For whom such a token must be.
const AUDIENCE: &str = "chasqui";

/// The keys of the services that report, by their names.
#[derive(Clone, Default)]
pub struct ServiceKeys(BTreeMap<String, (Algorithm, DecodingKey)>);

impl fmt::Debug for ServiceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceKeys")
    }
}

/// How far ahead the end of such a token may be, in seconds: one that was lost is of no use for long.
const MAX_AHEAD: f64 = 300.0;
/// The same of one that waits in a queue with its message, and is good for one command alone.
const MAX_AHEAD_IN_A_QUEUE: f64 = 86_400.0;

/// What is read of such a token. The library has checked `aud` and `sub`.
#[derive(Deserialize)]
struct Claims {
    /// Seconds of the epoch, as a JSON number of any form.
    exp: f64,
    nbf: Option<f64>,
    iss: Option<String>,
    /// The one command that the token of a message is good for.
    command_id: Option<Value>,
}

impl ServiceKeys {
    /// # Errors
    /// What is wrong with the keys, all of it.
    pub fn new(services: &Registry) -> Result<Self, Vec<String>> {
        let (mut keys, mut problems) = (BTreeMap::new(), Vec::new());
        for service in services.all() {
            let Some(pem) = &service.public_key else { continue };
            match public_key(pem) {
                Ok(key) => drop(keys.insert(service.name.clone(), key)),
                Err(why) => problems.push(format!("/{}/public_key {why}", service.name)),
            }
        }
        if problems.is_empty() { Ok(Self(keys)) } else { Err(problems) }
    }

    /// The service whose token this is. None for any other token: which of the rules it breaks is not said.
    pub fn service_of(&self, token: &str, now: Timestamp) -> Option<String> {
        let (name, claims) = self.believed(token, now, MAX_AHEAD)?;
        // That of a message, which others may have seen, is good for nothing else.
        claims.command_id.is_none().then_some(name)
    }

    /// The service whose token came with a message, and the command for which alone it is good: others may see a message
    /// where it waits, and with its token they can say nothing of another command.
    pub(crate) fn service_and_command_of(&self, token: &str, now: Timestamp) -> Option<(String, String)> {
        let (name, claims) = self.believed(token, now, MAX_AHEAD_IN_A_QUEUE)?;
        Some((name, claims.command_id?.as_str()?.to_owned()))
    }

    fn believed(&self, token: &str, now: Timestamp, max_ahead: f64) -> Option<(String, Claims)> {
        // RFC 7515 section 4.1.11: we know no extension that could be critical.
        if token.len() > MAX_TOKEN_BYTES || header(token)?.contains_key("crit") {
            return None;
        }
        let name = claims_of(token)?.get("sub")?.as_str()?.to_owned();
        let (algorithm, key) = self.0.get(&name)?;
        let mut validation = Validation::new(*algorithm);
        validation.set_required_spec_claims(&["aud", "sub"]);
        validation.set_audience(&[AUDIENCE]);
        validation.sub = Some(name.clone());
        // The instants are compared below, with our clock.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &validation).ok()?.claims;
        let now = now.as_micros().div_euclid(1_000_000) as f64;
        let is_in_force = claims.exp > now && claims.exp <= now + max_ahead && claims.nbf.is_none_or(|nbf| nbf <= now);
        // Nobody issues it but the service itself.
        let is_its_own = claims.iss.as_ref().is_none_or(|iss| *iss == name);
        (is_in_force && is_its_own).then_some((name, claims))
    }
}

/// The key, and the one algorithm that it is for.
fn public_key(pem: &str) -> Result<(Algorithm, DecodingKey), &'static str> {
    if pem.contains("PRIVATE KEY-----") {
        return Err("is a private key: give the public one that belongs to it, as `openssl pkey -pubout` prints it");
    }
    let pem = pem.as_bytes();
    let key = DecodingKey::from_ed_pem(pem).map(|key| (Algorithm::EdDSA, key));
    let key = key.or_else(|_| DecodingKey::from_ec_pem(pem).map(|key| (Algorithm::ES256, key)));
    let key = key.or_else(|_| DecodingKey::from_rsa_pem(pem).map(|key| (Algorithm::RS256, key)));
    key.map_err(|_| "is not a public key in PEM: of Ed25519, EC (P-256) or RSA")
}
