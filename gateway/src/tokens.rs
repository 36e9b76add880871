//! Whose token is believed: those that the API signs, and those of an application with which a key is shared.

use std::sync::Arc;

use domain::{Clock, Keyring, Timestamp};
use jsonwebtoken::{DecodingKey, Validation};
use operations::accounts::revoked::Revoked;
use operations::tokens::{JwtAlgorithm, MAX_TOKEN_BYTES, header, public_key};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use store::Store;

use crate::identity::{Identity, SignedIn};

/// By what tokens are believed.
pub struct Trust {
    /// The keys of the API's own tokens.
    pub keys: Keyring,
    /// `ALGORITHM`: how the tokens of the API are signed.
    pub algorithm: JwtAlgorithm,
    /// `JWT_AUDIENCE`. A token of an application need not name one; one that names others is not for us.
    pub audience: String,
    /// `JWT_ISSUER`, of the API's tokens.
    pub issuer: String,
    /// `JWT_PUBLIC_KEY`
    pub public_key: Option<String>,
    /// `JWT_SECRET_KEY`: with it an application signs tokens by HS256.
    pub shared_secret: Option<SecretString>,
    /// `JWT_ALGORITHM`, by which an application signs. None where it has none of its own.
    pub shared_algorithm: Option<JwtAlgorithm>,
}

/// Checks tokens.
pub(crate) struct Tokens {
    believed: Vec<Believed>,
    audience: String,
    issuer: String,
    revoked: Revoked,
    store: Store,
    clock: Arc<dyn Clock>,
}

/// One key, and what else its tokens must have.
struct Believed {
    key: DecodingKey,
    algorithm: JwtAlgorithm,
    /// Whether it is the API that signs with it: then its audience and its issuer are named, and its users may have been
    /// signed out since.
    is_the_apis: bool,
    /// Whether what it has signed may be taken back by us.
    is_ours: bool,
}

impl Tokens {
    /// # Errors
    /// What is wrong with the keys, each as a sentence for the operator.
    pub(crate) fn new(trust: &Trust, store: Store, clock: Arc<dyn Clock>) -> Result<Self, Vec<String>> {
        let believed = believed(trust)?;
        let (audience, issuer) = (trust.audience.clone(), trust.issuer.clone());
        Ok(Self { believed, audience, issuer, revoked: Revoked::default(), store, clock })
    }

    /// Who has this token. None for every token that is not valid right now; why is not said.
    pub(crate) async fn identity<'a>(&self, token: &str, kept: impl Iterator<Item = &'a str>) -> Option<Identity> {
        if token.len() > MAX_TOKEN_BYTES || header(token)?.contains_key("crit") {
            return None;
        }
        // The API and an application may sign with one pair of keys.
        let (by, claims) = self.believed.iter().find_map(|by| {
            let claims = by.claims(token)?;
            self.is_for_us(by, &claims).then_some((by, claims))
        })?;
        let ends = in_force(&claims, self.clock.now())?;
        let mut identity = Identity::of(&claims, ends, kept)?;
        identity.signed_in = by.is_ours.then(|| SignedIn {
            name: claims.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned(),
            issued_at: claims.get("iat").and_then(Value::as_f64),
        });
        if self.has_revoked(&identity).await { None } else { Some(identity) }
    }

    /// Whether the token by which somebody was let in was taken back since.
    pub(crate) async fn has_revoked(&self, identity: &Identity) -> bool {
        let Some(SignedIn { name, issued_at }) = &identity.signed_in else { return false };
        self.revoked.has(&self.store, self.clock.as_ref(), name, *issued_at).await
    }

    fn is_for_us(&self, by: &Believed, claims: &Map<String, Value>) -> bool {
        let names = |audience: &Value| match audience {
            Value::Array(all) => all.iter().any(|one| one == self.audience.as_str()),
            one => one == self.audience.as_str(),
        };
        let audience = claims.get("aud").map(names);
        if !by.is_the_apis {
            return audience.unwrap_or(true);
        }
        let is_issuer = claims.get("iss").is_some_and(|issuer| issuer == self.issuer.as_str());
        audience.unwrap_or(false) && is_issuer
    }
}

impl Believed {
    /// The claims of a token that this key has signed, whatever they say.
    fn claims(&self, token: &str) -> Option<Map<String, Value>> {
        let mut validation = Validation::new(self.algorithm.of_library());
        // What they say is looked at here, with our clock: the library's own reading knows no numbers that keep their
        // digits.
        validation.set_required_spec_claims::<&str>(&[]);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        jsonwebtoken::decode::<Map<String, Value>>(token, &self.key, &validation).ok().map(|decoded| decoded.claims)
    }
}

/// When a token ends that is in force. One that never ends is not believed: whoever has stolen it would stay for ever.
fn in_force(claims: &Map<String, Value>, now: Timestamp) -> Option<Timestamp> {
    let number = |name: &str| claims.get(name).map(|value| value.as_f64().filter(|number| number.is_finite()));
    let seconds = now.as_micros() as f64 / 1e6;
    let ends = number("exp")??;
    let begins = match number("nbf") {
        Some(begins) => begins?,
        None => 0.0,
    };
    let micros = (ends * 1e6).clamp(0.0, i64::MAX as f64 / 2.0);
    (ends > seconds && begins <= seconds).then_some(Timestamp::from_micros(micros as i64))
}

fn believed(trust: &Trust) -> Result<Vec<Believed>, Vec<String>> {
    let (mut believed, mut problems) = (Vec::new(), Vec::new());
    let mut add = |key: DecodingKey, algorithm, is_the_apis, is_ours| {
        believed.push(Believed { key, algorithm, is_the_apis, is_ours });
    };
    let pem = trust.public_key.as_deref();
    match trust.algorithm {
        JwtAlgorithm::Hs256 => {
            for key in std::iter::once(trust.keys.token_key()).chain(trust.keys.previous_token_key()) {
                add(DecodingKey::from_secret(key.as_bytes()), JwtAlgorithm::Hs256, true, true);
            }
        }
        algorithm => match public_key("ALGORITHM", algorithm, pem) {
            Ok(key) => add(key, algorithm, true, false),
            Err(problem) => problems.push(problem),
        },
    }
    match trust.shared_algorithm {
        Some(JwtAlgorithm::Hs256) | None => {
            if let Some(secret) = &trust.shared_secret {
                let key = DecodingKey::from_secret(secret.expose_secret().as_bytes());
                add(key, JwtAlgorithm::Hs256, false, false);
            }
        }
        Some(algorithm) => match public_key("JWT_ALGORITHM", algorithm, pem) {
            Ok(key) => add(key, algorithm, false, false),
            Err(problem) => problems.push(problem),
        },
    }
    if problems.is_empty() { Ok(believed) } else { Err(problems) }
}

#[cfg(test)]
mod tests;
