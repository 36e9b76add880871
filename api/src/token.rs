//! JSON Web Tokens: made by `POST /login`, checked on every request that brings one.

mod settings;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::{Actor, Clock, DerivedKey, Keyring, Scope, Tenant, Timestamp, is_inbox_name, is_unsafe_in_a_line};
use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use operations::accounts::log_in::LoggedIn;
use operations::tokens::{MAX_TOKEN_BYTES, header, public_key};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::settings::{InvalidSettings, JwtSettings};
pub use operations::tokens::JwtAlgorithm;

/// The most bytes of a subject, which becomes a header of the message.
const MAX_SUBJECT_BYTES: usize = 255;

/// A token that is signed and in force. Whether its user was signed out since then is another question.
pub(crate) struct Signed {
    pub(crate) caller: Actor,
    /// Seconds of the epoch, where the token says so.
    pub(crate) issued_at: Option<f64>,
}

/// A token is not one of ours, or not valid now. Why is not said: the answer is the same for all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct InvalidToken;

/// What we read of a token: RFC 7519 claims, `scope` as in RFC 9068 (words separated by spaces), and our
/// `tenant`. The library has checked `aud`.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    /// How the applications of some issuers call a user, whose `sub` is a name to log in with: a text or a number.
    user_id: Option<Value>,
    /// One text (RFC 7519 section 4.1.1); the library would take a list as well.
    iss: String,
    /// Seconds of the epoch, as a JSON number of any form.
    exp: f64,
    nbf: Option<f64>,
    /// Seconds of the epoch. Other issuers may write whatever they want.
    iat: Option<Value>,
    /// None for a token that says nothing of scopes: that is a user's own, as the applications of other issuers have them.
    scope: Option<String>,
    tenant: Option<String>,
}

/// What we write into a token.
#[derive(Serialize)]
struct IssuedClaims<'a> {
    sub: &'a str,
    iss: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    scope: String,
    tenant: &'a str,
}

/// Makes and checks tokens with one algorithm, one key, one audience and one issuer.
#[derive(Clone)]
pub(crate) struct Tokens {
    /// The key of today first; then the one before it, while tokens that it signed may still be in force.
    decoding: Vec<DecodingKey>,
    /// None when tokens are made elsewhere.
    encoding: Option<EncodingKey>,
    validation: Validation,
    audience: String,
    issuer: String,
    lifetime: Duration,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

impl Tokens {
    /// HS256 tokens are signed with a key that is derived from the secret for this use alone: whatever else is made of
    /// the secret, and shown or stored, is no signature.
    pub(crate) fn new(settings: &JwtSettings, keys: &Keyring, clock: Arc<dyn Clock>) -> Result<Self, InvalidSettings> {
        settings.check()?;
        let (decoding, encoding) = match settings.algorithm {
            JwtAlgorithm::Hs256 => {
                let key = keys.token_key();
                let checked = std::iter::once(&key).chain(&keys.previous_token_key()).map(decoding_key).collect();
                (checked, Some(EncodingKey::from_secret(key.as_bytes())))
            }
            algorithm => {
                let key = public_key("ALGORITHM", algorithm, settings.public_key_pem.as_deref());
                (vec![key.map_err(|problem| InvalidSettings(vec![problem]))?], None)
            }
        };
        let mut validation = Validation::new(settings.algorithm.of_library());
        // `exp` is required by `Claims`: the library's own reading knows no numbers that keep their digits.
        validation.set_required_spec_claims(&["aud", "iss", "sub"]);
        validation.set_audience(&[&settings.audience]);
        validation.set_issuer(&[&settings.issuer]);
        // The instants are compared below, with our clock and without any leeway.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let (audience, issuer) = (settings.audience.clone(), settings.issuer.clone());
        Ok(Self { decoding, encoding, validation, audience, issuer, lifetime: settings.lifetime, clock })
    }

    /// Whether `POST /login` and `POST /register` exist here.
    pub(crate) fn issues(&self) -> bool {
        self.encoding.is_some()
    }

    pub(crate) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// A token of somebody who has logged in. It counts as issued when its user was read, so that whatever ends the user's
    /// tokens after that ends this one; and as issued after the second in which they were ended last. None when tokens are
    /// made elsewhere.
    pub(crate) fn issue(&self, who: &LoggedIn) -> Option<String> {
        let caller = who.actor();
        let now = seconds(self.clock.now());
        let after = who.user.tokens_valid_from.map(|from| seconds(from).saturating_add(1));
        let claims = IssuedClaims {
            sub: &caller.name,
            iss: &self.issuer,
            aud: &self.audience,
            iat: after.map_or(seconds(who.at), |after| after.max(seconds(who.at))),
            exp: now.saturating_add(i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX)),
            scope: caller.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "),
            tenant: caller.tenant.as_str(),
        };
        jsonwebtoken::encode(&Header::default(), &claims, self.encoding.as_ref()?).ok()
    }

    /// # Errors
    /// [`InvalidToken`] for every token that is not valid right now.
    pub(crate) fn check(&self, token: &str) -> Result<Signed, InvalidToken> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(InvalidToken);
        }
        // RFC 7515 section 4.1.11: whoever does not know an extension that is marked as critical must refuse the token,
        // and we know none. The library takes a `crit` that is null for none.
        if header(token).ok_or(InvalidToken)?.contains_key("crit") {
            return Err(InvalidToken);
        }
        let signed_by = |key| jsonwebtoken::decode::<Claims>(token, key, &self.validation).ok();
        let claims = self.decoding.iter().find_map(signed_by).ok_or(InvalidToken)?.claims;
        let now = seconds(self.clock.now()) as f64;
        let in_force = claims.exp > now && claims.nbf.is_none_or(|nbf| nbf <= now);
        let subject_fits =
            (1..=MAX_SUBJECT_BYTES).contains(&claims.sub.len()) && !claims.sub.chars().any(is_unsafe_in_a_line);
        if !in_force || !subject_fits || claims.iss != self.issuer {
            return Err(InvalidToken);
        }
        let tenant = claims.tenant.as_deref().map_or_else(|| Some(Tenant::default()), Tenant::parse);
        let scopes: Vec<Scope> = match &claims.scope {
            Some(scope) => scope.split(' ').filter_map(Scope::parse).collect(),
            None => vec![Scope::Inbox],
        };
        let user = claims.user_id.as_ref().and_then(user_called).filter(|_| scopes == [Scope::Inbox]);
        let name = user.unwrap_or(claims.sub);
        let issued_at = claims.iat.as_ref().and_then(Value::as_f64);
        Ok(Signed { caller: Actor { name, tenant: tenant.ok_or(InvalidToken)?, scopes }, issued_at })
    }
}

/// The user of a token that opens an inbox and nothing else. None for what can be no user.
fn user_called(user_id: &Value) -> Option<String> {
    let name = match user_id {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    is_inbox_name(&name).then_some(name)
}

fn decoding_key(key: &DerivedKey) -> DecodingKey {
    DecodingKey::from_secret(key.as_bytes())
}

/// Seconds of the epoch, as RFC 7519 writes instants.
fn seconds(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(1_000_000)
}
