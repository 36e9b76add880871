//! What the binary's configuration tells the API, and what is wrong with it before any socket opens.

use std::net::SocketAddr;
use std::time::Duration;

use domain::{ChannelName, Keyring, Zones, is_guessable_secret};
use jsonwebtoken::Algorithm;
use secrecy::{ExposeSecret, SecretString};

/// RFC 7518 section 3.2: an HS256 key has at least the size of the hash.
const MIN_SECRET_BYTES: usize = 32;

/// Typed settings; the names in the comments are those of the environment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `API_LISTEN`. Whether it is a loopback address decides who may publish without a token.
    pub listen: SocketAddr,
    /// `NOTIFY_OPEN`: who may publish, and look into the sandbox, without a token.
    pub open: Open,
    /// The first user may be registered from this machine without the bootstrap token. Only for an API that nobody can
    /// have put behind a proxy unknowingly.
    pub first_user_from_here: bool,
    /// `API_HOSTS`: names and addresses, in lower case and without a port, by which the API may be called besides
    /// `localhost` and those that it listens on.
    pub hosts: Vec<String>,
    pub jwt: JwtSettings,
    /// Lets somebody who is not on this machine register the first user; printed at start.
    pub bootstrap_token: SecretString,
    /// `DEFAULT_CHANNEL`
    pub default_channel: Option<ChannelName>,
    /// Serves the page that shows what the sandbox captured.
    pub sandbox: bool,
    /// The rules of time zones.
    pub zones: Zones,
    /// Bytes of a request body.
    pub body_limit: usize,
    /// Items of one `POST /notify`.
    pub batch_limit: usize,
    /// Connections served at once, half of them of one peer; beyond these, probes are answered.
    pub connection_limit: usize,
    /// `RETENTION_DAYS`: how long ended deliveries are remembered; none for ever.
    pub retention: Option<Duration>,
    /// How long requests in flight may take after the stop signal.
    pub drain: Duration,
}

/// Who needs no token for publishing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Open {
    Nobody,
    /// Who calls an API on a loopback address directly. A proxy that adds no header cannot be told from that.
    ThisMachine,
    Everybody,
}

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

/// HS256 tokens are made by `POST /login`; RS256 and ES256 tokens are made elsewhere and only checked here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JwtAlgorithm {
    Hs256,
    Rs256,
    Es256,
}

/// Everything that is wrong with the settings, one line each.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct InvalidSettings(pub Vec<String>);

impl Settings {
    /// The defaults around what has none.
    pub fn new(listen: SocketAddr, jwt: JwtSettings, bootstrap_token: SecretString) -> Self {
        Self {
            listen,
            open: Open::Nobody,
            first_user_from_here: false,
            hosts: Vec::new(),
            jwt,
            bootstrap_token,
            default_channel: None,
            sandbox: false,
            zones: Zones::bundled(),
            body_limit: 256 * 1024,
            batch_limit: 1000,
            connection_limit: 1024,
            retention: None,
            drain: Duration::from_secs(25),
        }
    }
}

impl JwtSettings {
    /// HS256 with the default audience, issuer (`chasqui`) and lifetime (30 minutes).
    pub fn hs256(secret: SecretString) -> Self {
        Self {
            algorithm: JwtAlgorithm::Hs256,
            secret,
            previous_secret: None,
            public_key_pem: None,
            audience: "chasqui".into(),
            issuer: "chasqui".into(),
            lifetime: Duration::from_secs(30 * 60),
        }
    }

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
            algorithm => problems.extend(crate::token::check_public_key(algorithm, self.public_key_pem.as_deref())),
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

impl JwtAlgorithm {
    /// None for any other word: nothing else is accepted.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "HS256" => Some(Self::Hs256),
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            _ => None,
        }
    }

    pub(crate) const fn of_library(self) -> Algorithm {
        match self {
            Self::Hs256 => Algorithm::HS256,
            Self::Rs256 => Algorithm::RS256,
            Self::Es256 => Algorithm::ES256,
        }
    }
}
