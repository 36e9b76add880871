//! Access tokens for a service account, by the JWT-bearer grant (RFC 7523) in the form that Google's endpoint accepts,
//! cached.
//!
//! Source: <https://developers.google.com/identity/protocols/oauth2/service-account#httprest>.

mod answer;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use self::answer::{Refused, Token, outage, read, unsigned};
use super::settings::SERVICE_ACCOUNT_KEY;
use crate::http;

const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
/// The longest life that Google allows an assertion, in seconds.
const ASSERTION_SECONDS: i64 = 3600;
/// The parts of a service account's JSON that are needed.
pub(super) struct ServiceAccount {
    pub(super) project_id: Option<String>,
    pub(super) token_uri: String,
    email: String,
    key_id: Option<String>,
    key: EncodingKey,
}

impl ServiceAccount {
    /// # Errors
    /// A text that names the setting and never quotes its value.
    pub(super) fn parse(json: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct File {
            project_id: Option<String>,
            private_key_id: Option<String>,
            private_key: String,
            client_email: String,
            token_uri: String,
        }
        let wrong = |what: &str| format!("{} {what}", SERVICE_ACCOUNT_KEY.name);
        let is_path = !json.contains(['{', '\n']) && (json.starts_with(['/', '.', '~']) || json.ends_with(".json"));
        if is_path {
            return Err(wrong("must be the content of the JSON file of a service account in one line, not its path"));
        }
        let file: File = serde_json::from_str(json).map_err(|error| {
            let place = format!("line {} column {}", error.line(), error.column());
            wrong(&format!(
                "must be the JSON file of a service account in one line, with client_email, private_key and token_uri \
                 (wrong at {place})"
            ))
        })?;
        let key = EncodingKey::from_rsa_pem(file.private_key.as_bytes())
            .map_err(|_| wrong("has a private_key that is not an RSA key in PEM: are its line ends written as \\n?"))?;
        Ok(Self {
            project_id: file.project_id,
            token_uri: file.token_uri,
            email: file.client_email,
            key_id: file.private_key_id,
            key,
        })
    }

    fn assertion(&self, now: Timestamp) -> Result<String, jsonwebtoken::errors::Error> {
        #[derive(Serialize)]
        struct Claims<'a> {
            iss: &'a str,
            scope: &'a str,
            aud: &'a str,
            iat: i64,
            exp: i64,
        }
        let iat = now.as_micros() / 1_000_000;
        let claims = Claims { iss: &self.email, scope: SCOPE, aud: &self.token_uri, iat, exp: iat + ASSERTION_SECONDS };
        let header = Header { kid: self.key_id.clone(), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, &claims, &self.key)
    }
}

/// Gives everybody the same token until it is about to expire. Only one request for a new token runs at a time; callers
/// that waited for it share its failure.
pub(super) struct Grant {
    http: reqwest::Client,
    account: ServiceAccount,
    url: String,
    /// A share of the worker's time limit, so that it is certain that nothing was sent when the endpoint hangs.
    patience: Duration,
    tries: AtomicU64,
    last: Mutex<Option<Result<Token, Refused>>>,
}

impl Grant {
    pub(super) fn new(http: reqwest::Client, account: ServiceAccount, url: String, provider_timeout: Duration) -> Self {
        let patience = provider_timeout.mul_f64(0.4);
        Self { http, account, url, patience, tries: AtomicU64::new(0), last: Mutex::new(None) }
    }

    /// A token that is valid for at least another minute.
    ///
    /// # Errors
    /// [`Refused`].
    pub(super) async fn token(&self, now: Timestamp) -> Result<SecretString, Refused> {
        let in_vain = |_| Err(outage("its endpoint has not answered in time"));
        tokio::time::timeout(self.patience, self.cached(now)).await.unwrap_or_else(in_vain)
    }

    /// Forgets a token that the provider has refused, so that the next call asks for another one.
    pub(super) async fn forget(&self, refused: &SecretString) {
        use secrecy::ExposeSecret;
        let mut last = self.last.lock().await;
        if matches!(&*last, Some(Ok(token)) if token.secret.expose_secret() == refused.expose_secret()) {
            *last = None;
        }
    }

    async fn cached(&self, now: Timestamp) -> Result<SecretString, Refused> {
        let seen = self.tries.load(Ordering::Acquire);
        let mut last = self.last.lock().await;
        match &*last {
            Some(Ok(token)) if now < token.until => return Ok(token.secret.clone()),
            Some(Err(refused)) if self.tries.load(Ordering::Acquire) != seen || refused.still_holds(now) => {
                return Err(refused.clone());
            }
            _ => {}
        }
        let result = self.ask(now).await;
        *last = Some(result.clone());
        self.tries.fetch_add(1, Ordering::Release);
        result.map(|token| token.secret)
    }

    async fn ask(&self, now: Timestamp) -> Result<Token, Refused> {
        let assertion = self.account.assertion(now).map_err(|_| unsigned())?;
        let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", &assertion)];
        let answer = match http::exchange(self.http.post(&self.url).form(&form), now).await {
            Ok(answer) => answer,
            Err(no_answer) => return Err(outage(&no_answer.why())),
        };
        read(&answer, now)
    }
}

#[cfg(test)]
mod tests;
