//! How a request shows whose it is: by an API key, or by the auth token of the account.
//!
//! Source: <https://www.twilio.com/docs/usage/requests-to-twilio>. A key can be revoked alone and limited to what it is
//! for, so it goes before the token. The account SID stands in the URL either way.

use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};

use super::settings::{API_KEY_SECRET, API_KEY_SID, AUTH_TOKEN, Settings};
use super::sid::is_sid;
use crate::section::Warning;

pub(super) enum Credentials {
    AuthToken(SecretString),
    ApiKey { sid: String, secret: SecretString },
}

impl Credentials {
    /// # Errors
    /// Every missing or wrong setting, one text each. Half a key is an error beside an auth token too: which of the two
    /// was meant, nobody can tell.
    pub(super) fn of(settings: &Settings) -> Result<Self, Vec<String>> {
        let (sid, secret) = match (&settings.api_key_sid, &settings.api_key_secret) {
            (None, None) => return auth_token(settings),
            (None, Some(_)) => return Err(vec![no_key_sid()]),
            (Some(sid), secret) => (sid, secret),
        };
        let mut problems = Vec::new();
        if !is_sid("SK", sid) {
            problems.push(format!("{} must be SK and 32 hexadecimal digits", API_KEY_SID.name));
        }
        match secret {
            Some(secret) if problems.is_empty() => Ok(Self::ApiKey { sid: sid.clone(), secret: secret.clone() }),
            Some(_) => Err(problems),
            None => {
                problems.push(no_key_secret());
                Err(problems)
            }
        }
    }

    /// The request with its user and password.
    pub(super) fn sign(&self, request: RequestBuilder, account_sid: &str) -> RequestBuilder {
        match self {
            Self::AuthToken(token) => request.basic_auth(account_sid, Some(token.expose_secret())),
            Self::ApiKey { sid, secret } => request.basic_auth(sid, Some(secret.expose_secret())),
        }
    }

    /// The settings to look at when Twilio refuses them.
    pub(super) fn settings(&self) -> &'static str {
        match self {
            Self::AuthToken(_) => "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN",
            Self::ApiKey { .. } => "TWILIO_ACCOUNT_SID, TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET",
        }
    }
}

fn no_key_sid() -> String {
    format!("{} is not set, but {} is: a key is both", API_KEY_SID.name, API_KEY_SECRET.name)
}

fn no_key_secret() -> String {
    let why = "Twilio shows a secret only when its key is made";
    format!("{} is not set, but {} is: {why}", API_KEY_SECRET.name, API_KEY_SID.name)
}

fn auth_token(settings: &Settings) -> Result<Credentials, Vec<String>> {
    let missing = || {
        let (token, sid, secret) = (AUTH_TOKEN.name, API_KEY_SID.name, API_KEY_SECRET.name);
        format!("{token} is not set: it stands beside the account SID in Twilio's console; or set {sid} and {secret}")
    };
    settings.auth_token.clone().map(Credentials::AuthToken).ok_or_else(|| vec![missing()])
}

/// What is said when there are a key and a token: which of the two is used.
pub(super) fn warning(settings: &Settings) -> Option<Warning> {
    let both = settings.auth_token.is_some() && settings.api_key_sid.is_some() && settings.api_key_secret.is_some();
    both.then(|| Warning {
        about: &[AUTH_TOKEN.name, API_KEY_SID.name, API_KEY_SECRET.name],
        text:
            "TWILIO_API_KEY_SID and TWILIO_AUTH_TOKEN are both set: messages are sent with the API key, and the auth \
               token is not used"
                .into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(sid: Option<&str>, secret: Option<&str>, token: Option<&str>) -> Settings {
        Settings {
            api_key_sid: sid.map(str::to_owned),
            api_key_secret: secret.map(SecretString::from),
            auth_token: token.map(SecretString::from),
            ..Settings::default()
        }
    }

    #[test]
    fn a_key_goes_before_the_token_and_half_a_key_is_always_told() {
        let key = format!("SK{}", "0f".repeat(16));
        let sid = Some(key.as_str());
        for (given, expected) in [
            ((None, None, Some("hidden")), Ok("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN")),
            ((sid, Some("hidden"), None), Ok("TWILIO_ACCOUNT_SID, TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET")),
            (
                (sid, Some("hidden"), Some("hidden")),
                Ok("TWILIO_ACCOUNT_SID, TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET"),
            ),
            ((None, None, None), Err("TWILIO_AUTH_TOKEN")),
            ((sid, None, None), Err("TWILIO_API_KEY_SECRET")),
            ((sid, None, Some("hidden")), Err("TWILIO_API_KEY_SECRET")),
            ((None, Some("hidden"), None), Err("TWILIO_API_KEY_SID")),
            ((None, Some("hidden"), Some("hidden")), Err("TWILIO_API_KEY_SID")),
            ((Some("AC1"), Some("hidden"), None), Err("TWILIO_API_KEY_SID")),
            ((Some("hidden"), None, Some("hidden")), Err("TWILIO_API_KEY_SID TWILIO_API_KEY_SECRET")),
        ] {
            let settings = settings(given.0, given.1, given.2);
            let found = Credentials::of(&settings).map(|credentials| credentials.settings()).map_err(|problems| {
                assert!(!problems.concat().contains("hidden"), "{problems:?}");
                problems.iter().filter_map(|problem| problem.split(' ').next()).collect::<Vec<_>>().join(" ")
            });
            assert_eq!(found, expected.map_err(str::to_owned), "{given:?}");
            let both = matches!(given, (Some(_), Some(_), Some(_)));
            assert_eq!(warning(&settings).is_some(), both, "{given:?}");
        }
    }
}
