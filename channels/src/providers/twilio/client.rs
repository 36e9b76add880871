//! One sender's access to one account: the request, and when none is made.

use std::time::Duration;

use domain::{Failure, Outcome};
use secrecy::{ExposeSecret, SecretString};

use super::classify::classify;
use super::{PROVIDER, Settings};
use crate::channel::Outgoing;
use crate::http;
use crate::rate::Ceiling;

/// The values that Twilio allows for `ValidityPeriod`, in seconds.
const VALIDITY: std::ops::RangeInclusive<u64> = 1..=36_000;

pub(super) struct Client {
    http: reqwest::Client,
    url: reqwest::Url,
    account_sid: String,
    auth_token: SecretString,
    ceiling: Option<Ceiling>,
}

/// The fields of one request. `from` and `to` have their prefix already.
pub(super) fn form(from: &str, to: String, outgoing: &Outgoing<'_>) -> Vec<(&'static str, String)> {
    let sender = if from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
    let mut form = vec![("To", to), (sender, from.to_owned()), ("Body", outgoing.rendered.text.clone())];
    let left = outgoing.expires_at.map(|expires| expires.since(outgoing.now).as_secs());
    let validity = left.map(|seconds| seconds.clamp(*VALIDITY.start(), *VALIDITY.end()));
    form.extend(validity.map(|seconds| ("ValidityPeriod", seconds.to_string())));
    form
}

impl Client {
    /// # Errors
    /// Every missing or wrong setting, one text each.
    pub(super) fn new(settings: &Settings, provider_timeout: Duration) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut keep = |result: Result<String, String>| result.map_err(|problem| problems.push(problem)).ok();
        let account_sid = keep(account_sid(settings.account_sid.as_deref()));
        let base_url = keep(http::base_url("TWILIO_BASE_URL", &settings.base_url, "https://api.twilio.com"));
        if settings.auth_token.is_none() {
            problems.push("TWILIO_AUTH_TOKEN is not set: it stands beside the account SID in Twilio's console".into());
        }
        let http = http::client(provider_timeout).map_err(|problem| problems.push(format!("TWILIO: {problem}"))).ok();
        let url = account_sid.as_ref().zip(base_url).and_then(|(account_sid, base_url)| {
            format!("{base_url}/2010-04-01/Accounts/{account_sid}/Messages.json").parse().ok()
        });
        match (account_sid, url, &settings.auth_token, http) {
            (Some(account_sid), Some(url), Some(auth_token), Some(http)) => Ok(Self {
                http,
                url,
                account_sid,
                auth_token: auth_token.clone(),
                ceiling: settings.max_per_second.map(Ceiling::new),
            }),
            _ => Err(problems),
        }
    }

    /// Sends one request. `sender` is the setting that the message's sender comes from.
    pub(super) async fn send(&self, form: &[(&str, String)], sender: &'static str, outgoing: &Outgoing<'_>) -> Outcome {
        if let Some(Err(wait)) = self.ceiling.as_ref().map(|ceiling| ceiling.take_token(outgoing.now)) {
            let failure = Failure::new(PROVIDER.name, None, "TWILIO_MAX_PER_SECOND is reached");
            return Outcome::Throttled { failure, retry_after: Some(wait) };
        }
        if outgoing.has_expired() {
            return Outcome::Expired;
        }
        let request = self
            .http
            .post(self.url.clone())
            .basic_auth(&self.account_sid, Some(self.auth_token.expose_secret()))
            .form(form);
        match http::exchange(request, outgoing.now).await {
            Ok(answer) => classify(&answer, sender, outgoing),
            Err(no_answer) => no_answer.outcome(PROVIDER.name),
        }
    }
}

fn account_sid(given: Option<&str>) -> Result<String, String> {
    let sid = given.ok_or("TWILIO_ACCOUNT_SID is not set: it stands on the first page of Twilio's console")?;
    let valid = sid.len() == 34 && sid.starts_with("AC") && sid[2..].bytes().all(|b| b.is_ascii_hexdigit());
    if valid { Ok(sid.to_owned()) } else { Err("TWILIO_ACCOUNT_SID must be AC and 32 hexadecimal digits".into()) }
}
