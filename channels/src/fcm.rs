//! Firebase Cloud Messaging, HTTP v1: what is sent, and what its answers mean.
//!
//! Sources: <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages> and
//! <https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode>.

mod codes;
mod grant;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::Outcome;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use self::grant::{Grant, ServiceAccount};
use crate::channel::Outgoing;
use crate::http::{self, Answer, LookAt, Said};
use crate::words::{self, Fault, Part, Words};

pub(crate) const PROVIDER: &str = "fcm";

const SETTINGS: LookAt = LookAt {
    credentials: "FIREBASE_SERVICE_ACCOUNT_KEY, and whether its account may send for FIREBASE_PROJECT_ID",
    address: "FIREBASE_PROJECT_ID and FCM_BASE_URL",
};

/// The longest time that FCM keeps a message for a device that is offline: four weeks.
const MAX_TTL_SECONDS: u64 = 28 * 24 * 60 * 60;

/// The largest message, in bytes: title, body, and the names and values of the data
/// (<https://firebase.google.com/docs/cloud-messaging/customize-messages/set-message-type>).
const MAX_PAYLOAD_BYTES: usize = 4096;

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
    /// A message was accepted, so that the project is the right one.
    proven: AtomicBool,
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
                proven: AtomicBool::new(false),
            }),
            _ => Err(problems),
        }
    }

    pub(crate) async fn send(&self, message: &Value, outgoing: &Outgoing<'_>) -> Outcome {
        let token = match outgoing.before_it_expires(self.grant.token(outgoing.now)).await {
            Some(Ok(token)) => token,
            Some(Err(refused)) => return refused.outcome(outgoing.now),
            None => return Outcome::Expired,
        };
        let request = self.http.post(&self.url).bearer_auth(token.expose_secret()).json(message);
        match http::exchange(request, outgoing.now).await {
            Ok(answer) => {
                if answer.status.as_u16() == 401 {
                    self.grant.forget(&token).await;
                }
                if answer.status.is_success() {
                    self.proven.store(true, Ordering::Relaxed);
                }
                classify(&answer, self.proven.load(Ordering::Relaxed), outgoing)
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
    words::refuse(&faults(&outgoing.words()))?;
    let rendered = outgoing.rendered;
    let tag = Uuid::new_v5(&Uuid::NAMESPACE_OID, outgoing.key.to_string().as_bytes()).simple().to_string();
    let mut notification = json!({ "body": rendered.text });
    if let Some(title) = &rendered.subject {
        notification["title"] = json!(title);
    }
    let mut message = json!({
        "notification": notification,
        "data": data(outgoing.data),
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

/// What FCM would refuse of this notification and its data.
pub(crate) fn faults(words: &Words<'_>) -> Vec<Fault> {
    let reserved =
        |name: &str| matches!(name, "from" | "message_type") || name.starts_with("google.") || name.starts_with("gcm.");
    let field =
        |name: &String| Fault { part: Part::Field(name.clone()), why: "is a key that FCM keeps for itself".into() };
    let mut faults: Vec<Fault> = words.data.keys().filter(|name| reserved(name)).map(field).collect();
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.len()),
        other => Some(other.to_string().len()),
    };
    let data: usize = words.data.iter().filter_map(|(name, value)| Some(name.len() + text(value)?)).sum();
    let bytes = data + words.text.len() + words.subject.map_or(0, str::len);
    if bytes > MAX_PAYLOAD_BYTES {
        let part = if data > MAX_PAYLOAD_BYTES / 2 { Part::Data } else { Part::Message };
        let why =
            format!("makes a push of {bytes} bytes with its title, message and data, FCM takes {MAX_PAYLOAD_BYTES}");
        faults.push(Fault { part, why });
    }
    faults
}

/// FCM takes strings only: other values travel as their JSON text, `null` not at all.
fn data(given: &Map<String, Value>) -> Map<String, Value> {
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(json!(text)),
        other => Some(json!(other.to_string())),
    };
    given.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
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

/// One of `google.firebase.fcm.v1.FcmError`, `google.rpc.ErrorInfo`, `google.rpc.RetryInfo` and
/// `google.rpc.BadRequest`: each has members of its own.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Detail {
    error_code: Option<String>,
    reason: Option<String>,
    retry_delay: Option<String>,
    field_violations: Vec<FieldViolation>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct FieldViolation {
    field: String,
}

impl ErrorBody {
    /// From the most telling to the least: FCM's own code, the reason, the status.
    fn codes(&self) -> impl Iterator<Item = &str> {
        let codes = self.details.iter().filter_map(|detail| detail.error_code.as_deref());
        let reasons = self.details.iter().filter_map(|detail| detail.reason.as_deref());
        codes.chain(reasons).chain(self.status.as_deref()).filter(|code| code.len() <= 64)
    }

    fn verdict(&self, proven: bool) -> Option<http::Verdict> {
        let fields = self.details.iter().flat_map(|detail| &detail.field_violations);
        let field = fields.filter_map(|violation| codes::verdict_of_field(&violation.field)).next();
        field.or_else(|| self.codes().find_map(|code| codes::verdict(code, proven)))
    }
}

fn classify(answer: &Answer, proven: bool, outgoing: &Outgoing<'_>) -> Outcome {
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    let error = body.error;
    let delays = error.details.iter().filter_map(|detail| http::parse_delay(detail.retry_delay.as_deref()?));
    let said = Said {
        provider_id: body.name.filter(|name| name.len() <= 256),
        code: error.codes().next().map(str::to_owned),
        text: error.message.as_deref().map(|message| outgoing.redact(message)).unwrap_or_default(),
        maybe_sent: false,
        verdict: error.verdict(proven),
        retry_after: delays.max(),
        settings: SETTINGS,
    };
    http::judge(PROVIDER, answer, said)
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
