//! One sender's access to one account: the request, and what limits it.

use std::time::Duration;

use domain::{Outcome, Timestamp};

use super::PROVIDER;
use super::classify::classify;
use super::codes::Used;
use super::credentials::Credentials;
use super::settings::{ACCOUNT_SID, BASE_URL, Settings};
use super::sid::is_sid;
use crate::channel::Outgoing;
use crate::checked::Checked;
use crate::http::{self, LookAt};

pub(super) struct Client {
    http: reqwest::Client,
    url: reqwest::Url,
    account_sid: String,
    credentials: Credentials,
    /// A ceiling for this sender.
    pub(super) max_per_second: Option<u32>,
}

impl Client {
    /// # Errors
    /// Every missing or wrong setting, one text each.
    pub(super) fn new(settings: &Settings, provider_timeout: Duration) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut keep = |result: Result<String, String>| result.map_err(|problem| problems.push(problem)).ok();
        let account_sid = keep(account_sid(settings.account_sid.as_deref()));
        let (name, example) = (BASE_URL.name, "https://api.twilio.com");
        let base_url = http::base_url(name, &settings.base_url, example)
            .and_then(|url| http::without_path(name, url, &["/2010-04-01", "/Accounts", "/Messages.json"], example));
        let base_url = keep(base_url);
        let credentials = Credentials::of(settings).map_err(|wrong| problems.extend(wrong)).ok();
        let http = http::client(provider_timeout).map_err(|problem| problems.push(format!("TWILIO: {problem}"))).ok();
        let url = account_sid.as_ref().zip(base_url).and_then(|(account_sid, base_url)| {
            format!("{base_url}/2010-04-01/Accounts/{account_sid}/Messages.json").parse().ok()
        });
        match (account_sid, url, credentials, http) {
            (Some(account_sid), Some(url), Some(credentials), Some(http)) => {
                Ok(Self { http, url, account_sid, credentials, max_per_second: settings.max_per_second })
            }
            _ => Err(problems),
        }
    }

    /// Sends one request. `sender` are the settings that the message's sender comes from.
    pub(super) async fn send(&self, form: &[(&str, String)], sender: &'static str, outgoing: &Outgoing<'_>) -> Outcome {
        if outgoing.has_expired() {
            return Outcome::Expired;
        }
        let request = self.credentials.sign(self.http.post(self.url.clone()), &self.account_sid).form(form);
        match http::exchange(request, outgoing.now).await {
            Ok(answer) => classify(&answer, Used { sender, credentials: self.credentials.settings() }, outgoing),
            Err(no_answer) => no_answer.outcome(PROVIDER.name),
        }
    }

    /// Asks for one message of the account, which every key that may send may read. What it says is not looked at.
    pub(super) async fn check(&self, now: Timestamp) -> Checked {
        let request = self.credentials.sign(self.http.get(self.url.clone()), &self.account_sid);
        let look_at = LookAt { credentials: self.credentials.settings(), address: "TWILIO_BASE_URL" };
        http::check(request.query(&[("PageSize", "1")]), look_at, now).await
    }
}

fn account_sid(given: Option<&str>) -> Result<String, String> {
    let name = ACCOUNT_SID.name;
    let sid = given.ok_or_else(|| format!("{name} is not set: it stands on the first page of Twilio's console"))?;
    if is_sid("AC", sid) { Ok(sid.to_owned()) } else { Err(format!("{name} must be AC and 32 hexadecimal digits")) }
}
