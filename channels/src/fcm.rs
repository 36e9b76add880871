//! Firebase Cloud Messaging, HTTP v1: what is sent, and what its answers mean.
//!
//! Sources: <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages> and
//! <https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode>.

mod grant;

use std::time::Duration;

use domain::{Outcome, Reason};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use self::grant::{Grant, ServiceAccount};
use crate::channel::Outgoing;
use crate::http::{self, Answer, Said};

pub(crate) const PROVIDER: &str = "fcm";

/// The longest time that FCM keeps a message for a device that is offline: four weeks.
const MAX_TTL_SECONDS: u64 = 28 * 24 * 60 * 60;

/// `FIREBASE_*` and `FCM_*`.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `FIREBASE_PROJECT_ID`; without it, the project of the service account.
    pub project_id: Option<String>,
    /// `FIREBASE_SERVICE_ACCOUNT_KEY`: the JSON file of a service account, in one line.
    pub service_account_key: Option<SecretString>,
    /// `FCM_BASE_URL`
    pub base_url: Option<String>,
    /// `FCM_TOKEN_URL`: where tokens are asked for, instead of the service account's `token_uri`. The assertion
    /// still names `token_uri` as its audience, so that a gateway in between can pass it on.
    pub token_url: Option<String>,
}

/// One project's access to FCM.
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    grant: Grant,
}

impl Client {
    /// # Errors
    /// Every missing or wrong setting.
    pub(crate) fn new(settings: &Settings, provider_timeout: Duration) -> Result<Self, Vec<String>> {
        let key = settings.service_account_key.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
        let account = ServiceAccount::parse(key).map_err(|problem| vec![problem])?;
        let mut problems = Vec::new();
        let mut keep = |result: Result<String, String>| result.map_err(|problem| problems.push(problem)).ok();
        let project = keep(project(settings.project_id.as_deref().or(account.project_id.as_deref())));
        let base_url = keep(http::base_url("FCM_BASE_URL", settings.base_url.as_deref(), "https://fcm.googleapis.com"));
        let token_url = keep(http::base_url("FCM_TOKEN_URL", settings.token_url.as_deref(), &account.token_uri));
        let http = http::client(provider_timeout).map_err(|problem| problems.push(format!("FIREBASE: {problem}"))).ok();
        match (project, base_url, token_url, http) {
            (Some(project), Some(base_url), Some(token_url), Some(http)) => Ok(Self {
                grant: Grant::new(http.clone(), account, token_url, provider_timeout),
                http,
                url: format!("{base_url}/v1/projects/{project}/messages:send"),
            }),
            _ => Err(problems),
        }
    }

    pub(crate) async fn send(&self, message: &Value, outgoing: &Outgoing<'_>) -> Outcome {
        let token = match self.grant.token(outgoing.now).await {
            Ok(token) => token,
            Err(refused) => return refused.outcome(),
        };
        let request = self.http.post(&self.url).bearer_auth(token.expose_secret()).json(message);
        match http::exchange(request, outgoing.now).await {
            Ok(answer) => {
                if answer.status.as_u16() == 401 {
                    self.grant.forget(&token).await;
                }
                classify(&answer, outgoing)
            }
            Err(no_answer) => no_answer.outcome(PROVIDER),
        }
    }
}

/// The body of `messages:send`.
///
/// Every attempt carries the same tag, so that a second copy replaces the first on the device. There is no
/// `android.collapse_key`: FCM keeps four of them per device and drops the messages of the others, and for
/// notifications it ignores them.
///
/// # Errors
/// Why FCM would refuse it.
pub(crate) fn message(outgoing: &Outgoing<'_>) -> Result<Value, String> {
    let rendered = outgoing.rendered;
    let tag = Uuid::new_v5(&Uuid::NAMESPACE_OID, outgoing.key.to_string().as_bytes()).simple().to_string();
    let mut notification = json!({ "body": rendered.text });
    if let Some(title) = &rendered.subject {
        notification["title"] = json!(title);
    }
    let mut message = json!({
        "notification": notification,
        "data": data(outgoing.data)?,
        "android": { "notification": { "tag": tag } },
        "apns": { "headers": { "apns-collapse-id": tag } },
        "webpush": { "headers": { "Topic": tag }, "notification": { "tag": tag } },
    });
    match outgoing.destination.strip_prefix("fid:") {
        Some(fid) => message["fid"] = json!(fid),
        None => message["token"] = json!(outgoing.destination),
    }
    if let Some(expires) = outgoing.expires_at {
        let ttl = expires.since(outgoing.now).as_secs().clamp(1, MAX_TTL_SECONDS);
        message["android"]["ttl"] = json!(format!("{ttl}s"));
        message["apns"]["headers"]["apns-expiration"] = json!((expires.as_micros() / 1_000_000).to_string());
        message["webpush"]["headers"]["TTL"] = json!(ttl.to_string());
    }
    Ok(json!({ "message": message }))
}

/// FCM takes strings only: other values travel as their JSON text, `null` not at all.
fn data(given: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let mut data = Map::new();
    for (key, value) in given {
        if matches!(key.as_str(), "from" | "message_type") || key.starts_with("google.") || key.starts_with("gcm.") {
            return Err(format!("data must not have the key {key}, which FCM keeps for itself"));
        }
        match value {
            Value::Null => {}
            Value::String(text) => drop(data.insert(key.clone(), json!(text))),
            other => drop(data.insert(key.clone(), json!(other.to_string()))),
        }
    }
    Ok(data)
}

fn project(given: Option<&str>) -> Result<String, String> {
    let id = given.ok_or("FIREBASE_PROJECT_ID is not set, and the service account's JSON has no project_id")?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b':' | b'.');
    let valid = !id.is_empty() && id.bytes().all(allowed);
    if valid { Ok(id.to_owned()) } else { Err("FIREBASE_PROJECT_ID must be a project's id such as my-app-1234".into()) }
}

/// FCM's answers, good and bad, as far as they are read.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    /// `projects/{project}/messages/{id}`
    name: Option<String>,
    error: ErrorBody,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ErrorBody {
    status: Option<String>,
    message: Option<String>,
    details: Vec<Detail>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Detail {
    #[serde(rename = "errorCode")]
    error_code: Option<String>,
}

fn classify(answer: &Answer, outgoing: &Outgoing<'_>) -> Outcome {
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = body.error.details.into_iter().find_map(|detail| detail.error_code).or(body.error.status);
    let other_sender = code.as_deref() == Some("SENDER_ID_MISMATCH");
    let said = Said {
        provider_id: body.name.filter(|name| name.len() <= 256),
        code: code.filter(|code| code.len() <= 64),
        text: body.error.message.map(|message| outgoing.redact(&message)).unwrap_or_default(),
        maybe_sent: false,
    };
    match http::judge(PROVIDER, answer, said) {
        // A 403, but about this device: its token belongs to another project.
        Outcome::Retriable { failure, .. } if other_sender => Outcome::Permanent { reason: Reason::Permanent, failure },
        outcome => outcome,
    }
}

/// For the conformance test: a project that exists nowhere, with a key made for the occasion.
#[cfg(test)]
pub(crate) fn over_http(base_url: &str) -> crate::Settings {
    let fcm = Settings {
        project_id: Some("example".into()),
        service_account_key: Some(grant::tests::service_account().into()),
        base_url: Some(base_url.into()),
        token_url: Some(format!("{base_url}/token")),
    };
    crate::Settings { fcm, ..crate::Settings::default() }
}

#[cfg(test)]
mod tests;
