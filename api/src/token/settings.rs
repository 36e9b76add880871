//! How tokens are signed and checked, and what is wrong with that before any socket opens.

use std::time::Duration;

use domain::{Keyring, is_guessable_secret};
use operations::tokens::{JwtAlgorithm, public_key};
use secrecy::{ExposeSecret, SecretString};

/// RFC 7518 section 3.2: an HS256 key has at least the size of the hash.
const MIN_SECRET_BYTES: usize = 32;

/// How tokens are signed and checked. The algorithm is a setting, never the header's.
#[derive(Clone, Debug)]
pub struct JwtSettings {
    /// `ALGORITHM`
    pub algorithm: JwtAlgorithm,
    /// `SECRET_KEY`: the keys of every use are derived from it, that of HS256 too.
    pub secret: SecretString,
    /// `SECRET_KEY_PREVIOUS`: what was made with it is still read.
    pub previous_secret: Option<SecretString>,
    /// `JWT_PUBLIC_KEY`, for RS256 and ES256.
    pub public_key_pem: Option<String>,
    /// `JWT_AUDIENCE`
    pub audience: String,
    /// `JWT_ISSUER`
    pub issuer: String,
    /// `ACCESS_TOKEN_EXPIRE_MINUTES`
    pub lifetime: Duration,
}

/// Everything that is wrong with the settings, one line each.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct InvalidSettings(pub Vec<String>);

impl JwtSettings {
    pub(crate) fn keys(&self) -> Keyring {
        let previous = self.previous_secret.as_ref().map(|secret| secret.expose_secret().as_bytes());
        Keyring::new(self.secret.expose_secret().as_bytes(), previous)
    }

    /// # Errors
    /// [`InvalidSettings`] naming each setting that must change.
    pub fn check(&self) -> Result<(), InvalidSettings> {
        let mut problems = Vec::new();
        let secret_bytes = self.secret.expose_secret().len();
        match self.algorithm {
            JwtAlgorithm::Hs256 if secret_bytes < MIN_SECRET_BYTES => problems.push(format!(
                "SECRET_KEY has {secret_bytes} bytes, HS256 needs at least {MIN_SECRET_BYTES}: make one with \
                 `openssl rand -hex 32`"
            )),
            JwtAlgorithm::Hs256 if is_guessable_secret(self.secret.expose_secret().as_bytes()) => problems.push(
                "SECRET_KEY is of few different characters or a short piece again and again: make one with `openssl rand \
                 -hex 32`"
                    .into(),
            ),
            JwtAlgorithm::Hs256 => {}
            algorithm => problems.extend(public_key("ALGORITHM", algorithm, self.public_key_pem.as_deref()).err()),
        }
        if self.audience.is_empty() || self.issuer.is_empty() {
            problems.push("JWT_AUDIENCE and JWT_ISSUER must not be empty".into());
        }
        if self.lifetime < Duration::from_secs(1) {
            problems.push("ACCESS_TOKEN_EXPIRE_MINUTES must be at least 1".into());
        }
        if problems.is_empty() { Ok(()) } else { Err(InvalidSettings(problems)) }
    }
}
