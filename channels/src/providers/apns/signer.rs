//! The token by which Apple knows who sends: signed here, and used for half an hour.
//!
//! Source: <https://developer.apple.com/documentation/usernotifications/establishing-a-token-based-connection-to-apns>.

use std::sync::{Mutex, PoisonError};

use domain::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::settings::{KEY_ID, Settings, TEAM_ID};

/// How long a token is used, in seconds. Apple refuses one that is older than an hour, and tokens that change more often
/// than every 20 minutes.
const PERIOD: i64 = 30 * 60;
/// The age in seconds that a token has when it is used first, so that it is no token of the future for a clock that is
/// behind ours.
const YOUNGEST: i64 = 5 * 60;

/// How many letters and digits the ids of keys and teams have.
const ID_BYTES: usize = 10;

/// One key of one team.
pub(super) struct Signer {
    key: EncodingKey,
    key_id: String,
    team_id: String,
    last: Mutex<Option<Signed>>,
}

struct Signed {
    issued_at: i64,
    authorization: HeaderValue,
}

/// A token that could not be signed.
#[derive(Debug)]
pub(super) struct Unsigned;

impl Signer {
    /// # Errors
    /// Every missing or wrong setting, one text each.
    pub(super) fn new(settings: &Settings) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let key = key(settings.key.as_ref()).map_err(|problem| problems.push(problem)).ok();
        let mut keep = |id: Result<String, String>| id.map_err(|problem| problems.push(problem)).ok();
        let place = "it stands beside the key in Apple's developer account";
        let key_id = keep(id(KEY_ID.name, settings.key_id.as_deref(), place));
        let place = "it stands under Membership in Apple's developer account";
        let team_id = keep(id(TEAM_ID.name, settings.team_id.as_deref(), place));
        match (key, key_id, team_id) {
            (Some(key), Some(key_id), Some(team_id)) => Ok(Self { key, key_id, team_id, last: Mutex::new(None) }),
            _ => Err(problems),
        }
    }

    /// The header of a request.
    ///
    /// # Errors
    /// [`Unsigned`], which a key that was accepted never meets.
    pub(super) fn authorization(&self, now: Timestamp) -> Result<HeaderValue, Unsigned> {
        let issued_at = issued_at(now);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(signed) = last.as_ref().filter(|signed| signed.issued_at == issued_at) {
            return Ok(signed.authorization.clone());
        }
        let token = sign(&self.key, &self.key_id, &self.team_id, issued_at)?;
        let mut authorization = HeaderValue::try_from(format!("bearer {token}")).map_err(|_| Unsigned)?;
        authorization.set_sensitive(true);
        *last = Some(Signed { issued_at, authorization: authorization.clone() });
        Ok(authorization)
    }
}

/// When the token of this moment was issued, in seconds: the same for every process of a fleet, because Apple counts how
/// often the tokens of a key change, whoever sends them.
fn issued_at(now: Timestamp) -> i64 {
    let seconds = now.as_micros().div_euclid(1_000_000) - YOUNGEST;
    seconds - seconds.rem_euclid(PERIOD)
}

fn sign(key: &EncodingKey, key_id: &str, team_id: &str, issued_at: i64) -> Result<String, Unsigned> {
    #[derive(Serialize)]
    struct Claims<'a> {
        iss: &'a str,
        iat: i64,
    }
    let header = Header { typ: None, kid: Some(key_id.to_owned()), ..Header::new(Algorithm::ES256) };
    jsonwebtoken::encode(&header, &Claims { iss: team_id, iat: issued_at }, key).map_err(|_| Unsigned)
}

/// A key that can sign.
fn key(given: Option<&SecretString>) -> Result<EncodingKey, String> {
    let pem = given
        .ok_or("APNS_KEY is not set: it is the text of AuthKey_….p8, which Apple's developer account gives once")?;
    let pem = pem.expose_secret().replace("\\n", "\n");
    let key = EncodingKey::from_ec_pem(pem.as_bytes()).ok();
    let signing = key.filter(|key| sign(key, "", "", 0).is_ok());
    signing.ok_or_else(|| {
        "APNS_KEY must be an EC (P-256) private key in PEM, as in AuthKey_….p8: are its line ends written as \\n?"
            .into()
    })
}

fn id(name: &str, given: Option<&str>, place: &str) -> Result<String, String> {
    let id = given.ok_or_else(|| format!("{name} is not set: {place}"))?;
    let valid = id.len() == ID_BYTES && id.bytes().all(|b| b.is_ascii_alphanumeric());
    if valid { Ok(id.to_owned()) } else { Err(format!("{name} must have {ID_BYTES} letters and digits")) }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, KeyPair, UnparsedPublicKey};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};
    use testkit::keys::{p256, p256_private_pem};

    use super::*;

    fn signer(pem: String) -> Result<Signer, Vec<String>> {
        let (key, key_id, team_id) = (Some(pem.into()), Some("ABC123DEFG".into()), Some("DEF123GHIJ".into()));
        Signer::new(&Settings { key, key_id, team_id, ..Settings::default() })
    }

    #[test]
    fn a_token_is_signed_by_es256_and_says_whose_it_is_and_since_when() {
        let pair = p256();
        let pem = p256_private_pem(&pair);
        for pem in [pem.clone(), pem.replace('\n', "\\n")] {
            let signer = signer(pem).unwrap();
            let authorization = signer.authorization(testkit::at("2026-03-01T09:17:00Z")).unwrap();
            assert!(authorization.is_sensitive());
            let token = authorization.to_str().unwrap().strip_prefix("bearer ").unwrap();
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
            let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref());
            public.verify(signed.as_bytes(), &bytes(signature)).unwrap();
            let parts: Vec<Value> =
                signed.split('.').map(|part| serde_json::from_slice(&bytes(part)).unwrap()).collect();
            let issued_at = testkit::at("2026-03-01T09:00:00Z").as_micros() / 1_000_000;
            assert_eq!(parts[0], json!({ "alg": "ES256", "kid": "ABC123DEFG" }));
            assert_eq!(parts[1], json!({ "iss": "DEF123GHIJ", "iat": issued_at }));
        }
    }

    #[test]
    fn a_token_is_used_for_half_an_hour_and_is_never_new_and_never_an_hour_old() {
        let signer = signer(p256_private_pem(&p256())).unwrap();
        let start = testkit::at("2026-03-01T09:05:00Z").as_micros() / 1_000_000;
        let at = |seconds: i64| signer.authorization(Timestamp::from_seconds(start + seconds)).unwrap();
        let first = at(0);
        assert_eq!((at(1), at(1799)), (first.clone(), first.clone()));
        let second = at(1800);
        assert_ne!(second, first);
        assert_eq!(at(3599), second);
        for second in (0..10_000).step_by(7) {
            let age = start + second - issued_at(Timestamp::from_seconds(start + second));
            assert!((5 * 60..35 * 60).contains(&age), "{age}");
        }
        assert_eq!(issued_at(Timestamp::from_seconds(-1)), -1800, "a clock before 1970 makes no panic");
    }

    #[test]
    fn every_process_of_a_fleet_says_the_same_of_its_token() {
        let pem = p256_private_pem(&p256());
        let claims = |now: &str| {
            let token = signer(pem.clone()).unwrap().authorization(testkit::at(now)).unwrap();
            token.to_str().unwrap().rsplit_once('.').unwrap().0.to_owned()
        };
        assert_eq!(claims("2026-03-01T09:05:00Z"), claims("2026-03-01T09:34:59Z"));
        assert_ne!(claims("2026-03-01T09:05:00Z"), claims("2026-03-01T09:35:00Z"));
    }

    #[test]
    fn all_that_is_wrong_with_a_key_and_its_ids_is_told_at_once_and_quotes_nothing() {
        let rsa = testkit::keys::private_pem(&testkit::keys::rsa());
        for key in [None, Some("hidden"), Some(rsa.as_str()), Some("-----BEGIN PRIVATE KEY-----\nhidden")] {
            let (key, key_id) = (key.map(Into::into), Some("hidden".into()));
            let problems = Signer::new(&Settings { key, key_id, ..Settings::default() }).err().unwrap();
            let names: Vec<&str> = problems.iter().filter_map(|problem| problem.split(' ').next()).collect();
            assert_eq!(names, ["APNS_KEY", "APNS_KEY_ID", "APNS_TEAM_ID"]);
            assert!(!problems.concat().contains("hidden"), "{problems:?}");
        }
    }
}
