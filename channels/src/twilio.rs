//! Twilio's Messages resource, as far as SMS and WhatsApp need it.
//!
//! Source: <https://www.twilio.com/docs/messaging/api/message-resource>.

mod codes;

use std::time::Duration;

use domain::{Failure, Outcome};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use crate::channel::Outgoing;
use crate::http::{self, Answer, LookAt, Said};
use crate::rate::Ceiling;
use crate::words::{self, Fault, Part, Words};

pub(crate) const PROVIDER: &str = "twilio";

const SETTINGS: LookAt = LookAt {
    credentials: "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN",
    address: "TWILIO_ACCOUNT_SID and TWILIO_BASE_URL",
};

/// What both numbers of a WhatsApp message begin with.
pub(crate) const WHATSAPP_PREFIX: &str = "whatsapp:";
/// The longest `Body`, in characters (error 21617).
const MAX_BODY_CHARS: usize = 1600;
/// `ValidityPeriod`, in seconds.
const VALIDITY: std::ops::RangeInclusive<u64> = 1..=36_000;
/// `TWILIO_*`.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `TWILIO_ACCOUNT_SID`
    pub account_sid: Option<String>,
    /// `TWILIO_AUTH_TOKEN`
    pub auth_token: Option<SecretString>,
    /// `TWILIO_FROM_NUMBER`: a number, a short code, an alphanumeric sender, or a messaging service (`MG…`).
    pub from_number: Option<String>,
    /// `TWILIO_WHATSAPP_FROM`: a number, with or without the prefix `whatsapp:`.
    pub whatsapp_from: Option<String>,
    /// `TWILIO_BASE_URL`
    pub base_url: Option<String>,
    /// `TWILIO_MAX_PER_SECOND`: for each of SMS and WhatsApp, because Twilio limits each sender.
    pub max_per_second: Option<u32>,
}

/// One sender's access to one account.
pub(crate) struct Client {
    http: reqwest::Client,
    url: reqwest::Url,
    account_sid: String,
    auth_token: SecretString,
    ceiling: Option<Ceiling>,
}

/// One message. `from` and `to` carry their prefix already.
pub(crate) struct Message<'a> {
    pub(crate) from: &'a str,
    pub(crate) to: String,
    pub(crate) body: &'a str,
    pub(crate) validity_seconds: Option<u64>,
}

impl<'a> Message<'a> {
    /// # Errors
    /// Why Twilio would refuse it.
    pub(crate) fn new(from: &'a str, to: String, outgoing: &Outgoing<'a>) -> Result<Self, String> {
        words::refuse(&faults(&outgoing.words()))?;
        let body = outgoing.rendered.text.as_str();
        let left = outgoing.expires_at.map(|expires| expires.since(outgoing.now).as_secs());
        let validity_seconds = left.map(|seconds| seconds.clamp(*VALIDITY.start(), *VALIDITY.end()));
        Ok(Self { from, to, body, validity_seconds })
    }

    /// Where the sender comes from.
    fn sender_setting(&self) -> &'static str {
        if self.from.starts_with(WHATSAPP_PREFIX) { "TWILIO_WHATSAPP_FROM" } else { "TWILIO_FROM_NUMBER" }
    }

    fn form(&self) -> Vec<(&'static str, String)> {
        let sender = if self.from.starts_with("MG") { "MessagingServiceSid" } else { "From" };
        let mut form = vec![("To", self.to.clone()), (sender, self.from.into()), ("Body", self.body.into())];
        form.extend(self.validity_seconds.map(|seconds| ("ValidityPeriod", seconds.to_string())));
        form
    }
}

impl Client {
    /// # Errors
    /// Every missing or wrong setting.
    pub(crate) fn new(settings: &Settings, provider_timeout: Duration) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut keep = |result: Result<String, String>| result.map_err(|problem| problems.push(problem)).ok();
        let account_sid = keep(account_sid(settings.account_sid.as_deref()));
        let base_url = keep(http::base_url("TWILIO_BASE_URL", settings.base_url.as_deref(), "https://api.twilio.com"));
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

    pub(crate) async fn send(&self, message: &Message<'_>, outgoing: &Outgoing<'_>) -> Outcome {
        if let Some(Err(wait)) = self.ceiling.as_ref().map(|ceiling| ceiling.take(outgoing.now)) {
            let failure = Failure::new(PROVIDER, None, "TWILIO_MAX_PER_SECOND is reached");
            return Outcome::Throttled { failure, retry_after: Some(wait) };
        }
        if outgoing.has_expired() {
            return Outcome::Expired;
        }
        let request = self
            .http
            .post(self.url.clone())
            .basic_auth(&self.account_sid, Some(self.auth_token.expose_secret()))
            .form(&message.form());
        match http::exchange(request, outgoing.now).await {
            Ok(answer) => classify(&answer, message.sender_setting(), outgoing),
            Err(no_answer) => no_answer.outcome(PROVIDER),
        }
    }
}

/// What Twilio would refuse of these words.
pub(crate) fn faults(words: &Words<'_>) -> Vec<Fault> {
    let fault = |why: String| vec![Fault { part: Part::Message, why }];
    let body = words.text;
    if body.trim().is_empty() {
        return fault("must not be empty".into());
    }
    // As many bytes are at most as many characters, and are counted already.
    if body.len() <= MAX_BODY_CHARS {
        return Vec::new();
    }
    match body.chars().count() {
        n if n > MAX_BODY_CHARS => fault(format!("has {n} characters, Twilio takes {MAX_BODY_CHARS}")),
        _ => Vec::new(),
    }
}

/// A phone number in E.164 form: `+`, then 7 to 15 digits.
///
/// # Errors
/// A text that begins with "must".
pub(crate) fn check_number(number: &str) -> Result<(), String> {
    let digits = number.strip_prefix('+').unwrap_or_default();
    let valid =
        (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    if valid { Ok(()) } else { Err("must be a phone number in E.164 form, such as +14155550100".into()) }
}

fn account_sid(given: Option<&str>) -> Result<String, String> {
    let sid = given.ok_or("TWILIO_ACCOUNT_SID is not set: it stands on the first page of Twilio's console")?;
    let valid = sid.len() == 34 && sid.starts_with("AC") && sid[2..].bytes().all(|b| b.is_ascii_hexdigit());
    if valid { Ok(sid.to_owned()) } else { Err("TWILIO_ACCOUNT_SID must be AC and 32 hexadecimal digits".into()) }
}

/// Twilio's answers, good and bad, as far as they are read; a member of another form hides none of the others.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    sid: Value,
    code: Value,
    message: Value,
}

impl Body {
    fn code(&self) -> Option<u32> {
        match &self.code {
            Value::String(text) => text.parse().ok(),
            other => other.as_u64().and_then(|code| code.try_into().ok()),
        }
    }
}

fn classify(answer: &Answer, sender: &'static str, outgoing: &Outgoing<'_>) -> Outcome {
    let body: Body = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = body.code();
    let said = Said {
        provider_id: body.sid.as_str().filter(|sid| sid.len() <= 64).map(str::to_owned),
        code: code.filter(|_| !answer.status.is_success()).map(|code| code.to_string()),
        text: body.message.as_str().map(|message| outgoing.redact(message)).unwrap_or_default(),
        maybe_sent: code == Some(codes::INTERNAL_ERROR),
        verdict: code.and_then(|code| codes::verdict(code, sender)),
        retry_after: None,
        settings: SETTINGS,
    };
    http::judge(PROVIDER, answer, said)
}

/// For the conformance test: an account and senders that exist nowhere.
#[cfg(test)]
pub(crate) fn over_http(base_url: &str) -> crate::Settings {
    let twilio = Settings {
        account_sid: Some(format!("AC{}", "0".repeat(32))),
        auth_token: Some("twilio-secret-token".into()),
        from_number: Some("+14155550101".into()),
        whatsapp_from: Some("+14155550101".into()),
        base_url: Some(base_url.into()),
        max_per_second: None,
    };
    crate::Settings { twilio, ..crate::Settings::default() }
}

#[cfg(test)]
mod tests;
