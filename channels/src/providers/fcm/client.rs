//! One project's access to FCM.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::{Outcome, Timestamp};
use media::push::Target;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::classify::classify;
use super::grant::{Grant, ServiceAccount};
use super::settings::{BASE_URL, PROJECT_ID, TOKEN_URL};
use super::{PROVIDER, Settings};
use crate::channel::Outgoing;
use crate::checked::Checked;
use crate::http;

/// The token endpoint that is named in the keys that Google gives.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

pub(super) struct Client {
    http: reqwest::Client,
    url: String,
    grant: Grant,
    /// Whether FCM checks the messages and delivers none.
    pub(super) validate_only: bool,
    /// Whether a message to a device was accepted, so that the project is the right one.
    proven: AtomicBool,
}

impl Client {
    /// # Errors
    /// Every missing or wrong setting, one text each.
    pub(super) fn new(settings: &Settings, provider_timeout: Duration) -> Result<Self, Vec<String>> {
        let key = settings.service_account_key.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
        let (account, mut problems) = match ServiceAccount::parse(key) {
            Ok(account) => (Some(account), Vec::new()),
            Err(problem) => (None, vec![problem]),
        };
        let mut keep = |result: Result<String, String>| result.map_err(|problem| problems.push(problem)).ok();
        let of_account = account.as_ref().and_then(|account| account.project_id.as_deref());
        let project = match settings.project_id.as_deref().or(of_account) {
            // A key that cannot be read may name a project.
            None if account.is_none() => None,
            given => keep(project(given)),
        };
        let (name, example) = (BASE_URL.name, "https://fcm.googleapis.com");
        // A gateway may have a /v1 of its own.
        let added = ["googleapis.com/v1", "/v1/projects", "/messages:send"];
        let base_url = http::base_url(name, &settings.base_url, example)
            .and_then(|url| http::without_path(name, url, &added, example));
        let base_url = keep(base_url);
        let token_uri = account.as_ref().map_or(TOKEN_URI, |account| account.token_uri.as_str());
        let token_url = settings.token_url.as_deref().unwrap_or(token_uri);
        let token_url = keep(http::base_url(TOKEN_URL.name, token_url, token_uri));
        let http = http::client(provider_timeout).map_err(|problem| problems.push(format!("FIREBASE: {problem}"))).ok();
        match (account, project, base_url, token_url, http) {
            (Some(account), Some(project), Some(base_url), Some(token_url), Some(http)) => Ok(Self {
                grant: Grant::new(http.clone(), account, token_url, provider_timeout),
                http,
                url: format!("{base_url}/v1/projects/{project}/messages:send"),
                validate_only: settings.validate_only,
                proven: AtomicBool::new(false),
            }),
            _ => Err(problems),
        }
    }

    pub(super) async fn send(&self, message: &Value, outgoing: &Outgoing<'_>) -> Outcome {
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
                // A topic exists in every project, and a check delivers nothing.
                let to_a_device = !matches!(Target::of(outgoing.destination), Target::Topic(_));
                if answer.status.is_success() && to_a_device && !self.validate_only {
                    self.proven.store(true, Ordering::Relaxed);
                }
                classify(&answer, self.proven.load(Ordering::Relaxed), outgoing)
            }
            Err(no_answer) => no_answer.outcome(PROVIDER.name),
        }
    }

    /// Asks for an access token. That of the last message is as good.
    pub(super) async fn check(&self, now: Timestamp) -> Checked {
        match self.grant.token(now).await {
            Ok(_) => Checked::Accepted,
            Err(refused) => Checked::of(&refused.outcome(now)),
        }
    }
}

fn project(given: Option<&str>) -> Result<String, String> {
    let name = PROJECT_ID.name;
    let id = given.ok_or_else(|| format!("{name} is not set, and the service account's JSON has no project_id"))?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b':' | b'.');
    let valid = !id.is_empty() && id.bytes().all(allowed);
    if valid { Ok(id.to_owned()) } else { Err(format!("{name} must be a project's id such as my-app-1234")) }
}
